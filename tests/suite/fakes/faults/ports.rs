//! The ports a [`Faulty`] stands in for: every method passes through the script.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use vend::domain::event::Recorded;
use vend::domain::ids::RequestId;
use vend::domain::job::{ClaimedJob, Lane, Lease, NewJob, Settlement};
use vend::domain::request::Request;
use vend::domain::spec::OrganizationalUnit;
use vend::ports::blueprints::{BlueprintDeployer, BootstrapOrder, BootstrapState, DeployError, StackOrder, StackState};
use vend::ports::factory::{AccountFactory, AccountOrder, FactoryError, ProductState, Taken};
use vend::ports::mail::{Mail, MailError, Mailer};
use vend::ports::store::{
    Commit, Filter, Holder, JobStore, KeyValue, NewValue, Page, RequestStore, Stored, TroubledJob, Versioned,
};

use super::Faulty;

#[async_trait]
impl<P: AccountFactory + ?Sized> AccountFactory for Faulty<P> {
    async fn organizational_units(&self) -> Result<Vec<OrganizationalUnit>, FactoryError> {
        self.call("factory.organizational_units", "", || self.port.organizational_units()).await
    }

    async fn taken(&self, root_email: &str, account_name: &str) -> Result<Taken, FactoryError> {
        self.call("factory.taken", account_name, || self.port.taken(root_email, account_name)).await
    }

    async fn provision(&self, order: &AccountOrder) -> Result<String, FactoryError> {
        self.call("factory.provision", &order.product_name, || self.port.provision(order)).await
    }

    async fn look_up(&self, order: &AccountOrder) -> Result<ProductState, FactoryError> {
        self.call("factory.look_up", &order.product_name, || self.port.look_up(order)).await
    }

    async fn terminate(&self, order: &AccountOrder) -> Result<(), FactoryError> {
        self.call("factory.terminate", &order.product_name, || self.port.terminate(order)).await
    }
}

#[async_trait]
impl<P: BlueprintDeployer + ?Sized> BlueprintDeployer for Faulty<P> {
    async fn deploy(&self, order: &StackOrder) -> Result<(), DeployError> {
        self.call("blueprints.deploy", &order.stack_name, || self.port.deploy(order)).await
    }

    async fn look_up(&self, order: &StackOrder) -> Result<StackState, DeployError> {
        self.call("blueprints.look_up", &order.stack_name, || self.port.look_up(order)).await
    }

    async fn roll_back(&self, order: &StackOrder) -> Result<(), DeployError> {
        self.call("blueprints.roll_back", &order.stack_name, || self.port.roll_back(order)).await
    }

    async fn bootstrap(&self, order: &BootstrapOrder) -> Result<BootstrapState, DeployError> {
        self.call("blueprints.bootstrap", &order.account_id, || self.port.bootstrap(order)).await
    }

    fn post_steps(&self) -> Vec<String> {
        self.port.post_steps()
    }

    async fn post_step(&self, step: &str, order: &StackOrder) -> Result<(), DeployError> {
        self.call("blueprints.post_step", step, || self.port.post_step(step, order)).await
    }
}

#[async_trait]
impl<P: Mailer + ?Sized> Mailer for Faulty<P> {
    async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        self.call("mail.send", &mail.key, || self.port.send(mail)).await
    }
}

#[async_trait]
impl<P: RequestStore + ?Sized> RequestStore for Faulty<P> {
    async fn commit(&self, commit: Commit) -> Stored<()> {
        let subject = commit.request.id.to_string();
        self.call("store.commit", &subject, || self.port.commit(commit.clone())).await
    }

    async fn load(&self, id: RequestId) -> Stored<Request> {
        self.call("store.load", &id.to_string(), || self.port.load(id)).await
    }

    async fn resolve(&self, short_key: &str) -> Stored<Vec<RequestId>> {
        self.call("store.resolve", short_key, || self.port.resolve(short_key)).await
    }

    async fn history(&self, id: RequestId, after: u64) -> Stored<Vec<Recorded>> {
        self.call("store.history", &id.to_string(), || self.port.history(id, after)).await
    }

    async fn list(&self, filter: &Filter, before: Option<RequestId>, limit: usize) -> Stored<Page> {
        self.call("store.list", "", || self.port.list(filter, before, limit)).await
    }

    async fn queue(&self, limit: usize) -> Stored<Vec<RequestId>> {
        self.call("store.queue", "", || self.port.queue(limit)).await
    }

    async fn locks(&self, prefix: &str) -> Stored<Vec<(String, Holder)>> {
        self.call("store.locks", prefix, || self.port.locks(prefix)).await
    }
}

#[async_trait]
impl<P: JobStore + ?Sized> JobStore for Faulty<P> {
    async fn promise(&self, job: NewJob) -> Stored<()> {
        let subject = job.key.clone();
        self.call("store.promise", &subject, || self.port.promise(job.clone())).await
    }

    async fn claim(&self, lane: Lane, now: Timestamp, lease: Duration, limit: usize) -> Stored<Vec<ClaimedJob>> {
        self.call("store.claim", lane.word(), || self.port.claim(lane, now, lease, limit)).await
    }

    async fn settle(&self, key: &str, lease: &Lease, settlement: Settlement) -> Stored<()> {
        self.call("store.settle", key, || self.port.settle(key, lease, settlement.clone())).await
    }

    async fn release(&self, key: &str, lease: &Lease) -> Stored<()> {
        self.call("store.release", key, || self.port.release(key, lease)).await
    }

    async fn next_due(&self, lane: Lane) -> Stored<Option<Timestamp>> {
        self.call("store.next_due", lane.word(), || self.port.next_due(lane)).await
    }

    async fn troubled(&self, limit: usize) -> Stored<Vec<TroubledJob>> {
        self.call("store.troubled", "", || self.port.troubled(limit)).await
    }
}

#[async_trait]
impl<P: KeyValue + ?Sized> KeyValue for Faulty<P> {
    async fn get(&self, key: &str, now: Timestamp) -> Stored<Option<Versioned>> {
        self.call("store.get", key, || self.port.get(key, now)).await
    }

    async fn put(&self, value: NewValue, now: Timestamp) -> Stored<()> {
        self.call("store.put", &value.key, || self.port.put(value.clone(), now)).await
    }

    async fn ready(&self, now: Timestamp) -> Stored<()> {
        self.call("store.ready", "", || self.port.ready(now)).await
    }
}
