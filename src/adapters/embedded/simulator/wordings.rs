//! The real services' words for what goes wrong, as the pretend ones say them.
//! Causes are not stated beside them: they are read out of the words by
//! [`classify`], as they must be on AWS.

use crate::domain::causes::classify;
use crate::ports::factory::FactoryFailure;

/// The account-operation limit, said only after the call was accepted.
pub fn busy(limit: u32) -> String {
    format!(
        "ResourceInUseException: AWS Control Tower cannot create the account: allowed maximum of {limit} concurrent account operations is exceeded. Try again later."
    )
}

/// The organization is full.
pub const QUOTA: &str = "ConstraintViolationException: ACCOUNT_NUMBER_LIMIT_EXCEEDED: You have exceeded the allowed number of AWS Accounts.";

/// The root e-mail belongs to another account.
pub const EMAIL: &str =
    "AWS Control Tower failed to create the account: EMAIL_ALREADY_EXISTS: an account with that email already exists.";

/// The unit is unknown or not registered.
pub fn unit(unit: &str) -> String {
    format!("InvalidParametersException: organizational unit {unit} is not registered with AWS Control Tower.")
}

/// The new account cannot be worked in yet.
pub fn activation(account_id: &str) -> String {
    format!("AWS Control Tower: activation of accout {account_id} not complete. Try again in one hour.")
}

/// Guardrails could not be applied to the new account.
pub fn tainted(account_id: &str) -> String {
    format!("The provisioned product is TAINTED: AWS Control Tower could not apply guardrails to account {account_id}.")
}

/// The caller may not launch the product.
pub const LAUNCH_PATH: &str = "InvalidParametersException: No launch paths found for resource: prod-5tjx7zqywkm3o";

/// Terminating while Account Factory is at work.
pub const UNDER_CHANGE: &str = "InvalidParametersException: the provisioned product is UNDER_CHANGE: another execution is in progress. Try again later.";

/// Terminating what works.
pub const NOT_TO_BE_TERMINATED: &str =
    "The provisioned product holds an account that was available: closing accounts is not this program's business.";

/// The role in the new account cannot be assumed.
pub fn access_denied(account_id: &str) -> String {
    format!(
        "AccessDenied: not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::{account_id}:role/AWSControlTowerExecution"
    )
}

/// Why a stack's resource failed; both pass with time, so that a retry makes sense.
pub fn resource_failed(resource: &str) -> &'static str {
    if resource.contains("Nat") || resource.contains("Eip") {
        "Resource handler returned message: \"The maximum number of addresses has been reached. (Service: Ec2, Status Code: 400)\" (HandlerErrorCode: ServiceLimitExceeded)"
    } else {
        "Resource handler returned message: \"Rate exceeded (Service: CloudFormation, Status Code: 400)\" (HandlerErrorCode: Throttling)"
    }
}

/// Why the pretend post step fails.
pub const POST_STEP: &str =
    "AccessDeniedException: You are not authorized to perform this operation in the new account (asked for by a tag).";

/// A failure with the cause its words say.
pub fn failure(raw: impl Into<String>, record_id: &str) -> FactoryFailure {
    let raw = raw.into();
    FactoryFailure { cause: classify(&raw), raw, record_id: record_id.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::factory::Cause;

    #[test]
    fn every_wording_is_read_as_what_it_means() {
        let table = [
            (busy(5), Cause::Busy),
            (QUOTA.into(), Cause::Quota),
            (EMAIL.into(), Cause::EmailInUse),
            (unit("Demos (ou-ab12-7a8b9c0d)"), Cause::OuNotRegistered),
            (activation("123456789012"), Cause::NotActivatedYet),
            (tainted("123456789012"), Cause::Tainted),
            (LAUNCH_PATH.into(), Cause::NoLaunchPath),
            (UNDER_CHANGE.into(), Cause::Busy),
            (NOT_TO_BE_TERMINATED.into(), Cause::Other),
        ];
        for (raw, cause) in table {
            assert_eq!(failure(raw.clone(), "").cause, cause, "{raw}");
        }
    }
}
