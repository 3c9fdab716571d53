//! Fault points around the ports, in builds that have any.

use std::sync::Arc;

use crate::adapters::killing::{KillingChat, KillingDeployer, KillingFactory, KillingMailer, KillingStore};
use crate::ports::blueprints::BlueprintDeployer;
use crate::ports::chat::Chat;
use crate::ports::factory::AccountFactory;
use crate::ports::mail::Mailer;
use crate::ports::store::Store;

pub(super) fn around_store(port: Arc<dyn Store>) -> Arc<dyn Store> {
    Arc::new(KillingStore(port))
}

pub(super) fn around_chat(port: Arc<dyn Chat>) -> Arc<dyn Chat> {
    Arc::new(KillingChat(port))
}

pub(super) fn around_factory(port: Arc<dyn AccountFactory>) -> Arc<dyn AccountFactory> {
    Arc::new(KillingFactory(port))
}

pub(super) fn around_deployer(port: Arc<dyn BlueprintDeployer>) -> Arc<dyn BlueprintDeployer> {
    Arc::new(KillingDeployer(port))
}

pub(super) fn around_mailer(port: Arc<dyn Mailer>) -> Arc<dyn Mailer> {
    Arc::new(KillingMailer(port))
}
