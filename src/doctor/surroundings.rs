//! What every check looks around with: the configuration, connections to AWS as each
//! role, an HTTP client. Opens nothing by itself.

use std::time::Duration;

use crate::adapters::aws::connection::Connection;
use crate::config::{BlueprintsBackend, Config, DialogueBackend, FactoryBackend, MailBackend, StoreBackend};

const CONNECT: Duration = Duration::from_secs(3);

pub(super) struct Surroundings<'a> {
    pub(super) config: &'a Config,
    /// As the process itself, in the SDK's usual region.
    pub(super) own: Connection,
    /// As whoever talks to Account Factory, in its region.
    pub(super) management: Connection,
    pub(super) http: reqwest::Client,
}

impl<'a> Surroundings<'a> {
    pub(super) async fn of(config: &'a Config) -> Self {
        let own = Connection::from_environment().await;
        let there = own.in_region(config.factory.region.as_deref());
        let management = match &config.factory.role_arn {
            Some(role) => there.assuming(role, "vend-doctor").await,
            None => there,
        };
        let http = reqwest::Client::builder().connect_timeout(CONNECT).redirect(reqwest::redirect::Policy::none());
        // Without TLS there is no client with a time limit; the default one looks as well.
        let http = http.build().unwrap_or_default();
        Self { config, own, management, http }
    }

    pub(super) fn uses_aws(&self) -> bool {
        let config = self.config;
        config.store.backend == StoreBackend::DynamoDb
            || config.dialogue.backend == DialogueBackend::Lex
            || config.mail.backend == MailBackend::Sns
            || self.uses_management()
    }

    pub(super) fn uses_management(&self) -> bool {
        self.config.factory.backend == FactoryBackend::ServiceCatalog
            || self.config.blueprints.backend == BlueprintsBackend::CloudFormation
    }

    pub(super) fn has_management_role(&self) -> bool {
        self.uses_management() && self.config.factory.role_arn.is_some()
    }
}
