//! A pretend Control Tower: realistic phases, limits and failures on demand.
//!
//! Production code, for demos, training and development: a world of its own that
//! lives in its own `SQLite` file and survives `kill -9`. It has no timers: where
//! anything stands is computed from the time that passed on the clock since it was
//! begun. It knows nothing of requests, approvals or the store.

mod bootstrap;
mod deployer;
mod factory;
mod ledger;
mod operations;
mod organization;
mod plan;
mod shape;
mod stacks;
pub mod trouble;
mod wordings;
mod world;

use std::path::Path;
use std::sync::Arc;

pub use ledger::AccountCreation;
pub use world::SimulatorError;
use world::World;

use crate::domain::blueprint::Catalogue;
use crate::ports::clock::Clock;

/// How the pretend world behaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SimulatorSettings {
    /// How long creating an account takes, in seconds; 0: no time at all.
    pub account_seconds: u32,
    /// How long deploying a blueprint takes, in seconds; 0: no time at all.
    pub blueprint_seconds: u32,
    /// Account operations at once before Control Tower says busy (AWS: 5).
    pub account_operations: u32,
    /// How many accounts the organization may have.
    pub account_quota: u32,
    /// The post steps this installation runs, in order.
    pub post_steps: Vec<String>,
}

impl Default for SimulatorSettings {
    fn default() -> Self {
        Self {
            account_seconds: 30,
            blueprint_seconds: 20,
            account_operations: 5,
            account_quota: 10_000,
            post_steps: vec!["tags".into(), "budget".into()],
        }
    }
}

/// The pretend Control Tower with its accounts; clones share one world.
#[derive(Clone)]
pub struct Simulator {
    world: World,
    settings: Arc<SimulatorSettings>,
    catalogue: Arc<Catalogue>,
}

impl Simulator {
    /// Opens the world kept in `path`, creating it when absent; `None` keeps it in memory.
    ///
    /// # Errors
    /// When the file is damaged, not a simulator's, or from a newer version.
    pub fn open(
        path: Option<&Path>,
        clock: Arc<dyn Clock>,
        settings: SimulatorSettings,
    ) -> Result<Self, SimulatorError> {
        let world = World::open(path, clock)?;
        Ok(Self { world, settings: Arc::new(settings), catalogue: Arc::default() })
    }

    /// Lets stacks consist of what the catalogue's templates say.
    #[must_use]
    pub fn with_catalogue(self, catalogue: Arc<Catalogue>) -> Self {
        Self { catalogue, ..self }
    }
}
