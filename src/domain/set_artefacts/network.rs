//! The two files about networks: the zones each account has, so that CDK needs no
//! credentials to look them up, and a range of its own for each stage's VPC.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::{FinishedSet, quoted};

/// `cdk.context.json`: CDK's own key for looked-up zones; `None` when none are known.
/// <https://docs.aws.amazon.com/cdk/v2/guide/context.html>
pub(super) fn context(set: &FinishedSet) -> Option<String> {
    let known = set.stages.iter().filter(|stage| !stage.availability_zones.is_empty());
    let zones: Map<String, Value> = known
        .map(|stage| {
            let key = format!("availability-zones:account={}:region={}", stage.account_id, stage.region);
            (key, stage.availability_zones.clone().into())
        })
        .collect();
    if zones.is_empty() { None } else { Some(format!("{:#}\n", Value::Object(zones))) }
}

/// `cdk-infra-app.yml`: each stage's VPC in a range of its own; `None` when no range is known.
/// Without it the application puts every VPC into 10.0.0.0/16.
pub(super) fn infra_app(set: &FinishedSet) -> Option<String> {
    let mut stages = String::new();
    for stage in &set.stages {
        let Some(range) = stage.vpc_cidr else { continue };
        let name = stage.stage.word();
        let _ = write!(
            stages,
            "          - stage_name: {name}\n            create_network:\n              vpc_cidr: \"{range}\"\n"
        );
    }
    let set_name = quoted(&set.set_name);
    let head = "cdk_infra_app_config:\n  network:\n    deployments:\n";
    (!stages.is_empty()).then(|| format!("{head}      - set_name: {set_name}\n        stages:\n{stages}"))
}
