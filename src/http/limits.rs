//! Limits around every route: time, requests at once, requests per caller; and how
//! large a body may be, which `body` sees to. Each refusal is a problem that says when to come back.

use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use ipnet::IpNet;
use tokio::sync::Semaphore;
use tower_http::catch_panic::CatchPanicLayer;

use crate::config::AuthConfig;

use super::auth::known_token;
use super::body::Bounds;
use super::forwarded::{caller_address, counted_as};
use super::problem::Problem;

/// Looks at readiness and metrics at once.
const OPERATIONS_AT_ONCE: usize = 16;

/// How much is taken at most.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Bytes of one body.
    pub body: usize,
    /// Time of one request.
    pub time: Duration,
    /// Requests at once.
    pub at_once: usize,
    /// Requests of one caller in a minute.
    pub per_minute: NonZeroU32,
    /// Whom to believe for whom a request is passed on, when callers are counted by address.
    pub trusted_proxies: Vec<IpNet>,
}

impl Limits {
    /// What a body may be: it must be there well before the request's time is over,
    /// so that its sender hears that it was too slow, and not that the server is busy.
    #[must_use]
    pub fn of_a_body(&self) -> Bounds {
        Bounds { size: self.body, time: self.time * 2 / 3 }
    }
}

struct Gate {
    time: Duration,
    places: Semaphore,
    /// Of each caller, where callers are rated.
    rates: Option<Rates>,
}

struct Rates {
    auth: Arc<AuthConfig>,
    proxies: Vec<IpNet>,
    callers: DefaultKeyedRateLimiter<Caller>,
}

impl Rates {
    /// Counts one request of the caller; whether it is within their rate.
    fn admits(&self, request: &Request) -> bool {
        let admitted = self.callers.check_key(&self.caller(request)).is_ok();
        // Keeps the memory of callers bounded; cheap when there is little to forget.
        if admitted && self.callers.len() > 10_000 {
            self.callers.retain_recent();
        }
        admitted
    }

    fn caller(&self, request: &Request) -> Caller {
        if let Some(token) = known_token(&self.auth, request.headers()) {
            return Caller::Token(token.name.clone());
        }
        let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
        Caller::Address(peer.map(|peer| counted_as(caller_address(peer, request.headers(), &self.proxies))))
    }
}

/// Whose rate is counted: the token's where it is a known one, else the address's.
/// An invented token would give its sender a rate of their own each time.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Caller {
    Token(String),
    Address(Option<IpAddr>),
}

/// Puts the limits around the routes.
pub fn around(routes: Router, limits: &Limits, auth: Arc<AuthConfig>) -> Router {
    let callers = RateLimiter::keyed(Quota::per_minute(limits.per_minute));
    let rates = Rates { auth, proxies: limits.trusted_proxies.clone(), callers };
    gated(routes, Gate { time: limits.time, places: Semaphore::new(limits.at_once), rates: Some(rates) })
}

/// Puts the limits around the routes of operations. They are not rated, and have places of their own:
/// whoever floods the others must not make a load balancer take the server for dead.
pub fn around_operations(routes: Router, limits: &Limits) -> Router {
    gated(routes, Gate { time: limits.time, places: Semaphore::new(OPERATIONS_AT_ONCE), rates: None })
}

fn gated(routes: Router, gate: Gate) -> Router {
    let gate = from_fn_with_state(Arc::new(gate), pass);
    routes.layer(gate).layer(CatchPanicLayer::custom(|_| -> Response { broken() }))
}

/// The answer of a handler that panicked.
pub(super) fn broken() -> Response {
    tracing::error!("a handler panicked");
    let detail = "Something is wrong on our side. Tell the platform team.";
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "broken", "Something is wrong on our side", detail).into_response()
}

async fn pass(State(gate): State<Arc<Gate>>, request: Request, next: Next) -> Response {
    if gate.rates.as_ref().is_some_and(|rates| !rates.admits(&request)) {
        return too_many();
    }
    let Ok(_place) = gate.places.try_acquire() else { return busy() };
    match tokio::time::timeout(gate.time, next.run(request)).await {
        Ok(response) => response,
        Err(_) => busy(),
    }
}

fn too_many() -> Response {
    let detail = "You sent more requests than one caller may. Wait a few seconds and go on more slowly.";
    let problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, "too-many-requests", "Too many requests", detail);
    let mut response = problem.into_response();
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
    response
}

/// The answer when there is no place, or no time left.
pub(super) fn busy() -> Response {
    let detail =
        "The server is busy, and nothing was changed by this call unless a later look says so. Try again in a moment.";
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "busy", "The server is busy", detail).into_response()
}
