//! Valid requests and commits in few words, for every test that needs some.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use vend::domain::event::{Event, Recorded, Submission};
use vend::domain::ids::RequestId;
use vend::domain::job::{JobKind, NewJob};
use vend::domain::person::{Actor, Channel, Requester};
use vend::domain::preflight::Checklist;
use vend::domain::request::{Request, State};
use vend::domain::spec::{AccountSpec, AccountType, OrganizationalUnit, SpecHash};
use vend::ports::store::{Commit, Lock};

/// Hours until the requests made here expire.
pub const EXPIRY_HOURS: i64 = 48;

/// Ada, who asks for accounts.
pub fn ada() -> Requester {
    requester("ada@example.com")
}

/// Somebody with this address.
pub fn requester(email: &str) -> Requester {
    Requester { email: email.to_owned(), first_name: "Ada".into(), last_name: "Lovelace".into(), slack: None }
}

/// Grace, who approves them.
pub fn grace() -> Actor {
    Actor::person("grace@example.com", Channel::Mail)
}

/// A sandbox without a blueprint for this root e-mail.
pub fn sandbox(root_email: &str) -> AccountSpec {
    AccountSpec {
        account_type: AccountType::Sandbox,
        account_name: "ada-sandbox".into(),
        root_email: root_email.to_owned(),
        organizational_unit: OrganizationalUnit { name: "Sandbox".into(), id: "ou-ab12-3c4d5e6f".into() },
        blueprint: None,
        purpose: "Trying out a training job".into(),
        region: None,
        cost_centre: None,
        tags: BTreeMap::new(),
        set: None,
    }
}

/// What is pinned when `requester` asks for `spec` at `now`.
pub fn submission(requester: Requester, spec: AccountSpec, now: Timestamp) -> Submission {
    let mut preflight = Checklist::default();
    preflight.pass("root_email", "ada+sandbox@example.com is free");
    Submission {
        hash: SpecHash::of(&spec, &requester),
        requester,
        spec,
        preflight,
        approvals_needed: 1,
        policy_rule: "sandbox: one of the approvers".into(),
        expires_at: now + SignedDuration::from_hours(EXPIRY_HOURS),
        member_of: None,
    }
}

/// A new, pending request of `requester`, and the event that made it.
pub fn submitted_by(requester: Requester, id: RequestId, now: Timestamp) -> (Request, Recorded) {
    let actor = Actor::person(&requester.email, Channel::Api);
    let submission = submission(requester, sandbox("ada+sandbox@example.com"), now);
    let first = Recorded::link(id, None, now, actor, Event::Submitted(Box::new(submission)));
    let request = Request::begin(&first).expect("a submission begins a request");
    (request, first)
}

/// A new, pending request of Ada's, and the event that made it.
pub fn submitted(id: RequestId, now: Timestamp) -> (Request, Recorded) {
    submitted_by(ada(), id, now)
}

/// The bare commit of some events that led to `request`.
pub fn commit(request: &Request, events: Vec<Recorded>) -> Commit {
    Commit {
        request: request.clone(),
        events,
        not_after: None,
        acquire: Vec::new(),
        release: Vec::new(),
        jobs: Vec::new(),
        settle: None,
    }
}

/// The commit that makes a new request of Ada's.
pub fn new_request(id: RequestId, now: Timestamp) -> Commit {
    let (request, first) = submitted(id, now);
    commit(&request, vec![first])
}

/// The commit that records one more event on a copy of `request`.
pub fn next(request: &Request, actor: &Actor, now: Timestamp, event: Event) -> Commit {
    let mut request = request.clone();
    let recorded = request.record(now, actor, event).expect("the event is allowed here");
    commit(&request, vec![recorded])
}

/// The last yes.
pub fn approval() -> Event {
    Event::ApprovalGiven { reason: None, rule: "sandbox: one of the approvers".into(), last: true, needed: None }
}

/// A no.
pub fn denial() -> Event {
    Event::Denied { reason: "Use the shared one".into(), rule: "sandbox: one of the approvers".into() }
}

/// A lock without a note.
pub fn lock(name: &str) -> Lock {
    Lock { name: name.to_owned(), note: String::new(), takes_over: None }
}

/// A job for the worker about `request`.
pub fn drive(key: &str, request: RequestId, due_at: Timestamp) -> NewJob {
    NewJob { key: key.to_owned(), kind: JobKind::Drive { request }, due_at }
}

/// A mail job, which carries more than the request.
pub fn mail(key: &str, request: RequestId, due_at: Timestamp) -> NewJob {
    NewJob { key: key.to_owned(), kind: JobKind::MailRequester { request, state: State::Ready }, due_at }
}

/// An acknowledged Slack delivery.
pub fn delivery(key: &str, body: &str, due_at: Timestamp) -> NewJob {
    let kind = JobKind::Slack { surface: "commands".into(), body: body.to_owned() };
    NewJob { key: key.to_owned(), kind, due_at }
}
