//! What a finished account set hands over: the files the `MLOps` CDK application and
//! its operators need, as pure functions of the set. It must not know who asks for
//! them, nor where they are kept.

mod cdk_app_yml;
mod least_privilege;
mod network;
mod profiles;

use ipnet::Ipv4Net;
use serde::{Deserialize, Serialize};

pub use self::cdk_app_yml::add_sets;
pub use self::least_privilege::least_privilege;
use super::cdk_app::{self, ExecutionPolicy, StageName};

/// An account set whose three accounts are there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FinishedSet {
    /// `^[a-z][a-z0-9-]{0,30}$`.
    pub set_name: String,
    /// The governance account.
    pub pipeline: PipelineAccount,
    /// The region of stages nobody named one for.
    pub default_region: String,
    /// dev, preprod and prod, in any order.
    pub stages: Vec<FinishedStage>,
}

/// Where the pipelines run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PipelineAccount {
    /// Twelve digits.
    pub account: String,
    /// Like `eu-west-1`.
    pub region: String,
    /// What was chosen and approved, for where it is not bootstrapped yet.
    pub policy: PolicyChoice,
}

/// One finished account of a set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FinishedStage {
    /// Which of the three.
    pub stage: StageName,
    /// Twelve digits.
    pub account_id: String,
    /// Like `eu-west-1`, inherited or its own.
    pub region: String,
    /// What was chosen and approved.
    pub policy: PolicyChoice,
    /// The AWS profile, where it is not `cdk_<ACCOUNT>_<REGION>`.
    pub profile: Option<String>,
    /// The zones its network spans, like `eu-west-1a`; empty when not known.
    pub availability_zones: Vec<String>,
    /// The range of its network; no two stages share any of it. Absent where the
    /// application's own default (10.0.0.0/16) is meant.
    pub vpc_cidr: Option<Ipv4Net>,
}

impl FinishedStage {
    /// The AWS profile's name.
    #[must_use]
    pub fn profile_name(&self) -> String {
        self.profile.clone().unwrap_or_else(|| cdk_app::default_profile(&self.account_id, &self.region))
    }
}

/// What `CloudFormation` may do in an account, as people choose it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PolicyChoice {
    /// Everything.
    AdministratorAccess,
    /// What the `MLOps` CDK application needs: see [`least_privilege`].
    LeastPrivilege,
    /// A managed policy that exists.
    Arn(String),
}

/// A file to hand over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Artefact {
    /// Its name, unique in the set.
    pub name: String,
    /// For `Content-Type`.
    pub media_type: &'static str,
    /// Its text.
    pub body: String,
}

impl Artefact {
    fn new(name: impl Into<String>, media_type: &'static str, body: String) -> Self {
        Self { name: name.into(), media_type, body }
    }
}

const YAML: &str = "application/yaml";
const JSON: &str = "application/json";
const TEXT: &str = "text/plain; charset=utf-8";

/// Every file of a finished set. The same set gives the same bytes.
#[must_use]
pub fn artefacts(set: &FinishedSet) -> Vec<Artefact> {
    let mut set = set.clone();
    set.stages.sort_by_key(|stage| stage.stage);
    let mut all = vec![Artefact::new("cdk-app.yml", YAML, cdk_app_yml::file(&set))];
    all.extend(policies(&set));
    all.extend(network::context(&set).map(|body| Artefact::new("cdk.context.json", JSON, body)));
    all.extend(network::infra_app(&set).map(|body| Artefact::new("cdk-infra-app.yml", YAML, body)));
    all.push(Artefact::new("aws-profiles.ini", TEXT, profiles::fragment(&set)));
    all
}

/// The policies that are files of their own, under the names `cdk-app.yml` says.
fn policies(set: &FinishedSet) -> impl Iterator<Item = Artefact> {
    let stages = cdk_app_yml::account_set(set).stages.into_iter().map(|stage| stage.environment);
    let all = std::iter::once(cdk_app_yml::governance(set)).chain(stages);
    all.filter_map(|environment| match environment.execution_policy {
        ExecutionPolicy::Document { file, json } => Some(Artefact::new(file, JSON, json)),
        _ => None,
    })
}

/// A text in double quotes, as both YAML and JSON read it.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
