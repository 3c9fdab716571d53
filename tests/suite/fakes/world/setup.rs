//! Puts a world together, with whatever a test wants to be different.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use tempfile::TempDir;
use tokio::sync::{Semaphore, watch};
use vend::adapters::embedded::dialogue::EmbeddedDialogue;
use vend::adapters::embedded::outbox::Outbox;
use vend::adapters::embedded::simulator::{Simulator, SimulatorSettings};
use vend::adapters::embedded::sqlite::SqliteStore;
use vend::adapters::oidc::OidcIssuer;
use vend::config::{AuthConfig, AuthMode, OidcConfig, Scope, TokenConfig, TokenHash};
use vend::domain::blueprint::Catalogue;
use vend::domain::blueprint::ranges::Pools;
use vend::domain::dialogue::Bot;
use vend::domain::link::LinkKey;
use vend::domain::policy::Policy;
use vend::domain::vending::Patience;
use vend::http::session::{SignIn, redirect_url};
use vend::http::slack::SlackIntake;
use vend::http::{self, AppState, Limits};
use vend::ports::blueprints::BlueprintDeployer;
use vend::ports::chat::Chat;
use vend::ports::clock::Clock;
use vend::ports::dialogue::Dialogue;
use vend::ports::factory::AccountFactory;
use vend::ports::mail::Mailer;
use vend::service::{Parts, Service, Settings};
use vend::worker::Worker;

use super::World;
use crate::fakes::clock::{SeededIds, TestClock};
use crate::fakes::faults::Faults;

/// Where people reach this world.
pub const PUBLIC_URL: &str = "https://vend.example.com";

// Read once for all worlds: every test has one, and reading them takes its time.
static BOT: LazyLock<Bot> = LazyLock::new(Bot::shipped);
static CATALOGUE: LazyLock<Arc<Catalogue>> = LazyLock::new(|| Arc::new(Catalogue::shipped()));

/// Makes the factory of one process.
pub type MakeFactory = Arc<dyn Fn() -> Arc<dyn AccountFactory> + Send + Sync>;

/// What may be different about a world.
#[derive(Clone)]
pub struct Setup {
    pub clock: TestClock,
    pub faults: Option<Faults>,
    pub patience: Patience,
    pub auth: AuthConfig,
    pub policy: Policy,
    pub simulator: SimulatorSettings,
    pub limits: Limits,
    pub chat: Option<Arc<dyn Chat>>,
    /// Another engine than the embedded one.
    pub dialogue: Option<Arc<dyn Dialogue>>,
    pub slack_secrets: Vec<String>,
    pub slack_team_ids: Vec<String>,
    /// Makes another factory than the simulator, anew for every process.
    pub factory: Option<MakeFactory>,
    /// Another deployer than the simulator.
    pub deployer: Option<Arc<dyn BlueprintDeployer>>,
    /// Sends mail in place of the outbox.
    pub mailer: Option<Arc<dyn Mailer>>,
    pub max_concurrent: u32,
    pub pools: Pools,
    pub blueprint_values: BTreeMap<String, String>,
    /// Processes started so far: each draws other random numbers.
    pub starts: Arc<AtomicU64>,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            clock: TestClock::default(),
            faults: None,
            patience: Patience::default(),
            auth: AuthConfig { mode: AuthMode::None, tokens: Vec::new(), oidc: None },
            policy: Policy::shipped(),
            simulator: SimulatorSettings::default(),
            limits: Limits {
                body: 262_144,
                time: Duration::from_secs(15),
                at_once: 512,
                per_minute: NonZeroU32::new(1_000_000).expect("more than nothing"),
                trusted_proxies: Vec::new(),
            },
            chat: None,
            dialogue: None,
            slack_secrets: Vec::new(),
            slack_team_ids: Vec::new(),
            factory: None,
            mailer: None,
            deployer: None,
            max_concurrent: 5,
            pools: Pools::default(),
            blueprint_values: BTreeMap::new(),
            starts: Arc::default(),
        }
    }
}

/// The bearer token of a person in [`Setup::with_tokens`].
pub fn token(person: &str) -> String {
    format!("token-of-{person}")
}

fn held_by(name: &str, email: &str, scopes: &[Scope]) -> TokenConfig {
    let hash = TokenHash::of(&token(name));
    TokenConfig { name: name.to_owned(), email: email.to_owned(), hash, scopes: scopes.to_vec() }
}

impl Setup {
    /// Bearer tokens for: `ada` and `eve`, who ask; `approver`, whom the shipped policy
    /// names; `olga`, an operator; `reader`, who is Ada but may only look.
    pub fn with_tokens(mut self) -> Self {
        use Scope::{Admin, Approve, Read, Request};
        self.auth.mode = AuthMode::Tokens;
        self.auth.tokens = vec![
            held_by("ada", "ada@example.com", &[Request, Read]),
            held_by("eve", "eve@example.com", &[Request, Read, Approve]),
            held_by("reader", "ada@example.com", &[Read]),
            held_by("approver", "approver@example.com", &[Read, Approve]),
            held_by("olga", "olga@example.com", &[Admin]),
        ];
        self.policy = self.policy.without_local_operator();
        self
    }

    /// Whoever this issuer vouches for.
    pub fn with_issuer(mut self, oidc: OidcConfig) -> Self {
        self.auth.mode = AuthMode::Oidc;
        self.auth.oidc = Some(oidc);
        self.policy = self.policy.without_local_operator();
        self
    }

    /// Uses this policy file.
    pub fn policy(mut self, yaml: &str) -> Self {
        self.policy = Policy::parse(yaml).expect("a valid policy");
        self
    }

    /// Faults of this script go around every port.
    pub fn faults(mut self, faults: &Faults) -> Self {
        self.faults = Some(faults.clone());
        self
    }

    /// Builds the world.
    pub async fn build(self) -> World {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let clock: Arc<dyn Clock> = Arc::new(self.clock.clone());
        let simulator = Simulator::open(None, clock, self.simulator.clone()).expect("a world in memory");
        let simulator = simulator.with_catalogue(Arc::clone(&CATALOGUE));
        self.start_in(folder, simulator)
    }

    /// Starts the process on the files in `folder`; the pretend cloud has a life of its own.
    pub(super) fn start_in(self, folder: TempDir, simulator: Simulator) -> World {
        let shared: Arc<dyn Clock> = Arc::new(self.clock.clone());
        let store = SqliteStore::open(&folder.path().join("vend.db"), Arc::clone(&shared)).expect("a usable store");
        let store = Arc::new(store);
        let worker = Arc::new(self.worker(folder.path(), &store, &simulator));
        let service = Arc::clone(&worker.service);
        let (stop, stopping) = watch::channel(false);
        let (secrets, team_ids) = (self.slack_secrets.clone(), self.slack_team_ids.clone());
        let slack = SlackIntake { secrets, team_ids, largest_body: 262_144, service: Arc::clone(&service) };
        let auth = Arc::new(self.auth.clone());
        let streams = Arc::new(Semaphore::new(http::api::MOST_STREAMS));
        let sign_in = self.auth.oidc.as_ref().map(|oidc| Arc::new(self.sign_in(oidc)));
        let state =
            AppState { service: Arc::clone(&service), auth, sign_in, slack: Arc::new(slack), streams, stopping };
        let router = http::router(state, &self.limits);
        World { clock: self.clock.clone(), store, simulator, service, worker, router, stop, folder, setup: self }
    }

    /// A worker with its own use cases, on this store and this cloud.
    pub(super) fn worker(&self, folder: &Path, store: &Arc<SqliteStore>, simulator: &Simulator) -> Worker {
        let clock: Arc<dyn Clock> = Arc::new(self.clock.clone());
        let faults = self.faults.clone().unwrap_or_else(|| Faults::none(&self.clock));
        let from = "vend@example.com".parse().expect("an address");
        let outbox = Outbox::open(&folder.join("outbox"), from, Arc::clone(&clock)).expect("an outbox");
        let mailer = self.mailer.clone().unwrap_or_else(|| Arc::new(outbox));
        let simulator = Arc::new(simulator.clone());
        let factory: Arc<dyn AccountFactory> =
            self.factory.as_ref().map_or_else(|| simulator.clone() as _, |make| make());
        let deployer = self.deployer.clone().unwrap_or_else(|| simulator.clone());
        let embedded =
            || -> Arc<dyn Dialogue> { Arc::new(EmbeddedDialogue::new(BOT.clone(), store.clone(), Arc::clone(&clock))) };
        let service = Service::new(Parts {
            store: Arc::new(faults.around(Arc::clone(store))),
            dialogue: self.dialogue.clone().unwrap_or_else(embedded),
            factory: Arc::new(faults.around(factory)),
            chat: self.chat.clone(),
            clock,
            ids: Arc::new(SeededIds::new(self.starts.fetch_add(1, Ordering::SeqCst) + 1)),
            policy: self.policy.clone(),
            catalogue: Arc::clone(&CATALOGUE),
            settings: self.settings(),
        });
        Worker {
            service: Arc::new(service),
            mailer: Arc::new(faults.around(mailer)),
            deployer: Arc::new(faults.around(deployer)),
            patience: self.patience.clone(),
            lease: Duration::from_mins(1),
            idle: Duration::from_secs(1),
        }
    }

    fn sign_in(&self, oidc: &OidcConfig) -> SignIn {
        let issuer = OidcIssuer::new(oidc, redirect_url(PUBLIC_URL), Arc::new(self.clock.clone()));
        SignIn::new(Arc::new(issuer), oidc, &self.settings().link_key, PUBLIC_URL)
    }

    fn settings(&self) -> Settings {
        Settings {
            public_url: PUBLIC_URL.to_owned(),
            portal_url: None,
            link_key: LinkKey([7; 32]),
            max_concurrent: self.max_concurrent,
            blueprint_values: self.blueprint_values.clone(),
            pools: self.pools.clone(),
            ou_ttl: Duration::from_mins(1),
        }
    }
}
