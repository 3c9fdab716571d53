//! A whole installation on the played management account.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Value, json};
use vend::adapters::aws::connection::Connection;
use vend::adapters::aws::service_catalog::{ServiceCatalogFactory, Settings};
use vend::domain::event::Event;
use vend::domain::ids::RequestId;
use vend::domain::person::{Actor, Channel};
use vend::domain::request::{Request, State};
use vend::ports::blueprints::{BlueprintDeployer, BootstrapOrder, BootstrapState, DeployError, StackOrder, StackState};
use vend::ports::factory::AccountFactory;
use vend::ports::store::RequestStore as _;
use vend::service::Decide;

use super::bench::settings;
use crate::fakes::aws::service_catalog::mood::Mood;
use crate::fakes::aws::service_catalog::{ControlTower, ManagementAccount};
use crate::fakes::aws::wire::Endpoint;
use crate::fakes::world::{Setup, World, sandbox};
use crate::promises::{self, Evidence};

/// Accounts stay empty here: what comes into them is another adapter's business.
struct NoBlueprints;

#[async_trait]
impl BlueprintDeployer for NoBlueprints {
    async fn deploy(&self, _: &StackOrder) -> Result<(), DeployError> {
        unreachable!("nobody chose a blueprint")
    }

    async fn look_up(&self, _: &StackOrder) -> Result<StackState, DeployError> {
        unreachable!("nobody chose a blueprint")
    }

    async fn roll_back(&self, _: &StackOrder) -> Result<(), DeployError> {
        unreachable!("nobody chose a blueprint")
    }

    async fn bootstrap(&self, _: &BootstrapOrder) -> Result<BootstrapState, DeployError> {
        unreachable!("nobody asked for a bootstrap")
    }

    fn post_steps(&self) -> Vec<String> {
        Vec::new()
    }

    async fn post_step(&self, _: &str, _: &StackOrder) -> Result<(), DeployError> {
        unreachable!("there are no steps")
    }
}

/// The installation and what it works on.
pub struct Scene {
    pub world: World,
    pub tower: ControlTower,
    _endpoint: Endpoint,
    asked: u32,
}

impl Scene {
    pub async fn new(mood: Mood) -> Self {
        Self::with(mood, settings()).await
    }

    pub async fn with(mood: Mood, settings: Settings) -> Self {
        let mut setup = Setup::default();
        let clock = setup.clock.clone();
        let tower = ControlTower::new(Arc::new(clock.clone()));
        tower.feel(|feeling| *feeling = mood);
        let endpoint = Endpoint::start(Arc::new(ManagementAccount(tower.clone()))).await;
        let sdk = endpoint.sdk();
        // Anew for every process: nothing the adapter remembers outlives a restart.
        setup.factory = Some(Arc::new(move || {
            let connection = Connection::over(&sdk);
            let factory = ServiceCatalogFactory::new(&connection, settings.clone(), Arc::new(clock.clone()));
            Arc::new(factory) as Arc<dyn AccountFactory>
        }));
        setup.deployer = Some(Arc::new(NoBlueprints));
        Self { world: setup.build().await, tower, _endpoint: endpoint, asked: 0 }
    }

    /// The process ends and another one begins.
    pub async fn restarted(self) -> Self {
        Self { world: self.world.restart().await, ..self }
    }

    /// Somebody asks; the answer of the API.
    pub async fn asks(&mut self, root_email: &str) -> (u16, Value) {
        self.asked += 1;
        let mut body = sandbox(root_email);
        body["requester"]["email"] = json!(format!("user-{}@example.com", self.asked));
        let made = self.world.post("/api/v1/requests", &body).await;
        (made.status, made.json())
    }

    /// Somebody asks, and the approver says yes; nothing is done yet.
    pub async fn approved(&mut self) -> RequestId {
        let email = format!("team-{}@example.com", self.asked + 1);
        let (status, made) = self.asks(&email).await;
        assert_eq!(status, 201, "{made}");
        let id = made["id"].as_str().expect("an id").parse().expect("an id");
        let approver = Actor::person("approver@example.com", Channel::Mail);
        self.world.service.decide(id, &approver, Decide::Approve { reason: None }).await.expect("the approver may");
        id
    }

    /// Asked, approved, and as far as it goes by itself.
    pub async fn ran(&mut self) -> RequestId {
        let id = self.approved().await;
        self.world.settle().await;
        id
    }

    pub async fn retried(&self, id: RequestId) {
        let ada = Actor::person("approver@example.com", Channel::Api);
        self.world.service.retry(id, &ada).await.expect("a retry may help");
        self.world.settle().await;
    }

    pub async fn request(&self, id: RequestId) -> Request {
        self.world.store.load(id).await.expect("a stored request")
    }

    pub async fn reasons(&self, id: RequestId) -> Vec<String> {
        let history = self.world.history(&id.to_string()).await;
        let told = history.into_iter().filter_map(|recorded| match recorded.event {
            Event::Delayed { reason, .. } => Some(reason),
            _ => None,
        });
        told.collect()
    }

    pub async fn evidence(&self) -> Evidence {
        let mut evidence = self.world.evidence().await;
        evidence.creations = self.tower.creations();
        evidence.most_in_flight = self.tower.most_in_flight();
        evidence
    }

    /// It ended well, with one account, and every promise is kept.
    pub async fn is_ready(&self, id: RequestId) {
        let request = self.request(id).await;
        assert_eq!(request.state, State::Ready, "{:?}", request.failure);
        let evidence = self.evidence().await;
        promises::assert_kept(&evidence);
        let account =
            evidence.creations.iter().find(|made| made.product_name == id.product_name()).expect("an account");
        assert_eq!(request.account_id.as_deref(), Some(account.account_id.as_str()));
    }

    /// It failed with these words, said without the service's own, which operators find with the record id.
    pub async fn failed(&self, id: RequestId, reason: &str, retryable: bool) {
        let request = self.request(id).await;
        let failure = request.failure.as_ref().unwrap_or_else(|| panic!("it is {:?}", request.state));
        assert!(failure.reason.contains(reason), "{failure:?}");
        assert_eq!(failure.retryable, retryable, "{failure:?}");
        assert!(!failure.advice.is_empty());
        promises::assert_kept(&self.evidence().await);
        let shown = self.world.get(&format!("/api/v1/requests/{id}")).await.text();
        let history = self.world.get(&format!("/api/v1/requests/{id}/events")).await.text();
        for text in [shown, history] {
            assert!(!text.contains("rec-00") && !text.contains("Exception"), "{text}");
        }
    }

    /// Turns the clock.
    pub fn pass(&self, time: Duration) {
        self.world.clock.advance(time);
    }
}
