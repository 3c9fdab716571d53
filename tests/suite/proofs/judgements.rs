//! What the worker makes of what it sees, where a wrong conclusion would be dear: a
//! second account, a slot nobody gives back, a request that never ends.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use vend::domain::event::Event;
use vend::domain::job::{By, Terms, promises};
use vend::domain::locks::released_by;
use vend::domain::observed::{Cause, DeployError, FactoryError, FactoryFailure, ProductState, StackState};
use vend::domain::person::Actor;
use vend::domain::request::{Failure, Request, State, Step};
use vend::domain::vending::{
    Move, Patience, Then, check_pinned, get_in_line, operation_watched, post_step_answered, product_seen,
    provision_answered, stack_seen, terminated,
};

use super::stations::{Station, account, ada_acts, creation, failure, start};
use crate::fakes::requests::{approval, denial};

fn failed(cause: Cause) -> ProductState {
    ProductState::Failed(FactoryFailure { cause, raw: "raw".into(), record_id: "rec-1".into() })
}

fn seen(request: &Request, state: ProductState) -> Move {
    product_seen(request, state, &Patience::default(), now())
}

fn now() -> Timestamp {
    start() + SignedDuration::from_mins(2)
}

fn accepted() -> Request {
    let system = Actor::system();
    Station::at(State::Creating).then(&system, Event::ProvisioningAccepted { record_id: "rec-1".into() }).request
}

fn retried() -> Request {
    let again = Station::failed_at(Step::AccountCreation).then(&ada_acts(), Event::RetryRequested);
    again.then(&Actor::system(), creation(2)).request
}

fn failure_of(judged: &Move) -> &Failure {
    let [Event::Failed(failure)] = &judged.events[..] else { panic!("no failure: {judged:?}") };
    failure
}

#[test]
fn nothing_that_was_altered_gets_anywhere() {
    let mut request = Station::at(State::Approved).request;
    request.submission.spec.root_email = "mallory@example.com".into();
    assert!(check_pinned(&request).is_err());
    assert_eq!(failure_of(&get_in_line(&request)).step, Step::Approval);
    let mut creating = accepted();
    creating.submission.requester.email = "mallory@example.com".into();
    assert!(!failure_of(&terminated(&creating, &Patience::default())).retryable);
    let mut admitted = Station::at(State::Creating).request;
    admitted.submission.spec.root_email = "mallory@example.com".into();
    assert_eq!(failure_of(&seen(&admitted, ProductState::Absent)).step, Step::Approval);
    let mut deploying = Station::at(State::Deploying).request;
    deploying.submission.spec.purpose = "mining".into();
    let judged = stack_seen(&deploying, StackState::Absent, &Patience::default());
    assert_eq!(failure_of(&judged).step, Step::BlueprintDeployment);
}

#[test]
fn a_product_that_is_not_there_is_ordered_with_a_token_that_was_never_spent() {
    assert_eq!(seen(&Station::at(State::Creating).request, ProductState::Absent).then, Then::Provision);
    let again = seen(&accepted(), ProductState::Absent);
    assert!(matches!(
        again.events[..],
        [Event::AttemptUndone { attempt: 1 }, Event::CreationStarted { attempt: 2, .. }]
    ));
}

#[test]
fn what_an_earlier_attempt_left_is_removed_only_where_it_left_no_account() {
    for cause in [Cause::Quota, Cause::OuNotRegistered, Cause::NoLaunchPath, Cause::Busy] {
        assert_eq!(seen(&retried(), failed(cause)).then, Then::Terminate, "{cause:?}");
    }
    for cause in [Cause::Tainted, Cause::Other, Cause::EmailInUse] {
        assert!(!failure_of(&seen(&retried(), failed(cause))).retryable, "{cause:?}");
    }
}

#[test]
fn passing_troubles_are_tried_again_and_not_for_ever() {
    let judged = seen(&accepted(), failed(Cause::Busy));
    assert!(matches!((&judged.events[..], &judged.then), ([Event::Delayed { .. }], Then::Terminate)));
    let mut weary = accepted();
    weary.creation_attempts = Patience::default().most_attempts;
    assert_eq!(failure_of(&seen(&weary, failed(Cause::Busy))).step, Step::AccountCreation);
}

#[test]
fn a_name_that_exists_is_adopted_and_a_lost_answer_is_looked_up() {
    let request = Station::at(State::Creating).request;
    let answered = |error| provision_answered(&request, Err(error), &Patience::default());
    assert!(matches!(answered(FactoryError::NameExists).events[..], [Event::ProvisioningAccepted { .. }]));
    let lost = answered(FactoryError::Unknown("gone".into()));
    assert!(lost.events.is_empty() && matches!(lost.then, Then::BackOff(_)));
}

#[test]
fn an_operation_that_hangs_keeps_its_slot_until_it_is_over() {
    let hours = start() + SignedDuration::from_hours(3);
    let under_way = || ProductState::UnderWay { phase: "Enrolling".into(), record_id: String::new() };
    let judged = product_seen(&accepted(), under_way(), &Patience::default(), hours);
    assert!(failure_of(&judged).still_running);
    let mut left = Station::left_running();
    assert!(released_by(&left.request, &judged.events[0]).is_empty());
    assert!(operation_watched(under_way(), &Patience::default()).events.is_empty());
    let over = operation_watched(ProductState::Available { account_id: "123456789012".into() }, &Patience::default());
    left = left.then(&Actor::system(), over.events[0].clone());
    assert_eq!(released_by(&left.request, &over.events[0]), ["slot/0"]);
    assert_eq!(left.request.account_id.as_deref(), Some("123456789012"), "no account stays unknown");
}

#[test]
fn a_finishing_step_that_is_never_let_in_ends_as_a_problem() {
    let request = Station::at(State::Bootstrapping).request;
    let answered = |at| {
        let not_yet = Err(DeployError::NotYet("not yet".into()));
        post_step_answered(&request, "tags".into(), not_yet, &Patience::default(), at)
    };
    assert!(matches!(answered(now()).then, Then::Wait(_)));
    let late = answered(start() + SignedDuration::from_hours(1));
    assert!(matches!(late.events[..], [Event::PostStepFinished { problem: Some(_), .. }]));
}

/// The whole of write first, act after: which jobs and which locks each event brings.
#[test]
fn every_event_promises_what_it_must_and_gives_back_what_it_may() {
    let terms = Terms { reminders: vec![Duration::from_hours(24)], chat: true };
    let mut lines = Vec::new();
    for (label, station, actor, event) in moves() {
        let from = station.request.state;
        let after = station.then(&actor, event.clone()).request;
        let jobs = promises(&after, &event, By { actor: &actor, from }, &terms);
        let jobs: Vec<_> = jobs.iter().map(|job| job.kind.word()).collect();
        let freed = released_by(&after, &event).join(" ");
        lines.push(format!("{label:<34} {:<40} {freed}", jobs.join(" ")).trim_end().to_owned());
    }
    insta::assert_snapshot!(lines.join("\n"));
}

fn moves() -> Vec<(&'static str, Station, Actor, Event)> {
    use State::{Approved, Creating, Failed, Pending, Queued};
    let at = Station::at;
    let system = Actor::system;
    let grace = crate::fakes::requests::grace;
    let not_last = Event::ApprovalGiven { reason: None, rule: String::new(), last: false, needed: None };
    let hangs = Failure { still_running: true, ..failure(Step::AccountCreation) };
    let no_reason = || Event::Cancelled { reason: None };
    let ended = Event::OperationEnded { account_id: None };
    vec![
        ("approved, one more needed", at(Pending), grace(), not_last),
        ("approved", at(Pending), grace(), approval()),
        ("denied", at(Pending), grace(), denial()),
        ("cancelled by the requester", at(Pending), ada_acts(), no_reason()),
        ("cancelled by somebody else", at(Pending), grace(), no_reason()),
        ("expired", at(Pending), system(), Event::Expired),
        ("reminded", at(Pending), system(), Event::Reminded { nth: 1, to: vec![] }),
        ("queued", at(Approved), system(), Event::Queued),
        ("admitted", at(Queued), system(), creation(1)),
        ("next attempt in the same slot", at(Creating), system(), creation(2)),
        ("account created", at(Creating), system(), account()),
        ("creation failed", at(Creating), system(), Event::Failed(failure(Step::AccountCreation))),
        ("creation hangs", at(Creating), system(), Event::Failed(hangs)),
        ("hanging operation over", Station::left_running(), system(), ended),
        ("hanging request retried", Station::left_running(), ada_acts(), Event::RetryRequested),
        ("hanging request given up", Station::left_running(), ada_acts(), Event::Abandoned { reason: None }),
        ("creation retried", Station::failed_at(Step::AccountCreation), ada_acts(), Event::RetryRequested),
        ("deployment retried", at(Failed), ada_acts(), Event::RetryRequested),
        ("check failed, given up", Station::failed_at(Step::Approval), ada_acts(), Event::Abandoned { reason: None }),
        ("given up with an account", at(Failed), ada_acts(), Event::Abandoned { reason: None }),
        ("ready", at(State::Bootstrapping), system(), Event::BecameReady),
    ]
}
