//! Requests in every state, for the tests of whatever shows them.

#![expect(clippy::must_use_candidate, reason = "test data")]

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::domain::person::Channel;
use crate::domain::preflight::Checklist;
use crate::domain::request::{Decision, Progress, State, Step, Verdict};
use crate::domain::set::StageName;
use crate::domain::spec::AccountType;

use super::sets::{PipelineView, SetView, StageView};
use super::view::{FailureView, RequestView, RequesterView};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
}

/// Waits for the second of two approvers.
pub fn pending() -> RequestView {
    let mut preflight = Checklist::default();
    preflight.pass("root_email", "fraud-root@example.com is a valid address and not in use.");
    preflight.pass("account_name", "The name fraud-detection is free.");
    preflight.pass("organizational_unit", "Workloads is offered by Account Factory.");
    preflight.pass("blueprint_parameters", "10.42.0.0/16 overlaps no other account.");
    RequestView {
        id: "01JCZK5W8Q2M3N4P5R6S7T8V9W".into(),
        short_id: "req-6s7t8v9w".into(),
        state: State::Pending,
        status: "Waits for 1 more approval.".into(),
        account_name: "fraud-detection".into(),
        account_type: AccountType::Production,
        root_email: "fraud-root@example.com".into(),
        organizational_unit: "Workloads (ou-ab12-3c4d5e6f)".into(),
        blueprint: Some("ml-workload-prod".into()),
        blueprint_version: Some("1.2.0".into()),
        blueprint_parameters: map(&[("AvailabilityZones", "2"), ("VpcCidr", "10.42.0.0/16")]),
        purpose: "Card fraud scoring for the payments team, replaces https://old.example/fraud".into(),
        cost_centre: Some("4711".into()),
        tags: map(&[("team", "payments")]),
        requester: RequesterView {
            email: "ada@example.com".into(),
            first_name: "Ada".into(),
            last_name: "Lovelace".into(),
        },
        submitted_by: None,
        created_at: at("2026-11-21T09:00:00Z"),
        expires_at: at("2026-11-23T09:00:00Z"),
        queue_place: None,
        estimate_seconds: None,
        progress: None,
        account_id: None,
        outputs: BTreeMap::new(),
        failure: None,
        can_roll_back: false,
        being_rolled_back: false,
        decisions: vec![said("margaret@example.com", Verdict::Approve, None)],
        approvals_needed: 2,
        policy_rule: "Production accounts: two of platform-leads".into(),
        account_set: None,
        set: None,
        region: None,
        preflight,
        parameters_hash: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".into(),
        monthly_cost: Some("about 310 USD a month before use (two NAT gateways, endpoints)".into()),
    }
}

/// Asked by an operator for somebody else.
pub fn on_behalf() -> RequestView {
    RequestView { submitted_by: Some("ops@example.com".into()), ..pending() }
}

fn said(by: &str, decision: Verdict, reason: Option<&str>) -> Decision {
    let at = at("2026-11-21T10:30:00Z");
    Decision { by: by.into(), at, decision, reason: reason.map(Into::into), channel: Channel::Mail }
}

/// The same request in `state`, with this as the last word said on it.
fn ended(state: State, status: &str, last: Option<Decision>) -> RequestView {
    let mut view = RequestView { state, status: status.into(), ..pending() };
    view.decisions.extend(last);
    view
}

/// Account Factory is at work on it.
pub fn creating() -> RequestView {
    RequestView {
        progress: Some(Progress { phase: "Enrolling the account".into(), done: Some(3), total: Some(5) }),
        estimate_seconds: Some(1260),
        ..ended(State::Creating, "Account Factory creates the account.", Some(yes()))
    }
}

/// In line for a slot.
pub fn queued() -> RequestView {
    RequestView {
        queue_place: Some(3),
        estimate_seconds: Some(3900),
        ..ended(State::Queued, "Number 3 in line for Account Factory.", Some(yes()))
    }
}

fn yes() -> Decision {
    said("grace@example.com", Verdict::Approve, Some("Budget agreed"))
}

/// The blueprint failed after the account was created.
pub fn failed() -> RequestView {
    RequestView {
        account_id: Some("123456789012".into()),
        failure: Some(FailureView {
            step: Step::BlueprintDeployment,
            reason: "the NAT gateway could not be created: the account has no Elastic IP address left.".into(),
            advice: "Ask for a higher Elastic IP quota in the new account, then retry.".into(),
            retryable: true,
        }),
        can_roll_back: true,
        ..ended(State::Failed, "Blueprint deployment failed.", Some(yes()))
    }
}

/// Done.
pub fn ready() -> RequestView {
    RequestView {
        account_id: Some("123456789012".into()),
        outputs: map(&[("ModelBucket", "fraud-models-123456789012"), ("VpcId", "vpc-0a1b2c3d4e5f60718")]),
        ..ended(State::Ready, "Ready.", Some(yes()))
    }
}

/// An approver said no.
pub fn denied() -> RequestView {
    let no = said("grace@example.com", Verdict::Deny, Some("Use the shared fraud account until March."));
    ended(State::Denied, "Denied by grace@example.com.", Some(no))
}

/// A set on its way: dev is ready, preprod's blueprint failed, prod stands in line.
pub fn set() -> RequestView {
    let account = |name: StageName, state: State| StageView {
        stage: name,
        state,
        status: format!("It is {}.", state.word()),
        request_id: None,
        account_name: format!("fraud-{}", name.word()),
        account_type: AccountType::Production,
        root_email: format!("fraud-{}@example.com", name.word()),
        organizational_unit: "Workloads (ou-ab12-3c4d5e6f)".into(),
        region: "eu-central-1".into(),
        blueprint: Some("mlops-stage".into()),
        blueprint_parameters: map(&[("StageName", name.word())]),
        execution_policy: "least-privilege".into(),
        vpc_cidr: "10.42.0.0/16".into(),
        account_id: (state == State::Ready).then(|| "123456789012".into()),
        queue_place: (state == State::Queued).then_some(2),
        progress: None,
        failure: if state == State::Failed { failed().failure } else { None },
        can_roll_back: state == State::Failed,
    };
    let mut stages = vec![
        account(StageName::Dev, State::Ready),
        account(StageName::Preprod, State::Failed),
        account(StageName::Prod, State::Queued),
    ];
    stages[0].execution_policy = "AdministratorAccess".into();
    let pipeline = PipelineView {
        account: "111122223333".into(),
        region: "eu-west-1".into(),
        execution_policy: "least-privilege".into(),
    };
    let default_region = "eu-central-1".into();
    let set = SetView { name: "fraud".into(), pipeline, default_region, stages, bootstraps: BTreeMap::new() };
    RequestView {
        account_name: "fraud".into(),
        account_set: Some(set),
        blueprint: None,
        blueprint_parameters: BTreeMap::new(),
        ..ended(State::Creating, "The three accounts are being made: 1 of 3 ready.", Some(yes()))
    }
}

/// Every state a requester gets a mail about, by a name for its snapshot.
pub fn endings() -> Vec<(&'static str, RequestView)> {
    let back = said("operator@example.com", Verdict::Cancel, Some("Asked twice"));
    vec![
        ("approved", RequestView { estimate_seconds: Some(1500), ..ended(State::Approved, "Approved.", Some(yes())) }),
        ("denied", denied()),
        ("expired", ended(State::Expired, "Nobody decided in time.", None)),
        ("cancelled", ended(State::Cancelled, "Cancelled.", Some(back))),
        ("ready", ready()),
        ("failed", failed()),
        ("abandoned", RequestView { state: State::Abandoned, ..failed() }),
    ]
}
