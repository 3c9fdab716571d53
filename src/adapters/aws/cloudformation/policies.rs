//! The managed policies that deployments may use: those given as documents are made
//! in the account, or brought up to date. A policy that is up to date is left alone
//! under its own ARN, and every error is an error: nothing is replaced by a wider policy.

use aws_sdk_iam::Client;
use aws_sdk_iam::types::PolicyVersion;
use serde_json::Value;

use super::super::connection::only_once;
use super::access::{Inside, partition};
use super::trouble;
use crate::ports::blueprints::{DeployError, ExecutionPolicy};

/// How many versions of one policy IAM keeps
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>).
const MOST_VERSIONS: usize = 5;

/// The ARNs of the policies, each of them as ordered from now on.
pub(super) async fn bring_up(policies: &[ExecutionPolicy], inside: &Inside) -> Result<Vec<String>, DeployError> {
    let mut arns = Vec::new();
    for policy in policies {
        arns.push(match policy {
            ExecutionPolicy::Arn(arn) => arn.clone(),
            ExecutionPolicy::Document { name, json } => document(name, json, inside).await?,
        });
    }
    Ok(arns)
}

async fn document(name: &str, json: &str, inside: &Inside) -> Result<String, DeployError> {
    let wanted: Value = serde_json::from_str(json)
        .map_err(|error| DeployError::Refused(format!("the policy {name} is not JSON: {error}")))?;
    // A version made twice would push out one that is still wanted.
    let config = aws_sdk_iam::config::Builder::from(inside.connection.sdk()).retry_config(only_once()).build();
    let iam = Client::from_conf(config);
    let arn = format!("arn:{}:iam::{}:policy/{name}", partition(&inside.region), inside.account_id);
    let found = match iam.get_policy().policy_arn(&arn).send().await {
        Ok(answer) => answer.policy,
        Err(error) if error.as_service_error().is_some_and(|e| e.is_no_such_entity_exception()) => None,
        Err(error) => return Err(trouble::meaning(&error)),
    };
    let Some(found) = found else {
        let made = iam.create_policy().policy_name(name).policy_document(json).send().await;
        return made.map(|_| arn).map_err(|error| trouble::meaning(&error));
    };
    let default = found.default_version_id().unwrap_or("v1");
    if current(&iam, &arn, default).await?.as_ref() != Some(&wanted) {
        make_room(&iam, &arn).await?;
        let made = iam.create_policy_version().policy_arn(&arn).policy_document(json).set_as_default(true).send().await;
        made.map_err(|error| trouble::meaning(&error))?;
    }
    Ok(arn)
}

/// The document in force; `None` when it cannot be understood.
async fn current(iam: &Client, arn: &str, version: &str) -> Result<Option<Value>, DeployError> {
    let answer = iam.get_policy_version().policy_arn(arn).version_id(version).send().await;
    let answer = answer.map_err(|error| trouble::meaning(&error))?;
    let encoded = answer.policy_version().and_then(PolicyVersion::document).unwrap_or_default();
    Ok(serde_json::from_str(&decoded(encoded)).ok())
}

/// IAM gives documents percent-encoded after RFC 3986, where a plus is a plus.
fn decoded(text: &str) -> String {
    let form = format!("d={}", text.replace('+', "%2B"));
    url::form_urlencoded::parse(form.as_bytes()).next().map(|(_, value)| value.into_owned()).unwrap_or_default()
}

/// Removes the oldest version that is not in force, where there is no room for another.
async fn make_room(iam: &Client, arn: &str) -> Result<(), DeployError> {
    let answer = iam.list_policy_versions().policy_arn(arn).send().await.map_err(|error| trouble::meaning(&error))?;
    let versions = answer.versions();
    if versions.len() < MOST_VERSIONS {
        return Ok(());
    }
    let number = |version: &&PolicyVersion| {
        let id = version.version_id().unwrap_or_default();
        id.trim_start_matches('v').parse::<u32>().unwrap_or(u32::MAX)
    };
    let oldest = versions.iter().filter(|version| !version.is_default_version()).min_by_key(number);
    let Some(id) = oldest.and_then(PolicyVersion::version_id) else { return Ok(()) };
    let gone = iam.delete_policy_version().policy_arn(arn).version_id(id).send().await;
    gone.map(|_| ()).map_err(|error| trouble::meaning(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_decoded_as_iam_encodes_it() {
        assert_eq!(decoded("%7B%22a%22%3A%20%22b+c%22%7D"), r#"{"a": "b+c"}"#);
    }
}
