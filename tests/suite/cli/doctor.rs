//! `vend doctor`: the real binary on healthy worlds, and on worlds with one thing wrong each.

use std::sync::Arc;

use axum::http::header::DATE;
use axum::response::IntoResponse as _;
use serde_json::{Value, json};

use vend::adapters::aws::connection::Connection;

use super::run::Vend;
use crate::fakes::aws::dynamodb::PlayedDynamoDb;
use crate::fakes::aws::looks::{self, Health, ROLE};
use crate::fakes::aws::sns::{FakeSns, Mood, TOPIC};
use crate::fakes::aws::wire::Endpoint;

const POLICY: &str = "
requesters: [{ who: ['*'], account_types: [Sandbox] }]
approvals: [{ name: Sandboxes, account_types: [Sandbox], approvals: 1, approvers: [grace@example.com] }]
self_approval: never
channels: [mail]
expires_after: 48h
limits: { open_requests: 5 }
";

/// What may be wrong with everything that is not AWS's.
#[derive(Clone)]
struct Ward {
    aws: Health,
    sns: Mood,
    subscribed: Subscribed,
    stranger: bool,
    token: Value,
    scopes: Option<String>,
    /// Whoever tells the time says this instead.
    date: Option<&'static str>,
    livez: &'static str,
    policy: &'static str,
    more: Vec<(&'static str, String)>,
}

#[derive(Clone, Copy, PartialEq)]
enum Subscribed {
    Confirmed,
    Pending,
    Unfiltered,
    Not,
}

fn all_scopes() -> String {
    let manifest: Value = serde_saphyr::from_str(include_str!("../../../slack/app-manifest.yaml")).unwrap();
    let scopes = manifest["oauth_config"]["scopes"]["bot"].as_array().unwrap().iter();
    scopes.map(|scope| scope.as_str().unwrap()).collect::<Vec<_>>().join(",")
}

impl Default for Ward {
    fn default() -> Self {
        Self {
            aws: Health::default(),
            sns: Mood::default(),
            subscribed: Subscribed::Confirmed,
            stranger: false,
            token: json!({ "ok": true, "team": "Corp", "team_id": "T1", "user": "vend" }),
            scopes: Some(all_scopes()),
            date: None,
            livez: "ok\n",
            policy: POLICY,
            more: Vec::new(),
        }
    }
}

/// Slack's `auth.test` and our own public address.
async fn web(ward: Ward) -> (String, tokio::task::JoinHandle<()>) {
    let router = axum::Router::new().fallback(move |uri: axum::http::Uri| {
        let ward = ward.clone();
        async move {
            let mut answer = match uri.path() {
                "/livez" => ward.livez.into_response(),
                _ => axum::Json(ward.token).into_response(),
            };
            if let Some(scopes) = ward.scopes {
                answer.headers_mut().insert("x-oauth-scopes", scopes.parse().unwrap());
            }
            if let Some(date) = ward.date {
                answer.headers_mut().insert(DATE, date.parse().unwrap());
            }
            answer
        }
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    (url, tokio::spawn(async move { axum::serve(listener, router).await.unwrap() }))
}

async fn topic(ward: &Ward) -> (Arc<FakeSns>, Endpoint) {
    let (sns, endpoint) = FakeSns::start().await;
    let own = || vend::adapters::aws::sns::topic::filter_for("grace@example.com");
    match ward.subscribed {
        Subscribed::Confirmed => sns.subscribed_by_hand("email", "grace@example.com", Some(own())),
        Subscribed::Unfiltered => sns.subscribed_by_hand("email", "grace@example.com", None),
        Subscribed::Pending => sns.subscribed_and_pending("grace@example.com", own()),
        Subscribed::Not => {}
    }
    if ward.stranger {
        sns.subscribed_by_hand("email", "gone@example.com", None);
    }
    sns.feel(ward.sns.clone());
    (sns, endpoint)
}

/// Examines the ward; answers the exit code and the report.
async fn examined(ward: Ward) -> (i32, Value) {
    let (aws, _aws) = looks::start(&ward.aws).await;
    let (_sns, sns) = topic(&ward).await;
    let (web, _web) = web(ward.clone()).await;
    let mut vend = Vend::new(&[
        ("AWS_ENDPOINT_URL_SNS", &sns.url),
        ("AWS_ACCESS_KEY_ID", "AKIDTEST"),
        ("AWS_SECRET_ACCESS_KEY", "made-up"),
        ("AWS_REGION", "eu-west-1"),
        ("VEND_MAIL__BACKEND", "sns"),
        ("VEND_MAIL__TOPIC_ARN", TOPIC),
        ("VEND_POLICY__FILE", "policy.yaml"),
        ("VEND_FACTORY__BACKEND", "service-catalog"),
        ("VEND_FACTORY__ROLE_ARN", ROLE),
        ("VEND_BLUEPRINTS__BACKEND", "cloudformation"),
        ("VEND_DIALOGUE__BACKEND", "lex"),
        ("VEND_DIALOGUE__BOT_ID", "ABCDEFGHIJ"),
        ("VEND_DIALOGUE__BOT_ALIAS_ID", "KLMNOPQRST"),
        ("VEND_SLACK__SIGNING_SECRET", "canary-secret"),
        ("VEND_SLACK__BOT_TOKEN", "xoxb-canary"),
        ("VEND_SLACK__API_URL", &web),
        ("VEND_SERVER__PUBLIC_URL", &web),
    ]);
    for (name, value) in aws.iter().map(|(name, value)| (*name, value)).chain(ward.more.iter().map(|(n, v)| (*n, v))) {
        vend = vend.with(name, value);
    }
    std::fs::write(vend.path().join("policy.yaml"), ward.policy).unwrap();
    let ended = tokio::task::spawn_blocking(move || vend.run(&["doctor", "--json"])).await.unwrap();
    assert!(!format!("{ended:?}").contains("canary"), "{ended:?}");
    let report = serde_json::from_str(&ended.out).unwrap_or_else(|error| panic!("{error}: {ended:?}"));
    (ended.code, report)
}

/// The lines in this state, as `check: found → fix`.
fn lines(report: &Value, state: &str) -> Vec<String> {
    let all = report["checks"].as_array().unwrap().iter().filter(|line| line["state"] == state);
    let word = |line: &Value, key: &str| line[key].as_str().unwrap_or_default().to_owned();
    all.map(|line| format!("{}: {} → {}", word(line, "check"), word(line, "found"), word(line, "fix"))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn on_aws_with_everything_in_order_all_is_green() {
    let (code, report) = examined(Ward::default()).await;
    assert_eq!((code, &report["state"]), (0, &json!("green")), "{report:#}");
    let checks: Vec<_> =
        report["checks"].as_array().unwrap().iter().map(|line| line["check"].as_str().unwrap()).collect();
    assert_eq!(
        checks,
        [
            "policy",
            "bot manifest",
            "blueprints",
            "store",
            "identity",
            "permissions",
            "management role",
            "management permissions",
            "product",
            "artifact",
            "launch path",
            "organizational units",
            "bot alias",
            "bot locale",
            "topic",
            "subscriptions",
            "slack token",
            "slack scopes",
            "clock",
            "public url",
        ]
    );
}

#[test]
fn with_nothing_configured_all_is_green_and_nothing_is_made() {
    let vend = Vend::new(&[]);
    let ended = vend.run(&["doctor"]).with_code(0);
    for line in ["✓ policy", "✓ store", "vend.db is made at the first start", "✓ mail", "All 5 checks are green."]
    {
        assert!(ended.out.contains(line), "{}", ended.out);
    }
    assert!(!ended.out.contains('\u{1b}') && !ended.out.contains("identity"), "{}", ended.out);
    assert_eq!(std::fs::read_dir(vend.path()).unwrap().count(), 0, "no file is left behind");
}

/// What is wrong, the state it leads to, and what the line must say.
struct Case(&'static str, fn(&mut Ward), &'static str, &'static [&'static str]);

const CASES: &[Case] = &[
    Case(
        "no credentials",
        |w| w.aws.identity = Some("InvalidClientTokenId"),
        "red",
        &["identity: no AWS credentials", "AWS_PROFILE"],
    ),
    Case("root", |w| w.aws.root = true, "red", &["identity: the root user", "run as a role"]),
    Case("role", |w| w.aws.trusted = false, "red", &["management role: ", "cannot be assumed", "trust policy"]),
    Case(
        "actions",
        |w| w.aws.not_allowed = &["sns:Publish"],
        "red",
        &["permissions: not allowed: sns:Publish on arn:aws:sns", "role's policy"],
    ),
    Case(
        "simulator",
        |w| w.aws.may_simulate = false,
        "yellow",
        &["permissions: could not look", "iam:SimulatePrincipalPolicy"],
    ),
    Case(
        "product",
        |w| w.aws.product = false,
        "red",
        &["product: AWS Control Tower Account Factory is not there", "factory.region"],
    ),
    Case(
        "artifact",
        |w| w.aws.artifact_active = false,
        "red",
        &["artifact: none of 2 versions is active", "landing zone"],
    ),
    Case("path", |w| w.aws.launch_paths = 0, "red", &["launch path: none for this role", "Grant access"]),
    Case("units", |w| w.aws.units = 0, "red", &["organizational units: the product offers none", "register"]),
    Case(
        "catalog",
        |w| w.aws.catalog = Some("AccessDeniedException"),
        "yellow",
        &["product: could not look", "allow servicecatalog:DescribeProduct"],
    ),
    Case(
        "alias gone",
        |w| w.aws.alias = None,
        "red",
        &["bot alias: there is no such bot or alias", "deploy/lex-bot.yaml"],
    ),
    Case("alias", |w| w.aws.alias = Some("Failed"), "red", &["bot alias: live is Failed", "deploy"]),
    Case(
        "language",
        |w| w.aws.speaks = "de_DE",
        "red",
        &["bot alias: live does not speak en_US", "dialogue.locale_id"],
    ),
    Case("locale", |w| w.aws.locale = "NotBuilt", "red", &["bot locale: en_US of version 7 is NotBuilt", "wait"]),
    Case(
        "locale gone",
        |w| w.aws.locale = "gone",
        "red",
        &["bot locale: version 7 has no en_US", "dialogue.locale_id"],
    ),
    Case("topic", |w| w.sns.no_topic = true, "red", &["topic: there is no such topic", "mail.topic_arn"]),
    Case(
        "topic denied",
        |w| w.sns.denied = Some("ListSubscriptionsByTopic"),
        "yellow",
        &["topic: could not look", "allow sns:ListSubscriptionsByTopic"],
    ),
    Case(
        "not subscribed",
        |w| w.subscribed = Subscribed::Not,
        "red",
        &["subscriptions: grace@example.com: not subscribed", "vend approvers sync"],
    ),
    Case(
        "pending",
        |w| w.subscribed = Subscribed::Pending,
        "red",
        &["subscriptions: grace@example.com: has not confirmed", "vend approvers confirm"],
    ),
    Case(
        "filter",
        |w| w.subscribed = Subscribed::Unfiltered,
        "red",
        &["subscriptions: grace@example.com: has the wrong filter", "vend approvers sync"],
    ),
    Case(
        "stranger",
        |w| w.stranger = true,
        "red",
        &["gone@example.com: not in the policy, and gets every", "--remove"],
    ),
    Case(
        "token",
        |w| w.token = json!({ "ok": false, "error": "invalid_auth" }),
        "red",
        &["slack token: Slack does not take it (invalid_auth)", "slack.bot_token"],
    ),
    Case(
        "scopes",
        |w| w.scopes = Some("chat:write".into()),
        "red",
        &["slack scopes: missing: app_mentions:read", "reinstall"],
    ),
    Case("no scopes", |w| w.scopes = None, "yellow", &["slack scopes: could not look"]),
    Case("clock", |w| w.date = Some("Sat, 21 Nov 2020 09:00:00 GMT"), "red", &["clock: ", "seconds ahead", "NTP"]),
    Case(
        "livez",
        |w| w.livez = "<html>sign in</html>",
        "red",
        &["public url: ", "answers 200, and not as vend does", "load balancer"],
    ),
    Case(
        "unreachable",
        |w| w.more.push(("VEND_SERVER__PUBLIC_URL", "http://127.0.0.1:9/".into())),
        "red",
        &["public url: ", "no connection", "vend serve"],
    ),
    Case("policy", |w| w.policy = "approvals: 7", "red", &["policy: policy.yaml", "vend policy check"]),
    Case(
        "nobody",
        |w| w.policy = include_str!("../../../manifests/policy.yaml"),
        "red",
        &["policy: it still names approver@example.com", "your own approvers"],
    ),
    Case(
        "bot file",
        |w| w.more.push(("VEND_DIALOGUE__FILE", "policy.yaml".into())),
        "red",
        &["bot manifest: policy.yaml", "vend bot check"],
    ),
    Case(
        "catalogue",
        |w| w.more.push(("VEND_BLUEPRINTS__DIR", "/nowhere".into())),
        "red",
        &["blueprints: ", "vend blueprints check"],
    ),
    Case(
        "store",
        |w| w.more.push(("VEND_STORE__PATH", "policy.yaml".into())),
        "red",
        &["store: policy.yaml: ", "run this again"],
    ),
    Case(
        "folder",
        |w| w.more.push(("VEND_STORE__PATH", "/proc/none/vend.db".into())),
        "red",
        &["store: /proc/none/vend.db cannot be made", "store.path"],
    ),
    Case(
        "outbox",
        |w| w.more.extend([("VEND_MAIL__BACKEND", "outbox".into()), ("VEND_MAIL__OUTBOX_DIR", "/proc/none".into())]),
        "red",
        &["mail: the outbox folder /proc/none cannot be written", "mail.outbox_dir"],
    ),
    Case(
        "mail server",
        |w| {
            w.more.extend([
                ("VEND_MAIL__BACKEND", "smtp".into()),
                ("VEND_MAIL__FROM", "vend@example.com".into()),
                ("VEND_MAIL__SMTP_URL", "smtp://127.0.0.1:9".into()),
            ]);
        },
        "red",
        &["mail: no connection to the mail server", "mail.smtp_url"],
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn each_thing_that_is_wrong_is_told_with_its_fix() {
    for four in CASES.chunks(4) {
        let runs = four.iter().map(|Case(name, spoil, state, words)| async move {
            let mut ward = Ward::default();
            spoil(&mut ward);
            let (code, report) = examined(ward).await;
            let told = lines(&report, state);
            assert!(told.iter().any(|line| words.iter().all(|word| line.contains(word))), "{name}: {report:#}");
            assert_eq!(
                (code, &report["state"]),
                (if *state == "red" { 1 } else { 7 }, &json!(state)),
                "{name}: {report:#}"
            );
        });
        futures::future::join_all(runs).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn people_read_a_line_a_check_with_the_fix_below_it() {
    let (web, _web) = web(Ward { livez: "?", ..Ward::default() }).await;
    let vend = Vend::new(&[("VEND_SERVER__PUBLIC_URL", &web)]);
    let out = tokio::task::block_in_place(|| vend.run(&["doctor"])).with_code(1).out;
    let lines: Vec<_> = out.lines().collect();
    let red = lines.iter().position(|line| line.starts_with("✗ public url    http")).unwrap_or_else(|| panic!("{out}"));
    assert!(lines[red + 1].starts_with("                → correct server.public_url"), "{out}");
    assert_eq!(lines.last(), Some(&"1 check is red."));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_is_missed_then_found_and_written_and_told_when_nobody_could_look() {
    let (dynamodb, endpoint) = PlayedDynamoDb::start().await;
    let connection = Connection::over(&endpoint.sdk());
    let more = || {
        vec![
            ("VEND_STORE__BACKEND", "dynamodb".to_owned()),
            ("VEND_STORE__TABLE", "vend".to_owned()),
            ("AWS_ENDPOINT_URL_DYNAMODB", endpoint.url.clone()),
        ]
    };
    let (code, report) = examined(Ward { more: more(), ..Ward::default() }).await;
    let red = lines(&report, "red");
    assert!(code == 1 && red.len() == 1 && red[0].starts_with("table: there is no table vend → deploy"), "{report:#}");
    vend::adapters::aws::dynamodb::create(&connection, "vend").await.unwrap();
    let (code, report) = examined(Ward { more: more(), ..Ward::default() }).await;
    let green = lines(&report, "green");
    assert!(code == 0 && green.contains(&"store: vend is written and read → ".to_owned()), "{report:#}");
    dynamodb.be_down(true);
    let (code, report) = examined(Ward { more: more(), ..Ward::default() }).await;
    assert!(code == 7 && lines(&report, "yellow").len() == 1, "{report:#}");
}
