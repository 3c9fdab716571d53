//! Every key there is: the one table behind reading, `vend config show`, the
//! sample file `vend.example.toml` and the suggestions for misspelt keys.

/// What a key takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Text: an address, a path, a name, one of a few words.
    Text,
    /// A number.
    Number,
    /// Text nobody may see; `env:NAME`, `file:PATH` and `ssm:NAME` are followed.
    Secret,
    /// A list of texts; in a variable, separated by commas.
    List,
    /// A table of texts by name.
    Table,
    /// A list of tables.
    Entries,
}

impl Kind {
    /// Whether a variable holds it as a TOML value.
    #[must_use]
    pub const fn is_structured(self) -> bool {
        matches!(self, Self::Table | Self::Entries)
    }
}

/// One key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    /// `section.key`.
    pub name: &'static str,
    /// What it takes.
    pub kind: Kind,
    /// The value in force when nothing is given; `None` when there is none.
    pub default: Option<&'static str>,
    /// A plausible value, in TOML, for keys without a default.
    pub example: &'static str,
    /// What it is for, with units.
    pub about: &'static str,
}

impl Key {
    /// The environment variable that sets it.
    #[must_use]
    pub fn variable(&self) -> String {
        format!("VEND_{}", self.name.to_ascii_uppercase().replacen('.', "__", 1))
    }

    /// The section it belongs to.
    #[must_use]
    pub fn section(&self) -> &'static str {
        self.name.split_once('.').map_or(self.name, |(section, _)| section)
    }

    /// Its name within the section.
    #[must_use]
    pub fn leaf(&self) -> &'static str {
        self.name.split_once('.').map_or(self.name, |(_, leaf)| leaf)
    }
}

/// The key of that name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.name == name)
}

const fn set(name: &'static str, kind: Kind, default: &'static str, about: &'static str) -> Key {
    Key { name, kind, default: Some(default), example: "", about }
}

const fn unset(name: &'static str, kind: Kind, example: &'static str, about: &'static str) -> Key {
    Key { name, kind, default: None, example, about }
}

use Kind::{Entries, List, Number, Secret, Table, Text};

/// All keys, in the order they are shown.
pub const KEYS: &[Key] = &[
    set("server.listen", Text, "127.0.0.1:8080", "Address and port to listen on. Port 0 picks a free one."),
    unset(
        "server.public_url",
        Text,
        r#""https://vend.example.com""#,
        "Where people reach this server; links in mails and cards start with it. Without it: the address listened on.",
    ),
    set(
        "server.role",
        Text,
        "all",
        "`gateway` answers people and cannot vend, `worker` does the work, `all` is both in one process.",
    ),
    unset(
        "server.link_secret",
        Secret,
        r#""env:VEND_LINK_SECRET""#,
        "Seals the approvers' personal links, at least 32 characters. Without it one is made and kept in the store.",
    ),
    set("server.request_timeout_seconds", Number, "15", "Longest time for one HTTP request, in seconds."),
    set("server.max_body_bytes", Number, "262144", "Largest request body, in bytes."),
    set("server.max_concurrent_requests", Number, "512", "HTTP requests served at once; more are told to come back."),
    set(
        "server.requests_per_minute",
        Number,
        "6000",
        "HTTP requests one caller (token, else address) may make a minute.",
    ),
    unset(
        "server.trusted_proxies",
        List,
        r#"["10.0.0.0/16", "2001:db8:1234::/48"]"#,
        "Load balancers and proxies in front, by address or range: callers are counted by what they say in `X-Forwarded-For`. Without it: by who connects.",
    ),
    set("store.backend", Text, "sqlite", "`sqlite` (one file) or `dynamodb`."),
    set("store.path", Text, "vend.db", "The SQLite file."),
    unset("store.table", Text, r#""vend""#, "The DynamoDB table."),
    set("dialogue.backend", Text, "embedded", "`embedded` (reads the bot manifest itself) or `lex` (Amazon Lex V2)."),
    set("dialogue.file", Text, "manifests/bot.yaml", "The bot manifest: intents, slots, prompts."),
    unset("dialogue.bot_id", Text, r#""ABCDEFGHIJ""#, "Lex: the bot's id, 10 characters."),
    unset("dialogue.bot_alias_id", Text, r#""KLMNOPQRST""#, "Lex: the bot alias's id, 10 characters."),
    set("dialogue.locale_id", Text, "en_US", "Lex: the bot's locale."),
    unset("dialogue.region", Text, r#""eu-west-1""#, "Lex: the bot's AWS region, where it is not the usual one."),
    set("mail.backend", Text, "outbox", "`outbox` (a folder), `smtp` or `sns`."),
    set("mail.outbox_dir", Text, "outbox", "The outbox folder; one .eml file a message."),
    unset("mail.topic_arn", Text, r#""arn:aws:sns:eu-west-1:123456789012:vend-approvals""#, "SNS: the topic."),
    unset(
        "mail.smtp_url",
        Secret,
        r#""smtps://user:password@mail.example.com""#,
        "SMTP server with user and password. `smtps://` is TLS; `smtp://…?tls=required` is STARTTLS.",
    ),
    unset(
        "mail.from",
        Text,
        r#""vend <vend@example.com>""#,
        "Sender of all mail; `vend <vend@localhost>` in the outbox.",
    ),
    set("factory.backend", Text, "simulator", "`simulator` or `service-catalog` (Control Tower Account Factory)."),
    set("factory.product_name", Text, "AWS Control Tower Account Factory", "Service Catalog: the product's name."),
    unset("factory.region", Text, r#""eu-west-1""#, "Service Catalog: Control Tower's home region."),
    unset(
        "factory.role_arn",
        Text,
        r#""arn:aws:iam::123456789012:role/vend-worker""#,
        "A role of the management account to assume for Account Factory and Organizations. Without it: the process's own.",
    ),
    set(
        "factory.max_concurrent",
        Number,
        "5",
        "Account operations at once, over all replicas (Control Tower allows 5).",
    ),
    set(
        "factory.poll_seconds",
        Number,
        "30",
        "Seconds between two looks at work under way; some more as it goes on. With the simulator: 2, unless set.",
    ),
    unset(
        "factory.account_quota",
        Number,
        "100",
        "How many accounts the organization may have (no AWS API tells it). With it, a request is refused before anyone is asked once the organization is full.",
    ),
    set(
        "factory.visible_seconds",
        Number,
        "600",
        "Service Catalog: how long, in seconds, a product that was just made may not be visible yet. After a call without an answer the bot waits this long before it believes that nothing was made.",
    ),
    unset(
        "factory.portal_url",
        Text,
        r#""https://d-1234567890.awsapps.com/start""#,
        "Your AWS access portal; a finished request tells people to sign in there.",
    ),
    set("blueprints.backend", Text, "simulator", "`simulator` or `cloudformation` (a stack in the new account)."),
    set("blueprints.dir", Text, "manifests/blueprints", "The blueprint catalogue: one folder a blueprint."),
    set(
        "blueprints.role_name",
        Text,
        "AWSControlTowerExecution",
        "CloudFormation: the role to assume in the new account.",
    ),
    unset(
        "blueprints.region",
        Text,
        r#""eu-west-1""#,
        "CloudFormation: where stacks are made for accounts that name no region. Without it: factory.region, else the usual one.",
    ),
    unset(
        "blueprints.cdk_template",
        Text,
        r#""bootstrap-template.yaml""#,
        "CloudFormation: the CDK's bootstrap template, made with `npx aws-cdk bootstrap --show-template`. Account sets need it.",
    ),
    unset(
        "blueprints.post_steps",
        List,
        r#"["tags", "budget", "devops-guru", "alternate-contacts"]"#,
        "What happens after the blueprint, in order. Without it: `tags`, and in the simulator `budget`.",
    ),
    unset("blueprints.budget_usd", Number, "500", "The monthly budget of a new account, in US dollars."),
    unset(
        "blueprints.budget_alert_emails",
        List,
        r#"["finops@example.com"]"#,
        "Who hears of the budget at 80 % and 100 %, and when 100 % is foreseen; at most 10.",
    ),
    unset(
        "blueprints.alternate_contacts",
        Table,
        r#"{ security = "Jane Roe, Head of Security, security@example.com, +1 555 0100" }"#,
        "Whom AWS turns to: name, title, e-mail, telephone, by `billing`, `operations`, `security`.",
    ),
    unset(
        "blueprints.values",
        Table,
        r#"{ TransitGatewayId = "tgw-0123456789abcdef0" }"#,
        "Values for blueprint parameters this installation decides, by parameter name.",
    ),
    unset(
        "blueprints.pools",
        Table,
        r#"{ ml = "10.16.0.0/12, 10.64.0.0/10", eks = "10.144.0.0/12" }"#,
        "Where accounts' own ranges are taken from: ranges in order, by the pool's name in the blueprints. \
         Without one: 208 ranges for `ml`, 256 for `eks`, all in 10.0.0.0/8.",
    ),
    set("simulator.account_seconds", Number, "20", "How long a pretend account takes, in seconds."),
    set("simulator.blueprint_seconds", Number, "15", "How long a pretend blueprint takes, in seconds."),
    set(
        "worker.lease_seconds",
        Number,
        "15",
        "How long a worker may hold a job, in seconds; after a crash its jobs wait at most this long.",
    ),
    unset("slack.signing_secret", Secret, r#""env:SLACK_SIGNING_SECRET""#, "The Slack app's signing secret."),
    unset(
        "slack.previous_signing_secret",
        Secret,
        r#""env:SLACK_PREVIOUS_SIGNING_SECRET""#,
        "The signing secret before, still accepted while it is being rotated.",
    ),
    unset("slack.bot_token", Secret, r#""env:SLACK_BOT_TOKEN""#, "The Slack app's bot token (`xoxb-…`)."),
    set("slack.api_url", Text, "https://slack.com/api/", "Slack's Web API."),
    unset("slack.approvals_channel", Text, r#""C0123456789""#, "Id of the channel where approvers see new requests."),
    unset(
        "slack.team_ids",
        List,
        r#"["T0123456789"]"#,
        "Workspaces to serve, by id. Empty: every one that signs correctly.",
    ),
    set(
        "auth.mode",
        Text,
        "none",
        "`none` (callers are the local operator; loopback addresses only), `tokens` or `oidc`.",
    ),
    unset(
        "auth.tokens",
        Entries,
        r#"[
  { name = "ci", email = "ci@example.com", hash = "sha256:0000000000000000000000000000000000000000000000000000000000000000", scopes = ["request", "read"] },
]"#,
        "Bearer tokens by hash; `vend tokens new` makes one. Scopes: `request`, `read`, `approve`, `admin`.",
    ),
    unset(
        "auth.issuer",
        Text,
        r#""https://login.example.com/""#,
        "OIDC: the issuer, letter by letter as its discovery document names it. `https`, unless it is on this machine.",
    ),
    unset("auth.audience", Text, r#""vend""#, "OIDC: the audience that programs' tokens must name."),
    unset("auth.client_id", Text, r#""vend-web""#, "OIDC: the client people sign in with. Without it: the audience."),
    unset(
        "auth.client_secret",
        Secret,
        r#""env:VEND_CLIENT_SECRET""#,
        "OIDC: the client's secret, where the issuer gave one.",
    ),
    set("policy.file", Text, "manifests/policy.yaml", "Who may request and who approves."),
    set("log.format", Text, "text", "`text` or `json`. Logs go to standard error."),
    set("log.level", Text, "info", "`error`, `warn`, `info`, `debug`, `trace`, or a filter like `info,vend=debug`."),
];
