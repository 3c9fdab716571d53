//! Account Factory as this role sees it: the product, its active artifact, a path to
//! launch it by, and the organizational units it offers.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_servicecatalog::Client;
use aws_sdk_servicecatalog::types::{ProvisioningArtifactDetail, ProvisioningArtifactParameter};

use super::aws::Blocked;
use super::finding::Finding;
use super::surroundings::Surroundings;
use crate::adapters::aws::service_catalog::{ServiceCatalogFactory, Settings, UNIT_PARAMETER, active, preferred};
use crate::adapters::system::SystemClock;
use crate::ports::factory::{AccountFactory as _, FactoryError};

const PRODUCT: &str = "product";
const ARTIFACT: &str = "artifact";
const PATH: &str = "launch path";
const UNITS: &str = "organizational units";
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
        findings.push(units(place, &client, &id, (&artifact, &path)).await);
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
    let Some(id) = active(all).and_then(|one| one.id()) else {
        let fix = "update or repair the landing zone in Control Tower: it publishes a version of the product";
        return (Finding::ill(ARTIFACT, format!("none of {} versions is active", all.len()), fix), None);
    };
    (Finding::well(ARTIFACT, format!("{id} is active")), Some(id.to_owned()))
}

async fn path(client: &Client, id: &str) -> (Finding, Option<String>) {
    let answer = client.list_launch_paths().product_id(id).send().await;
    match answer.map_err(|error| Blocked::by(&error)) {
        Ok(answer) => {
            let path = preferred(answer.launch_path_summaries());
            match path.and_then(|path| Some((path.id()?, path.name()))) {
                Some((id, name)) => (Finding::well(PATH, name.unwrap_or(id).to_owned()), Some(id.to_owned())),
                None => (Finding::ill(PATH, "none for this role", NO_PATH), None),
            }
        }
        // What Service Catalog says where nobody let the role in.
        Err(Blocked::NotThere | Blocked::Other(_)) => (Finding::ill(PATH, "none for this role", NO_PATH), None),
        Err(other) => (Finding::unseen(PATH, other.words(), other.cure("servicecatalog:ListLaunchPaths")), None),
    }
}

async fn units(place: &Surroundings<'_>, client: &Client, id: &str, (artifact, path): (&str, &str)) -> Finding {
    let asked =
        client.describe_provisioning_parameters().product_id(id).provisioning_artifact_id(artifact).path_id(path);
    match asked.send().await.map_err(|error| Blocked::by(&error)) {
        Ok(answer) => match offered(answer.provisioning_artifact_parameters()) {
            Some(0) => in_the_organization(place).await,
            Some(offered) => Finding::well(UNITS, format!("{offered} offered")),
            None => {
                let fix = "set factory.product_name to Control Tower's own Account Factory product";
                Finding::ill(UNITS, format!("the product has no parameter {UNIT_PARAMETER}"), fix)
            }
        },
        Err(other) => {
            Finding::unseen(UNITS, other.words(), other.cure("servicecatalog:DescribeProvisioningParameters"))
        }
    }
}

/// How many units the product's template lists; `None` for another product's template.
fn offered(parameters: &[ProvisioningArtifactParameter]) -> Option<usize> {
    let unit = parameters.iter().find(|parameter| parameter.parameter_key() == Some(UNIT_PARAMETER))?;
    Some(unit.parameter_constraints().map_or(0, |constraints| constraints.allowed_values().len()))
}

/// Where the template lists none, people are offered those of the organization: asked for as the factory does.
async fn in_the_organization(place: &Surroundings<'_>) -> Finding {
    let product_name = place.config.factory.product_name.clone();
    let settings = Settings { product_name, account_quota: None, visible_within: Duration::ZERO };
    let factory = ServiceCatalogFactory::new(&place.management, settings, Arc::new(SystemClock));
    match factory.organizational_units().await {
        Ok(units) if units.is_empty() => {
            let fix = "register organizational units in Control Tower, then run this again";
            Finding::ill(UNITS, "the product offers none, and the organization has none", fix)
        }
        Ok(units) => {
            Finding::well(UNITS, format!("the product lists none; {} of the organization are offered", units.len()))
        }
        Err(error) => {
            let found = match error {
                FactoryError::Refused(failure) => failure.raw,
                other => other.to_string(),
            };
            let fix = "allow organizations:ListRoots and organizations:ListOrganizationalUnitsForParent for this role";
            Finding::unseen(UNITS, found, fix)
        }
    }
}
