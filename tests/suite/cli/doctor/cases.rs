//! Everything that may be wrong, one thing a case, and the line that must tell it.

use serde_json::json;

use super::{Subscribed, Ward};

/// What is wrong, the state it leads to, and what the line must say.
pub(super) struct Case(
    pub(super) &'static str,
    pub(super) fn(&mut Ward),
    pub(super) &'static str,
    pub(super) &'static [&'static str],
);

pub(super) const CASES: &[Case] = &[
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
        "no units and no look",
        |w| (w.aws.units, w.aws.organization) = (0, Some("ServiceException")),
        "yellow",
        &["organizational units: could not look: ServiceException", "allow organizations:ListRoots"],
    ),
    Case(
        "accounts denied",
        |w| w.aws.organization = Some("AccessDeniedException"),
        "red",
        &["organization: this role may not list its accounts", "organizations:ListAccounts"],
    ),
    Case(
        "no organization",
        |w| w.aws.organization = Some("AWSOrganizationsNotInUseException"),
        "yellow",
        &["organization: could not look: AWS answers AWSOrganizationsNotInUseException"],
    ),
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
    Case(
        "a bot of others",
        |w| w.aws.label = None,
        "red",
        &["bot content: version 7 was not made from a template", "docs/lex.md"],
    ),
    Case(
        "a bot for units nobody here knows",
        |w| w.aws.label = Some("vend 0123456789ab".into()),
        "yellow",
        &["bot content: could not look: nothing here says for which organizational units", "vend bot check --template"],
    ),
    Case(
        "version denied",
        |w| w.aws.version = Some("AccessDeniedException"),
        "yellow",
        &["bot content: could not look", "allow lex:DescribeBotVersion"],
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
        |w| w.policy = include_str!("../../../../manifests/policy.yaml"),
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
