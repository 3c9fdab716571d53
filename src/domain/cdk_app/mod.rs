//! `cdk-app.yml`, the file that tells the `MLOps` CDK application which accounts it
//! works in: reading with every fault at once, resolving, and the bootstraps that
//! follow from it. It must not know where the file lies: who reads it hands over a
//! way to look up policy files beside it.
//!
//! The schema is that of AWS's multi-account `MLOps` sample. Where the sample fails
//! open (a missing policy file, a wrong region), this refuses.

mod plan;
mod read;
mod reader;
mod values;

use serde::Serialize;

pub use self::plan::{Bootstrap, BootstrapOf, QUALIFIER, bootstrap_plan, trusts};
pub use self::reader::Fault;
pub use self::values::{account_id, region, set_name};

/// Looks up a policy file beside `cdk-app.yml` by the name written in it: its
/// text, `None` when there is none, or why it cannot be read.
pub type PolicyFiles<'a> = dyn Fn(&str) -> Result<Option<String>, String> + 'a;

/// A whole `cdk-app.yml`, everything inherited and defaulted filled in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CdkApp {
    /// Begins the names of what the application makes; `mlops-cdk` unless given.
    pub app_prefix: String,
    /// The governance account.
    pub pipeline: Pipeline,
    /// The account sets, in the file's order.
    #[serde(rename = "deployments")]
    pub sets: Vec<AccountSet>,
}

/// The governance account, where the pipelines run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Pipeline {
    /// Account, region and bootstrap.
    #[serde(flatten)]
    pub environment: Environment,
    /// Holds the infrastructure's code.
    pub infra: Repository,
    /// Holds the project template's code.
    pub project_template: Repository,
}

/// A code repository in the governance account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Repository {
    /// Its name.
    pub repo_name: String,
    /// The branch that is deployed.
    pub branch_name: String,
}

/// Three accounts under one name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AccountSet {
    /// `^[a-z][a-z0-9-]{0,30}$`, unique in the file.
    pub set_name: String,
    /// Whether the application deploys it.
    pub enabled: bool,
    /// The region of stages that name none; the pipeline's unless given.
    pub default_region: String,
    /// dev, preprod and prod, in this order whatever the file's.
    pub stages: Vec<Stage>,
}

impl AccountSet {
    /// One of its stages; every set that was read without a fault has all three.
    #[must_use]
    pub fn stage(&self, name: StageName) -> Option<&Stage> {
        self.stages.iter().find(|stage| stage.stage_name == name)
    }
}

/// One account of a set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Stage {
    /// Which of the three.
    pub stage_name: StageName,
    /// Whether the application deploys it.
    pub enabled: bool,
    /// Account, region and bootstrap.
    #[serde(flatten)]
    pub environment: Environment,
}

/// The stages of a set, in the order they are deployed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum StageName {
    /// Where models are developed.
    Dev,
    /// Where they are tried.
    Preprod,
    /// Where they serve.
    Prod,
}

impl StageName {
    /// All three, in order.
    pub const ALL: [Self; 3] = [Self::Dev, Self::Preprod, Self::Prod];

    /// The word in the file.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Dev => "dev",
            Self::Preprod => "preprod",
            Self::Prod => "prod",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stage| stage.word() == word)
    }
}

/// An account in a region, and how CDK's toolkit stack gets into it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Environment {
    /// Twelve digits.
    pub account: String,
    /// Like `eu-west-1`.
    pub region: String,
    /// Whether the toolkit stack is deployed at all.
    pub bootstrap: bool,
    /// The AWS profile on an operator's machine; `cdk_<ACCOUNT>_<REGION>` unless given.
    pub aws_profile: String,
    /// What CloudFormation may do there on behalf of the application.
    pub execution_policy: ExecutionPolicy,
}

/// What `CloudFormation` may do in an account on behalf of those who deploy there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ExecutionPolicy {
    /// Everything: nobody named anything narrower.
    AdministratorAccess,
    /// A managed policy that exists.
    Arn(String),
    /// A policy document that becomes a managed policy at bootstrap.
    Document {
        /// The file beside `cdk-app.yml`.
        file: String,
        /// Its text, as it will be sent to IAM.
        #[serde(skip)]
        json: String,
    },
}

impl ExecutionPolicy {
    /// In one word or name, for people; `AdministratorAccess` stands out in capitals.
    #[must_use]
    pub fn in_words(&self) -> String {
        match self {
            Self::AdministratorAccess => "ADMINISTRATOR ACCESS".to_owned(),
            Self::Arn(arn) if arn.ends_with(":aws:policy/AdministratorAccess") => "ADMINISTRATOR ACCESS".to_owned(),
            Self::Arn(arn) => arn.clone(),
            Self::Document { file, .. } => file.clone(),
        }
    }
}

impl CdkApp {
    /// Reads the text of a `cdk-app.yml`.
    ///
    /// # Errors
    /// Every fault, by line.
    pub fn read(yaml: &str, files: &PolicyFiles<'_>) -> Result<Self, Vec<Fault>> {
        read::cdk_app(yaml, files)
    }
}

/// The profile name of an account and region nobody named one for.
#[must_use]
pub fn default_profile(account: &str, region: &str) -> String {
    format!("cdk_{account}_{region}")
}

/// The policy file that is looked for where none is named.
#[must_use]
pub fn default_policy_file(account: &str, region: &str) -> String {
    format!("execution_policy_{account}_{region}.json")
}

/// AWS's own administrator policy, in the region's partition.
#[must_use]
pub fn administrator_access(region: &str) -> String {
    format!("arn:{}:iam::aws:policy/AdministratorAccess", partition(region))
}

/// The partition a region belongs to.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html>
#[must_use]
pub fn partition(region: &str) -> &'static str {
    match region {
        region if region.starts_with("cn-") => "aws-cn",
        region if region.starts_with("us-gov-") => "aws-us-gov",
        region if region.starts_with("eusc-") => "aws-eusc",
        _ => "aws",
    }
}

/// The managed policy that a policy document becomes in its account, named by
/// region because IAM is not.
#[must_use]
pub fn policy_name(region: &str) -> String {
    format!("cdk-{QUALIFIER}-execution-policy-{region}")
}
