//! What CloudFormation may do in a bootstrapped account, as a person chooses it.

use std::fmt;
use std::sync::LazyLock;

use regex::Regex;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::domain::text::shortened;

/// The execution policy of CDK's toolkit stack.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ExecutionPolicy {
    /// Everything.
    AdministratorAccess,
    /// What the `MLOps` application needs and no more; the policy is written and made with the set.
    LeastPrivilege,
    /// A managed policy that exists.
    Arn(String),
}

const ADMINISTRATOR: &str = "AdministratorAccess";
const LEAST: &str = "least-privilege";

#[expect(clippy::expect_used, reason = "a constant, tried by every test that reads a policy")]
static MANAGED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^arn:aws[a-z-]*:iam::(aws|[0-9]{12}):policy/[\x21-\x7e]{1,512}$").expect("a pattern")
});

impl ExecutionPolicy {
    /// Reads what a person gave. `account` is the account's id, where it exists already.
    ///
    /// # Errors
    /// A sentence on what to give instead.
    pub fn read(text: &str, account: Option<&str>) -> Result<Self, String> {
        let text = text.trim();
        let folded = text.to_ascii_lowercase().replace(['-', '_', ' '], "");
        if folded == "administratoraccess" || text.ends_with(":aws:policy/AdministratorAccess") {
            return Ok(Self::AdministratorAccess);
        }
        if folded == "leastprivilege" {
            return Ok(Self::LeastPrivilege);
        }
        let Some(parts) = MANAGED.captures(text) else {
            return Err(format!(
                "{} is no execution policy. Give {ADMINISTRATOR}, {LEAST}, or the ARN of a managed policy.",
                shortened(text, 80)
            ));
        };
        match (&parts[1], account) {
            ("aws", _) => Ok(Self::Arn(text.to_owned())),
            (owner, Some(account)) if owner == account => Ok(Self::Arn(text.to_owned())),
            (_, Some(account)) => {
                Err(format!("That policy belongs to another account. Name one of AWS or of {account}."))
            }
            (_, None) => Err(format!(
                "The account does not exist yet, so it has no policies of its own. Give {LEAST} or a policy of AWS."
            )),
        }
    }

    /// For people; full rights are spelled out so that nobody reads over them.
    #[must_use]
    pub fn in_words(&self) -> String {
        match self {
            Self::AdministratorAccess => {
                "ADMINISTRATOR ACCESS (AdministratorAccess: whoever may deploy there may do anything in the account)"
                    .to_owned()
            }
            Self::LeastPrivilege => "least privilege: what the MLOps application needs and no more".to_owned(),
            Self::Arn(arn) => arn.clone(),
        }
    }
}

impl fmt::Display for ExecutionPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AdministratorAccess => ADMINISTRATOR,
            Self::LeastPrivilege => LEAST,
            Self::Arn(arn) => arn,
        })
    }
}

impl Serialize for ExecutionPolicy {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ExecutionPolicy {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match String::deserialize(deserializer)?.as_str() {
            ADMINISTRATOR => Self::AdministratorAccess,
            LEAST => Self::LeastPrivilege,
            arn => Self::Arn(arn.to_owned()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_account_takes_only_policies_it_can_have() {
        let read = |text| ExecutionPolicy::read(text, None);
        assert_eq!(read("administrator access"), Ok(ExecutionPolicy::AdministratorAccess));
        assert_eq!(read("arn:aws:iam::aws:policy/AdministratorAccess"), Ok(ExecutionPolicy::AdministratorAccess));
        assert_eq!(read(" least-privilege "), Ok(ExecutionPolicy::LeastPrivilege));
        assert!(matches!(read("arn:aws:iam::aws:policy/PowerUserAccess"), Ok(ExecutionPolicy::Arn(_))));
        let own = "arn:aws:iam::111122223333:policy/Cdk";
        assert!(read(own).unwrap_err().contains("does not exist yet"));
        assert!(ExecutionPolicy::read(own, Some("111122223333")).is_ok());
        assert!(ExecutionPolicy::read(own, Some("444455556666")).unwrap_err().contains("another account"));
        assert!(read("everything").unwrap_err().contains("least-privilege"));
    }

    #[test]
    fn it_is_stored_as_one_word() {
        for policy in [
            ExecutionPolicy::AdministratorAccess,
            ExecutionPolicy::LeastPrivilege,
            ExecutionPolicy::Arn("arn:aws:iam::aws:policy/PowerUserAccess".into()),
        ] {
            let json = serde_json::to_string(&policy).unwrap();
            assert_eq!(serde_json::from_str::<ExecutionPolicy>(&json).unwrap(), policy);
        }
    }
}
