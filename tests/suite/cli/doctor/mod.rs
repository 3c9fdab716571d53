//! `vend doctor`: the real binary on healthy worlds, and on worlds with one thing wrong each.

mod cases;

use std::sync::Arc;

use axum::http::header::DATE;
use axum::response::IntoResponse as _;
use serde_json::{Value, json};

use vend::adapters::aws::connection::Connection;

use self::cases::{CASES, Case};
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
    let manifest: Value = serde_saphyr::from_str(include_str!("../../../../slack/app-manifest.yaml")).unwrap();
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
            "organization",
            "bot alias",
            "bot locale",
            "bot content",
            "topic",
            "subscriptions",
            "slack token",
            "slack scopes",
            "clock",
            "public url",
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn units_of_the_organization_stand_in_for_those_a_product_does_not_list() {
    let (code, report) =
        examined(Ward { aws: Health { units: 0, tree: 2, ..Health::default() }, ..Ward::default() }).await;
    let told = "organizational units: the product lists none; 2 of the organization are offered → ";
    assert!(code == 0 && lines(&report, "green").contains(&told.to_owned()), "{report:#}");
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
