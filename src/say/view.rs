//! A request as people and programs see it: the one JSON shape used by REST,
//! `--json` and events, and the source every card, page and mail is made from.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::failures;
use crate::domain::preflight::Checklist;
use crate::domain::request::{Decision, Failure, Progress, Request, State, Step};
use crate::domain::set::StageName;
use crate::domain::set::vending::{Members, members_failure};
use crate::domain::spec::AccountType;

use super::sets::{MembershipView, SetView};

/// A request. Absent values are `null`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = Request)]
pub struct RequestView {
    /// ULID, 26 characters.
    pub id: String,
    /// The form shown to people, `req-` and eight characters.
    pub short_id: String,
    /// Where it stands.
    pub state: State,
    /// Where it stands, in a plain sentence.
    pub status: String,
    /// The account's name.
    pub account_name: String,
    /// Production or Sandbox.
    pub account_type: AccountType,
    /// The account's root user.
    pub root_email: String,
    /// `Name (ou-id)`.
    pub organizational_unit: String,
    /// Blueprint id, or null for an empty account.
    pub blueprint: Option<String>,
    /// The catalogue version that was approved.
    pub blueprint_version: Option<String>,
    /// All blueprint parameters, defaults included.
    pub blueprint_parameters: BTreeMap<String, String>,
    /// Why the account is needed.
    pub purpose: String,
    /// Cost centre tag.
    pub cost_centre: Option<String>,
    /// Further tags.
    pub tags: BTreeMap<String, String>,
    /// Who it is for; becomes administrator of the account.
    pub requester: RequesterView,
    /// The operator who asked on their behalf, by e-mail address, where one did.
    #[serde(default)]
    pub submitted_by: Option<String>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// No decision is possible from here on.
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Timestamp,
    /// Place in line for an account-operation slot, from 1, while queued.
    pub queue_place: Option<u32>,
    /// Seconds until ready, estimated from this installation's own past, while under way.
    pub estimate_seconds: Option<i64>,
    /// How far the present step is.
    pub progress: Option<Progress>,
    /// Twelve digits, once known.
    pub account_id: Option<String>,
    /// The blueprint stack's outputs, once deployed.
    pub outputs: BTreeMap<String, String>,
    /// What went wrong, while failed or abandoned.
    pub failure: Option<FailureView>,
    /// Whether there may be something of its failed blueprint that a rollback removes; of a set, its stages say so.
    #[serde(default)]
    pub can_roll_back: bool,
    /// Whether what was created of a failed blueprint is being removed, of a set of any of its accounts.
    #[serde(default)]
    pub being_rolled_back: bool,
    /// Every word said on it.
    pub decisions: Vec<Decision>,
    /// How many approvals are needed in all.
    pub approvals_needed: u32,
    /// The policy rule in force, in words.
    pub policy_rule: String,
    /// What was checked before anyone was asked.
    pub preflight: Checklist,
    /// The three accounts, where a set is asked for; `account_name` is the set's name then, and
    /// `root_email` and `organizational_unit` are its prod account's.
    #[serde(default)]
    pub account_set: Option<SetView>,
    /// The set this account is part of, and which approval it rests on.
    #[serde(default)]
    pub set: Option<MembershipView>,
    /// The account's region, where one was chosen.
    #[serde(default)]
    pub region: Option<String>,
    /// SHA-256 over the pinned parameters.
    pub parameters_hash: String,
    /// Estimated monthly cost of the blueprint in US dollars, with a note, when known.
    pub monthly_cost: Option<String>,
}

/// Who a request is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = Requester)]
pub struct RequesterView {
    /// Work e-mail address.
    pub email: String,
    /// Given name.
    pub first_name: String,
    /// Family name.
    pub last_name: String,
}

/// Why a request failed, in plain words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = Failure)]
pub struct FailureView {
    /// What failed.
    pub step: Step,
    /// Plain words.
    pub reason: String,
    /// What to do next, and what a retry would do.
    pub advice: String,
    /// Whether a retry may help.
    pub retryable: bool,
}

/// What a view needs beyond the request itself.
#[derive(Debug, Clone, Default)]
pub struct Around {
    /// Place in line, while queued.
    pub queue_place: Option<u32>,
    /// Seconds until ready, while under way.
    pub estimate_seconds: Option<i64>,
    /// The blueprint's cost in one line.
    pub monthly_cost: Option<String>,
    /// The members as they stand, for a set.
    pub members: Members,
    /// The places in line of those members that wait there.
    pub places: BTreeMap<StageName, u32>,
}

impl RequestView {
    /// Whether running the failed step again may help, now.
    #[must_use]
    pub fn can_retry(&self) -> bool {
        let retryable = self.failure.as_ref().is_some_and(|failure| failure.retryable);
        self.state == State::Failed && retryable && !self.being_rolled_back
    }

    /// What is asked for: `Production account`, `Sandbox account` or `account set`.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match (&self.account_set, self.account_type) {
            (Some(_), _) => "account set",
            (None, AccountType::Production) => "Production account",
            (None, AccountType::Sandbox) => "Sandbox account",
        }
    }

    /// Who asked on the requester's behalf, in words, where an operator did.
    #[must_use]
    pub fn asked_by(&self) -> Option<String> {
        self.submitted_by.as_ref().map(|operator| format!("{operator}, an operator, on their behalf"))
    }

    /// How much of its way it has behind it, in percent.
    #[must_use]
    pub fn percent(&self) -> u64 {
        match &self.account_set {
            Some(set) => set.percent(self.state),
            None => percent(self.state, self.progress.as_ref(), self.failure.as_ref()),
        }
    }

    /// The cost as an approver reads it.
    #[must_use]
    pub fn cost(&self) -> &str {
        let unknown = if self.account_set.is_some() || self.blueprint.is_some() {
            "no estimate known"
        } else {
            "an empty account costs nothing by itself"
        };
        self.monthly_cost.as_deref().unwrap_or(unknown)
    }

    /// The view of a request.
    #[must_use]
    pub fn of(request: &Request, around: Around) -> Self {
        let submission = &request.submission;
        let spec = &submission.spec;
        let blueprint = spec.blueprint.as_ref();
        Self {
            id: request.id.to_string(),
            short_id: request.id.short(),
            state: request.state,
            status: super::status(request, around.queue_place),
            account_name: spec.account_name.clone(),
            account_type: spec.account_type,
            root_email: spec.root_email.clone(),
            organizational_unit: spec.organizational_unit.to_string(),
            blueprint: blueprint.map(|choice| choice.id.clone()),
            blueprint_version: blueprint.map(|choice| choice.version.clone()),
            blueprint_parameters: blueprint.map(|choice| choice.parameters.clone()).unwrap_or_default(),
            purpose: spec.purpose.clone(),
            cost_centre: spec.cost_centre.clone(),
            tags: spec.tags.clone(),
            requester: RequesterView {
                email: submission.requester.email.clone(),
                first_name: submission.requester.first_name.clone(),
                last_name: submission.requester.last_name.clone(),
            },
            submitted_by: request.submitted_by.as_ref().map(|operator| operator.email.clone()),
            created_at: request.created_at,
            expires_at: submission.expires_at,
            queue_place: around.queue_place,
            estimate_seconds: around.estimate_seconds,
            progress: request.progress.clone(),
            account_id: request.account_id.clone(),
            outputs: request.outputs.clone(),
            failure: failure_now(request, &around.members),
            can_roll_back: request.can_roll_back(),
            being_rolled_back: is_being_rolled_back(request, &around.members),
            decisions: request.decisions.clone(),
            approvals_needed: submission.approvals_needed,
            policy_rule: submission.policy_rule.clone(),
            account_set: request.set().map(|set| SetView::of(request, set, &around)),
            set: request.membership().map(|membership| MembershipView {
                request_id: membership.parent.to_string(),
                name: membership.name.clone(),
                stage: membership.stage,
            }),
            region: spec.region.clone(),
            preflight: submission.preflight.clone(),
            parameters_hash: submission.hash.as_str().to_owned(),
            monthly_cost: around.monthly_cost,
        }
    }
}

/// How much of an account's way is done, in percent: each stage of the work has a share, filled
/// by its own progress. What failed keeps the share of the stages before.
pub(super) fn percent(state: State, progress: Option<&Progress>, failure: Option<&FailureView>) -> u64 {
    let (from, to) = match state {
        State::Pending | State::Denied | State::Cancelled | State::Expired => (0, 0),
        State::Approved => (5, 5),
        State::Queued => (10, 10),
        State::Creating => (15, 60),
        State::Deploying => (60, 90),
        State::Bootstrapping => (90, 99),
        State::Ready => (100, 100),
        State::Failed | State::Abandoned => match failure.map(|failure| failure.step) {
            Some(Step::BlueprintDeployment) => (60, 60),
            Some(Step::Bootstrap) => (90, 90),
            Some(Step::AccountCreation | Step::SetMembers) => (15, 15),
            Some(Step::Approval) | None => (5, 5),
        },
    };
    match progress.and_then(|progress| Some((progress.done?, progress.total?))) {
        Some((done, total)) if total > 0 => from + (to - from) * u64::from(done.min(total)) / u64::from(total),
        _ => from,
    }
}

/// What is undone meanwhile, of a set of its accounts, changes what to do next.
fn failure_now(request: &Request, members: &Members) -> Option<FailureView> {
    let told = request.failure.as_ref()?;
    let now = (told.step == Step::SetMembers).then(|| members_failure(members)).flatten();
    let view = FailureView::of(now.as_ref().unwrap_or(told));
    let undone = is_being_rolled_back(request, members);
    Some(if undone { FailureView { advice: failures::BEING_UNDONE.to_owned(), ..view } } else { view })
}

fn is_being_rolled_back(request: &Request, members: &Members) -> bool {
    request.is_being_rolled_back() || members.values().flatten().any(Request::is_being_rolled_back)
}

impl FailureView {
    pub(super) fn of(failure: &Failure) -> Self {
        Self {
            step: failure.step,
            reason: failure.reason.clone(),
            advice: failure.advice.clone(),
            retryable: failure.retryable,
        }
    }
}
