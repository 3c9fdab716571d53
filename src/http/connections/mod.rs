//! Open connections: how many there may be, and how long one may keep the server waiting.
//!
//! Whoever sends half a request, asks nothing more or takes no answer loses the connection;
//! nobody is dropped for being one too many: those wait in the kernel's backlog. Knows no route.

mod line;
mod wait;

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{ConnectInfo, Request};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tower::ServiceExt as _;

use super::api::MOST_STREAMS;
use line::Line;
use wait::{Crowded, HeadTimer};

/// The pause after an accept that failed, as when no descriptors are left.
const AFTER_A_FAILURE: Duration = Duration::from_secs(1);

/// How many connections, and how long each may make the server wait.
#[derive(Debug, Clone, Copy)]
pub struct ConnectionLimits {
    /// Connections open at once.
    pub at_once: u32,
    /// From a request's first byte to the end of its head; a new connection has no more than this to say it all.
    pub head: Duration,
    /// From an answer to the next request; no longer than `head` while connections wait for a place.
    pub idle: Duration,
    /// Without a byte of the answer being taken.
    pub stalled: Duration,
}

impl ConnectionLimits {
    /// Room for this many requests at once and for every live stream. Idle connections stay longer than
    /// the 60 s after which load balancers let go of theirs: closed by both, one would carry a request to nobody.
    #[must_use]
    pub fn for_requests(at_once: usize) -> Self {
        Self {
            at_once: u32::try_from(at_once + MOST_STREAMS).unwrap_or(u32::MAX),
            head: Duration::from_secs(10),
            idle: Duration::from_secs(75),
            stalled: Duration::from_secs(30),
        }
    }
}

/// Serves until told to stop; then takes no more connections, closes those that ask nothing
/// or have said half a head, and returns when every request that was read is answered.
pub async fn serve(listener: TcpListener, router: Router, limits: ConnectionLimits, stop: watch::Receiver<bool>) {
    let places = Arc::new(Semaphore::new(limits.at_once as usize));
    // Makes the routes ready once, and not for every request.
    let house = House { router: router.with_state(()), limits, places, crowded: Crowded::default() };
    let mut stopped = stop.clone();
    loop {
        let (stream, peer, place) = tokio::select! {
            taken = house.take(&listener) => taken,
            _ = stopped.wait_for(|stop| *stop) => break,
        };
        let connection = house.answer(stream, peer, stop.clone());
        tokio::spawn(async move {
            connection.await;
            drop(place);
        });
    }
    drop(listener);
    // Every place is free again when every connection is over.
    let _ = house.places.acquire_many(limits.at_once).await;
}

struct House {
    router: Router,
    limits: ConnectionLimits,
    places: Arc<Semaphore>,
    crowded: Crowded,
}

impl House {
    /// The next connection, once there is a place for it.
    async fn take(&self, listener: &TcpListener) -> (TcpStream, SocketAddr, OwnedSemaphorePermit) {
        let place = self.place().await;
        loop {
            match listener.accept().await {
                Ok((stream, peer)) => return (stream, peer, place),
                // Its own fault; the next one is there already.
                Err(error) if gave_up(error.kind()) => {}
                Err(error) => {
                    tracing::error!(%error, "cannot take connections; trying again in a second");
                    tokio::time::sleep(AFTER_A_FAILURE).await;
                }
            }
        }
    }

    async fn place(&self) -> OwnedSemaphorePermit {
        if let Ok(place) = Arc::clone(&self.places).try_acquire_owned() {
            return place;
        }
        self.crowded.set(true);
        #[expect(clippy::expect_used, reason = "nothing closes this semaphore")]
        let place = Arc::clone(&self.places).acquire_owned().await.expect("an open semaphore");
        self.crowded.set(false);
        place
    }

    /// Answers what comes over one connection until it ends.
    fn answer(
        &self,
        stream: TcpStream,
        peer: SocketAddr,
        mut stop: watch::Receiver<bool>,
    ) -> impl Future<Output = ()> + use<> {
        // Without it a short event of a live stream waits for the one before to be confirmed.
        let _ = stream.set_nodelay(true);
        let line = Line::new(stream, self.limits.stalled);
        let timer = HeadTimer::new(line.heard(), self.limits, self.crowded.clone(), stop.clone());
        let router = self.router.clone();
        let service = service_fn(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(ConnectInfo(peer));
            router.clone().oneshot(request)
        });
        let mut http = http1::Builder::new();
        // How long is the timer's business; this says that there is one.
        http.timer(timer).header_read_timeout(self.limits.idle);
        let connection = http.serve_connection(TokioIo::new(line), service);
        async move {
            tracing::trace!(%peer, "a connection was taken");
            let mut connection = std::pin::pin!(connection);
            let ended = tokio::select! {
                ended = connection.as_mut() => Some(ended),
                _ = stop.wait_for(|stop| *stop) => None,
            };
            let ended = if let Some(ended) = ended {
                ended
            } else {
                connection.as_mut().graceful_shutdown();
                connection.await
            };
            if let Err(error) = ended {
                tracing::debug!(%peer, %error, "a connection broke off, or took too long");
            }
        }
    }
}

/// Whether this connection alone failed, before it was taken.
fn gave_up(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::ConnectionRefused | ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset)
}
