//! Amazon SNS, played: one topic, its subscriptions, and every subscriber's inbox.
//! Messages go through filter policies to confirmed subscriptions only, and a person
//! may follow the links SNS sends them.

mod calls;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use serde_json::Value;

use super::wire::{Answer, Call, Endpoint, Played};

/// The one topic there is.
pub const TOPIC: &str = "arn:aws:sns:eu-west-1:123456789012:vend-approvals";

/// A message in an inbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    pub subject: String,
    pub text: String,
}

/// How the service feels.
#[derive(Debug, Clone, Default)]
#[allow(clippy::struct_excessive_bools, reason = "each is a knob of its own")]
pub struct Mood {
    /// Answers 503 to everything.
    pub down: bool,
    /// Refuses this many calls before it takes one.
    pub throttled: u32,
    /// Takes the next publish and loses its answer, this many times.
    pub lost_answers: u32,
    /// Refuses this action to our role.
    pub denied: Option<&'static str>,
    /// Knows no topic of that name.
    pub no_topic: bool,
    /// Says that the topic's name is none.
    pub bad_topic: bool,
    /// Lists a subscription nobody has confirmed by its ARN, as it does for some time.
    pub lists_pending: bool,
    /// Goes on listing subscriptions that are gone, and one as `Deleted`.
    pub lists_gone: bool,
}

#[derive(Debug, Clone)]
struct Subscribed {
    arn: String,
    protocol: String,
    endpoint: String,
    filter: Option<Value>,
    token: String,
    confirmed: bool,
    signed: bool,
    protected: bool,
}

#[derive(Debug, Default)]
struct World {
    subscriptions: Vec<Subscribed>,
    inboxes: BTreeMap<String, Vec<Received>>,
    mood: Mood,
    published: usize,
    made: usize,
    calls: Vec<String>,
    /// The regions calls are signed for.
    regions: BTreeSet<String>,
    gone: Vec<Subscribed>,
}

/// The service.
#[derive(Debug, Default)]
pub struct FakeSns {
    world: Mutex<World>,
}

impl FakeSns {
    /// Plays it on a free port.
    pub async fn start() -> (Arc<Self>, Endpoint) {
        let sns = Arc::new(Self::default());
        let endpoint = Endpoint::start(Arc::<Self>::clone(&sns)).await;
        (sns, endpoint)
    }

    pub fn feel(&self, mood: Mood) {
        self.world().mood = mood;
    }

    /// What arrived at this address, oldest first.
    pub fn inbox(&self, email: &str) -> Vec<Received> {
        self.world().inboxes.get(email).cloned().unwrap_or_default()
    }

    /// Every mail that arrived anywhere, as a mail program keeps it.
    pub fn mails(&self) -> Vec<String> {
        let world = self.world();
        let all = world.inboxes.iter().flat_map(|(to, inbox)| inbox.iter().map(move |got| (to, got)));
        all.map(|(to, got)| format!("To: {to}\r\nSubject: {}\r\n\r\n{}", got.subject, got.text)).collect()
    }

    /// How many messages were accepted.
    pub fn published(&self) -> usize {
        self.world().published
    }

    /// Every action called, in order.
    pub fn calls(&self) -> Vec<String> {
        self.world().calls.clone()
    }

    /// The regions that calls were signed for.
    pub fn regions(&self) -> Vec<String> {
        self.world().regions.iter().cloned().collect()
    }

    /// The owner of the address opens the confirmation link: unsigned, as anyone may.
    pub fn link_is_opened(&self, email: &str) {
        let mut world = self.world();
        let theirs = world.subscriptions.iter_mut().find(|s| s.endpoint == email).expect("a subscription");
        theirs.confirmed = true;
    }

    /// The token in the confirmation mail to this address.
    pub fn token_for(&self, email: &str) -> String {
        self.world().subscriptions.iter().find(|s| s.endpoint == email).expect("a subscription").token.clone()
    }

    /// A mail scanner opens the unsubscribe link at the end of a message.
    pub fn unsubscribe_link_is_opened(&self, email: &str) {
        self.world().subscriptions.retain(|s| s.endpoint != email || s.protected);
    }

    /// Somebody subscribes by hand, in the console, and confirms.
    pub fn subscribed_by_hand(&self, protocol: &str, endpoint: &str, filter: Option<Value>) {
        self.subscribed(protocol, endpoint, filter, true);
    }

    /// Subscribed as it should be, and not confirmed yet.
    pub fn subscribed_and_pending(&self, email: &str, filter: Value) {
        self.subscribed("email", email, Some(filter), false);
    }

    fn subscribed(&self, protocol: &str, endpoint: &str, filter: Option<Value>, confirmed: bool) {
        let mut world = self.world();
        let arn = world.next_arn();
        let (protocol, endpoint, token) = (protocol.to_owned(), endpoint.to_owned(), String::new());
        let fresh = Subscribed { arn, protocol, endpoint, filter, token, confirmed, signed: false, protected: false };
        world.subscriptions.push(fresh);
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl World {
    fn next_arn(&mut self) -> String {
        self.made += 1;
        format!("{TOPIC}:00000000-0000-0000-0000-{:012}", self.made)
    }

    /// Puts a message into the inbox of every subscription whose filter lets it through.
    fn deliver(&mut self, message: &Received, attributes: &BTreeMap<String, String>) {
        self.published += 1;
        for found in self.subscriptions.iter().filter(|s| s.confirmed && passes(s.filter.as_ref(), attributes)) {
            self.inboxes.entry(found.endpoint.clone()).or_default().push(message.clone());
        }
    }

    /// What the mood says instead of an answer.
    fn moody(&mut self, action: &str) -> Option<Answer> {
        let error = |status, code, message: &str| Some(Answer::XmlError { status, code, message: message.to_owned() });
        if self.mood.down {
            return error(
                503,
                "ServiceUnavailable",
                "The request has failed due to a temporary failure of the server.",
            );
        }
        if self.mood.throttled > 0 {
            self.mood.throttled -= 1;
            return error(429, "Throttled", "Rate exceeded");
        }
        if self.mood.denied == Some(action) {
            let text =
                format!("User: arn:aws:sts::123456789012:assumed-role/vend is not authorized to perform: SNS:{action}");
            return error(403, "AuthorizationError", &text);
        }
        if self.mood.no_topic {
            return error(404, "NotFound", "Topic does not exist");
        }
        if self.mood.bad_topic {
            return error(400, "InvalidParameter", "Invalid parameter: TopicArn");
        }
        None
    }
}

/// SNS's filter policies, as far as ours go: every key has a list of exact values.
fn passes(filter: Option<&Value>, attributes: &BTreeMap<String, String>) -> bool {
    let Some(filter) = filter else { return true };
    filter.as_object().expect("a filter policy is an object").iter().all(|(name, values)| {
        let values = values.as_array().expect("a list of values");
        attributes.get(name).is_some_and(|given| values.iter().any(|value| value == given))
    })
}

#[async_trait]
impl Played for FakeSns {
    fn name(&self) -> &'static str {
        "sns"
    }

    async fn answer(&self, call: Call) -> Answer {
        let action = call.field("Action").expect("an action");
        let mut world = self.world();
        world.calls.push(action.clone());
        world.regions.extend(call.region());
        if let Some(answer) = world.moody(&action) {
            return answer;
        }
        calls::answer(&mut world, &action, &call)
    }
}
