//! What `/metrics` tells: how much, how fast, how far behind. Labels come from
//! small fixed sets; no ids, names or addresses (P11).

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use crate::domain::job::JobKind;
use crate::domain::request::State;

/// More routes than the server has; the rest is counted as `other`.
const MOST_ROUTES: usize = 64;

/// Seconds; Slack's limit for an acknowledgement, 3 s, is one of them
/// (<https://docs.slack.dev/tools/bolt-js/concepts/acknowledge>).
const BUCKETS: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 3.0, 10.0];

/// The Slack routes, by their last part.
const SURFACES: [&str; 3] = ["events", "commands", "interactions"];

/// How a run of a job ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobEnd {
    /// Done, or to be looked at again as planned.
    Run,
    /// Went wrong; tried again later.
    Failed,
    /// Given up; an operator must look.
    Parked,
}

impl JobEnd {
    const fn word(self) -> &'static str {
        match self {
            Self::Run => "run",
            Self::Failed => "failed",
            Self::Parked => "parked",
        }
    }
}

/// Where things stand now; measured in the store when somebody asks for `/metrics`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Levels {
    /// Age of the oldest approved request that no worker has taken up.
    pub oldest_approved: Duration,
    /// How long the most overdue job has been due.
    pub job_lag: Duration,
    /// Account operations under way.
    pub operations: u32,
    /// Requests in line for one.
    pub queue: u32,
    /// Jobs that were given up.
    pub parked: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct HttpLabels {
    method: &'static str,
    route: String,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteLabels {
    route: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct JobLabels {
    kind: &'static str,
    end: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StateLabels {
    state: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct SurfaceLabels {
    surface: &'static str,
}

type Seconds = Gauge<f64, AtomicU64>;
type Histograms<L> = Family<L, Histogram, fn() -> Histogram>;

fn histogram() -> Histogram {
    Histogram::new(BUCKETS)
}

/// Everything that is counted. One per process, shared behind an `Arc`.
pub struct Metrics {
    registry: Registry,
    routes: Mutex<BTreeSet<String>>,
    http: Family<HttpLabels, Counter>,
    http_seconds: Histograms<RouteLabels>,
    slack_seconds: Histograms<SurfaceLabels>,
    jobs: Family<JobLabels, Counter>,
    transitions: Family<StateLabels, Counter>,
    oldest_approved: Seconds,
    job_lag: Seconds,
    operations: Gauge,
    queue: Gauge,
    parked: Gauge,
    /// Found once: an acknowledgement takes microseconds, and so does a search by labels.
    slack: Vec<SlackRoute>,
}

/// What one Slack route counts when it acknowledges.
struct SlackRoute {
    surface: &'static str,
    answers: Counter,
    http_seconds: Histogram,
    ack_seconds: Histogram,
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// All at zero.
    #[must_use]
    pub fn new() -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("vend"),
            routes: Mutex::default(),
            http: Family::default(),
            http_seconds: Family::new_with_constructor(histogram),
            slack_seconds: Family::new_with_constructor(histogram),
            jobs: Family::default(),
            transitions: Family::default(),
            oldest_approved: Seconds::default(),
            job_lag: Seconds::default(),
            operations: Gauge::default(),
            queue: Gauge::default(),
            parked: Gauge::default(),
            slack: Vec::new(),
        };
        metrics.register();
        metrics.slack = SURFACES.map(|surface| metrics.slack_route(surface)).into();
        metrics
    }

    fn register(&mut self) {
        let r = &mut self.registry;
        r.register("http_requests", "HTTP requests answered", self.http.clone());
        r.register("http_request_seconds", "Time to answer an HTTP request", self.http_seconds.clone());
        r.register("slack_ack_seconds", "Time to acknowledge a Slack delivery", self.slack_seconds.clone());
        r.register("jobs", "Runs of jobs by how they ended", self.jobs.clone());
        r.register("request_transitions", "Account requests that reached a state", self.transitions.clone());
        let help = "Age of the oldest approved request that no worker has taken up";
        r.register("oldest_approved_unclaimed_seconds", help, self.oldest_approved.clone());
        r.register("job_lag_seconds", "How long the most overdue job has been due", self.job_lag.clone());
        r.register("account_operations_in_flight", "Account operations under way", self.operations.clone());
        r.register("queue_length", "Requests in line for an account operation", self.queue.clone());
        r.register("parked_jobs", "Jobs that were given up and need an operator", self.parked.clone());
    }

    /// Counts an HTTP answer. `route` is the route's template, never the path asked for.
    pub fn http_answered(&self, method: &str, route: &str, status: u16, took: Duration) {
        let route = self.bounded(route);
        self.http_seconds.get_or_create(&RouteLabels { route: route.clone() }).observe(took.as_secs_f64());
        self.http.get_or_create(&HttpLabels { method: known_method(method), route, status }).inc();
    }

    /// Counts an answer on the Slack route `events`, `commands` or `interactions`.
    pub fn slack_answered(&self, surface: &str, status: u16, took: Duration) {
        match self.slack.iter().find(|route| route.surface == surface) {
            Some(route) if status == 200 => {
                route.answers.inc();
                route.http_seconds.observe(took.as_secs_f64());
                route.ack_seconds.observe(took.as_secs_f64());
            }
            _ => self.http_answered("POST", &format!("/slack/{surface}"), status, took),
        }
    }

    fn slack_route(&self, surface: &'static str) -> SlackRoute {
        let route = self.bounded(&format!("/slack/{surface}"));
        let labels = HttpLabels { method: "POST", route: route.clone(), status: 200 };
        SlackRoute {
            surface,
            answers: self.http.get_or_create_owned(&labels),
            http_seconds: self.http_seconds.get_or_create_owned(&RouteLabels { route }),
            ack_seconds: self.slack_seconds.get_or_create_owned(&SurfaceLabels { surface }),
        }
    }

    /// Counts a run of a job.
    pub fn job_ended(&self, kind: &JobKind, end: JobEnd) {
        self.jobs.get_or_create(&JobLabels { kind: kind.word(), end: end.word() }).inc();
    }

    /// Counts a request that reached a state.
    pub fn request_reached(&self, state: State) {
        self.transitions.get_or_create(&StateLabels { state: state.word() }).inc();
    }

    /// Sets where things stand now.
    pub fn set_levels(&self, levels: Levels) {
        self.oldest_approved.set(levels.oldest_approved.as_secs_f64());
        self.job_lag.set(levels.job_lag.as_secs_f64());
        self.operations.set(levels.operations.into());
        self.queue.set(levels.queue.into());
        self.parked.set(levels.parked.into());
    }

    /// Everything in the `OpenMetrics` text format
    /// (`application/openmetrics-text; version=1.0.0; charset=utf-8`).
    #[must_use]
    pub fn render(&self) -> String {
        let mut text = String::new();
        match prometheus_client::encoding::text::encode(&mut text, &self.registry) {
            Ok(()) => text,
            // Writing to a `String` does not fail; an empty page tells the scraper that something is wrong.
            Err(_) => String::new(),
        }
    }

    /// The route, or `other` once there are more than the server can have.
    fn bounded(&self, route: &str) -> String {
        let mut known = self.routes.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if known.contains(route) {
            return route.to_owned();
        }
        if known.len() >= MOST_ROUTES {
            return "other".to_owned();
        }
        known.insert(route.to_owned());
        route.to_owned()
    }
}

fn known_method(method: &str) -> &'static str {
    const KNOWN: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    KNOWN.into_iter().find(|known| *known == method).unwrap_or("other")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happened_can_be_read_back() {
        let metrics = Metrics::new();
        metrics.http_answered("POST", "/account", 200, Duration::from_millis(3));
        metrics.request_reached(State::Ready);
        metrics.set_levels(Levels { queue: 7, ..Levels::default() });
        let text = metrics.render();
        for line in [
            r#"vend_http_requests_total{method="POST",route="/account",status="200"} 1"#,
            r#"vend_http_request_seconds_bucket{le="0.005",route="/account"} 1"#,
            r#"vend_request_transitions_total{state="ready"} 1"#,
            "vend_queue_length 7",
        ] {
            assert!(text.contains(line), "{line} is not in\n{text}");
        }
    }

    #[test]
    fn a_hostile_caller_cannot_grow_the_metrics() {
        let metrics = Metrics::new();
        for n in 0..10_000 {
            metrics.http_answered(&format!("M{n}"), &format!("/path/{n}"), 404, Duration::ZERO);
        }
        assert!(metrics.render().lines().count() < 2_000);
    }
}
