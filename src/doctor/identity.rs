//! Who we are to AWS: as the process itself, and as the management account's role.

use super::aws::Blocked;
use super::finding::Finding;
use super::surroundings::Surroundings;
use crate::adapters::aws::connection::Connection;

/// Account and ARN of a caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Caller {
    pub(super) account: String,
    pub(super) arn: String,
}

pub(super) async fn caller(connection: &Connection) -> Result<Caller, Blocked> {
    let client = aws_sdk_sts::Client::new(connection.sdk());
    let answer = client.get_caller_identity().send().await.map_err(|error| Blocked::by(&error))?;
    Ok(Caller { account: answer.account.unwrap_or_default(), arn: answer.arn.unwrap_or_default() })
}

pub(super) async fn own(place: &Surroundings<'_>) -> Vec<Finding> {
    if place.own.region().is_none() {
        let fix = "set AWS_REGION, or a region in the AWS profile";
        return vec![Finding::ill("identity", "no AWS region is set", fix)];
    }
    vec![judge_own(caller(&place.own).await)]
}

fn judge_own(caller: Result<Caller, Blocked>) -> Finding {
    let fix = "give this process credentials: a role for its task or instance, or AWS_PROFILE after `aws sso login`";
    match caller {
        Ok(caller) if caller.arn.ends_with(":root") => {
            Finding::ill("identity", "the root user of account ".to_owned() + &caller.account, "run as a role instead")
        }
        Ok(caller) => Finding::well("identity", caller.arn),
        Err(Blocked::NoAnswer) => {
            Finding::ill("identity", Blocked::NoAnswer.words(), "look at the network, a proxy, and AWS_REGION")
        }
        Err(blocked) => Finding::ill("identity", blocked.words(), fix),
    }
}

pub(super) async fn management(place: &Surroundings<'_>) -> Vec<Finding> {
    let role = place.config.factory.role_arn.as_deref().unwrap_or_default();
    vec![judge_management(role, caller(&place.management).await)]
}

fn judge_management(role: &str, caller: Result<Caller, Blocked>) -> Finding {
    const CHECK: &str = "management role";
    match caller {
        Ok(caller) if role.split(':').nth(4) != Some(caller.account.as_str()) => Finding::ill(
            CHECK,
            format!("we are {} instead of {role}", caller.arn),
            "correct factory.role_arn, or the credentials around it",
        ),
        Ok(caller) => Finding::well(CHECK, caller.arn),
        Err(Blocked::NoAnswer) => {
            Finding::unseen(CHECK, "AWS does not answer", "look at the network and factory.region")
        }
        // The SDK reports a role that cannot be assumed as credentials it could not get.
        Err(blocked) => Finding::ill(
            CHECK,
            format!("{role} cannot be assumed ({})", blocked.words()),
            "correct factory.role_arn; let that role's trust policy name us, and allow us sts:AssumeRole on it",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::State;
    use super::*;

    #[test]
    fn somebody_elses_account_is_red() {
        let role = "arn:aws:iam::111122223333:role/vend-worker";
        let of = |account: &str| Caller {
            account: account.into(),
            arn: format!("arn:aws:sts::{account}:assumed-role/vend-worker/vend-doctor"),
        };
        assert_eq!(judge_management(role, Ok(of("111122223333"))).state, State::Green);
        assert_eq!(judge_management(role, Ok(of("444455556666"))).state, State::Red);
        assert_eq!(judge_management(role, Err(Blocked::NoCredentials)).state, State::Red);
        assert_eq!(judge_management(role, Err(Blocked::NoAnswer)).state, State::Yellow);
    }

    #[test]
    fn nobody_should_run_this_as_root() {
        let root = Caller { account: "111122223333".into(), arn: "arn:aws:iam::111122223333:root".into() };
        assert_eq!(judge_own(Ok(root)).state, State::Red);
    }
}
