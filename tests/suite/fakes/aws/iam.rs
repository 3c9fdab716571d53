//! IAM of one account, played (query protocol): managed policies and their versions,
//! with IAM's rules about both. Every other policy call is none of ours.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use super::wire::{Answer, Call, Endpoint, Played};

/// The account it plays.
pub const ACCOUNT: &str = "222222222222";

/// One version of a policy, as IAM keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    pub number: u32,
    pub document: String,
    pub default: bool,
}

/// How the service feels.
#[derive(Debug, Clone, Default)]
pub struct Mood {
    /// Refuses this action to our role.
    pub denied: Option<&'static str>,
    /// Refuses this many calls before it takes one.
    pub throttled: u32,
    /// Takes the next changing call and loses its answer, this many times.
    pub lost_answers: u32,
    /// Does not show a policy yet that is there: IAM's answers lag behind.
    pub lags: bool,
}

#[derive(Debug, Default)]
struct World {
    policies: BTreeMap<String, Vec<Version>>,
    mood: Mood,
    calls: Vec<String>,
}

/// The service.
#[derive(Debug, Default)]
pub struct FakeIam {
    world: Mutex<World>,
}

impl FakeIam {
    /// Plays it on a free port.
    pub async fn start() -> (Arc<Self>, Endpoint) {
        let iam = Arc::new(Self::default());
        let endpoint = Endpoint::start(Arc::<Self>::clone(&iam)).await;
        (iam, endpoint)
    }

    pub fn feel(&self, mood: Mood) {
        self.world().mood = mood;
    }

    /// Every action called since the last time this was asked.
    pub fn calls(&self) -> Vec<String> {
        std::mem::take(&mut self.world().calls)
    }

    /// A policy's versions, oldest first.
    pub fn versions(&self, name: &str) -> Vec<Version> {
        self.world().policies.get(name).cloned().unwrap_or_default()
    }

    /// Somebody makes a version by hand and perhaps makes it the default one.
    pub fn made_by_hand(&self, name: &str, document: &str, default: bool) {
        let mut world = self.world();
        add_version(world.policies.entry(name.to_owned()).or_default(), document, default);
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn add_version(versions: &mut Vec<Version>, document: &str, default: bool) {
    let number = versions.iter().map(|version| version.number).max().unwrap_or(0) + 1;
    if default {
        for version in versions.iter_mut() {
            version.default = false;
        }
    }
    versions.push(Version { number, document: document.to_owned(), default });
}

fn refused(status: u16, code: &'static str, message: &str) -> Answer {
    Answer::XmlError { status, code, message: message.to_owned() }
}

/// IAM's envelope around a result.
fn said(action: &str, result: &str) -> Answer {
    let result = if result.is_empty() { String::new() } else { format!("<{action}Result>{result}</{action}Result>") };
    let meta = "<ResponseMetadata><RequestId>made-up</RequestId></ResponseMetadata>";
    Answer::Xml(format!(
        "<{action}Response xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\">{result}{meta}</{action}Response>"
    ))
}

/// A version without its document, or with it, percent-encoded as IAM does.
fn as_xml(version: &Version, element: &str, with_document: bool) -> String {
    let document: String = version
        .document
        .bytes()
        .map(|byte| match byte {
            byte if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        })
        .collect();
    let document = if with_document { format!("<Document>{document}</Document>") } else { String::new() };
    format!(
        "<{element}>{document}<VersionId>v{number}</VersionId><IsDefaultVersion>{default}</IsDefaultVersion>\
         <CreateDate>2026-11-21T10:{number:02}:00Z</CreateDate></{element}>",
        number = version.number,
        default = version.default
    )
}

impl World {
    fn policy(&mut self, call: &Call) -> Result<&mut Vec<Version>, Answer> {
        let arn = call.field("PolicyArn").expect("a policy's ARN");
        let name = arn.strip_prefix(&format!("arn:aws:iam::{ACCOUNT}:policy/")).expect("a policy of this account");
        let gone = || refused(404, "NoSuchEntity", &format!("Policy {arn} does not exist or is not attachable."));
        self.policies.get_mut(name).filter(|_| !self.mood.lags).ok_or_else(gone)
    }

    fn answer(&mut self, action: &str, call: &Call) -> Result<Answer, Answer> {
        Ok(match action {
            "GetPolicy" => {
                let default = self.policy(call)?.iter().find(|version| version.default).expect("a default").number;
                said(action, &format!("<Policy><DefaultVersionId>v{default}</DefaultVersionId></Policy>"))
            }
            "GetPolicyVersion" => {
                let wanted = call.field("VersionId").expect("a version");
                let found = self.policy(call)?.iter().find(|version| format!("v{}", version.number) == wanted).cloned();
                let found = found.ok_or_else(|| refused(404, "NoSuchEntity", "no such version"))?;
                said(action, &as_xml(&found, "PolicyVersion", true))
            }
            "ListPolicyVersions" => {
                // Newest first, in pages of two.
                let from: usize = call.field("Marker").map_or(0, |marker| marker.parse().unwrap());
                let versions = self.policy(call)?;
                let page: String =
                    versions.iter().rev().skip(from).take(2).map(|version| as_xml(version, "member", false)).collect();
                let more = from + 2 < versions.len();
                let marker = if more { format!("<Marker>{}</Marker>", from + 2) } else { String::new() };
                said(action, &format!("<Versions>{page}</Versions><IsTruncated>{more}</IsTruncated>{marker}"))
            }
            "CreatePolicy" => self.create(action, call)?,
            "CreatePolicyVersion" => {
                let document = checked(call)?;
                let default = call.field("SetAsDefault").as_deref() == Some("true");
                let versions = self.policy(call)?;
                if versions.len() >= 5 {
                    let message = "A managed policy can have up to 5 versions. Before you create a new version, you must delete an existing version.";
                    return Err(refused(409, "LimitExceeded", message));
                }
                add_version(versions, &document, default);
                let made = versions.last().expect("the one just made").clone();
                said(action, &as_xml(&made, "PolicyVersion", false))
            }
            "DeletePolicyVersion" => {
                let wanted = call.field("VersionId").expect("a version");
                let versions = self.policy(call)?;
                let at = versions.iter().position(|version| format!("v{}", version.number) == wanted);
                let at = at.ok_or_else(|| refused(404, "NoSuchEntity", "no such version"))?;
                if versions[at].default {
                    return Err(refused(409, "DeleteConflict", "Cannot delete the default version of a policy."));
                }
                versions.remove(at);
                said(action, "")
            }
            other => panic!("IAM is never asked for {other}"),
        })
    }

    fn create(&mut self, action: &str, call: &Call) -> Result<Answer, Answer> {
        let name = call.field("PolicyName").expect("a name");
        if !name.bytes().all(|b| b.is_ascii_alphanumeric() || b"+=,.@_-".contains(&b)) || name.len() > 128 {
            return Err(refused(400, "ValidationError", "The specified value for policyName is invalid."));
        }
        let document = checked(call)?;
        if self.policies.contains_key(&name) {
            return Err(refused(409, "EntityAlreadyExists", &format!("A policy called {name} already exists.")));
        }
        add_version(self.policies.entry(name.clone()).or_default(), &document, true);
        let arn = format!("arn:aws:iam::{ACCOUNT}:policy/{name}");
        Ok(said(action, &format!("<Policy><Arn>{arn}</Arn><DefaultVersionId>v1</DefaultVersionId></Policy>")))
    }
}

/// The document of a call, as far as IAM judges it.
fn checked(call: &Call) -> Result<String, Answer> {
    let document = call.field("PolicyDocument").expect("a document");
    let size = document.chars().filter(|c| !c.is_whitespace()).count();
    if size > 6144 {
        return Err(refused(409, "LimitExceeded", "Cannot exceed quota for PolicySize: 6144"));
    }
    let read: serde_json::Value = serde_json::from_str(&document).unwrap_or_default();
    if read["Version"] != "2012-10-17" || read["Statement"].is_null() {
        return Err(refused(400, "MalformedPolicyDocument", "Syntax errors in policy."));
    }
    Ok(document)
}

#[async_trait]
impl Played for FakeIam {
    fn name(&self) -> &'static str {
        "iam"
    }

    async fn answer(&self, call: Call) -> Answer {
        let action = call.field("Action").expect("an action");
        let mut world = self.world();
        world.calls.push(action.clone());
        if world.mood.throttled > 0 {
            world.mood.throttled -= 1;
            return refused(400, "Throttling", "Rate exceeded");
        }
        if world.mood.denied == Some(action.as_str()) {
            let message =
                format!("User: arn:aws:sts::{ACCOUNT}:assumed-role/vend/x is not authorized to perform: iam:{action}");
            return refused(403, "AccessDenied", &message);
        }
        let answer = world.answer(&action, &call).unwrap_or_else(|refusal| refusal);
        let changes = action.starts_with("Create") || action.starts_with("Delete");
        if changes && world.mood.lost_answers > 0 {
            world.mood.lost_answers -= 1;
            return Answer::Dropped;
        }
        answer
    }
}
