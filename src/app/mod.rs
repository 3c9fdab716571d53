//! Wires the adapters the configuration names to the use cases, and runs the server
//! until it is told to stop. Which adapter a word of the configuration means is
//! `open`'s business; what the use cases are told, `settings`'s.

mod aws;
#[cfg(feature = "fault-points")]
mod faults;
#[cfg(not(feature = "fault-points"))]
#[path = "no_faults.rs"]
mod faults;
mod open;
mod settings;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};

use crate::adapters::slack::SlackSettings;
use crate::adapters::system::{SystemClock, SystemIds};
use crate::config::{AuthMode, Config, Role, is_loopback};
use crate::domain::job::Lane;
use crate::domain::vending::Patience;
use crate::http::slack::SlackIntake;
use crate::http::{self, AppState, ConnectionLimits};
use crate::ports::clock::Clock;
use crate::ports::store::Store;
use crate::service::{Parts, Service};
use crate::worker::Worker;

use open::Ground;

/// The longest sleep of a worker that was not woken.
const IDLE: Duration = Duration::from_secs(1);

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

/// The store the configuration names, for programs that read it without serving.
///
/// # Errors
/// Why it cannot be opened, with what to do.
pub async fn open_store(config: &Config) -> anyhow::Result<Arc<dyn Store>> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    Ok(open::OpenStore::open(config, &aws::Aws::default(), &clock).await?.port)
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
    store: open::OpenStore,
    role: Role,
    connections: ConnectionLimits,
    stop: watch::Sender<bool>,
}

impl App {
    /// Opens the adapters and wires them.
    ///
    /// # Errors
    /// The first adapter that cannot be opened, with what to do.
    pub async fn build(config: &Config, bound: SocketAddr) -> anyhow::Result<Self> {
        warn_if_published(config);
        let ground = Ground::open(config).await?;
        let service = Arc::new(Service::new(parts(config, bound, &ground).await?));
        let worker = Arc::new(Worker {
            service: Arc::clone(&service),
            mailer: faults::around_mailer(ground.mailer(config).await?),
            deployer: faults::around_deployer(ground.deployer),
            patience: Patience { poll: config.factory.poll_interval, ..Patience::default() },
            lease: config.worker.lease,
            idle: IDLE,
        });
        let (stop, stopping) = watch::channel(false);
        let router = router(config, &service, stopping);
        let connections = ConnectionLimits::for_requests(config.server.max_concurrent_requests);
        Ok(Self { service, worker, router, store: ground.store, role: config.server.role, connections, stop })
    }

    /// Serves until a signal comes.
    ///
    /// # Errors
    /// When the worker or the store does not end in order.
    pub async fn run(self, listener: TcpListener) -> anyhow::Result<()> {
        let lanes = lanes(self.role);
        let worker = tokio::spawn(Arc::clone(&self.worker).run(lanes, self.stop.subscribe()));
        let server = http::serve(listener, self.router, self.connections, self.stop.subscribe());
        let signals = async {
            signal().await;
            tracing::info!("stopping: finishing what was begun");
            let _ = self.stop.send(true);
        };
        tokio::join!(server, signals);
        worker.await.context("the worker did not stop in order")?;
        self.store.close().await
    }
}

/// A proxy that says nothing of itself looks like a program on this machine.
fn warn_if_published(config: &Config) {
    let elsewhere = config.server.public_url.as_ref().is_some_and(|url| !is_loopback(url));
    if config.auth.mode == AuthMode::None && elsewhere {
        tracing::warn!(
            "server.public_url is not on this machine, and with auth.mode = \"none\" whoever a proxy lets through is \
             the operator, who approves: set auth.mode = \"tokens\" or \"oidc\""
        );
    }
}

/// What the use cases stand on.
async fn parts(config: &Config, bound: SocketAddr, ground: &Ground) -> anyhow::Result<Parts> {
    let settings = settings::of(config, bound, ground.store.port.as_ref()).await?;
    let store: Arc<dyn Store> = faults::around_store(Arc::clone(&ground.store.port));
    let dialogue = ground.dialogue(config, Arc::clone(&store)).await?;
    Ok(Parts {
        store,
        dialogue,
        factory: faults::around_factory(Arc::clone(&ground.factory)),
        chat: open::chat(config),
        clock: Arc::clone(&ground.clock),
        ids: Arc::new(SystemIds),
        policy: settings::policy(config)?,
        catalogue: Arc::clone(&ground.catalogue),
        settings,
    })
}

/// The routes this role serves.
fn router(config: &Config, service: &Arc<Service>, stopping: watch::Receiver<bool>) -> axum::Router {
    let slack = config.slack.as_ref().map(open::slack_settings);
    let slack = SlackIntake {
        secrets: slack.as_ref().map(SlackSettings::signing_secrets).unwrap_or_default(),
        team_ids: slack.map(|slack| slack.team_ids).unwrap_or_default(),
        largest_body: config.server.max_body_bytes,
        service: Arc::clone(service),
    };
    let state = AppState {
        service: Arc::clone(service),
        auth: Arc::new(config.auth.clone()),
        sign_in: config.auth.oidc.as_ref().map(|oidc| Arc::new(open::sign_in(oidc, service))),
        slack: Arc::new(slack),
        streams: Arc::new(Semaphore::new(http::api::MOST_STREAMS)),
        stopping,
    };
    let limits = settings::limits(config);
    match config.server.role {
        Role::Worker => http::worker_router(state, &limits),
        Role::All | Role::Gateway => http::router(state, &limits),
    }
}

fn lanes(role: Role) -> Vec<Lane> {
    match role {
        Role::All => vec![Lane::Intake, Lane::Work],
        Role::Gateway => vec![Lane::Intake],
        Role::Worker => vec![Lane::Work],
    }
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
