//! `GET /api/v1/requests/{id}/events`: the audit trail, at once or as it grows.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, Uri, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::Serialize;
use url::form_urlencoded;
use utoipa::ToSchema;

use super::document::Wrong;
use super::{Name, stream};
use crate::config::Scope;
use crate::domain::event::{Event, Recorded};
use crate::domain::person::Channel;
use crate::http::auth::Caller;
use crate::http::problem::{FieldError, Problem};
use crate::http::state::AppState;

/// Sent by clients that come back to a stream they lost.
const LAST_EVENT_ID: &str = "last-event-id";

/// The audit trail of one request.
#[derive(Debug, Serialize, ToSchema)]
pub struct History {
    /// In the order it happened.
    events: Vec<EventView>,
}

/// One thing that happened to a request.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Event)]
pub struct EventView {
    /// Place in the request's history, from 1.
    pub seq: u64,
    /// When it happened.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// Who did it.
    actor: ActorView,
    /// What happened, like `approval_given`.
    #[schema(example = "approval_given")]
    event: String,
    /// What belongs to it, like `reason`, `phase` or `account_id`.
    #[serde(flatten)]
    #[schema(value_type = std::collections::BTreeMap<String, serde_json::Value>)]
    details: serde_json::Map<String, serde_json::Value>,
}

/// Somebody who did something.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Actor)]
pub struct ActorView {
    /// E-mail address, or `vend` for the program itself.
    email: String,
    /// Where it was done.
    channel: Channel,
}

impl EventView {
    /// What clients may know of an event: never a backend's own text.
    pub(super) fn of(recorded: &Recorded) -> Self {
        let mut details = match shown(&recorded.event) {
            serde_json::Value::Object(details) => details,
            _ => serde_json::Map::new(),
        };
        let event = match details.remove("event") {
            Some(serde_json::Value::String(event)) => event,
            _ => String::new(),
        };
        let actor = ActorView { email: recorded.actor.email.clone(), channel: recorded.actor.channel };
        Self { seq: recorded.seq, at: recorded.at, actor, event, details }
    }
}

/// The event in JSON, without what is for operators and what the request itself tells.
fn shown(event: &Event) -> serde_json::Value {
    let for_operators: &[&str] = match event {
        Event::Submitted(_) => &["requester", "spec", "preflight"],
        Event::ProvisioningAccepted { .. } => &["record_id"],
        Event::Delayed { .. } => &["detail"],
        Event::Failed(_) => &["detail", "still_running"],
        Event::CreationStarted { .. } => &["slot"],
        _ => &[],
    };
    let mut shown = serde_json::to_value(event).unwrap_or_default();
    if let Some(fields) = shown.as_object_mut() {
        for name in for_operators {
            fields.remove(*name);
        }
    }
    shown
}

/// The audit trail: JSON, or live for who accepts `text/event-stream`.
#[utoipa::path(
    get, path = "/api/v1/requests/{id}/events", tag = "requests",
    summary = "Read or follow the audit trail of a request",
    description = "With `Accept: text/event-stream` the events come live as server-sent events whose `id` is `seq`; \
                   the stream goes on after `Last-Event-ID` and ends with a state in which nothing more happens by \
                   itself. A stream asked for after that end is answered with 204.",
    params(
        ("id" = String, Path, description = "Full or short id"),
        ("after" = Option<u64>, Query, description = "Only events with a greater `seq`"),
        ("Last-Event-ID" = Option<u64>, Header, description = "The same, as browsers say it"),
    ),
    responses(
        (status = 200, description = "The events", content((History = "application/json"), (String = "text/event-stream"))),
        (status = 204, description = "The stream has ended"),
        Wrong,
    )
)]
pub async fn events(
    State(state): State<AppState>,
    caller: Caller,
    Name(id): Name,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    caller.must(Scope::Read)?;
    let after = after(&uri, &headers)?;
    let request = state.service.find_for(&caller.viewer(&state).await, &id).await?;
    if wants_stream(&headers) {
        return stream::follow(&state, &request, after);
    }
    let history = state.service.history(request.id, after).await?;
    Ok(Json(History { events: history.iter().map(EventView::of).collect() }).into_response())
}

/// Whether the caller asks for server-sent events.
pub(in crate::http) fn wants_stream(headers: &HeaderMap) -> bool {
    let accepted = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    accepted.is_some_and(|kinds| kinds.to_ascii_lowercase().contains("text/event-stream"))
}

fn after(uri: &Uri, headers: &HeaderMap) -> Result<u64, Problem> {
    let mut faults = Vec::new();
    let mut after = 0;
    let header =
        headers.get(LAST_EVENT_ID).map(|value| ("Last-Event-ID".to_owned(), value.to_str().unwrap_or("?").to_owned()));
    let query = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
    let query = query.map(|(name, value)| (name.into_owned(), value.into_owned()));
    for (name, value) in query.chain(header) {
        match (name.as_str(), seq(&value)) {
            ("after" | "Last-Event-ID", Some(seq)) => after = seq,
            ("after" | "Last-Event-ID", None) => {
                let message = "Give the `seq` of an event, a whole number.".to_owned();
                faults.push(FieldError { field: name, message });
            }
            _ => faults.push(FieldError {
                field: crate::domain::text::shortened(&name, 64),
                message: "There is no such parameter; there is `after`.".to_owned(),
            }),
        }
    }
    faults.truncate(20);
    if faults.is_empty() { Ok(after) } else { Err(Problem::bad_parameters(faults)) }
}

/// The number of an event: a 64-bit integer with a sign, as the document says.
fn seq(text: &str) -> Option<u64> {
    text.trim().parse::<i64>().ok().and_then(|seq| seq.try_into().ok())
}
