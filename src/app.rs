//! Builds the adapters the configuration names, wires them to the use cases, and
//! runs the server until it is told to stop.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use sha2::{Digest, Sha256};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};

use crate::adapters::embedded::dialogue::EmbeddedDialogue;
use crate::adapters::embedded::outbox::Outbox;
use crate::adapters::embedded::simulator::{Simulator, SimulatorSettings};
use crate::adapters::embedded::sqlite::SqliteStore;
use crate::adapters::slack::{SlackChat, SlackSettings};
use crate::adapters::smtp::SmtpMailer;
use crate::adapters::system::{SystemClock, SystemIds};
use crate::config::{AuthMode, Config, MailBackend, Role, SlackConfig, manifests};
use crate::domain::blueprint::Catalogue;
use crate::domain::dialogue::slot_type;
use crate::domain::job::Lane;
use crate::domain::link::LinkKey;
use crate::domain::policy::Policy;
use crate::domain::vending::Patience;
use crate::http::{self, AppState, Limits};
use crate::ports::chat::Chat;
use crate::ports::clock::{Clock, Ids};
use crate::ports::factory::AccountFactory;
use crate::ports::mail::Mailer;
use crate::ports::store::{KeyValue, Store, StoreError};
use crate::service::{Parts, Service, Settings};
use crate::worker::Worker;

/// The longest sleep of a worker that was not woken.
const IDLE: Duration = Duration::from_secs(1);
/// How long the list of organizational units is believed.
const OU_TTL: Duration = Duration::from_secs(60);

/// Runs the server: prints the address it listens on, serves until a signal
/// comes, then stops taking requests, finishes what was begun and closes the store.
///
/// # Errors
/// Everything that keeps it from starting, each with what to do.
pub async fn serve(config: Config) -> anyhow::Result<()> {
    let listener = TcpListener::bind(config.server.listen)
        .await
        .with_context(|| format!("cannot listen on {}: choose another `server.listen`", config.server.listen))?;
    let bound = listener.local_addr()?;
    let app = App::build(&config, bound).await?;
    announce(bound);
    app.run(listener).await
}

/// Programs that start the server wait for this line.
#[expect(clippy::print_stdout, reason = "the one line other programs read from the server's output")]
fn announce(bound: SocketAddr) {
    println!("listening on http://{bound}");
}

/// A server that is put together and not yet running.
pub struct App {
    /// The use cases.
    pub service: Arc<Service>,
    /// The worker, whatever the role.
    pub worker: Arc<Worker>,
    /// Every HTTP route.
    pub router: axum::Router,
    store: Arc<SqliteStore>,
    role: Role,
    stop: watch::Sender<bool>,
}

impl App {
    /// Opens the adapters and wires them.
    ///
    /// # Errors
    /// The first adapter that cannot be opened, with what to do.
    pub async fn build(config: &Config, bound: SocketAddr) -> anyhow::Result<Self> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let store = Arc::new(SqliteStore::open(&config.store.path, Arc::clone(&clock))?);
        let catalogue = manifests::catalogue(config)?;
        let simulator = Arc::new(open_simulator(config, &clock, &catalogue)?);
        let bot = manifests::bot(config)?;
        let settings = settings(config, bound, store.as_ref()).await?;
        let shared: Arc<dyn Store> = instrument::store(store.clone());
        let dialogue = EmbeddedDialogue::new(bot, shared.clone(), Arc::clone(&clock));
        offer_live_values(&dialogue, simulator.as_ref(), &catalogue).await;
        let service = Arc::new(Service::new(Parts {
            store: shared,
            dialogue: Arc::new(dialogue),
            factory: instrument::factory(simulator.clone()),
            chat: open_chat(config)?,
            clock: Arc::clone(&clock),
            ids: Arc::new(SystemIds),
            policy: policy_in_force(config)?,
            catalogue,
            settings,
        }));
        let worker = Arc::new(Worker {
            service: Arc::clone(&service),
            mailer: instrument::mailer(open_mailer(config, &clock)?),
            deployer: instrument::deployer(simulator),
            patience: Patience { poll: config.factory.poll_interval, ..Patience::default() },
            lease: config.worker.lease,
            idle: IDLE,
        });
        let (stop, stopping) = watch::channel(false);
        let slack = http::slack::SlackIntake {
            secrets: config.slack.iter().map(slack_settings).flat_map(|slack| slack.signing_secrets()).collect(),
            team_ids: config.slack.iter().flat_map(|slack| slack.team_ids.clone()).collect(),
            service: Arc::clone(&service),
        };
        let state = AppState {
            service: Arc::clone(&service),
            auth: Arc::new(config.auth.clone()),
            slack: Arc::new(slack),
            streams: Arc::new(Semaphore::new(http::api::MOST_STREAMS)),
            stopping,
        };
        let router = match config.server.role {
            Role::Worker => http::worker_router(state, &limits(config)),
            Role::All | Role::Gateway => http::router(state, &limits(config)),
        };
        Ok(Self { service, worker, router, store, role: config.server.role, stop })
    }

    /// Serves until a signal comes.
    ///
    /// # Errors
    /// When the listener fails.
    pub async fn run(self, listener: TcpListener) -> anyhow::Result<()> {
        let lanes = lanes(self.role);
        let worker = tokio::spawn(Arc::clone(&self.worker).run(lanes, self.stop.subscribe()));
        let mut stopped = self.stop.subscribe();
        let server = axum::serve(listener, self.router.into_make_service_with_connect_info::<SocketAddr>())
            .with_graceful_shutdown(async move {
                let _ = stopped.wait_for(|stop| *stop).await;
            });
        let signals = async {
            signal().await;
            tracing::info!("stopping: finishing what was begun");
            let _ = self.stop.send(true);
        };
        let (served, ()) = tokio::join!(server, signals);
        worker.await.context("the worker did not stop in order")?;
        self.store.close().await?;
        served.context("the HTTP server failed")
    }
}

fn open_chat(config: &Config) -> anyhow::Result<Option<Arc<dyn Chat>>> {
    let Some(slack) = &config.slack else { return Ok(None) };
    Ok(Some(instrument::chat(Arc::new(SlackChat::new(&slack_settings(slack))?))))
}

fn slack_settings(slack: &SlackConfig) -> SlackSettings {
    SlackSettings {
        signing_secret: slack.signing_secret.reveal().to_owned(),
        previous_signing_secret: slack.previous_signing_secret.as_ref().map(|secret| secret.reveal().to_owned()),
        bot_token: slack.bot_token.reveal().to_owned(),
        api_url: slack.api_url.clone(),
        approvals_channel: slack.approvals_channel.clone(),
        team_ids: slack.team_ids.clone(),
    }
}

fn lanes(role: Role) -> Vec<Lane> {
    match role {
        Role::All => vec![Lane::Intake, Lane::Work],
        Role::Gateway => vec![Lane::Intake],
        Role::Worker => vec![Lane::Work],
    }
}

fn limits(config: &Config) -> Limits {
    let server = &config.server;
    Limits {
        body: server.max_body_bytes,
        time: server.request_timeout,
        at_once: server.max_concurrent_requests,
        per_minute: NonZeroU32::new(server.requests_per_minute).unwrap_or(NonZeroU32::MAX),
    }
}

async fn settings(config: &Config, bound: SocketAddr, store: &dyn KeyValue) -> anyhow::Result<Settings> {
    let link_key = match &config.server.link_secret {
        Some(secret) => LinkKey(Sha256::digest(secret.reveal()).into()),
        None => stored_key(store).await?,
    };
    Ok(Settings {
        public_url: config.server.base_url(bound),
        portal_url: config.factory.portal_url.as_ref().map(ToString::to_string),
        link_key,
        max_concurrent: config.factory.max_concurrent,
        blueprint_values: config.blueprints.values.clone(),
        pools: config.blueprints.pools.clone(),
        ou_ttl: OU_TTL,
    })
}

/// The installation's own key, made once and kept in the store for every replica.
async fn stored_key(store: &dyn KeyValue) -> anyhow::Result<LinkKey> {
    const NAME: &str = "secret/link-key";
    loop {
        let now = SystemClock.now();
        if let Some(known) = store.get(NAME, now).await? {
            return Ok(LinkKey(Sha256::digest(known.value).into()));
        }
        let fresh = format!("{}{}", SystemIds.nonce(), SystemIds.nonce());
        match store.put(NAME, &fresh, None, None, now).await {
            // Another replica was first: take its key.
            Ok(()) | Err(StoreError::Conflict) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// Teaches the conversation the names that are real here, so that they are understood inside a sentence.
async fn offer_live_values(dialogue: &EmbeddedDialogue, factory: &dyn AccountFactory, catalogue: &Catalogue) {
    dialogue.offer(slot_type::BLUEPRINT, catalogue.all().iter().map(|blueprint| blueprint.id.clone()).collect());
    match factory.organizational_units().await {
        Ok(units) => dialogue.offer(slot_type::ACCOUNT_OU, units.into_iter().map(|unit| unit.name).collect()),
        Err(error) => {
            tracing::warn!(%error, "organizational units are not known yet; they are understood when asked for")
        }
    }
}

/// The policy file; the local operator counts in it only where there is one.
fn policy_in_force(config: &Config) -> anyhow::Result<Policy> {
    let policy = manifests::policy(config)?;
    Ok(if config.auth.mode == AuthMode::None { policy } else { policy.without_local_operator() })
}

fn open_simulator(config: &Config, clock: &Arc<dyn Clock>, catalogue: &Catalogue) -> anyhow::Result<Simulator> {
    let whole = |time: Duration| u32::try_from(time.as_secs()).unwrap_or(u32::MAX);
    let settings = SimulatorSettings {
        account_seconds: whole(config.simulator.account_duration),
        blueprint_seconds: whole(config.simulator.blueprint_duration),
        ..SimulatorSettings::default()
    };
    let path = world_path(&config.store.path);
    let simulator = Simulator::open(Some(&path), Arc::clone(clock), settings)?;
    Ok(simulator.with_catalogue(Arc::new(catalogue.clone())))
}

/// The pretend cloud lives beside the store, in a file of its own.
fn world_path(store: &Path) -> PathBuf {
    let mut name = store.as_os_str().to_owned();
    name.push(".simulator");
    PathBuf::from(name)
}

fn open_mailer(config: &Config, clock: &Arc<dyn Clock>) -> anyhow::Result<Arc<dyn Mailer>> {
    let from = config.mail.from.parse().context("`mail.from` is no address")?;
    let mail = &config.mail;
    Ok(match (&mail.backend, &mail.smtp_url) {
        (MailBackend::Smtp, Some(url)) => Arc::new(SmtpMailer::new(url.reveal(), from, Arc::clone(clock))?),
        _ => {
            let outbox = Outbox::open(&mail.outbox_dir, from, Arc::clone(clock))
                .with_context(|| format!("cannot use the outbox folder {}", mail.outbox_dir.display()))?;
            Arc::new(outbox)
        }
    })
}

/// Waits for SIGTERM or Ctrl-C.
async fn signal() {
    let ctrl_c = tokio::signal::ctrl_c();
    match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        Ok(mut terminate) => tokio::select! {
            _ = ctrl_c => {}
            _ = terminate.recv() => {}
        },
        Err(_) => drop(ctrl_c.await),
    }
}

/// Puts fault points around the ports, in builds that have any.
#[cfg(feature = "fault-points")]
mod instrument {
    use std::sync::Arc;

    use crate::adapters::killing::{KillingChat, KillingDeployer, KillingFactory, KillingMailer, KillingStore};
    use crate::ports::blueprints::BlueprintDeployer;
    use crate::ports::chat::Chat;
    use crate::ports::factory::AccountFactory;
    use crate::ports::mail::Mailer;
    use crate::ports::store::Store;

    pub(super) fn chat(port: Arc<dyn Chat>) -> Arc<dyn Chat> {
        Arc::new(KillingChat(port))
    }

    pub(super) fn store(port: Arc<dyn Store>) -> Arc<dyn Store> {
        Arc::new(KillingStore(port))
    }

    pub(super) fn factory(port: Arc<dyn AccountFactory>) -> Arc<dyn AccountFactory> {
        Arc::new(KillingFactory(port))
    }

    pub(super) fn deployer(port: Arc<dyn BlueprintDeployer>) -> Arc<dyn BlueprintDeployer> {
        Arc::new(KillingDeployer(port))
    }

    pub(super) fn mailer(port: Arc<dyn Mailer>) -> Arc<dyn Mailer> {
        Arc::new(KillingMailer(port))
    }
}

/// The ports as they are.
#[cfg(not(feature = "fault-points"))]
mod instrument {
    use std::sync::Arc;

    pub(super) fn store<T: ?Sized>(port: Arc<T>) -> Arc<T> {
        port
    }

    pub(super) use {store as chat, store as factory, store as deployer, store as mailer};
}
