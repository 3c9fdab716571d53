//! Opens the adapters that talk to AWS, each over one [`Connection`].

use std::sync::Arc;

use anyhow::bail;

use crate::adapters::aws::connection::Connection;
use crate::config::Config;
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

pub(super) async fn dialogue(config: &Config) -> anyhow::Result<Arc<dyn Dialogue>> {
    let _connection = Connection::from_environment().await.in_region(config.dialogue.region.as_deref());
    bail!("this build has no Lex dialogue yet")
}

pub(super) async fn mailer(_config: &Config) -> anyhow::Result<Arc<dyn Mailer>> {
    bail!("this build has no SNS mail yet")
}
