//! Opens the adapters that talk to AWS, all over one [`Connection`] and those derived from it.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use tokio::sync::OnceCell;

use crate::adapters::aws::cloudformation::{
    Access, Budget, CdkTemplate, CloudFormationDeployer, Contact, DeliverySettings, PostStep, PostSteps,
};
use crate::adapters::aws::connection::Connection;
use crate::adapters::aws::dynamodb::DynamoStore;
use crate::adapters::aws::lex::{LexBot, LexDialogue};
use crate::adapters::aws::service_catalog::{ServiceCatalogFactory, Settings};
use crate::adapters::aws::sns::SnsMailer;
use crate::config::{Config, ContactConfig, DialogueConfig, PostStepName, PostStepsConfig, lex_region, manifests};
use crate::domain::blueprint::Catalogue;
use crate::ports::blueprints::BlueprintDeployer;
use crate::ports::clock::Clock;
use crate::ports::dialogue::Dialogue;
use crate::ports::factory::AccountFactory;
use crate::ports::mail::Mailer;
use crate::ports::store::Store;

/// The AWS this process talks to. Its environment is read, and the management role
/// prepared, once: when the first part that needs it is opened.
#[derive(Default)]
pub(super) struct Aws {
    here: OnceCell<Connection>,
    management: OnceCell<Connection>,
}

impl Aws {
    async fn here(&self) -> &Connection {
        self.here.get_or_init(Connection::from_environment).await
    }

    /// In Control Tower's home region, as a role of the management account where one is configured.
    async fn management(&self, config: &Config) -> &Connection {
        let connect = || async {
            let home = self.here().await.in_region(config.factory.region.as_deref());
            match &config.factory.role_arn {
                Some(role) => home.assuming(role, "vend").await,
                None => home,
            }
        };
        self.management.get_or_init(connect).await
    }

    pub(super) async fn store(&self, config: &Config, clock: &Arc<dyn Clock>) -> anyhow::Result<Arc<dyn Store>> {
        let table = config.store.table.as_deref().context("`store.table` names no DynamoDB table")?;
        Ok(Arc::new(DynamoStore::open(self.here().await, table, Arc::clone(clock)).await?))
    }

    pub(super) async fn factory(&self, config: &Config, clock: &Arc<dyn Clock>) -> Arc<dyn AccountFactory> {
        let factory = &config.factory;
        let settings = Settings {
            product_name: factory.product_name.clone(),
            account_quota: factory.account_quota,
            visible_within: factory.visible_within,
        };
        Arc::new(ServiceCatalogFactory::new(self.management(config).await, settings, Arc::clone(clock)))
    }

    pub(super) async fn deployer(
        &self,
        config: &Config,
        catalogue: &Arc<Catalogue>,
        clock: &Arc<dyn Clock>,
    ) -> anyhow::Result<Arc<dyn BlueprintDeployer>> {
        let connection = self.management(config).await;
        let region = config.blueprints.region.as_deref().or(connection.region());
        let settings = DeliverySettings {
            region: region.context("no region is known: set `blueprints.region`")?.to_owned(),
            cdk_template: config.blueprints.cdk_template.as_deref().map(cdk_template).transpose()?,
            post_steps: post_steps(&config.blueprints.post_steps),
        };
        let access = Access::new(connection.clone(), &config.blueprints.role_name, Arc::clone(clock));
        Ok(Arc::new(CloudFormationDeployer::new(access, Arc::clone(catalogue), settings)))
    }

    /// In the bot's own region: Lex is not everywhere Control Tower is.
    pub(super) async fn dialogue(
        &self,
        config: &Config,
        live: Vec<(&'static str, Vec<String>)>,
    ) -> anyhow::Result<Arc<dyn Dialogue>> {
        let connection = self.here().await.in_region(config.dialogue.region.as_deref());
        let DialogueConfig { bot_id: Some(id), bot_alias_id: Some(alias_id), locale_id, .. } = config.dialogue.clone()
        else {
            bail!("Lex needs `dialogue.bot_id` and `dialogue.bot_alias_id`")
        };
        let region = connection.region().context("no AWS region is known: set `dialogue.region`")?;
        if let Err(sentence) = lex_region(region) {
            bail!("{region}: {sentence} Then set `dialogue.region`.");
        }
        let lex = LexBot { id, alias_id, locale_id };
        let mut dialogue = LexDialogue::new(&connection, lex, manifests::bot(config)?);
        for (slot_type, values) in live {
            dialogue.offer(slot_type, values);
        }
        Ok(Arc::new(dialogue))
    }

    pub(super) async fn mailer(&self, config: &Config) -> anyhow::Result<Arc<dyn Mailer>> {
        let topic = config.mail.topic_arn.clone().context("`mail.topic_arn` is missing")?;
        tracing::info!(
            "mail goes through Amazon SNS, which delivers to confirmed subscriptions only: `vend approvers sync` makes them. \
             Requesters without one follow their request in Slack or on its page"
        );
        Ok(Arc::new(SnsMailer::new(self.here().await, topic)))
    }
}

fn cdk_template(path: &Path) -> anyhow::Result<CdkTemplate> {
    let shown = || format!("`blueprints.cdk_template`: {}", path.display());
    let text = std::fs::read_to_string(path).with_context(shown)?;
    CdkTemplate::parse(&text).map_err(anyhow::Error::msg).with_context(shown)
}

fn post_steps(config: &PostStepsConfig) -> PostSteps {
    let step = |name: &PostStepName| match name {
        PostStepName::Tags => PostStep::Tags,
        PostStepName::Budget => PostStep::Budget(Budget {
            usd: config.budget_usd.unwrap_or_default(),
            alert_emails: config.budget_alert_emails.clone(),
        }),
        PostStepName::DevopsGuru => PostStep::DevopsGuru,
        PostStepName::AlternateContacts => PostStep::AlternateContacts(contacts(config)),
    };
    PostSteps(config.steps.iter().map(step).collect())
}

fn contacts(config: &PostStepsConfig) -> Vec<Contact> {
    let contact = |(kind, given): (&String, &ContactConfig)| Contact {
        kind: kind.clone(),
        name: given.name.clone(),
        title: given.title.clone(),
        email: given.email.clone(),
        phone: given.phone.clone(),
    };
    config.alternate_contacts.iter().map(contact).collect()
}
