//! The AWS a delivery meets, played: STS lets into accounts, `CloudFormation` makes
//! stacks there resource by resource as the clock goes, and IAM, SSM, Budgets, `DevOps`
//! Guru, Account and Organizations keep what they are told. Every account and region
//! is a place of its own; the access key a call is signed with says which account calls.

mod iam;
mod stacks;
mod steps;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::Value;
use vend::ports::clock::Clock as _;

use super::wire::{Answer, Call, Endpoint, Played};
use crate::fakes::clock::TestClock;
pub use stacks::Stack;

/// Account and region.
pub type Place = (String, String);

/// What goes wrong.
#[derive(Debug, Clone, Default)]
pub struct Mood {
    /// Accounts whose role cannot be assumed before this moment.
    pub closed_until: BTreeMap<String, Timestamp>,
    /// The logical id that fails in an account's next stack operation, once, and why; `*`: in whichever account.
    pub fails: BTreeMap<String, (String, String)>,
    /// Actions that have their effect and lose their answer, this many times.
    pub lost: BTreeMap<&'static str, u32>,
    /// Actions that are throttled, this many times.
    pub throttled: BTreeMap<&'static str, u32>,
    /// Actions the role may not take.
    pub denied: BTreeSet<&'static str>,
    /// Actions that fail with this status and code.
    pub odd: BTreeMap<&'static str, (u16, &'static str)>,
    /// Looks at stacks that do not see them, this many.
    pub unseen: u32,
    /// No stack has a state to go back to.
    pub no_way_back: bool,
    /// Resources that cannot be removed.
    pub stuck: BTreeSet<String>,
}

/// Everything there is.
#[derive(Default)]
pub struct World {
    pub mood: Mood,
    pub stacks: BTreeMap<(Place, String), Stack>,
    /// Stack operations that began, as account, action and token.
    pub begun: Vec<(String, String, String)>,
    /// Policy documents by ARN.
    pub policies: BTreeMap<String, String>,
    pub budgets: BTreeMap<String, Value>,
    pub watched: BTreeMap<Place, BTreeSet<String>>,
    pub contacts: BTreeMap<String, BTreeMap<String, Value>>,
    pub tags: BTreeMap<String, BTreeMap<String, String>>,
    /// Actions that changed something, in order.
    pub changes: Vec<String>,
    /// Every action that was called.
    pub calls: Vec<String>,
}

/// The services.
pub struct FakeDelivery {
    clock: TestClock,
    world: Mutex<World>,
}

/// Who calls what, from where.
pub struct Caller {
    pub account: String,
    pub region: String,
    pub service: String,
}

impl Caller {
    /// Read from the signature: `Credential=<key>/<day>/<region>/<service>/aws4_request`.
    fn of(call: &Call) -> Self {
        let header = call.headers["authorization"].to_str().unwrap();
        let scope = header.split_once("Credential=").unwrap().1.split(',').next().unwrap();
        let parts: Vec<_> = scope.split('/').collect();
        let account = parts[0].strip_prefix("ASIA").unwrap_or("management").to_owned();
        Self { account, region: parts[2].to_owned(), service: parts[3].to_owned() }
    }

    pub fn place(&self) -> Place {
        (self.account.clone(), self.region.clone())
    }
}

impl FakeDelivery {
    /// Plays them on a free port.
    pub async fn start(clock: &TestClock) -> (Arc<Self>, Endpoint) {
        let fake = Arc::new(Self { clock: clock.clone(), world: Mutex::default() });
        let endpoint = Endpoint::start(Arc::<Self>::clone(&fake)).await;
        (fake, endpoint)
    }

    /// The world as it is now.
    pub fn world(&self) -> MutexGuard<'_, World> {
        let mut world = self.world.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.clock.now();
        let World { stacks, mood, .. } = &mut *world;
        for stack in stacks.values_mut() {
            stack.advance(now, mood);
        }
        stacks.retain(|_, stack| !stack.is_gone());
        world
    }
}

fn action(call: &Call) -> String {
    if let Some(target) = call.target() {
        return target.to_owned();
    }
    call.field("Action").unwrap_or_else(|| format!("{} {}", call.method, call.path))
}

#[async_trait]
impl Played for FakeDelivery {
    fn name(&self) -> &'static str {
        "delivery"
    }

    fn name_of(&self, call: &Call) -> &'static str {
        match Caller::of(call).service.as_str() {
            "sts" => "sts",
            "cloudformation" => "cloudformation",
            "iam" => "iam",
            "ssm" => "ssm",
            "budgets" => "budgets",
            "devops-guru" => "devops-guru",
            "account" => "account",
            "organizations" => "organizations",
            other => panic!("our deployer never calls {other}"),
        }
    }

    async fn answer(&self, call: Call) -> Answer {
        let (caller, action) = (Caller::of(&call), action(&call));
        let now = self.clock.now();
        let mut world = self.world();
        world.calls.push(action.clone());
        if let Some(refused) = world.refusal(&caller, &action) {
            return refused;
        }
        let answer = match caller.service.as_str() {
            "sts" => assume(&world, &call, now),
            _ if caller.account == "management" => steps::management(&mut world, &action, &call),
            "cloudformation" => stacks::answer(&mut world, &caller, &call, now),
            "iam" => iam::answer(&mut world, &caller, &call),
            _ => steps::answer(&mut world, &caller, &action, &call),
        };
        match world.mood.lost.iter_mut().find(|(lost, left)| **lost == action && **left > 0) {
            Some((_, left)) => {
                *left -= 1;
                Answer::Dropped
            }
            None => answer,
        }
    }
}

impl World {
    fn refusal(&mut self, caller: &Caller, action: &str) -> Option<Answer> {
        let is_xml = matches!(caller.service.as_str(), "sts" | "cloudformation" | "iam");
        let refused = |code: &'static str, status, message: &str| {
            let message = message.to_owned();
            if is_xml {
                Answer::XmlError { status, code, message }
            } else {
                Answer::Error { status, kind: code, message }
            }
        };
        if let Some(left) = self.mood.throttled.iter_mut().find(|(name, left)| **name == action && **left > 0) {
            *left.1 -= 1;
            return Some(refused(if is_xml { "Throttling" } else { "ThrottlingException" }, 400, "Rate exceeded"));
        }
        if let Some((status, code)) = self.mood.odd.get(action) {
            return Some(refused(code, *status, "something happened"));
        }
        let denied = self.mood.denied.contains(action);
        let code = if is_xml { "AccessDenied" } else { "AccessDeniedException" };
        denied.then(|| refused(code, 403, "User is not authorized to perform this"))
    }
}

/// The part of STS that lets into accounts.
fn assume(world: &World, call: &Call, now: Timestamp) -> Answer {
    assert_eq!(call.field("Action").as_deref(), Some("AssumeRole"));
    let arn = call.field("RoleArn").expect("a role");
    let account = arn.split(':').nth(4).expect("an account").to_owned();
    assert!(arn.ends_with(":role/AWSControlTowerExecution"), "{arn}");
    let seconds: u32 = call.field("DurationSeconds").expect("a duration").parse().unwrap();
    assert!(seconds <= 3600, "a chained session lasts one hour");
    assert!(call.field("RoleSessionName").is_some_and(|name| name.len() <= 64));
    if world.mood.closed_until.get(&account).is_some_and(|until| now < *until) {
        let message = format!("User is not authorized to perform: sts:AssumeRole on resource: {arn}");
        return Answer::XmlError { status: 403, code: "AccessDenied", message };
    }
    xml(
        "AssumeRole",
        &format!(
            "<Credentials><AccessKeyId>ASIA{account}</AccessKeyId><SecretAccessKey>made-up</SecretAccessKey>\
             <SessionToken>made-up</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>\
             <AssumedRoleUser><AssumedRoleId>AROA:vend</AssumedRoleId><Arn>{arn}</Arn></AssumedRoleUser>"
        ),
    )
}

/// An answer of the query protocol.
pub fn xml(action: &str, result: &str) -> Answer {
    Answer::Xml(format!(
        "<{action}Response><{action}Result>{result}</{action}Result>\
         <ResponseMetadata><RequestId>made-up</RequestId></ResponseMetadata></{action}Response>"
    ))
}

pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}
