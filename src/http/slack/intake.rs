//! The three Slack routes. Must not know what a message means: the worker's
//! intake lane does, minutes or milliseconds later.

use std::convert::Infallible;
use std::mem;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post_service;
use axum::{Json, Router};
use futures::{FutureExt as _, TryFutureExt as _};
use serde_json::json;
use tower::service_fn;
use utoipa::{IntoParams, IntoResponses};

use super::edge::Edge;
use super::signature::{SIGNATURE_HEADER, verify};
use crate::domain::job::{JobKind, NewJob};
use crate::http::body::{Bounded, Bounds, Unread};
use crate::http::limits::Limits;
use crate::http::problem::Problem;
use crate::service::Service;
use crate::service::slack::incoming::{Incoming, Submitted, Surface, delivery_key, read, team};
use crate::service::slack::{FormAnswer, take_form};

/// How long a form's sender waits for its faults; Slack gives up after 3 s
/// (<https://docs.slack.dev/tools/bolt-js/concepts/acknowledge>).
const FORM_WAIT: Duration = Duration::from_millis(2200);
/// A body that is not there after this long is one that Slack gave up.
const BODY_WAIT: Duration = Duration::from_secs(3);

/// What the routes need.
pub struct SlackIntake {
    /// Signing secrets in force; empty when Slack is not configured, so nothing is believed.
    pub secrets: Vec<String>,
    /// Workspaces that may talk to us; empty means any that signs.
    pub team_ids: Vec<String>,
    /// The largest body read, in bytes; Slack's own stay far below 100 KB.
    pub largest_body: usize,
    /// Stores deliveries, and takes forms while their sender waits.
    pub service: Arc<Service>,
}

/// The intake behind its limits.
#[derive(Clone)]
pub struct Guarded {
    intake: Arc<SlackIntake>,
    edge: Arc<Edge>,
}

impl Guarded {
    /// One delivery within its limits.
    #[expect(clippy::manual_async_fn, reason = "an async fn would carry the request twice")]
    fn take(self, surface: Surface, mut request: Request) -> impl Future<Output = Response> {
        async move {
            let answer = pin!(self.intake.take(surface, &mut request));
            self.edge.around(surface, answer).await
        }
    }
}

/// `POST /slack/events`, `/slack/commands` and `/slack/interactions`, with limits of their own.
pub fn routes(intake: Arc<SlackIntake>, limits: &Limits) -> Router {
    let edge = Arc::new(Edge::new(limits, Arc::clone(&intake.service.metrics)));
    let slack = Guarded { intake, edge };
    Router::new()
        .route("/slack/events", post_service(plain(slack.clone(), events)))
        .route("/slack/commands", post_service(plain(slack.clone(), commands)))
        .route("/slack/interactions", post_service(plain(slack, interactions)))
}

/// A route without extractors: a handler's future carries the request a second time,
/// and is then too large for the allocator's quick path.
fn plain<F, A>(
    slack: Guarded,
    take: F,
) -> impl tower::Service<Request, Response = Response, Error = Infallible, Future: Send> + Clone
where
    F: Fn(Guarded, Request) -> A + Clone,
    A: Future<Output = Response> + Send,
{
    service_fn(move |request| take(slack.clone(), request).map(Ok))
}

/// Whether a request claims to be signed by Slack. `POST /account` hands such
/// a request to [`SlackIntake::take`] with [`Surface::Events`], so that Slack
/// apps made for the original bot keep working.
#[must_use]
pub fn is_signed(headers: &HeaderMap) -> bool {
    headers.contains_key(SIGNATURE_HEADER)
}

/// The headers of a delivery.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "it describes what `signature` reads")]
struct Signed {
    /// Slack's signature over the raw body
    #[param(rename = "X-Slack-Signature")]
    signature: String,
    /// Seconds since 1970
    #[param(rename = "X-Slack-Request-Timestamp")]
    timestamp: String,
}

/// What Slack is answered.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "it describes what `SlackIntake::take` answers")]
enum Taken {
    /// Stored; the work is done from the stored copy
    #[response(status = 200)]
    Stored,
    /// Not signed by Slack, or too old
    #[response(status = 401)]
    NotBelieved,
}

/// `POST /slack/events`.
#[utoipa::path(
    post, path = "/slack/events", tag = "slack", summary = "Take an event from Slack", security(()),
    params(Signed),
    request_body(content = String, content_type = "application/json"),
    responses(Taken)
)]
pub fn events(slack: Guarded, request: Request) -> impl Future<Output = Response> {
    slack.take(Surface::Events, request)
}

/// `POST /slack/commands`.
#[utoipa::path(
    post, path = "/slack/commands", tag = "slack", summary = "Take a slash command from Slack", security(()),
    params(Signed),
    request_body(content = String, content_type = "application/x-www-form-urlencoded"),
    responses(Taken)
)]
pub fn commands(slack: Guarded, request: Request) -> impl Future<Output = Response> {
    slack.take(Surface::Commands, request)
}

/// `POST /slack/interactions`.
#[utoipa::path(
    post, path = "/slack/interactions", tag = "slack", summary = "Take a press of a button or a filled form from Slack", security(()),
    params(Signed),
    request_body(content = String, content_type = "application/x-www-form-urlencoded"),
    responses(Taken)
)]
pub fn interactions(slack: Guarded, request: Request) -> impl Future<Output = Response> {
    slack.take(Surface::Interactions, request)
}

impl SlackIntake {
    /// Takes one delivery from first byte to acknowledgement. By reference: whatever
    /// moves a request about makes every delivery's future larger.
    pub fn take(&self, surface: Surface, request: &mut Request) -> impl Future<Output = Response> + Send {
        self.answer(surface, request).unwrap_or_else(Refusal::into_response)
    }

    async fn answer(&self, surface: Surface, request: &mut Request) -> Result<Response, Refusal> {
        let body = mem::take(request.body_mut());
        let body = self.believed(request.headers(), body).await?;
        // Let go of while the memory is warm, not after the commit that the answer waits for.
        drop(mem::take(request));
        let body = String::from_utf8(body).map_err(|_| Refusal::Unreadable)?;
        let incoming = read(surface, &body).map_err(|_| Refusal::Unreadable)?;
        if team(&incoming).is_some_and(|team| !self.allows(&team)) {
            return Err(Refusal::WrongWorkspace);
        }
        match &incoming {
            Incoming::Challenge(challenge) => {
                return Ok(([(header::CONTENT_TYPE, "text/plain")], challenge.clone()).into_response());
            }
            Incoming::Nothing => return Ok(StatusCode::OK.into_response()),
            Incoming::Submitted(sent) => {
                if let Some(response) = self.take_form(sent).await {
                    return Ok(response);
                }
            }
            _ => {}
        }
        let key = delivery_key(surface, &body, &incoming);
        self.keep(surface, body, key).await?;
        Ok(StatusCode::OK.into_response())
    }

    /// The answer to a sent form, or none when it cannot be told in time.
    async fn take_form(&self, sent: &Submitted) -> Option<Response> {
        // On the heap: every other delivery would carry its 30 KB along.
        let taken = Box::pin(take_form(&self.service, sent));
        match tokio::time::timeout(FORM_WAIT, taken).await {
            Ok(Ok(FormAnswer::Taken)) => Some(StatusCode::OK.into_response()),
            Ok(Ok(FormAnswer::Faults(errors))) => {
                Some(Json(json!({ "response_action": "errors", "errors": errors })).into_response())
            }
            Ok(Ok(FormAnswer::Ask { form, .. })) => {
                let chat = self.service.chat.as_deref()?;
                Some(Json(chat.in_answer(&form)).into_response())
            }
            Ok(Err(error)) => {
                tracing::warn!(%error, "a form is left to the worker");
                None
            }
            Err(_) => {
                tracing::warn!("a form took too long and is left to the worker");
                None
            }
        }
    }

    /// The raw body, once its signature was checked.
    async fn believed(&self, headers: &HeaderMap, body: Body) -> Result<Vec<u8>, Refusal> {
        let body = Bounded::new(body, Bounds { size: self.largest_body, time: BODY_WAIT });
        if !is_signed(headers) {
            return Err(Refusal::NotFromSlack);
        }
        let body = body.whole().await.map_err(Refusal::Unread)?;
        verify(&self.secrets, headers, &body, self.service.clock.now()).map_err(|reason| {
            // Anybody can write such a header as often as they like; `/metrics` counts the 401s.
            tracing::debug!(%reason, "a Slack delivery was not believed");
            Refusal::NotFromSlack
        })?;
        Ok(body)
    }

    fn allows(&self, team: &str) -> bool {
        self.team_ids.is_empty() || self.team_ids.iter().any(|known| known == team)
    }

    /// Stores the delivery and wakes the worker.
    async fn keep(&self, surface: Surface, body: String, key: String) -> Result<(), Refusal> {
        let kind = JobKind::Slack { surface: surface.word().to_owned(), body };
        let job = NewJob { key, kind, due_at: self.service.clock.now() };
        self.service.store.promise(job).await.map_err(|error| {
            tracing::error!(%error, "a Slack delivery could not be stored");
            Refusal::NotStored
        })?;
        // A form must open within 3 s of the click: the worker looks at once.
        self.service.bell.notify_waiters();
        Ok(())
    }
}

/// Why a delivery is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refusal {
    NotFromSlack,
    Unread(Unread),
    Unreadable,
    WrongWorkspace,
    NotStored,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, name, title, detail) = match self {
            Self::NotFromSlack => (
                StatusCode::UNAUTHORIZED,
                "slack-signature",
                "Not signed by Slack",
                "This address takes requests signed by Slack. Check the signing secret and this host's clock.",
            ),
            Self::Unread(why) => return Problem::from(why).into_response(),
            Self::Unreadable => (
                StatusCode::BAD_REQUEST,
                "slack-body",
                "Not a Slack body",
                "The body is not what Slack sends to this address. Check the URLs in the app's manifest.",
            ),
            Self::WrongWorkspace => (
                StatusCode::FORBIDDEN,
                "slack-workspace",
                "Workspace not allowed",
                "This workspace is not allowed here. Ask an operator to add it to slack.team_ids.",
            ),
            Self::NotStored => (
                StatusCode::SERVICE_UNAVAILABLE,
                "store-unavailable",
                "Not stored",
                "The delivery could not be stored, so it was not taken. Send it again in a moment.",
            ),
        };
        Problem::new(status, name, title, detail).into_response()
    }
}
#[cfg(test)]
mod tests {
    use super::*;

    /// The C library's allocator is quick up to 1,032 bytes; beyond, it was a fourth of an acknowledgement.
    #[test]
    fn a_delivery_on_its_way_is_small() {
        fn size<A, F>(_: impl FnOnce(A) -> F) -> usize {
            size_of::<F>()
        }
        let size = size(|(slack, request): (Guarded, Request)| commands(slack, request).map(Ok::<_, Infallible>));
        assert!(size <= 1_000, "{size} bytes");
    }
}
