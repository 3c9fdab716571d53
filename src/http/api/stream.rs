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
use crate::domain::request::{Progress, Request, State};
use crate::domain::set::StageName;
use crate::http::problem::Problem;
use crate::http::state::AppState;
use crate::ports::store::StoreError;
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

/// How often changes of a set's accounts are told at most, however many there are.
const MEMBERS_EVERY: Duration = Duration::from_secs(1);

/// Streams what happens after event `after`; of a set, also that something happened to an account of it.
///
/// # Errors
/// 503 when there are too many streams.
pub(super) fn follow(state: &AppState, request: &Request, after: u64) -> Result<Response, Problem> {
    stream(state, request, after, |news| match news {
        News::Recorded(recorded) => frame(recorded),
        // Without an id: a client that comes back goes on behind the last event of the request itself.
        News::Member(view) => Frame::default().event("member").json_data(view).unwrap_or_default(),
    })
}

/// Streams only that something happened, for who may look at the page and reads it there.
///
/// # Errors
/// 503 when there are too many streams.
pub(in crate::http) fn follow_blindly(state: &AppState, request: &Request) -> Result<Response, Problem> {
    stream(state, request, request.head.seq, |news| match news {
        News::Recorded(_) => Frame::default().event("change").data("{}"),
        News::Member(_) => Frame::default().event("member").data("{}"),
    })
}

fn stream(state: &AppState, request: &Request, after: u64, frame: fn(&News) -> Frame) -> Result<Response, Problem> {
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
        members: members(request),
        _place: place,
    };
    let frames = stream::unfold(follower, move |mut follower| async move {
        let news = follower.next().await?;
        Some((Ok::<_, Infallible>(frame(&news)), follower))
    });
    let keep = KeepAlive::new().interval(HEARTBEAT).text("still here");
    let mut response = Sse::new(frames).keep_alive(keep).into_response();
    response.headers_mut().insert("x-accel-buffering", axum::http::HeaderValue::from_static("no"));
    Ok(response)
}

/// What a stream tells of.
enum News {
    /// An event of the request itself.
    Recorded(Box<Recorded>),
    /// Where an account of a set stands now.
    Member(Box<MemberView>),
}

/// Where an account of a set stands.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
struct MemberView {
    stage: StageName,
    request_id: String,
    state: State,
    progress: Option<Progress>,
    account_id: Option<String>,
}

impl MemberView {
    fn of(stage: StageName, member: &Request) -> Self {
        Self {
            stage,
            request_id: member.id.to_string(),
            state: member.state,
            progress: member.progress.clone(),
            account_id: member.account_id.clone(),
        }
    }
}

/// The accounts of a set as they were told last.
type Members = Vec<(StageName, RequestId, Option<MemberView>)>;

fn members(request: &Request) -> Members {
    let set = request.set().into_iter();
    set.flat_map(|set| set.stages.keys()).map(|stage| (*stage, request.id.member(*stage), None)).collect()
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
    ready: VecDeque<News>,
    ended: bool,
    hints: broadcast::Receiver<Hint>,
    stopping: watch::Receiver<bool>,
    until: Instant,
    members: Members,
    _place: OwnedSemaphorePermit,
}

impl Follower {
    /// What is told next; `None` when there will be nothing.
    async fn next(&mut self) -> Option<News> {
        loop {
            if let Some(news) = self.ready.pop_front() {
                return Some(news);
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
        let history = self.service.history(self.request, self.after).await?;
        self.look_at_members().await?;
        self.after = history.last().map_or(self.after, |recorded| recorded.seq);
        self.ended = request.state.is_terminal() && self.after == request.head.seq;
        self.ready.extend(history.into_iter().map(|recorded| News::Recorded(Box::new(recorded))));
        Ok(())
    }

    /// One look tells of each account at most once, whatever happened to it since the last.
    async fn look_at_members(&mut self) -> Result<(), ServiceError> {
        for (stage, id, told) in &mut self.members {
            let member = match self.service.store.load(*id).await {
                Ok(member) => MemberView::of(*stage, &member),
                Err(StoreError::NotFound) => continue,
                Err(error) => return Err(error.into()),
            };
            if told.as_ref() != Some(&member) {
                self.ready.push_back(News::Member(Box::new(member.clone())));
                *told = Some(member);
            }
        }
        Ok(())
    }

    /// Until something may have happened.
    async fn wait(&mut self) {
        let mut again = Instant::now() + LOOK_EVERY;
        loop {
            tokio::select! {
                hint = self.hints.recv() => match hint {
                    Ok(hint) if self.members.iter().any(|(_, id, _)| *id == hint.request) => {
                        // Many things happen to three accounts at once: they are told together.
                        again = again.min(Instant::now() + MEMBERS_EVERY);
                    }
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
