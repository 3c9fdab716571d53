//! Configuration of what the process talks to, and of the simulator.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use url::Url;

use super::parse;
use super::post_steps::PostStepsConfig;
use super::reader::Reader;
use super::secret::Secret;
use crate::adapters::aws::sns::topic::Topic;
use crate::domain::blueprint::ranges::{self, Pools};

/// Where requests are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreBackend {
    /// One SQLite file.
    Sqlite,
    /// One DynamoDB table.
    DynamoDb,
}

/// `[store]`.
#[derive(Debug, Clone)]
pub struct StoreConfig {
    /// Default `sqlite`.
    pub backend: StoreBackend,
    /// The SQLite file; default `vend.db`.
    pub path: PathBuf,
    /// The DynamoDB table.
    pub table: Option<String>,
}

impl StoreConfig {
    pub(super) fn read(from: &mut Reader) -> Self {
        let words =
            |text: &str| parse::word(text, &[("sqlite", StoreBackend::Sqlite), ("dynamodb", StoreBackend::DynamoDb)]);
        Self {
            backend: from.value("store.backend", &words),
            path: from.value("store.path", &parse::path),
            table: from.optional("store.table", &parse::text),
        }
    }
}

/// Who understands what people say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DialogueBackend {
    /// The engine in this process.
    Embedded,
    /// Amazon Lex V2.
    Lex,
}

/// `[dialogue]`.
#[derive(Debug, Clone)]
pub struct DialogueConfig {
    /// Default `embedded`.
    pub backend: DialogueBackend,
    /// The bot manifest; default `manifests/bot.yaml`.
    pub file: PathBuf,
    /// Lex: the bot's id.
    pub bot_id: Option<String>,
    /// Lex: the alias's id.
    pub bot_alias_id: Option<String>,
    /// Lex: the locale; default `en_US`.
    pub locale_id: String,
    /// Lex: the region, where it is not the SDK's own.
    pub region: Option<String>,
}

impl DialogueConfig {
    pub(super) fn read(from: &mut Reader) -> Self {
        let words =
            |text: &str| parse::word(text, &[("embedded", DialogueBackend::Embedded), ("lex", DialogueBackend::Lex)]);
        Self {
            backend: from.value("dialogue.backend", &words),
            file: from.value("dialogue.file", &parse::path),
            bot_id: from.optional("dialogue.bot_id", &lex_id),
            bot_alias_id: from.optional("dialogue.bot_alias_id", &lex_id),
            locale_id: from.value("dialogue.locale_id", &locale),
            region: from.optional("dialogue.region", &lex_region),
        }
    }
}

/// Where Amazon Lex V2 is (AWS: "Amazon Lex endpoints and quotas"); Control Tower is in more regions.
const LEX_REGIONS: [&str; 11] = [
    "af-south-1",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-southeast-1",
    "ap-southeast-2",
    "ca-central-1",
    "eu-central-1",
    "eu-west-1",
    "eu-west-2",
    "us-east-1",
    "us-west-2",
];

/// A region that Amazon Lex V2 is in.
///
/// # Errors
/// A sentence with those it is in.
pub fn lex_region(text: &str) -> Result<String, String> {
    let text = text.trim();
    if LEX_REGIONS.contains(&text) {
        return Ok(text.to_owned());
    }
    Err(format!("Amazon Lex V2 is not in this region. Deploy the bot in one of {}.", LEX_REGIONS.join(", ")))
}

fn lex_id(text: &str) -> Result<String, String> {
    let text = text.trim();
    let good = text.len() == 10 && text.bytes().all(|b| b.is_ascii_alphanumeric());
    if good { Ok(text.to_owned()) } else { Err("give the id (not the name): 10 letters and digits.".into()) }
}

/// The bot manifest is in English; Lex has it in several countries.
fn locale(text: &str) -> Result<String, String> {
    let text = text.trim();
    let parts = text.split_once('_').map(|(language, country)| (language, country.len()));
    if parts == Some(("en", 2)) { Ok(text.to_owned()) } else { Err("give an English locale, like en_US.".into()) }
}

/// How mail leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailBackend {
    /// Files in a folder.
    Outbox,
    /// An SMTP server; `smtp_url` is there.
    Smtp,
    /// One Amazon SNS topic; `topic_arn` is there.
    Sns,
}

/// `[mail]`.
#[derive(Debug, Clone)]
pub struct MailConfig {
    /// Default `outbox`.
    pub backend: MailBackend,
    /// One `.eml` file a message; default `outbox`.
    pub outbox_dir: PathBuf,
    /// SMTP server with user and password; there when the backend is `smtp`.
    pub smtp_url: Option<Secret>,
    /// Sender of all mail; default `vend <vend@localhost>`, to be given for `smtp`.
    pub from: String,
    /// SNS: the topic.
    pub topic_arn: Option<Topic>,
}

impl MailConfig {
    pub(super) fn read(from: &mut Reader) -> Self {
        Self {
            backend: from.value("mail.backend", &|text| parse::word(text, MAIL_WORDS)),
            outbox_dir: from.value("mail.outbox_dir", &parse::path),
            smtp_url: from.secret("mail.smtp_url", &smtp_url),
            from: from.value_or("mail.from", "vend <vend@localhost>", &sender),
            topic_arn: from.optional("mail.topic_arn", &|text| Topic::parse(text).map_err(|bad| bad.to_string())),
        }
    }
}

const MAIL_WORDS: parse::Words<MailBackend> =
    &[("outbox", MailBackend::Outbox), ("smtp", MailBackend::Smtp), ("sns", MailBackend::Sns)];

fn smtp_url(text: &str) -> Result<(), String> {
    let good = Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "smtp" | "smtps") && url.has_host());
    if good { Ok(()) } else { Err("give an SMTP address, like smtps://user:password@mail.example.com.".into()) }
}

fn sender(text: &str) -> Result<String, String> {
    let wanted = "give a sender, like `vend <vend@example.com>`.";
    let mailbox: Result<lettre::message::Mailbox, _> = text.parse();
    mailbox.map(|mailbox| mailbox.to_string()).map_err(|_| wanted.to_owned())
}

/// Who creates accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FactoryBackend {
    /// Pretend accounts.
    Simulator,
    /// Account Factory, a product in AWS Service Catalog.
    ServiceCatalog,
}

/// `[factory]`.
#[derive(Debug, Clone)]
pub struct FactoryConfig {
    /// Default `simulator`.
    pub backend: FactoryBackend,
    /// The Service Catalog product; default `AWS Control Tower Account Factory`.
    pub product_name: String,
    /// Control Tower's home region.
    pub region: Option<String>,
    /// The role to assume for Account Factory, Organizations and the new accounts.
    pub role_arn: Option<String>,
    /// Account operations at once, over all replicas (P8); default 5.
    pub max_concurrent: u32,
    /// Time between two looks at work under way; default 30 s, with the simulator 2 s.
    pub poll_interval: Duration,
    /// How many accounts the organization may have, where somebody said so.
    pub account_quota: Option<u32>,
    /// How long a product that was just made may not be visible yet; default 600 s.
    pub visible_within: Duration,
    /// The AWS access portal people sign in at.
    pub portal_url: Option<Url>,
}

impl FactoryConfig {
    pub(super) fn read(from: &mut Reader) -> Self {
        let words = |text: &str| {
            parse::word(
                text,
                &[("simulator", FactoryBackend::Simulator), ("service-catalog", FactoryBackend::ServiceCatalog)],
            )
        };
        let poll = if from.text_of("factory.backend") == "simulator" { "2" } else { "30" };
        Self {
            backend: from.value("factory.backend", &words),
            product_name: from.value("factory.product_name", &parse::text),
            region: from.optional("factory.region", &parse::text),
            role_arn: from.optional("factory.role_arn", &parse::text),
            max_concurrent: from.value("factory.max_concurrent", &|text| parse::whole(text, 1, 100)),
            poll_interval: from.value_or("factory.poll_seconds", poll, &|text| parse::seconds(text, 0.05, 3600.0)),
            account_quota: from.optional("factory.account_quota", &|text| parse::whole(text, 1, 1_000_000)),
            visible_within: from.value("factory.visible_seconds", &|text| parse::seconds(text, 0.0, 86_400.0)),
            portal_url: from.optional("factory.portal_url", &parse::web_address),
        }
    }
}

/// Who delivers blueprints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BlueprintsBackend {
    /// Pretend stacks.
    Simulator,
    /// Stacks in the new account.
    CloudFormation,
}

/// `[blueprints]`.
#[derive(Debug, Clone)]
pub struct BlueprintsConfig {
    /// Default `simulator`.
    pub backend: BlueprintsBackend,
    /// The catalogue; default `manifests/blueprints`.
    pub dir: PathBuf,
    /// The role assumed in the new account; default `AWSControlTowerExecution`.
    pub role_name: String,
    /// Where stacks are made for accounts that name no region.
    pub region: Option<String>,
    /// The CDK's bootstrap template.
    pub cdk_template: Option<PathBuf>,
    /// What happens after the blueprint.
    pub post_steps: PostStepsConfig,
    /// Parameter values this installation decides, by parameter name; default none.
    pub values: BTreeMap<String, String>,
    /// Where ranges are handed out from; those that are given stand beside the shipped ones.
    pub pools: Pools,
}

impl BlueprintsConfig {
    pub(super) fn read(from: &mut Reader) -> Self {
        let words = |text: &str| {
            parse::word(
                text,
                &[("simulator", BlueprintsBackend::Simulator), ("cloudformation", BlueprintsBackend::CloudFormation)],
            )
        };
        Self {
            backend: from.value("blueprints.backend", &words),
            dir: from.value("blueprints.dir", &parse::path),
            role_name: from.value("blueprints.role_name", &parse::text),
            region: from.optional("blueprints.region", &parse::text),
            cdk_template: from.optional("blueprints.cdk_template", &parse::path),
            post_steps: PostStepsConfig::read(from),
            values: from.table("blueprints.values"),
            pools: pools(from),
        }
    }
}

fn pools(from: &mut Reader) -> Pools {
    let mut pools = Pools::default();
    for (name, text) in from.table("blueprints.pools") {
        match ranges::pool(&text) {
            Ok(ranges) => pools.set(name, ranges),
            Err(sentence) => from.fault(&format!("blueprints.pools.{name}"), sentence),
        }
    }
    pools
}

/// `[simulator]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SimulatorConfig {
    /// How long a pretend account takes; default 20 s.
    pub account_duration: Duration,
    /// How long a pretend blueprint takes; default 15 s.
    pub blueprint_duration: Duration,
}

impl SimulatorConfig {
    pub(super) fn read(from: &mut Reader) -> Self {
        let time = |text: &str| parse::whole(text, 0, 86_400).map(Duration::from_secs);
        Self {
            account_duration: from.value("simulator.account_seconds", &time),
            blueprint_duration: from.value("simulator.blueprint_seconds", &time),
        }
    }
}

/// `[worker]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WorkerConfig {
    /// How long a claim on a job holds; default 15 s. Every outside call times out well before.
    pub lease: Duration,
}

impl WorkerConfig {
    pub(super) fn read(from: &mut Reader) -> Self {
        Self { lease: from.value("worker.lease_seconds", &|text| parse::seconds(text, 0.5, 600.0)) }
    }
}
