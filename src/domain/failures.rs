//! Every way a request can fail: the step, whether a retry may help, and the words.
//! They are here because a failure is recorded with its words; how and to whom they
//! are told, this does not know.

use super::observed::{Cause, FactoryFailure};
use super::request::{Failure, Step};

/// How the advice of a failure begins that left nothing behind.
const NOTHING: &str = "Nothing was created.";

/// Whether a failure with this advice certainly made no account.
#[must_use]
pub fn made_nothing(advice: &str) -> bool {
    advice.starts_with(NOTHING)
}

/// What to do while what was created of a failed blueprint is being removed.
pub const BEING_UNDONE: &str = "Nothing needs to be done until what was created of the blueprint is removed; \
a retry deploys it from nothing then. The account stays as it is.";

fn failure(step: Step, reason: &str, advice: &str, retryable: bool) -> Failure {
    Failure {
        step,
        reason: reason.to_owned(),
        advice: advice.to_owned(),
        retryable,
        still_running: false,
        detail: String::new(),
    }
}

/// The stored parameters no longer have the approved hash.
#[must_use]
pub fn altered() -> Failure {
    failure(
        Step::Approval,
        "The stored request is not the one that was approved.",
        "Nothing was created. Tell the platform team: they can see what changed with `vend audit verify`.",
        false,
    )
}

/// The stored parameters lost the approved hash after the account was created.
#[must_use]
pub fn altered_since_creation() -> Failure {
    failure(
        Step::BlueprintDeployment,
        "The stored request is not the one that was approved.",
        "The account exists, and its blueprint was not deployed. Tell the platform team: they can see what changed with `vend audit verify`.",
        false,
    )
}

/// The reason and advice of every failed account creation.
#[must_use]
pub fn account_creation(seen: &FactoryFailure) -> Failure {
    let (reason, advice, retryable) = account_words(seen.cause);
    let detail = with_record(&seen.raw, &seen.record_id);
    Failure { detail, ..failure(Step::AccountCreation, reason, advice, retryable) }
}

/// The reason and advice when Account Factory refused the call itself: nothing was begun.
#[must_use]
pub fn order_refused(seen: &FactoryFailure) -> Failure {
    if seen.cause != Cause::Other {
        return account_creation(seen);
    }
    let words = failure(
        Step::AccountCreation,
        "Account Factory refused the order with an error the bot does not know.",
        "Nothing was created. The platform team finds the details in the audit trail (`vend audit export`); once the cause is removed, retry.",
        true,
    );
    Failure { detail: with_record(&seen.raw, &seen.record_id), ..words }
}

/// A backend's own words for operators, with its record id where there is one.
#[must_use]
pub fn with_record(raw: &str, record_id: &str) -> String {
    if record_id.is_empty() { raw.to_owned() } else { format!("{raw} (record {record_id})") }
}

const fn account_words(cause: Cause) -> (&'static str, &'static str, bool) {
    match cause {
        Cause::Busy => (
            "Control Tower was busy with other account operations every time we tried.",
            "Nothing was created. Retry later: the account creation starts again from the beginning.",
            true,
        ),
        Cause::NotActivatedYet => (
            "AWS had not activated the new account in time.",
            "Retry in an hour: the account creation starts again.",
            true,
        ),
        Cause::Quota => (
            "The organization has no room for another account: its account quota is used up.",
            "Nothing was created. Ask the platform team to raise the quota in AWS Organizations, then retry.",
            true,
        ),
        Cause::EmailInUse => (
            "The root e-mail address already belongs to another AWS account.",
            "Nothing was created. Give this request up and ask again with another root e-mail address; a retry cannot help.",
            false,
        ),
        Cause::OuNotRegistered => (
            "The organizational unit is not registered with Control Tower.",
            "Nothing was created. Ask the platform team to register it, then retry.",
            true,
        ),
        Cause::NoLaunchPath => (
            "The bot may not launch the Account Factory product.",
            "Nothing was created. The platform team must associate the bot's role with the Account Factory portfolio, then retry.",
            true,
        ),
        Cause::NotPermitted => (
            "The bot's role in AWS may not use Account Factory.",
            "Nothing was created. The platform team must give the role its permissions (`vend doctor` names what is missing), then retry.",
            true,
        ),
        Cause::NoProduct => (
            "The Account Factory product was not found.",
            "Nothing was created. The platform team must check the product name and region in the configuration, then retry.",
            true,
        ),
        Cause::Tainted => (
            "The account may exist, but Control Tower could not enrol it.",
            "A retry could create a second account, so the bot does not offer one. The platform team must repair or remove the account in Control Tower.",
            false,
        ),
        Cause::Other => (
            "Account Factory reported an error the bot does not know.",
            "The AWS account may or may not exist, so the bot does not offer a retry. The platform team finds the details in the audit trail (`vend audit export`).",
            false,
        ),
    }
}

/// Account Factory is still at work after an hour.
#[must_use]
pub fn creation_takes_too_long() -> Failure {
    Failure {
        still_running: true,
        ..failure(
            Step::AccountCreation,
            "Account Factory has been working for over an hour and has not finished.",
            "It may still finish. The platform team should look at the product in Service Catalog; a retry looks at it again and goes on from there.",
            true,
        )
    }
}

/// Account Factory did not take the order on for an hour.
#[must_use]
pub fn creation_never_began() -> Failure {
    failure(
        Step::AccountCreation,
        "Account Factory has not got the account under way for over an hour, however often the bot asked.",
        "The bot has stopped asking. The platform team finds what stood in the way in the audit trail (`vend audit export`); once it is gone, retry.",
        true,
    )
}

/// Why the worker waits with an account, as in "still at it: …", after `calls` calls.
#[must_use]
pub fn delay(cause: Cause, calls: u32) -> String {
    let why = match cause {
        Cause::NotActivatedYet => "AWS has not activated the new account yet",
        _ => "Control Tower is busy with other account operations",
    };
    again(why, calls)
}

/// AWS turned a call away for coming too soon after others.
#[must_use]
pub fn calls_too_often(calls: u32) -> String {
    again("AWS asks the bot to call less often", calls)
}

fn again(why: &str, calls: u32) -> String {
    format!("{why}; the bot tries again by itself (attempt {} comes next)", calls.saturating_add(1))
}

/// Why the worker waits with a blueprint.
#[must_use]
pub fn role_not_ready() -> String {
    "The new account does not let the bot in yet; trying again by itself".to_owned()
}

/// A finishing step was never let into the account.
pub const ROLE_NEVER_READY: &str = "the bot's role in the account could not be assumed";

/// The role in the new account never became assumable.
#[must_use]
pub fn role_never_ready(detail: String) -> Failure {
    let words = failure(
        Step::BlueprintDeployment,
        "The account exists, but the bot cannot work in it: its role there could not be assumed.",
        "The platform team should check the role named in the configuration; a retry deploys the blueprint and does not touch account creation.",
        true,
    );
    Failure { detail, ..words }
}

/// The delivery of the blueprint was refused outright.
#[must_use]
pub fn deployment_refused(detail: String) -> Failure {
    let words = failure(
        Step::BlueprintDeployment,
        "The account exists, but the deployment of its blueprint was refused.",
        "The platform team finds the details in the audit trail; a retry deploys the blueprint again and does not touch account creation.",
        true,
    );
    Failure { detail, ..words }
}

/// A resource of the blueprint failed.
#[must_use]
pub fn blueprint(resource: &str, reason: &str) -> Failure {
    failure(
        Step::BlueprintDeployment,
        &format!("The account exists, but its blueprint stopped at {resource}: {reason}"),
        "Once the cause is removed, a retry continues from there; it does not touch account creation.",
        true,
    )
}

/// One or more accounts of a set failed; the others are finished.
#[must_use]
pub fn set_members(which: &str, advice: Option<&str>, retryable: bool) -> Failure {
    let next = if retryable {
        "A retry of the set runs the failed accounts again; the finished ones stay as they are."
    } else {
        "A retry cannot help. The finished accounts stay; give the set up and ask for the rest anew."
    };
    let advice = advice.map(|advice| format!("{next} {advice}"));
    failure(
        Step::SetMembers,
        &format!("Not every account of the set was made: {which}"),
        advice.as_deref().unwrap_or(next),
        retryable,
    )
}

/// One or more toolkit stacks of a set failed.
#[must_use]
pub fn set_bootstrap(problems: &[(&str, &str)]) -> Failure {
    let list: Vec<_> = problems.iter().map(|(step, problem)| format!("{step} ({problem})")).collect();
    failure(
        Step::Bootstrap,
        &format!(
            "All three accounts exist and can be used, but CDK cannot deploy into all of them yet: {}",
            list.join("; ")
        ),
        "A retry runs only the bootstraps that failed.",
        true,
    )
}

/// What to do after a rollback, whose `problem` says what stayed.
#[must_use]
pub fn after_rollback(problem: Option<&str>) -> String {
    match problem {
        None => {
            "What was created of the blueprint is removed. A retry deploys it from nothing; the account stays as it is."
                .to_owned()
        }
        Some(problem) => format!(
            "The rollback stopped ({problem}). Remove the cause, then roll back again; the account stays as it is."
        ),
    }
}

/// The stack that is to be undone works, or is worked on.
pub const NOTHING_TO_UNDO: &str = "the stack has not failed";

/// One or more post steps failed.
#[must_use]
pub fn post_steps(problems: &[(&str, &str)]) -> Failure {
    let list: Vec<_> = problems.iter().map(|(step, problem)| format!("{step} ({problem})")).collect();
    failure(
        Step::Bootstrap,
        &format!("The account exists and can be used, but not every finishing step went well: {}", list.join("; ")),
        "A retry runs only the finishing steps that failed.",
        true,
    )
}
