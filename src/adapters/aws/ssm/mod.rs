//! Secrets in AWS Systems Manager Parameter Store, for configuration that names them
//! as `ssm:NAME`. No error and no log line ever holds a value.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ssm::Client;
use aws_sdk_ssm::error::{ProvideErrorMetadata as _, SdkError};
use aws_sdk_ssm::operation::get_parameter::GetParameterError;

use super::connection::Connection;
use crate::config::{Parameters, Secret};

/// Reads parameters of one region.
#[derive(Debug, Clone)]
pub struct ParameterStore {
    client: Client,
    region: String,
}

impl ParameterStore {
    /// Prepares to read in the connection's region. A name that is an ARN may lie elsewhere in the same account.
    #[must_use]
    pub fn new(connection: &Connection) -> Self {
        let region = connection.region().unwrap_or("an unknown region: set AWS_REGION").to_owned();
        Self { client: Client::new(connection.sdk()), region }
    }

    /// Reads them all at once, decrypted, each found or not on its own.
    pub async fn look_up(&self, names: &BTreeSet<String>) -> Parameters {
        let reads = names.iter().map(|name| async move { (name.clone(), self.read(name).await) });
        Parameters::LookedUp(BTreeMap::from_iter(futures::future::join_all(reads).await))
    }

    async fn read(&self, name: &str) -> Result<Secret, String> {
        let answer = self.client.get_parameter().name(name).with_decryption(true).send().await;
        let answer = answer.map_err(|error| self.sentence(name, &error))?;
        let value = answer.parameter().and_then(|found| found.value()).map(str::trim_end).unwrap_or_default();
        if value.is_empty() { Err(format!("the parameter {name} is empty.")) } else { Ok(Secret::new(value)) }
    }

    fn sentence<R>(&self, name: &str, error: &SdkError<GetParameterError, R>) -> String {
        let region = &self.region;
        let SdkError::ServiceError(answer) = error else {
            return format!(
                "the parameter {name} cannot be read: AWS does not answer in {region}, or there are no AWS credentials."
            );
        };
        match answer.err().code().unwrap_or_default() {
            "ParameterNotFound" | "ParameterVersionNotFound" => {
                format!("there is no parameter {name} in {region}. Make it as a SecureString, or correct the name.")
            }
            "AccessDeniedException" => format!(
                "AWS does not let this process read the parameter {name}: allow ssm:GetParameter on it, and \
                 kms:Decrypt on its key."
            ),
            code => format!("the parameter {name} cannot be read ({code})."),
        }
    }
}
