//! Opens the adapters that talk to AWS, each over one [`Connection`].

use std::sync::Arc;

use anyhow::{Context as _, bail};

use crate::adapters::aws::connection::Connection;
use crate::adapters::aws::lex::{LexBot, LexDialogue};
use crate::adapters::aws::sns::SnsMailer;
use crate::config::{Config, DialogueConfig, manifests};
use crate::domain::blueprint::Catalogue;
use crate::ports::blueprints::BlueprintDeployer;
use crate::ports::clock::Clock;
use crate::ports::dialogue::Dialogue;
use crate::ports::factory::AccountFactory;
use crate::ports::mail::Mailer;
use crate::ports::store::Store;

pub(super) async fn store(_config: &Config, _clock: &Arc<dyn Clock>) -> anyhow::Result<Arc<dyn Store>> {
    let _connection = Connection::from_environment().await;
    bail!("this build has no DynamoDB store yet")
}

/// In Control Tower's home region, as a role of the management account where one is configured.
async fn management(config: &Config) -> Connection {
    let here = Connection::from_environment().await.in_region(config.factory.region.as_deref());
    match &config.factory.role_arn {
        Some(role) => here.assuming(role, "vend").await,
        None => here,
    }
}

pub(super) async fn factory(config: &Config) -> anyhow::Result<Arc<dyn AccountFactory>> {
    let _connection = management(config).await;
    bail!("this build has no Service Catalog factory yet")
}

pub(super) async fn deployer(config: &Config, _catalogue: &Catalogue) -> anyhow::Result<Arc<dyn BlueprintDeployer>> {
    let _connection = management(config).await;
    bail!("this build has no CloudFormation delivery yet")
}

/// In the bot's own region: Lex is not everywhere Control Tower is.
pub(super) async fn dialogue(config: &Config) -> anyhow::Result<Arc<dyn Dialogue>> {
    let connection = Connection::from_environment().await.in_region(config.dialogue.region.as_deref());
    let DialogueConfig { bot_id: Some(id), bot_alias_id: Some(alias_id), locale_id, .. } = config.dialogue.clone()
    else {
        bail!("Lex needs `dialogue.bot_id` and `dialogue.bot_alias_id`")
    };
    let lex = LexBot { id, alias_id, locale_id };
    Ok(Arc::new(LexDialogue::new(&connection, lex, manifests::bot(config)?)))
}

pub(super) async fn mailer(config: &Config) -> anyhow::Result<Arc<dyn Mailer>> {
    let topic = config.mail.topic_arn.clone().context("`mail.topic_arn` is missing")?;
    tracing::info!(
        "mail goes through Amazon SNS, which delivers to confirmed subscriptions only: `vend approvers sync` makes them. \
         Requesters without one follow their request in Slack or on its page"
    );
    Ok(Arc::new(SnsMailer::new(&Connection::from_environment().await, topic)))
}
