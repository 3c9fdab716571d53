//! The state machine as tables: every event in every state, every command in every state.

use jiff::{SignedDuration, Timestamp};
use vend::domain::event::{Event, verify_chain};
use vend::domain::request::{Command, Failure, Refusal, Request, State, Step, transition};
use vend::domain::set::{MemberFailure, StageName};

use super::stations::{Station, account, ada_acts, creation, deployed, failure, start, tags_set};
use crate::fakes::requests::{approval, denial, grace};

/// Every kind of event, with the failure the request carries where that decides.
fn events() -> Vec<(&'static str, Event, Option<Failure>)> {
    let running = Failure { still_running: true, ..failure(Step::AccountCreation) };
    let after = |step| Some(failure(step));
    let not_last = Event::ApprovalGiven { reason: None, rule: String::new(), last: false, needed: None };
    vec![
        ("submitted", Event::Submitted(Box::new(Station::pending().request.submission)), None),
        ("approval given, not the last", not_last, None),
        ("approval given, the last", approval(), None),
        ("denied", denial(), None),
        ("cancelled", Event::Cancelled { reason: None }, None),
        ("expired", Event::Expired, None),
        ("reminded", Event::Reminded { nth: 1, to: vec![] }, None),
        ("set started", Event::SetStarted { hash: Station::pending().request.submission.hash }, None),
        ("member ready", Event::MemberReady { stage: StageName::Dev, account_id: String::new() }, None),
        ("member failed", Event::MemberFailed { stage: StageName::Dev, failure: member_failure() }, None),
        ("queued", Event::Queued, None),
        ("creation started", creation(1), None),
        ("provisioning called", Event::ProvisioningCalled, None),
        ("provisioning accepted", Event::ProvisioningAccepted { record_id: String::new() }, None),
        ("progressed", Event::Progressed { phase: String::new(), done: None, total: None }, None),
        ("delayed", Event::Delayed { reason: String::new(), detail: String::new() }, None),
        ("attempt undone", Event::AttemptUndone { attempt: 1 }, None),
        ("account created", account(), None),
        ("deployment started", Event::DeploymentStarted { attempt: 1 }, None),
        ("stack accepted", Event::StackAccepted, None),
        ("blueprint deployed", deployed(), None),
        ("bootstrap started", Event::BootstrapStarted, None),
        ("post step finished", tags_set(), None),
        ("became ready", Event::BecameReady, None),
        ("failed", Event::Failed(failure(Step::Approval)), None),
        (
            "operation ended, none left running",
            Event::OperationEnded { account_id: None },
            after(Step::AccountCreation),
        ),
        ("operation ended, left running", Event::OperationEnded { account_id: None }, Some(running.clone())),
        ("retry of the check", Event::RetryRequested, after(Step::Approval)),
        ("retry of the account", Event::RetryRequested, after(Step::AccountCreation)),
        ("retry of the account, left running", Event::RetryRequested, Some(running)),
        ("retry of the blueprint", Event::RetryRequested, after(Step::BlueprintDeployment)),
        ("retry of the finishing steps", Event::RetryRequested, after(Step::Bootstrap)),
        ("retry of the members", Event::RetryRequested, after(Step::SetMembers)),
        ("retry of nothing", Event::RetryRequested, None),
        ("abandoned", Event::Abandoned { reason: None }, None),
        ("parameters changed", parameters_changed(), after(Step::BlueprintDeployment)),
        ("parameters changed, no blueprint failed", parameters_changed(), after(Step::Bootstrap)),
        ("rollback requested", Event::RollbackRequested, after(Step::BlueprintDeployment)),
        ("rollback requested, no blueprint", Event::RollbackRequested, after(Step::AccountCreation)),
        ("rollback begun", Event::RollbackBegun, after(Step::BlueprintDeployment)),
        ("rolled back", Event::RolledBack { problem: None }, after(Step::BlueprintDeployment)),
    ]
}

fn member_failure() -> MemberFailure {
    MemberFailure { retries: 0, reason: String::new(), retryable: true }
}

fn parameters_changed() -> Event {
    let hash = Station::pending().request.submission.hash;
    Event::ParametersChanged { parameters: [].into(), hash, rule: "rule".into() }
}

fn short(state: State) -> &'static str {
    &state.word()[..4]
}

fn row(label: &str, cells: impl Iterator<Item = &'static str>) -> String {
    let cells: Vec<_> = cells.map(|cell| format!("{cell:>4}")).collect();
    format!("{label:<36}{}", cells.join(" "))
}

#[test]
fn every_event_has_its_place_in_every_state_or_none() {
    let mut table = vec![row("from:", State::ALL.into_iter().map(short))];
    for (label, event, failure) in events() {
        let cell = |state| transition(state, &event, failure.as_ref()).map_or(".", short);
        table.push(row(label, State::ALL.into_iter().map(cell)));
    }
    insta::assert_snapshot!(table.join("\n"));
}

/// A state that promises to be the end leads nowhere unless a person acts.
#[test]
fn an_end_is_an_end() {
    for state in State::ALL.into_iter().filter(|state| state.is_terminal()) {
        for (label, event, failure) in events() {
            let leads_to = transition(state, &event, failure.as_ref());
            let by_a_person = matches!(event, Event::RetryRequested | Event::Abandoned { .. });
            assert!(leads_to.is_none_or(|next| next == state) || by_a_person, "{label} leads out of {state:?}");
        }
    }
}

fn commands() -> Vec<(&'static str, Command)> {
    let rule = || "rule".to_owned();
    vec![
        ("approve", Command::Approve { reason: None, rule: rule(), needed: 1 }),
        ("deny", Command::Deny { reason: "No".into(), rule: rule() }),
        ("cancel", Command::Cancel { reason: None }),
        ("expire", Command::Expire),
        ("remind", Command::Remind { to: vec![] }),
        ("retry", Command::Retry),
        ("roll back", Command::RollBack),
    ]
}

fn answer(request: &Request, command: Command, now: Timestamp) -> &'static str {
    match request.handle(command, &grace(), now) {
        Ok(_) => "yes",
        Err(Refusal::AlreadyDecided(_)) => "was",
        Err(Refusal::AlreadyApprovedByYou) => "you",
        Err(Refusal::TooLate { .. }) => "late",
        Err(Refusal::NotNow(_)) => "no",
        Err(Refusal::RetryCannotHelp) => "vain",
        Err(Refusal::BeingRolledBack) => "wait",
        Err(Refusal::NothingToRollBack) => "none",
    }
}

fn answers(now: Timestamp) -> String {
    let mut table = vec![row("in:", State::ALL.into_iter().map(short))];
    for (label, command) in commands() {
        let cell = |state| answer(&Station::at(state).request, command.clone(), now);
        table.push(row(label, State::ALL.into_iter().map(cell)));
    }
    table.join("\n")
}

#[test]
fn every_command_has_its_answer_in_every_state() {
    insta::assert_snapshot!("commands_in_time", answers(start() + SignedDuration::from_hours(1)));
}

#[test]
fn from_the_moment_it_expires_nothing_but_expiry_is_possible() {
    let expires_at = Station::pending().request.submission.expires_at;
    insta::assert_snapshot!("commands_from_expiry_on", answers(expires_at));
    let pending = Station::pending().request;
    assert!(pending.handle(commands().remove(0).1, &grace(), expires_at - SignedDuration::from_nanos(1)).is_ok());
}

#[test]
fn a_failure_that_a_retry_cannot_cure_is_not_retried() {
    let hopeless = Failure { retryable: false, ..failure(Step::AccountCreation) };
    let station = Station::at(State::Creating).then(&ada_acts(), Event::Failed(hopeless));
    assert_eq!(station.request.handle(Command::Retry, &ada_acts(), start()), Err(Refusal::RetryCannotHelp));
}

#[test]
fn two_approvals_come_from_two_people() {
    let mut station = Station::pending();
    station.request.submission.approvals_needed = 2;
    let approve = || Command::Approve { reason: None, rule: String::new(), needed: 1 };
    let first = station.request.handle(approve(), &grace(), start()).expect("a first yes");
    assert!(matches!(first, Event::ApprovalGiven { last: false, .. }));
    let station = station.then(&grace(), first);
    assert_eq!(station.request.state, State::Pending);
    assert_eq!(station.request.handle(approve(), &grace(), start()), Err(Refusal::AlreadyApprovedByYou));
    let second = station.request.handle(approve(), &ada_acts(), start());
    assert!(matches!(second, Ok(Event::ApprovalGiven { last: true, .. })));
}

#[test]
fn the_present_state_is_the_fold_of_the_past() {
    for station in State::ALL.into_iter().map(Station::at).chain([Station::left_running()]) {
        verify_chain(&station.history).expect("an unbroken chain");
        assert_eq!(Request::fold(&station.history).expect("a history in order"), station.request);
        let cut = &station.history[1..];
        assert!(Request::fold(cut).is_err(), "a history without its beginning");
    }
}

#[test]
fn the_time_spent_in_every_state_is_known() {
    let spent = Station::at(State::Ready).request.seconds_spent;
    let expected = [
        (State::Pending, 10),
        (State::Approved, 10),
        (State::Queued, 10),
        (State::Creating, 20),
        (State::Deploying, 20),
        (State::Bootstrapping, 20),
    ];
    assert_eq!(spent.into_iter().collect::<Vec<_>>(), expected);
}

#[test]
fn a_retry_forgets_the_failed_step_and_nothing_before_it() {
    let retried = |step| Station::failed_at(step).then(&ada_acts(), Event::RetryRequested).request;

    let account = retried(Step::AccountCreation);
    assert_eq!((account.state, account.creation_attempts, account.failure), (State::Queued, 1, None));
    assert!(account.queued_at > Some(account.created_at + SignedDuration::from_secs(20)), "to the end of the line");

    let blueprint = retried(Step::BlueprintDeployment);
    assert_eq!((blueprint.state, blueprint.deployment_attempts), (State::Deploying, 2));
    assert_eq!(blueprint.account_id.as_deref(), Some("123456789012"));

    let finishing = retried(Step::Bootstrap);
    assert_eq!((finishing.state, finishing.deployment_attempts), (State::Bootstrapping, 1));
    assert!(!finishing.outputs.is_empty());
}

#[test]
fn an_operation_left_running_keeps_its_slot_through_a_retry() {
    let retried = Station::left_running().then(&ada_acts(), Event::RetryRequested).request;
    assert_eq!((retried.state, retried.slot), (State::Creating, Some(0)), "it need not stand in line");
    let ended = Station::left_running().then(&ada_acts(), Event::OperationEnded { account_id: None });
    let retried = ended.then(&ada_acts(), Event::RetryRequested).request;
    assert_eq!(retried.state, State::Queued, "its slot was given back");
}
