//! A pretend Control Tower on a bench: with a clock to turn and a supply of orders.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use vend::adapters::embedded::simulator::{Simulator, SimulatorError, SimulatorSettings};
use vend::domain::ids::RequestId;
use vend::domain::spec::{AccountSpec, BlueprintChoice};
use vend::ports::blueprints::{BlueprintDeployer, StackOrder, StackState};
use vend::ports::clock::{Clock, Ids};
use vend::ports::factory::{AccountFactory, AccountOrder, ProductState};

use super::clock::{SeededIds, TestClock};
use super::requests::{requester, sandbox};

/// A simulator with a clock of its own and a supply of orders.
pub struct Bench {
    pub simulator: Simulator,
    pub clock: TestClock,
    ids: SeededIds,
    placed: AtomicU32,
}

/// Seconds a smooth account takes here.
pub const ACCOUNT_SECONDS: u64 = 100;

impl Bench {
    pub fn open(path: Option<&Path>) -> Result<Self, SimulatorError> {
        let account_seconds = u32::try_from(ACCOUNT_SECONDS).expect("a short time");
        Self::with(path, SimulatorSettings { account_seconds, blueprint_seconds: 40, ..SimulatorSettings::default() })
    }

    pub fn with(path: Option<&Path>, settings: SimulatorSettings) -> Result<Self, SimulatorError> {
        let clock = TestClock::default();
        let simulator = Simulator::open(path, Arc::new(clock.clone()), settings)?;
        Ok(Self { simulator, clock, ids: SeededIds::default(), placed: AtomicU32::new(0) })
    }

    pub fn new() -> Self {
        Self::open(None).expect("a world in memory")
    }

    /// The same world after a restart, at the same moment.
    pub fn reopened(self, path: &Path) -> Self {
        let now = self.clock.now();
        let ids = self.ids;
        drop(self.simulator);
        let next = Self { ids, ..Self::open(Some(path)).expect("the world is still there") };
        next.clock.set(now);
        next
    }

    /// A new order whose root e-mail carries `tag`.
    pub fn tagged(&self, tag: &str) -> AccountOrder {
        let nth = self.placed.fetch_add(1, Ordering::SeqCst);
        let request: RequestId = self.ids.request_id(self.clock.now());
        let spec = AccountSpec {
            account_name: format!("account-{nth}"),
            blueprint: Some(BlueprintChoice {
                id: "ml-workload-nonprod".into(),
                version: "1.0.0".into(),
                parameters: [].into(),
            }),
            ..sandbox(&format!("root-{nth}{tag}@example.com"))
        };
        AccountOrder {
            request,
            product_name: request.product_name(),
            token: request.provision_token(1),
            spec,
            requester: requester("ada@example.com"),
            called_at: None,
            record_id: None,
        }
    }

    pub fn wait(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    pub async fn state(&self, order: &AccountOrder) -> ProductState {
        AccountFactory::look_up(&self.simulator, order).await.unwrap()
    }

    pub async fn stack(&self, order: &StackOrder) -> StackState {
        BlueprintDeployer::look_up(&self.simulator, order).await.unwrap()
    }

    /// Provisions, waits for the end, and answers how it ended.
    pub async fn ending(&self, order: &AccountOrder) -> ProductState {
        self.simulator.provision(order).await.unwrap();
        self.wait(ACCOUNT_SECONDS);
        self.state(order).await
    }

    pub async fn account(&self, tag: &str) -> StackOrder {
        let order = self.tagged(tag);
        let ProductState::Available { account_id } = self.ending(&order).await else { panic!("no account") };
        StackOrder {
            request: order.request,
            account_id,
            stack_name: order.request.stack_name(),
            token: order.request.stack_token(1),
            attempt: 1,
            spec: order.spec,
        }
    }
}
