//! A whole installation around a small Slack, with Ada, who asks, Grace, who
//! approves, and Bob, who may do neither for others.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::Request;
use serde_json::Value;
use vend::adapters::slack::SlackChat;
use vend::domain::job::{JobKind, Lane};
use vend::domain::policy::Policy;
use vend::domain::request::State;
use vend::ports::clock::Clock;
use vend::ports::dialogue::Dialogue;
use vend::ports::store::JobStore;
use vend::say::view::RequestView;
use vend::service::Wanted;

use super::payloads::{self, Delivery};
use crate::fakes::clock::TestClock;
use crate::fakes::faults::Faults;
use crate::fakes::slack::{APPROVALS, Message, SIGNING_SECRET, Slack};
use crate::fakes::world::{self, World};

/// How an installation differs from the usual one.
pub struct Setup {
    pub policy: Policy,
    pub approvals_channel: bool,
    pub team_ids: Vec<String>,
    pub max_concurrent: u32,
    /// What the installation sets in blueprints.
    pub blueprint_values: BTreeMap<String, String>,
    /// Another engine than the embedded one.
    pub dialogue: Option<Arc<dyn Dialogue>>,
    /// What goes wrong at the store, from the first call on.
    pub faults: Option<Faults>,
    /// The time, which faults may move.
    pub clock: TestClock,
}

impl Default for Setup {
    fn default() -> Self {
        let policy = Policy::shipped();
        let blueprint_values = [("TransitGatewayId".to_owned(), "tgw-0123456789abcdef0".to_owned())].into();
        let team_ids = Vec::new();
        Self {
            policy,
            approvals_channel: true,
            team_ids,
            max_concurrent: 5,
            blueprint_values,
            dialogue: None,
            faults: None,
            clock: TestClock::default(),
        }
    }
}

/// The house.
pub struct House {
    pub slack: Slack,
    pub world: World,
}

impl House {
    pub async fn new() -> Self {
        Self::with(Setup::default()).await
    }

    pub async fn with(setup: Setup) -> Self {
        let slack = Slack::start().await;
        slack.person("UADA", "ada@example.com", "Ada Lovelace");
        slack.person("UGRACE", "approver@example.com", "Grace Hopper");
        slack.person("UBOB", "bob@example.com", "Bob Noone");
        let mut settings = slack.settings();
        if !setup.approvals_channel {
            settings.approvals_channel = None;
        }
        let world = world::Setup {
            policy: setup.policy,
            chat: Some(Arc::new(SlackChat::new(&settings))),
            slack_secrets: vec![SIGNING_SECRET.into(), "the-previous-secret".into()],
            slack_team_ids: setup.team_ids,
            max_concurrent: setup.max_concurrent,
            dialogue: setup.dialogue,
            blueprint_values: setup.blueprint_values,
            faults: setup.faults,
            clock: setup.clock,
            ..world::Setup::default()
        };
        Self { slack, world: world.build().await }
    }

    pub fn now(&self) -> jiff::Timestamp {
        self.world.clock.now()
    }

    /// Sends a request to the server.
    pub async fn knock(&self, request: Request<Body>) -> (u16, String) {
        let (status, _, body) = self.world.anyone().send(request).await;
        let body = to_bytes(body, 1 << 20).await.unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    /// Delivers once and works off everything that is due.
    pub async fn deliver(&self, delivery: &Delivery) -> Value {
        self.deliver_times(delivery, 1).await
    }

    /// Delivers several copies, each worked off before the next comes.
    pub async fn deliver_times(&self, delivery: &Delivery, times: u32) -> Value {
        let mut first = Value::Null;
        for nth in 0..times {
            let now = self.now();
            let request = if nth == 0 { delivery.signed(now) } else { delivery.retried(now, nth) };
            let (status, body) = self.knock(request).await;
            assert_eq!(status, 200, "{body}");
            let answer = serde_json::from_str(&body).unwrap_or_default();
            if nth == 0 {
                first = answer;
            } else {
                assert_eq!(answer, first, "a copy is answered like the first");
            }
            self.work().await;
        }
        first
    }

    /// Works off everything that is due now.
    pub async fn work(&self) {
        for _ in 0..200 {
            if self.world.worker.tick().await.unwrap() == 0 {
                self.assert_no_job_is_stuck().await;
                return;
            }
        }
        panic!("the worker does not come to rest");
    }

    async fn assert_no_job_is_stuck(&self) {
        let parked: Vec<_> =
            self.world.store.troubled(10).await.unwrap().into_iter().filter(|job| job.parked).collect();
        assert_eq!(parked, [], "jobs that were given up");
    }

    /// Lets time pass in small steps, working all along.
    pub async fn live(&self, seconds: u64) {
        for _ in 0..seconds.div_ceil(5) {
            self.world.clock.advance(Duration::from_secs(5));
            self.work().await;
        }
    }

    /// What is stored for the intake lane.
    pub async fn stored(&self) -> Vec<JobKind> {
        let jobs = self.world.store.claim(Lane::Intake, self.now(), Duration::from_mins(1), 100).await.unwrap();
        jobs.into_iter().map(|job| job.kind).collect()
    }

    /// Every request there is, newest first.
    pub async fn requests(&self) -> Vec<RequestView> {
        self.world.service.list(Wanted { limit: 100, ..Wanted::default() }).await.unwrap().requests
    }

    /// The one request there is, in this state.
    pub async fn the_request(&self, state: State) -> RequestView {
        let mut requests = self.requests().await;
        assert_eq!(requests.len(), 1, "one request");
        let request = requests.remove(0);
        assert_eq!(request.state, state, "{}", request.status);
        request
    }

    /// Says something in direct messages and reads the answer.
    pub async fn say(&self, user: &str, text: &str) -> Message {
        self.deliver(&payloads::direct(&self.slack, user, text)).await;
        self.slack.read(&format!("D{user}"))
    }

    /// Presses a button on a message.
    pub async fn press(&self, user: &str, message: &Message, label: &str) {
        self.deliver(&payloads::press(&self.slack, user, message, label)).await;
    }

    /// Ada sends the form for a sandbox.
    pub async fn submit_form(&self) {
        self.deliver(&payloads::command(&self.slack, "UADA", "")).await;
        let form = self.slack.form();
        self.deliver(&payloads::submit("UADA", &form, &FILLED)).await;
    }

    /// Ada asks for a sandbox; answers her card and the approvers'.
    pub async fn a_pending_request(&self) -> (Message, Message) {
        self.submit_form().await;
        (self.slack.read("DUADA"), self.slack.read(APPROVALS))
    }
}

/// A form as Ada fills it; brackets mark choices.
pub const FILLED: [(&str, &str); 7] = [
    ("account_type", "[Sandbox]"),
    ("root_email", "fraud-root@corp.example"),
    ("organizational_unit", "[ou-ab12-3c4d5e6f]"),
    ("blueprint", "[none]"),
    ("purpose", "Trying out a training job"),
    ("account_name", ""),
    ("cost_centre", "CC-42"),
];
