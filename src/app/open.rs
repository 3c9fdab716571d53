//! Opens the adapters the configuration names. Knows every adapter and no use case.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;

use crate::adapters::embedded::dialogue::EmbeddedDialogue;
use crate::adapters::embedded::outbox::Outbox;
use crate::adapters::embedded::simulator::{Simulator, SimulatorSettings};
use crate::adapters::embedded::sqlite::SqliteStore;
use crate::adapters::oidc::OidcIssuer;
use crate::adapters::slack::{SlackChat, SlackSettings};
use crate::adapters::smtp::SmtpMailer;
use crate::adapters::system::SystemClock;
use crate::config::{
    BlueprintsBackend, Config, DialogueBackend, FactoryBackend, MailBackend, OidcConfig, SlackConfig, StoreBackend,
    manifests,
};
use crate::domain::blueprint::Catalogue;
use crate::domain::dialogue::slot_type;
use crate::http::session::{SignIn, redirect_url};
use crate::ports::blueprints::BlueprintDeployer;
use crate::ports::chat::Chat;
use crate::ports::clock::Clock;
use crate::ports::dialogue::Dialogue;
use crate::ports::factory::AccountFactory;
use crate::ports::mail::Mailer;
use crate::ports::store::Store;
use crate::service::{Service, Settings};

use super::aws::Aws;
use super::faults;

pub(super) fn chat(config: &Config) -> Option<Arc<dyn Chat>> {
    let slack = config.slack.as_ref()?;
    Some(faults::around_chat(Arc::new(SlackChat::new(&slack_settings(slack)))))
}

/// How people sign in. Asks the issuer nothing yet: it may be away while this starts.
pub(super) fn sign_in(oidc: &OidcConfig, service: &Service) -> SignIn {
    let Settings { public_url, link_key, .. } = &service.settings;
    let issuer = OidcIssuer::new(oidc, redirect_url(public_url), Arc::clone(&service.clock));
    SignIn::new(Arc::new(issuer), oidc, link_key, public_url)
}

pub(super) fn slack_settings(slack: &SlackConfig) -> SlackSettings {
    SlackSettings {
        signing_secret: slack.signing_secret.reveal().to_owned(),
        previous_signing_secret: slack.previous_signing_secret.as_ref().map(|secret| secret.reveal().to_owned()),
        bot_token: slack.bot_token.reveal().to_owned(),
        api_url: slack.api_url.clone(),
        approvals_channel: slack.approvals_channel.clone(),
        team_ids: slack.team_ids.clone(),
    }
}

/// What several other parts are built on.
pub(super) struct Ground {
    aws: Aws,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) store: OpenStore,
    pub(super) catalogue: Arc<Catalogue>,
    pub(super) factory: Arc<dyn AccountFactory>,
    pub(super) deployer: Arc<dyn BlueprintDeployer>,
}

/// The store and, where it is a file, what closes it in order.
pub(super) struct OpenStore {
    pub(super) port: Arc<dyn Store>,
    file: Option<Arc<SqliteStore>>,
}

impl OpenStore {
    pub(super) async fn open(config: &Config, aws: &Aws, clock: &Arc<dyn Clock>) -> anyhow::Result<Self> {
        match config.store.backend {
            StoreBackend::Sqlite => {
                let path = &config.store.path;
                let file = SqliteStore::open(path, Arc::clone(clock)).with_context(|| path.display().to_string())?;
                let file = Arc::new(file);
                Ok(Self { port: Arc::<SqliteStore>::clone(&file), file: Some(file) })
            }
            StoreBackend::DynamoDb => aws.store(config, clock).await.map(|port| Self { port, file: None }),
        }
    }

    pub(super) async fn close(&self) -> anyhow::Result<()> {
        if let Some(file) = &self.file {
            file.close().await?;
        }
        Ok(())
    }
}

impl Ground {
    pub(super) async fn open(config: &Config) -> anyhow::Result<Self> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let aws = Aws::default();
        let store = OpenStore::open(config, &aws, &clock).await?;
        let catalogue = Arc::new(manifests::catalogue(config)?);
        // A replica that only knows AWS has no pretend cloud, and no file for one.
        let pretend = match (config.factory.backend, config.blueprints.backend) {
            (FactoryBackend::ServiceCatalog, BlueprintsBackend::CloudFormation) => None,
            _ => Some(Arc::new(simulator(config, &clock, &catalogue)?)),
        };
        let factory: Arc<dyn AccountFactory> = match &pretend {
            Some(simulator) if config.factory.backend == FactoryBackend::Simulator => {
                Arc::<Simulator>::clone(simulator)
            }
            _ => aws.factory(config, &clock).await,
        };
        let deployer: Arc<dyn BlueprintDeployer> = match pretend {
            Some(simulator) if config.blueprints.backend == BlueprintsBackend::Simulator => simulator,
            _ => aws.deployer(config, &catalogue, &clock).await?,
        };
        Ok(Self { aws, clock, store, catalogue, factory, deployer })
    }

    pub(super) async fn dialogue(&self, config: &Config, store: Arc<dyn Store>) -> anyhow::Result<Arc<dyn Dialogue>> {
        match config.dialogue.backend {
            DialogueBackend::Embedded => {
                let dialogue = EmbeddedDialogue::new(manifests::bot(config)?, store, Arc::clone(&self.clock));
                for (kind, values) in self.live_values().await {
                    dialogue.offer(kind, values);
                }
                Ok(Arc::new(dialogue))
            }
            DialogueBackend::Lex => self.aws.dialogue(config, self.live_values().await).await,
        }
    }

    pub(super) async fn mailer(&self, config: &Config) -> anyhow::Result<Arc<dyn Mailer>> {
        let mail = &config.mail;
        let from = mail.from.parse().context("`mail.from` is no address")?;
        match (mail.backend, &mail.smtp_url) {
            (MailBackend::Smtp, Some(url)) => {
                Ok(Arc::new(SmtpMailer::new(url.reveal(), from, Arc::clone(&self.clock))?))
            }
            (MailBackend::Sns, _) => self.aws.mailer(config).await,
            _ => {
                let outbox = Outbox::open(&mail.outbox_dir, from, Arc::clone(&self.clock))
                    .with_context(|| format!("cannot use the outbox folder {}", mail.outbox_dir.display()))?;
                Ok(Arc::new(outbox))
            }
        }
    }

    /// The names that are real here, by slot type, so that the conversation understands them inside a sentence.
    async fn live_values(&self) -> Vec<(&'static str, Vec<String>)> {
        let mut values =
            vec![(slot_type::BLUEPRINT, self.catalogue.all().iter().map(|known| known.id.clone()).collect())];
        match self.factory.organizational_units().await {
            Ok(units) => values.push((slot_type::ACCOUNT_OU, units.into_iter().map(|unit| unit.name).collect())),
            Err(error) => {
                tracing::warn!(%error, "organizational units are not known yet; they are understood when asked for");
            }
        }
        values
    }
}

fn simulator(config: &Config, clock: &Arc<dyn Clock>, catalogue: &Arc<Catalogue>) -> anyhow::Result<Simulator> {
    let whole = |time: Duration| u32::try_from(time.as_secs()).unwrap_or(u32::MAX);
    let settings = SimulatorSettings {
        account_seconds: whole(config.simulator.account_duration),
        blueprint_seconds: whole(config.simulator.blueprint_duration),
        post_steps: config.blueprints.post_steps.steps.iter().map(|step| step.word().to_owned()).collect(),
        ..SimulatorSettings::default()
    };
    let path = world_path(&config.store.path);
    let simulator = Simulator::open(Some(&path), Arc::clone(clock), settings)?;
    Ok(simulator.with_catalogue(Arc::clone(catalogue)))
}

/// The pretend cloud lives beside the store, in a file of its own.
fn world_path(store: &Path) -> PathBuf {
    let mut name = store.as_os_str().to_owned();
    name.push(".simulator");
    PathBuf::from(name)
}
