//! Which toolkit stacks follow from a file, in which order, and whom each trusts.

use std::fmt;

use serde::Serialize;

use super::{AccountSet, CdkApp, Environment, StageName};

/// CDK's own qualifier: begins the names of the toolkit stack's roles and buckets.
/// <https://docs.aws.amazon.com/cdk/v2/guide/bootstrapping-customizing.html>
pub const QUALIFIER: &str = "hnb659fds";

/// One toolkit stack to deploy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Bootstrap {
    /// What it is for.
    pub of: BootstrapOf,
    /// Account, region, profile and execution policy.
    #[serde(flatten)]
    pub environment: Environment,
    /// The accounts that may deploy there.
    pub trusts: Vec<String>,
    /// [`QUALIFIER`].
    pub qualifier: &'static str,
    /// An account that has a toolkit stack already is left as it is.
    pub only_if_missing: bool,
}

/// Whose toolkit stack it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BootstrapOf {
    /// The governance account's; it may serve other sets, so it is made only where it is missing.
    Governance,
    /// A stage's.
    Stage {
        /// The set.
        set_name: String,
        /// The stage.
        stage_name: StageName,
    },
}

impl fmt::Display for BootstrapOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Governance => f.write_str("governance"),
            Self::Stage { set_name, stage_name } => write!(f, "{set_name} {}", stage_name.word()),
        }
    }
}

/// The accounts a stage trusts: governance deploys into all three, and dev, where
/// models come from, into the later stages of its own set. Never another set's.
#[must_use]
pub fn trusts(governance: &str, set: &AccountSet, stage: StageName) -> Vec<String> {
    let dev = set.stage(StageName::Dev).filter(|_| stage != StageName::Dev);
    let dev = dev.map(|dev| dev.environment.account.as_str());
    [Some(governance), dev].into_iter().flatten().map(ToOwned::to_owned).collect()
}

/// The toolkit stacks to deploy: governance first, then each set's dev, preprod and prod.
/// What is disabled, or has its bootstrap disabled, is left out.
#[must_use]
pub fn bootstrap_plan(app: &CdkApp) -> Vec<Bootstrap> {
    let governance = &app.pipeline.environment;
    let first = Bootstrap {
        of: BootstrapOf::Governance,
        environment: governance.clone(),
        trusts: Vec::new(),
        qualifier: QUALIFIER,
        only_if_missing: true,
    };
    let stages = app.sets.iter().filter(|set| set.enabled).flat_map(|set| {
        let enabled = set.stages.iter().filter(|stage| stage.enabled);
        enabled.map(|stage| Bootstrap {
            of: BootstrapOf::Stage { set_name: set.set_name.clone(), stage_name: stage.stage_name },
            environment: stage.environment.clone(),
            trusts: trusts(&governance.account, set, stage.stage_name),
            qualifier: QUALIFIER,
            only_if_missing: false,
        })
    });
    std::iter::once(first).chain(stages).filter(|bootstrap| bootstrap.environment.bootstrap).collect()
}
