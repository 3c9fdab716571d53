//! The adapter on a bench: a played management account, a clock to turn, orders to place.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use vend::adapters::aws::connection::Connection;
use vend::adapters::aws::service_catalog::{ServiceCatalogFactory, Settings};
use vend::domain::ids::RequestId;
use vend::domain::spec::AccountSpec;
use vend::ports::clock::{Clock, Ids};
use vend::ports::factory::{AccountFactory, AccountOrder, ProductState};

use crate::fakes::aws::service_catalog::{ControlTower, ManagementAccount};
use crate::fakes::aws::wire::Endpoint;
use crate::fakes::clock::{SeededIds, TestClock};
use crate::fakes::requests::{requester, sandbox};
use crate::ports::factory::{Course, FactoryBench};

/// What the adapter is told here.
pub fn settings() -> Settings {
    Settings {
        product_name: "AWS Control Tower Account Factory".to_owned(),
        account_quota: None,
        visible_within: Duration::from_mins(10),
    }
}

/// Everything needed to try the adapter.
pub struct Bench {
    pub tower: ControlTower,
    pub clock: TestClock,
    pub endpoint: Endpoint,
    pub factory: ServiceCatalogFactory,
    ids: SeededIds,
    placed: AtomicU32,
}

impl Bench {
    pub async fn new() -> Self {
        Self::with(settings()).await
    }

    pub async fn with(settings: Settings) -> Self {
        let clock = TestClock::default();
        let tower = ControlTower::new(Arc::new(clock.clone()));
        let endpoint = Endpoint::start(Arc::new(ManagementAccount(tower.clone()))).await;
        let connection = Connection::over(&endpoint.sdk());
        let factory = ServiceCatalogFactory::new(&connection, settings, Arc::new(clock.clone()));
        Self { tower, clock, endpoint, factory, ids: SeededIds::default(), placed: AtomicU32::new(0) }
    }

    /// An order nobody has placed yet.
    pub fn fresh(&self) -> AccountOrder {
        let nth = self.placed.fetch_add(1, Ordering::SeqCst);
        let request: RequestId = self.ids.request_id(self.clock.now());
        AccountOrder {
            request,
            product_name: request.product_name(),
            token: request.provision_token(1),
            spec: AccountSpec { account_name: format!("account-{nth}"), ..sandbox(&format!("root-{nth}@example.com")) },
            requester: requester("ada@example.com"),
            called_at: None,
            record_id: None,
        }
    }

    /// Places an order as the worker does, and lets the world come to its end.
    pub async fn ending(&self, order: &mut AccountOrder) -> ProductState {
        order.called_at = Some(self.clock.now());
        order.record_id = self.factory.provision(order).await.ok();
        self.clock.advance(self.long());
        self.factory.look_up(order).await.expect("a settled product can be looked up")
    }
}

#[async_trait]
impl FactoryBench for Bench {
    fn factory(&self) -> &dyn AccountFactory {
        &self.factory
    }

    fn order(&self, course: Course) -> AccountOrder {
        self.tower.feel(|mood| match course {
            Course::Smooth => {}
            Course::AnswerLost => {
                mood.lost_answers = 1;
                mood.hidden_for = Duration::from_mins(3);
            }
            Course::Fails => mood.late_busy = 1,
            Course::IdLate => mood.id_late = Duration::from_mins(5),
        });
        self.fresh()
    }

    fn pass(&self, time: Duration) {
        self.clock.advance(time);
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn long(&self) -> Duration {
        Duration::from_mins(30)
    }
}
