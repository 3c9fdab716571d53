//! The limits around the Slack routes in one step, where the other routes have a
//! layer for each: an acknowledgement is counted in microseconds. Callers are not
//! rated: Slack speaks for a whole company from few addresses, and its signature
//! is checked instead.

use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::response::Response;
use futures::FutureExt as _;
use tokio::sync::Semaphore;

use crate::http::limits::{self, Limits};
use crate::service::slack::incoming::Surface;
use crate::telemetry::Metrics;

/// What stands around every Slack route.
pub(super) struct Edge {
    time: Duration,
    places: Semaphore,
    metrics: Arc<Metrics>,
}

impl Edge {
    pub(super) fn new(limits: &Limits, metrics: Arc<Metrics>) -> Self {
        Self { time: limits.time, places: Semaphore::new(limits.at_once), metrics }
    }

    /// Answers within the limits, whatever happens inside, and counts the answer.
    pub(super) async fn around(&self, surface: Surface, answer: Pin<&mut impl Future<Output = Response>>) -> Response {
        let began = Instant::now();
        let response = self.bounded(answer).await;
        self.metrics.slack_answered(surface.word(), response.status().as_u16(), began.elapsed());
        response
    }

    async fn bounded(&self, answer: Pin<&mut impl Future<Output = Response>>) -> Response {
        let Ok(_place) = self.places.try_acquire() else { return limits::busy() };
        match tokio::time::timeout(self.time, AssertUnwindSafe(answer).catch_unwind()).await {
            Ok(Ok(response)) => response,
            Ok(Err(_)) => limits::broken(),
            Err(_) => limits::busy(),
        }
    }
}
