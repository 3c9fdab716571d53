//! Reading bodies: bounded in size and time, UTF-8, JSON, each fault a sentence. What
//! of a body nobody wanted is read on for a while and thrown away: a connection that is
//! closed in the middle of an upload loses the answer on its way.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Body, BodyDataStream, Bytes, HttpBody as _};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::Response;
use futures::{Stream, StreamExt as _};
use serde::de::DeserializeOwned;
use tokio::runtime::Handle;
use tokio::time::{Sleep, sleep, timeout};

use super::problem::Problem;

/// Most bytes thrown away behind an answer.
const MOST_DISCARDED: usize = 64 * 1024 * 1024;
/// Longest time they are waited for.
const LONGEST_DISCARDING: Duration = Duration::from_secs(10);

/// Why a body could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unread {
    /// Larger than the limit.
    #[error("the body is too large")]
    TooLarge,
    /// The connection ended before the body did, or its framing is broken.
    #[error("the body was cut off")]
    CutOff,
    /// It did not come in time.
    #[error("the body was too slow")]
    TooSlow,
}

impl Unread {
    fn of(error: &axum::Error) -> Self {
        let mut causes = std::iter::successors(std::error::Error::source(error), |error| error.source());
        causes.find_map(|error| error.downcast_ref::<Self>()).copied().unwrap_or(Self::CutOff)
    }
}

impl From<Unread> for Problem {
    fn from(why: Unread) -> Self {
        match why {
            Unread::TooLarge => Self::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "too-large",
                "The body is too large",
                "The body is larger than this server takes. Send a smaller one.",
            ),
            Unread::CutOff => Self::bad_request("The body ended before it was complete. Send it again."),
            Unread::TooSlow => Self::new(
                StatusCode::REQUEST_TIMEOUT,
                "too-slow",
                "The body came too slowly",
                "The body did not arrive in time, so nothing was done. Send it again, all at once.",
            ),
        }
    }
}

/// How much of a body is taken, and for how long.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Bytes.
    pub size: usize,
    /// From the first byte that is late to the last one.
    pub time: Duration,
}

/// A body within its bounds. Dropped before its end, it lets the sender finish.
pub struct Bounded {
    rest: Option<BodyDataStream>,
    left: usize,
    time: Duration,
    late: Option<Pin<Box<Sleep>>>,
}

impl Bounded {
    /// Puts bounds to a body.
    #[must_use]
    pub fn new(body: Body, bounds: Bounds) -> Self {
        let rest = (!body.is_end_stream()).then(|| body.into_data_stream());
        Self { rest, left: bounds.size, time: bounds.time, late: None }
    }

    /// All of it.
    ///
    /// # Errors
    /// Why it could not be read.
    pub async fn whole(mut self) -> Result<Vec<u8>, Unread> {
        let Some(first) = self.next().await else { return Ok(Vec::new()) };
        // Nearly every body comes in one piece, and is not copied then.
        let mut whole = Vec::from(first?);
        while let Some(more) = self.next().await {
            whole.extend_from_slice(&more?);
        }
        Ok(whole)
    }
}

impl Stream for Bounded {
    type Item = Result<Bytes, Unread>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        let Some(rest) = &mut this.rest else { return Poll::Ready(None) };
        let Poll::Ready(next) = rest.poll_next_unpin(context) else {
            let late = this.late.get_or_insert_with(|| Box::pin(sleep(this.time)));
            ready!(late.as_mut().poll(context));
            this.rest = None;
            return Poll::Ready(Some(Err(Unread::TooSlow)));
        };
        let answer = match next {
            Some(Ok(data)) => match this.left.checked_sub(data.len()) {
                Some(left) => {
                    this.left = left;
                    return Poll::Ready(Some(Ok(data)));
                }
                // What is left of it is discarded when this is dropped.
                None => return Poll::Ready(Some(Err(Unread::TooLarge))),
            },
            Some(Err(error)) => Some(Err(Unread::of(&error))),
            None => None,
        };
        this.rest = None;
        Poll::Ready(answer)
    }
}

impl Drop for Bounded {
    fn drop(&mut self) {
        let (Some(rest), Ok(runtime)) = (self.rest.take(), Handle::try_current()) else { return };
        runtime.spawn(timeout(LONGEST_DISCARDING, discard(rest)));
    }
}

async fn discard(mut rest: BodyDataStream) {
    let mut left = MOST_DISCARDED;
    while let Some(Ok(data)) = rest.next().await {
        let Some(less) = left.checked_sub(data.len()) else { return };
        left = less;
    }
}

/// Puts bounds to the body of every request that passes.
pub async fn bound(State(bounds): State<Bounds>, request: Request, next: Next) -> Response {
    let bounded = |body: Body| {
        if body.is_end_stream() { body } else { Body::from_stream(Bounded::new(body, bounds)) }
    };
    next.run(request.map(bounded)).await
}

/// The whole body as text, within the bounds that [`bound`] put around every route.
///
/// # Errors
/// 413 for a body over the limit, 408 for one that is late, 400 for one that is cut
/// off or not UTF-8.
pub async fn text(body: Body) -> Result<String, Problem> {
    let mut stream = body.into_data_stream();
    let mut bytes = Vec::new();
    while let Some(more) = stream.next().await {
        bytes.extend_from_slice(&more.map_err(|error| Unread::of(&error))?);
    }
    String::from_utf8(bytes).map_err(|_| Problem::bad_request("The body is not UTF-8 text. Send JSON in UTF-8."))
}

/// Reads JSON.
///
/// # Errors
/// 400 with the place where it stops being what was expected.
pub fn json<T: DeserializeOwned>(text: &str) -> Result<T, Problem> {
    // serde would read `[]` as an object whose fields are all absent.
    if text.trim_start().starts_with('[') {
        return Err(Problem::bad_request("The body is a JSON array. Send an object; see /openapi.json."));
    }
    serde_json::from_str(text).map_err(|error| {
        let what = match error.classify() {
            serde_json::error::Category::Data => format!("The JSON does not fit: {error}."),
            _ => format!("The body is not JSON: it breaks at line {}, column {}.", error.line(), error.column()),
        };
        Problem::bad_request(format!("{what} See /openapi.json for what is expected."))
    })
}
