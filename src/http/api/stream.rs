//! A request's audit trail as server-sent events. Hints say when to look; the store
//! is looked at anyway every now and then, because other processes change it too.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use axum::response::sse::{Event as Frame, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures::stream;
use tokio::sync::{OwnedSemaphorePermit, broadcast, watch};
use tokio::time::Instant;

use super::history::EventView;
use crate::domain::event::Recorded;
use crate::domain::ids::RequestId;
use crate::domain::request::Request;
use crate::http::problem::Problem;
use crate::http::state::AppState;
use crate::service::live::Hint;
use crate::service::{Service, ServiceError};

/// Streams at once; they do not count among the requests at once.
pub const MOST_STREAMS: usize = 256;
/// How soon a change made by another process shows.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// A comment this often keeps proxies from closing a quiet stream.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// A stream ends after this time; clients come back with `Last-Event-ID`.
const LONGEST: Duration = Duration::from_mins(30);

/// Streams what happens after event `after`.
///
/// # Errors
/// 503 when there are too many streams.
pub(super) fn follow(state: &AppState, request: &Request, after: u64) -> Result<Response, Problem> {
    if request.state.is_terminal() && after >= request.head.seq {
        // Tells browsers to stop coming back.
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let place = Arc::clone(&state.streams).try_acquire_owned().map_err(|_| too_many())?;
    let follower = Follower {
        service: Arc::clone(&state.service),
        request: request.id,
        after,
        ready: VecDeque::new(),
        ended: false,
        hints: state.service.changes.listen(),
        stopping: state.stopping.clone(),
        until: Instant::now() + LONGEST,
        _place: place,
    };
    let frames = stream::unfold(follower, |mut follower| async move {
        let recorded = follower.next().await?;
        Some((Ok::<_, Infallible>(frame(&recorded)), follower))
    });
    let keep = KeepAlive::new().interval(HEARTBEAT).text("still here");
    let mut response = Sse::new(frames).keep_alive(keep).into_response();
    response.headers_mut().insert("x-accel-buffering", axum::http::HeaderValue::from_static("no"));
    Ok(response)
}

fn frame(recorded: &Recorded) -> Frame {
    let view = EventView::of(recorded);
    let frame = Frame::default().id(view.seq.to_string());
    // A view is plain data and can always be written; an empty frame still tells that something happened.
    frame.json_data(&view).unwrap_or_default()
}

fn too_many() -> Problem {
    let detail = "Too many live streams are open. Try again in a moment, or read the events without a stream.";
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "busy", "The server is busy", detail)
}

/// Follows one request to its end.
struct Follower {
    service: Arc<Service>,
    request: RequestId,
    after: u64,
    ready: VecDeque<Recorded>,
    ended: bool,
    hints: broadcast::Receiver<Hint>,
    stopping: watch::Receiver<bool>,
    until: Instant,
    _place: OwnedSemaphorePermit,
}

impl Follower {
    /// The next event; `None` when there will be none.
    async fn next(&mut self) -> Option<Recorded> {
        loop {
            if let Some(recorded) = self.ready.pop_front() {
                self.after = recorded.seq;
                return Some(recorded);
            }
            if self.ended || *self.stopping.borrow() || Instant::now() >= self.until {
                return None;
            }
            match self.look().await {
                Ok(()) => {}
                Err(ServiceError::NotFound) => return None,
                Err(error) => tracing::warn!(%error, "a live view could not look; it looks again"),
            }
            if self.ready.is_empty() && !self.ended {
                self.wait().await;
            }
        }
    }

    async fn look(&mut self) -> Result<(), ServiceError> {
        // State first: an event written in between is found by the second read.
        let request = self.service.store.load(self.request).await?;
        self.ready = self.service.history(self.request, self.after).await?.into();
        let last = self.ready.back().map_or(self.after, |recorded| recorded.seq);
        self.ended = request.state.is_terminal() && last == request.head.seq;
        Ok(())
    }

    /// Until something may have happened.
    async fn wait(&mut self) {
        let again = Instant::now() + LOOK_EVERY;
        loop {
            tokio::select! {
                hint = self.hints.recv() => match hint {
                    Ok(hint) if hint.request != self.request => {}
                    Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => return,
                    Err(broadcast::error::RecvError::Closed) => return tokio::time::sleep_until(again).await,
                },
                _ = self.stopping.changed() => return,
                () = tokio::time::sleep_until(again.min(self.until)) => return,
            }
        }
    }
}
