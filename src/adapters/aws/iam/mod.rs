//! Managed policies for deployments, kept up to date in a member account: a policy
//! document becomes one managed policy, whose newest version is the document. A
//! policy that is up to date already is left alone and answers its own ARN; nothing
//! here ever falls back to a wider policy. Knows nothing of stacks and sets.

mod trouble;

use aws_sdk_iam::Client;
use aws_sdk_iam::primitives::DateTime;
use aws_sdk_iam::types::PolicyVersion;
use serde_json::Value;

use self::trouble::{is_absent, is_there_already, refused, trouble};
use super::connection::{Connection, only_once};
use crate::domain::cdk_app::partition;
use crate::ports::blueprints::DeployError;

/// A managed policy keeps at most this many versions.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
const VERSIONS_MAX: usize = 5;

/// Says in IAM's console where the policy comes from.
const DESCRIPTION: &str = "What CloudFormation may do for CDK deployments; kept up to date by vend";

/// The managed policies of one account that deployments run under.
#[derive(Debug, Clone)]
pub struct ExecutionPolicies {
    client: Client,
    arn_prefix: String,
}

impl ExecutionPolicies {
    /// Over a connection that is in the account already, by its role; `region` only
    /// tells the partition.
    #[must_use]
    pub fn new(connection: &Connection, account_id: &str, region: &str) -> Self {
        let arn_prefix = format!("arn:{}:iam::{account_id}:policy/", partition(region));
        Self { client: Client::new(connection.sdk()), arn_prefix }
    }

    /// Makes the policy or brings it up to date, and answers its ARN. Makes no changing
    /// call when its default version is the document already; at five versions the
    /// oldest that is not the default goes first. A call whose answer was lost is cured
    /// by calling this again.
    ///
    /// # Errors
    /// [`DeployError::Refused`] for a document or name IAM does not take, and for what our role may not do.
    pub async fn policy_arn_for(&self, name: &str, json: &str) -> Result<String, DeployError> {
        let document: Value = serde_json::from_str(json)
            .map_err(|error| DeployError::Refused(format!("the policy {name} is no JSON: {error}")))?;
        let arn = format!("{}{name}", self.arn_prefix);
        match self.standing(&arn).await? {
            None => self.create(name, json).await?,
            Some(default) if self.document_of(&arn, &default).await? == document => {}
            Some(_) => self.replace(&arn, json).await?,
        }
        Ok(arn)
    }

    /// The default version's id; `None` when there is no such policy.
    async fn standing(&self, arn: &str) -> Result<Option<String>, DeployError> {
        match self.client.get_policy().policy_arn(arn).send().await {
            Ok(found) => {
                let default = found.policy.and_then(|policy| policy.default_version_id);
                default.map(Some).ok_or_else(|| DeployError::Unknown(format!("IAM names no version of {arn}")))
            }
            Err(error) if is_absent(&error) => Ok(None),
            Err(error) => Err(trouble("iam:GetPolicy", &error)),
        }
    }

    /// What a version says. IAM sends documents percent-encoded (RFC 3986).
    async fn document_of(&self, arn: &str, version: &str) -> Result<Value, DeployError> {
        let asked = self.client.get_policy_version().policy_arn(arn).version_id(version).send().await;
        let found = asked.map_err(|error| trouble("iam:GetPolicyVersion", &error))?;
        let encoded = found.policy_version.and_then(|version| version.document).unwrap_or_default();
        // What cannot be read is not what was ordered, so it is replaced.
        Ok(serde_json::from_str(&decoded(&encoded)).unwrap_or(Value::Null))
    }

    async fn create(&self, name: &str, json: &str) -> Result<(), DeployError> {
        let call = self.client.create_policy().policy_name(name).policy_document(json).description(DESCRIPTION);
        let once = aws_sdk_iam::config::Builder::new().retry_config(only_once());
        match call.customize().config_override(once).send().await {
            Ok(_) => Ok(()),
            // Somebody was faster, or IAM did not show it yet: look again, never take it as it is.
            Err(error) if is_there_already(&error) => {
                Err(DeployError::Unknown(format!("the policy {name} appeared meanwhile")))
            }
            Err(error) => Err(trouble("iam:CreatePolicy", &error)),
        }
    }

    /// Makes the document the default version.
    async fn replace(&self, arn: &str, json: &str) -> Result<(), DeployError> {
        let versions = self.versions(arn).await?;
        if versions.len() >= VERSIONS_MAX {
            let oldest = oldest(&versions).ok_or_else(|| refused(arn, "has no version that may be deleted"))?;
            self.delete(arn, oldest).await?;
        }
        let call = self.client.create_policy_version().policy_arn(arn).policy_document(json).set_as_default(true);
        let once = aws_sdk_iam::config::Builder::new().retry_config(only_once());
        let made = call.customize().config_override(once).send().await;
        made.map(|_| ()).map_err(|error| trouble("iam:CreatePolicyVersion", &error))
    }

    async fn versions(&self, arn: &str) -> Result<Vec<PolicyVersion>, DeployError> {
        let mut pages = self.client.list_policy_versions().policy_arn(arn).into_paginator().items().send();
        let mut all = Vec::new();
        while let Some(version) = pages.next().await {
            all.push(version.map_err(|error| trouble("iam:ListPolicyVersions", &error))?);
        }
        Ok(all)
    }

    async fn delete(&self, arn: &str, version: &str) -> Result<(), DeployError> {
        match self.client.delete_policy_version().policy_arn(arn).version_id(version).send().await {
            Ok(_) => Ok(()),
            // Gone already: that was the point.
            Err(error) if is_absent(&error) => Ok(()),
            Err(error) => Err(trouble("iam:DeletePolicyVersion", &error)),
        }
    }
}

/// The oldest version that is not the default one. Version ids count up (`v1`, `v2`, …)
/// and are never given twice.
fn oldest(versions: &[PolicyVersion]) -> Option<&str> {
    let number = |version: &PolicyVersion| {
        version.version_id().and_then(|id| id.trim_start_matches('v').parse::<u64>().ok()).unwrap_or(u64::MAX)
    };
    let made = |version: &PolicyVersion| version.create_date().map(DateTime::secs);
    let others = versions.iter().filter(|version| !version.is_default_version());
    others.min_by_key(|version| (made(version), number(version))).and_then(PolicyVersion::version_id)
}

/// A text without its percent signs; a sign that begins nothing stays.
fn decoded(encoded: &str) -> String {
    let mut parts = encoded.split('%');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let byte = part.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(byte.unwrap_or(b'%'));
        bytes.extend_from_slice(&part.as_bytes()[if byte.is_some() { 2 } else { 0 }..]);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_decoded_as_iam_sends_them() {
        assert_eq!(decoded("%7B%22a%22%3A%20%22%C3%BC%2B1%22%7D"), "{\"a\": \"ü+1\"}");
        assert_eq!(decoded("100%, %zz, %2, é%é"), "100%, %zz, %2, é%é");
    }
}
