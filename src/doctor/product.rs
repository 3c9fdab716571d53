//! Account Factory as this role sees it: the product, its active artifact, a path to
//! launch it by, and the organizational units it offers.

use aws_sdk_servicecatalog::Client;
use aws_sdk_servicecatalog::types::{
    ProvisioningArtifactDetail, ProvisioningArtifactGuidance, ProvisioningArtifactParameter,
};

use super::aws::Blocked;
use super::finding::Finding;
use super::surroundings::Surroundings;

const PRODUCT: &str = "product";
const ARTIFACT: &str = "artifact";
const PATH: &str = "launch path";
const UNITS: &str = "organizational units";
const UNIT_PARAMETER: &str = "ManagedOrganizationalUnit";
const NO_PATH: &str = "let the role into the portfolio: Service Catalog, AWS Control Tower Account Factory Portfolio, \
                       Access, Grant access (it takes a few seconds to show)";

pub(super) async fn check(place: &Surroundings<'_>) -> Vec<Finding> {
    let client = Client::new(place.management.sdk());
    let name = &place.config.factory.product_name;
    let described = client.describe_product().name(name).send().await.map_err(|error| Blocked::by(&error));
    let id = described.map(|answer| answer.product_view_summary.and_then(|summary| summary.product_id));
    let (id, product) = match id {
        Ok(Some(id)) => (id.clone(), Finding::well(PRODUCT, format!("{name} ({id})"))),
        Ok(None) => return vec![no_product(name, &Blocked::NotThere)],
        Err(blocked) => return vec![no_product(name, &blocked)],
    };
    let (artifact, path) = tokio::join!(artifact(&client, &id), path(&client, &id));
    let mut findings = vec![product, artifact.0, path.0];
    if let (Some(artifact), Some(path)) = (artifact.1, path.1) {
        findings.push(units(&client, &id, &artifact, &path).await);
    }
    findings
}

fn no_product(name: &str, blocked: &Blocked) -> Finding {
    match blocked {
        Blocked::NotThere => Finding::ill(
            PRODUCT,
            format!("{name} is not there for this role"),
            "check factory.region (Control Tower's home region), factory.role_arn and factory.product_name, and that the \
             role has access to the Account Factory portfolio",
        ),
        other => Finding::unseen(PRODUCT, other.words(), other.cure("servicecatalog:DescribeProduct")),
    }
}

async fn artifact(client: &Client, id: &str) -> (Finding, Option<String>) {
    match client.list_provisioning_artifacts().product_id(id).send().await.map_err(|error| Blocked::by(&error)) {
        Ok(answer) => judge_artifacts(answer.provisioning_artifact_details()),
        Err(blocked) => {
            let cure = blocked.cure("servicecatalog:ListProvisioningArtifacts");
            (Finding::unseen(ARTIFACT, blocked.words(), cure), None)
        }
    }
}

fn judge_artifacts(all: &[ProvisioningArtifactDetail]) -> (Finding, Option<String>) {
    let usable = |one: &&ProvisioningArtifactDetail| {
        one.active == Some(true) && one.guidance != Some(ProvisioningArtifactGuidance::Deprecated)
    };
    let youngest = all.iter().filter(usable).max_by_key(|one| one.created_time.map(|at| at.secs()));
    let Some(id) = youngest.and_then(|one| one.id()) else {
        let fix = "update or repair the landing zone in Control Tower: it publishes a version of the product";
        return (Finding::ill(ARTIFACT, format!("none of {} versions is active", all.len()), fix), None);
    };
    (Finding::well(ARTIFACT, format!("{id} is active")), Some(id.to_owned()))
}

async fn path(client: &Client, id: &str) -> (Finding, Option<String>) {
    let answer = client.list_launch_paths().product_id(id).send().await;
    match answer.map_err(|error| Blocked::by(&error)) {
        Ok(answer) => {
            let paths: Vec<_> = answer.launch_path_summaries().iter().map(|path| (path.id(), path.name())).collect();
            match paths.first() {
                Some((Some(first), name)) => {
                    (Finding::well(PATH, name.unwrap_or(first).to_owned()), Some((*first).to_owned()))
                }
                _ => (Finding::ill(PATH, "none for this role", NO_PATH), None),
            }
        }
        // What Service Catalog says where nobody let the role in.
        Err(Blocked::NotThere | Blocked::Other(_)) => (Finding::ill(PATH, "none for this role", NO_PATH), None),
        Err(other) => (Finding::unseen(PATH, other.words(), other.cure("servicecatalog:ListLaunchPaths")), None),
    }
}

async fn units(client: &Client, id: &str, artifact: &str, path: &str) -> Finding {
    let asked =
        client.describe_provisioning_parameters().product_id(id).provisioning_artifact_id(artifact).path_id(path);
    match asked.send().await.map_err(|error| Blocked::by(&error)) {
        Ok(answer) => judge_units(answer.provisioning_artifact_parameters()),
        Err(other) => {
            Finding::unseen(UNITS, other.words(), other.cure("servicecatalog:DescribeProvisioningParameters"))
        }
    }
}

fn judge_units(parameters: &[ProvisioningArtifactParameter]) -> Finding {
    let unit = parameters.iter().find(|parameter| parameter.parameter_key() == Some(UNIT_PARAMETER));
    let Some(unit) = unit else {
        let fix = "set factory.product_name to Control Tower's own Account Factory product";
        return Finding::ill(UNITS, format!("the product has no parameter {UNIT_PARAMETER}"), fix);
    };
    let offered = unit.parameter_constraints().map_or(0, |constraints| constraints.allowed_values().len());
    if offered == 0 {
        let fix = "register organizational units in Control Tower, then run this again";
        return Finding::ill(UNITS, "the product offers none", fix);
    }
    Finding::well(UNITS, format!("{offered} offered"))
}
