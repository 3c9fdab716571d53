//! Opens the adapters the configuration names. Knows every adapter and no use case.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;

use crate::adapters::embedded::dialogue::EmbeddedDialogue;
use crate::adapters::embedded::outbox::Outbox;
use crate::adapters::embedded::simulator::{Simulator, SimulatorSettings};
use crate::adapters::embedded::sqlite::SqliteStore;
use crate::adapters::slack::{SlackChat, SlackSettings};
use crate::adapters::smtp::SmtpMailer;
use crate::adapters::system::SystemClock;
use crate::config::{Config, MailBackend, SlackConfig, manifests};
use crate::domain::blueprint::Catalogue;
use crate::domain::dialogue::slot_type;
use crate::ports::chat::Chat;
use crate::ports::clock::Clock;
use crate::ports::factory::AccountFactory as _;
use crate::ports::mail::Mailer;

use super::faults;

pub(super) fn chat(config: &Config) -> anyhow::Result<Option<Arc<dyn Chat>>> {
    let Some(slack) = &config.slack else { return Ok(None) };
    Ok(Some(faults::around_chat(Arc::new(SlackChat::new(&slack_settings(slack))?))))
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
    pub(super) clock: Arc<dyn Clock>,
    pub(super) store: Arc<SqliteStore>,
    pub(super) catalogue: Catalogue,
    pub(super) simulator: Arc<Simulator>,
}

impl Ground {
    pub(super) fn open(config: &Config) -> anyhow::Result<Self> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let store = Arc::new(
            SqliteStore::open(&config.store.path, Arc::clone(&clock))
                .with_context(|| config.store.path.display().to_string())?,
        );
        let catalogue = manifests::catalogue(config)?;
        let simulator = Arc::new(simulator(config, &clock, &catalogue)?);
        Ok(Self { clock, store, catalogue, simulator })
    }

    /// Teaches the conversation the names that are real here, so that they are understood inside a sentence.
    pub(super) async fn offer_live_values(&self, dialogue: &EmbeddedDialogue) {
        dialogue.offer(slot_type::BLUEPRINT, self.catalogue.all().iter().map(|known| known.id.clone()).collect());
        match self.simulator.organizational_units().await {
            Ok(units) => dialogue.offer(slot_type::ACCOUNT_OU, units.into_iter().map(|unit| unit.name).collect()),
            Err(error) => {
                tracing::warn!(%error, "organizational units are not known yet; they are understood when asked for");
            }
        }
    }
}

fn simulator(config: &Config, clock: &Arc<dyn Clock>, catalogue: &Catalogue) -> anyhow::Result<Simulator> {
    let whole = |time: Duration| u32::try_from(time.as_secs()).unwrap_or(u32::MAX);
    let settings = SimulatorSettings {
        account_seconds: whole(config.simulator.account_duration),
        blueprint_seconds: whole(config.simulator.blueprint_duration),
        ..SimulatorSettings::default()
    };
    let path = world_path(&config.store.path);
    let simulator = Simulator::open(Some(&path), Arc::clone(clock), settings)?;
    Ok(simulator.with_catalogue(Arc::new(catalogue.clone())))
}

/// The pretend cloud lives beside the store, in a file of its own.
fn world_path(store: &Path) -> PathBuf {
    let mut name = store.as_os_str().to_owned();
    name.push(".simulator");
    PathBuf::from(name)
}

pub(super) fn mailer(config: &Config, clock: &Arc<dyn Clock>) -> anyhow::Result<Arc<dyn Mailer>> {
    let mail = &config.mail;
    let from = mail.from.parse().context("`mail.from` is no address")?;
    if let (MailBackend::Smtp, Some(url)) = (&mail.backend, &mail.smtp_url) {
        return Ok(Arc::new(SmtpMailer::new(url.reveal(), from, Arc::clone(clock))?));
    }
    let outbox = Outbox::open(&mail.outbox_dir, from, Arc::clone(clock))
        .with_context(|| format!("cannot use the outbox folder {}", mail.outbox_dir.display()))?;
    Ok(Arc::new(outbox))
}
