//! The promises of the design, checked by one function in every tier: property
//! tests, journeys, the crash test. It looks only at what is left behind: the
//! store, the cloud's ledger, the mails, the log.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use mail_parser::MessageParser;
use vend::adapters::embedded::simulator::{AccountCreation, Simulator};
use vend::domain::event::{Event, Recorded, verify_chain};
use vend::domain::ids::RequestId;
use vend::domain::locks;
use vend::domain::person::same_email;
use vend::domain::policy::{Asked, Policy};
use vend::domain::request::{Request, State};
use vend::domain::spec::SpecHash;
use vend::ports::store::{Filter, Store};

/// Everything a run left behind.
pub struct Evidence {
    /// Requests as stored, with their whole history.
    pub requests: Vec<(Request, Vec<Recorded>)>,
    /// Requests somebody got a 2xx for.
    pub acknowledged: Vec<RequestId>,
    /// Account-operation slots that are taken, and by whom.
    pub slots: Vec<(String, RequestId)>,
    /// Jobs that were given up, with the reason.
    pub parked: Vec<String>,
    /// What the cloud really created.
    pub creations: Vec<AccountCreation>,
    /// The most account operations the cloud ever saw at once.
    pub most_in_flight: u32,
    /// How many are allowed.
    pub max_concurrent: u32,
    /// Every mail sent, whole.
    pub mails: Vec<String>,
    /// Everything logged.
    pub log: String,
    /// Texts that must never be logged: tokens, addresses.
    pub canaries: Vec<String>,
    /// The policy in force.
    pub policy: Policy,
    /// When the evidence was taken.
    pub now: Timestamp,
}

impl Evidence {
    /// Reads a store and a simulated cloud; mails and log are the caller's to add.
    pub async fn gather(store: &dyn Store, cloud: &Simulator, now: Timestamp) -> Self {
        let creations = cloud.effective_account_creations().await.expect("the ledger can be read");
        let most_in_flight = cloud.most_in_flight().await.expect("the ledger can be read");
        Self::of(store, creations, most_in_flight, now).await
    }

    /// Reads a store; the cloud's ledger is given.
    pub async fn of(store: &dyn Store, creations: Vec<AccountCreation>, most_in_flight: u32, now: Timestamp) -> Self {
        let mut requests = Vec::new();
        let mut before = None;
        loop {
            let page = store.list(&Filter::default(), before, 100).await.expect("requests can be listed");
            for request in page.requests {
                let history = store.history(request.id, 0).await.expect("a history can be read");
                requests.push((request, history));
            }
            before = page.next;
            if before.is_none() {
                break;
            }
        }
        Self {
            requests,
            acknowledged: Vec::new(),
            slots: slots(store).await,
            parked: parked(store).await,
            creations,
            most_in_flight,
            max_concurrent: 5,
            mails: Vec::new(),
            log: String::new(),
            canaries: Vec::new(),
            policy: Policy::shipped(),
            now,
        }
    }
}

async fn slots(store: &dyn Store) -> Vec<(String, RequestId)> {
    let held = store.locks(locks::SLOTS).await.expect("locks can be read");
    held.into_iter().map(|(name, holder)| (name, holder.request)).collect()
}

async fn parked(store: &dyn Store) -> Vec<String> {
    let troubled = store.troubled(1000).await.expect("jobs can be read");
    troubled.into_iter().filter(|job| job.parked).map(|job| format!("{}: {}", job.key, job.error)).collect()
}

/// Fails with every broken promise, by number.
#[allow(dead_code, reason = "the crash test tells more than a panic")]
pub fn assert_kept(evidence: &Evidence) {
    let broken = broken(evidence);
    assert!(broken.is_empty(), "broken promises:\n{}", broken.join("\n"));
}

/// Every broken promise, by number; empty when all are kept.
pub fn broken(evidence: &Evidence) -> Vec<String> {
    let mut broken = Vec::new();
    nothing_acknowledged_is_lost(evidence, &mut broken);
    an_account_is_created_once(evidence, &mut broken);
    at_most_n_in_flight(evidence, &mut broken);
    nothing_is_left_behind(evidence, &mut broken);
    nothing_secret_is_logged(evidence, &mut broken);
    for (request, history) in &evidence.requests {
        every_request_ends_and_the_requester_is_told(evidence, request, &mut broken);
        every_failure_is_told_and_nobody_is_asked_twice(evidence, request, history, &mut broken);
        if request.membership().is_some() {
            a_member_rests_on_its_set(evidence, request, history, &mut broken);
        } else {
            no_account_without_a_valid_decision(evidence, request, history, &mut broken);
        }
        what_was_approved_is_vended(evidence, request, history, &mut broken);
        one_decision(request, history, &mut broken);
        the_trail_holds(request, history, &mut broken);
    }
    broken
}

fn nothing_acknowledged_is_lost(evidence: &Evidence, broken: &mut Vec<String>) {
    let known: BTreeSet<_> = evidence.requests.iter().map(|(request, _)| request.id).collect();
    for id in &evidence.acknowledged {
        if !known.contains(id) {
            broken.push(format!("P1: {id} was acknowledged and is not stored"));
        }
    }
}

fn every_request_ends_and_the_requester_is_told(evidence: &Evidence, request: &Request, broken: &mut Vec<String>) {
    let id = request.id;
    let waits = request.state == State::Pending && evidence.now < request.submission.expires_at;
    if !request.state.is_terminal() && !waits {
        broken.push(format!("P2: {id} rests in {}", request.state.word()));
    }
    if request.is_being_rolled_back() {
        broken.push(format!("P2: the rollback of {id} never ended"));
    }
    let own_cancel = request.state == State::Cancelled;
    if request.membership().is_some() {
        // There is one message for the set.
        let mails = evidence.mails.iter().filter(|mail| mail.contains(&id.short())).count();
        if mails > 0 {
            broken.push(format!("P2: {mails} mails were sent about {id} beside its set's"));
        }
        return;
    }
    if request.state.is_terminal() && !own_cancel && !told(evidence, request) {
        broken.push(format!("P2: the requester of {id} was not told that it is {}", request.state.word()));
    }
    for news in ["was denied", "was cancelled", "expired", "is ready", "was given up"] {
        if Some(news) != news_of(request.state) && was_told(evidence, request, news) {
            broken
                .push(format!("P2: the requester of {id} was told that it {news}, and it is {}", request.state.word()));
        }
    }
}

/// A retry that fails again is a second piece of news. The outbox keeps one file for each
/// mail, so that a second question to one approver is a promise made twice.
fn every_failure_is_told_and_nobody_is_asked_twice(
    evidence: &Evidence,
    request: &Request,
    history: &[Recorded],
    broken: &mut Vec<String>,
) {
    let short = request.id.short();
    let failures = history.iter().filter(|recorded| matches!(recorded.event, Event::Failed(_))).count();
    let told = mails_about(evidence, &format!("Your AWS account request {short} failed")).len();
    if told != failures && request.membership().is_none() {
        broken.push(format!("P2: {} failed {failures} times and the requester was told {told} times", request.id));
    }
    let asked = mails_about(evidence, &format!("Please decide on AWS account request {short}"));
    let people: BTreeSet<_> = asked.iter().collect();
    if people.len() != asked.len() {
        broken.push(format!("P9: somebody was asked twice about {}", request.id));
    }
}

/// Who has a mail with this subject, once for each mail.
fn mails_about(evidence: &Evidence, subject: &str) -> Vec<String> {
    let read = |mail: &String| {
        let mail = MessageParser::default().parse(mail.as_bytes())?;
        let address = mail.to()?.first()?.address()?.to_lowercase();
        (mail.subject() == Some(subject)).then_some(address)
    };
    evidence.mails.iter().filter_map(read).collect()
}

fn told(evidence: &Evidence, request: &Request) -> bool {
    news_of(request.state).is_some_and(|news| was_told(evidence, request, news))
}

/// The last words of the subject that tells of this end.
const fn news_of(state: State) -> Option<&'static str> {
    match state {
        State::Ready => Some("is ready"),
        State::Failed => Some("failed"),
        State::Denied => Some("was denied"),
        State::Cancelled => Some("was cancelled"),
        State::Expired => Some("expired"),
        State::Abandoned => Some("was given up"),
        _ => None,
    }
}

/// Whether the requester has a mail whose subject says so; what other mails or other
/// lines say does not count.
fn was_told(evidence: &Evidence, request: &Request, news: &str) -> bool {
    let subject = format!("Your AWS account request {} {news}", request.id.short());
    let to = &request.submission.requester.email;
    mails_about(evidence, &subject).iter().any(|address| same_email(address, to))
}

fn an_account_is_created_once(evidence: &Evidence, broken: &mut Vec<String>) {
    let mut per_product: BTreeMap<&str, usize> = BTreeMap::new();
    for creation in &evidence.creations {
        *per_product.entry(&creation.product_name).or_default() += 1;
    }
    for (product, times) in &per_product {
        if *times > 1 {
            broken.push(format!("P3: {product} was created {times} times"));
        }
    }
    for (request, _) in &evidence.requests {
        let made = per_product.contains_key(request.id.product_name().as_str());
        if request.state == State::Ready && !made && request.set().is_none() {
            broken.push(format!("P2: {} is ready and the cloud knows no account", request.id));
        }
        let refused = matches!(request.state, State::Pending | State::Denied | State::Cancelled | State::Expired);
        if refused && made {
            broken.push(format!("P7: {} is {} and was vended", request.id, request.state.word()));
        }
    }
}

fn no_account_without_a_valid_decision(
    evidence: &Evidence,
    request: &Request,
    history: &[Recorded],
    broken: &mut Vec<String>,
) {
    let id = request.id;
    let starts = |r: &Recorded| matches!(r.event, Event::CreationStarted { .. } | Event::SetStarted { .. });
    let Some(started) = history.iter().position(starts) else {
        let made = evidence.creations.iter().any(|creation| creation.product_name == id.product_name());
        if made {
            broken.push(format!("P4: {id} was provisioned and the trail says nothing of it"));
        }
        return;
    };
    let approvals: Vec<_> =
        history[..started].iter().filter(|r| matches!(r.event, Event::ApprovalGiven { .. })).collect();
    let people: BTreeSet<_> = approvals.iter().map(|r| r.actor.email.to_lowercase()).collect();
    let needed = request.submission.approvals_needed as usize;
    if people.len() < needed.max(1) {
        broken.push(format!("P4: {id} was provisioned with {} of {needed} approvals", people.len()));
    }
    let asked = Asked::of(&request.submission.spec, &request.submission.requester);
    for approval in approvals {
        let by_policy = approval.actor.email == "policy";
        let allowed = evidence.policy.may_decide(&approval.actor, &evidence.policy.slack_groups(), &asked).is_ok();
        if !by_policy && (approval.actor.is(&request.submission.requester) || !allowed) {
            broken.push(format!("P4: {id} was approved by someone who may not"));
        }
        if approval.at >= request.submission.expires_at {
            broken.push(format!("P7: {id} was approved after it expired"));
        }
    }
}

/// P4, P5 and P7 for an account of a set: the set stands, its own decision is valid (checked
/// for it like for any other request), it was approved before its accounts were made, and
/// what the member vends is word for word a part of what its approvers agreed to.
fn a_member_rests_on_its_set(evidence: &Evidence, member: &Request, history: &[Recorded], broken: &mut Vec<String>) {
    let id = member.id;
    let Some(membership) = member.membership() else { return };
    let Some((set, its_history)) = evidence.requests.iter().find(|(request, _)| request.id == membership.parent) else {
        broken.push(format!("P4: {id} is a member of a set that does not exist"));
        return;
    };
    if set.id.member(membership.stage) != id {
        broken.push(format!("P3: {id} is not the one {} of its set", membership.stage.word()));
    }
    let approved = its_history.iter().rfind(|r| matches!(r.event, Event::ApprovalGiven { last: true, .. }));
    let started = its_history.iter().find(|r| matches!(r.event, Event::SetStarted { .. }));
    let made = history[0].at;
    match (approved, started) {
        (Some(approved), Some(started)) if approved.seq < started.seq && started.at <= made => {}
        _ => broken.push(format!("P4: {id} was made before its set was approved and started")),
    }
    let said = |history: &[Recorded]| -> Vec<_> {
        let approvals = history.iter().filter(|r| matches!(r.event, Event::ApprovalGiven { .. }));
        approvals.map(|r| (r.actor.clone(), r.event.clone())).collect()
    };
    if said(history) != said(its_history) {
        broken.push(format!("P4: the approvals of {id} are not its set's"));
    }
    let agreed = set.set().and_then(|set| set.stages.get(&membership.stage)).map(|stage| &stage.account);
    if agreed != Some(&member.submission.spec) || membership.parent_hash != set.submission.hash {
        broken.push(format!("P5: {id} is not what was approved with its set"));
    }
    if let Some(Event::SetStarted { hash }) = started.map(|started| &started.event)
        && *hash != SpecHash::of(&set.submission.spec, &set.submission.requester)
    {
        broken.push(format!("P5: the set of {id} is not the one that was approved"));
    }
}

/// The hash that was submitted holds until an approver other than the requester changes the parameters.
fn what_was_approved_is_vended(evidence: &Evidence, request: &Request, history: &[Recorded], broken: &mut Vec<String>) {
    let id = request.id;
    let Some(Event::Submitted(submission)) = history.first().map(|recorded| recorded.event.clone()) else { return };
    let (mut spec, requester) = (submission.spec, submission.requester);
    let mut approved = submission.hash;
    for recorded in history {
        match &recorded.event {
            Event::ParametersChanged { parameters, hash, .. } => {
                let asked = Asked::of(&spec, &requester);
                let may = evidence.policy.may_decide(&recorded.actor, &evidence.policy.slack_groups(), &asked).is_ok();
                if !may || recorded.actor.is(&requester) || submission.approvals_needed > 1 {
                    broken.push(format!("P4: the parameters of {id} were changed by someone who may not"));
                }
                spec.blueprint.iter_mut().for_each(|choice| choice.parameters.clone_from(parameters));
                approved = hash.clone();
            }
            Event::CreationStarted { hash, .. } if *hash != approved => {
                broken.push(format!("P5: {id} was provisioned with other parameters than approved"));
            }
            _ => {}
        }
        if SpecHash::of(&spec, &requester) != approved {
            broken.push(format!("P5: the hash of {id} is not that of what was approved"));
        }
    }
    if request.submission.hash != approved || request.submission.spec != spec {
        broken.push(format!("P5: {id} is not what was approved"));
    }
}

fn one_decision(request: &Request, history: &[Recorded], broken: &mut Vec<String>) {
    let decides = |event: &Event| {
        matches!(
            event,
            Event::ApprovalGiven { last: true, .. } | Event::Denied { .. } | Event::Cancelled { .. } | Event::Expired
        )
    };
    let found = history.iter().filter(|recorded| decides(&recorded.event)).count();
    let needed = usize::from(request.state != State::Pending);
    if found != needed {
        broken.push(format!("P6: {} has {found} decisions", request.id));
    }
}

fn at_most_n_in_flight(evidence: &Evidence, broken: &mut Vec<String>) {
    if evidence.most_in_flight > evidence.max_concurrent {
        broken.push(format!("P8: {} operations at once, {} allowed", evidence.most_in_flight, evidence.max_concurrent));
    }
}

fn the_trail_holds(request: &Request, history: &[Recorded], broken: &mut Vec<String>) {
    if let Err(error) = verify_chain(history) {
        broken.push(format!("P10: {error}"));
    }
    match Request::fold(history) {
        Ok(folded) if folded == *request => {}
        Ok(_) => broken.push(format!("P10: {} is not the fold of its events", request.id)),
        Err(error) => broken.push(format!("P10: {}: {error}", request.id)),
    }
}

/// A slot belongs to an operation that runs or may run; a job that was given up is a promise broken.
fn nothing_is_left_behind(evidence: &Evidence, broken: &mut Vec<String>) {
    for (slot, holder) in &evidence.slots {
        let request = evidence.requests.iter().find(|(request, _)| request.id == *holder).map(|(request, _)| request);
        let at_work = request.is_some_and(|request| {
            let left_running = request.failure.as_ref().is_some_and(|failure| failure.still_running);
            request.state == State::Creating || left_running
        });
        if !at_work {
            broken.push(format!("P8: {slot} is still held by {holder}, whose operation is over"));
        }
    }
    broken.extend(evidence.parked.iter().map(|job| format!("P2: a job was given up: {job}")));
}

fn nothing_secret_is_logged(evidence: &Evidence, broken: &mut Vec<String>) {
    for canary in &evidence.canaries {
        if evidence.log.contains(canary.as_str()) {
            broken.push(format!("P11: the log contains a secret of {} characters", canary.len()));
        }
    }
}
