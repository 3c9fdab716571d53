//! The Account Factory product as it is today: its id, its active artifact, the way to launch it,
//! and the organizational units it offers. All of it changes with landing-zone updates, so it
//! is looked up by name and believed for a few minutes.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_servicecatalog::Client;
use aws_sdk_servicecatalog::types::{LaunchPathSummary, ProvisioningArtifactDetail, ProvisioningArtifactGuidance};

use super::cache::Remembered;
use super::trouble::Trouble;
use crate::ports::clock::Clock;
use crate::ports::factory::{Cause, FactoryError, FactoryFailure};

/// How long the product is believed to be as it was.
const BELIEVED: Duration = Duration::from_mins(10);
/// The parameter whose legal values are the organizational units.
pub(crate) const UNIT_PARAMETER: &str = "ManagedOrganizationalUnit";

/// What a launch needs to know of the product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Product {
    pub(super) id: String,
    pub(super) artifact_id: String,
    /// Only where there are several: Service Catalog finds a single one by itself.
    pub(super) path_id: Option<String>,
}

/// The product, by name.
pub(super) struct Products {
    client: Client,
    name: String,
    known: Remembered<Product>,
    units: Remembered<Vec<String>>,
}

impl Products {
    pub(super) fn new(client: Client, name: String, clock: Arc<dyn Clock>) -> Self {
        Self { client, name, known: Remembered::new(Arc::clone(&clock)), units: Remembered::new(clock) }
    }

    /// The product, resolved at most every ten minutes.
    pub(super) async fn current(&self) -> Result<Product, FactoryError> {
        self.known.get(BELIEVED, async || self.resolve().await).await
    }

    /// A call said that the product is no longer what it was.
    pub(super) fn forget(&self) {
        self.known.forget();
        self.units.forget();
    }

    /// The legal values of the organizational unit, as the product's template lists them; may be empty.
    pub(super) async fn offered_units(&self) -> Result<Vec<String>, FactoryError> {
        self.units.get(BELIEVED, async || self.listed_units().await).await
    }

    async fn resolve(&self) -> Result<Product, FactoryError> {
        let described = self.client.describe_product().name(&self.name).send().await;
        let described = described.map_err(|error| match Trouble::from(error) {
            Trouble::NotFound(raw) => missing(raw),
            other => other.of_a_change(),
        })?;
        let summary = described.product_view_summary.and_then(|summary| summary.product_id);
        let id = summary.ok_or_else(|| missing(format!("product {} not found: it has no id", self.name)))?;
        let artifact_id = self.active_artifact(&id).await?;
        let path_id = self.path(&id).await?;
        Ok(Product { id, artifact_id, path_id })
    }

    async fn active_artifact(&self, product_id: &str) -> Result<String, FactoryError> {
        let listed = self.client.list_provisioning_artifacts().product_id(product_id).send().await;
        let listed = listed.map_err(|error| Trouble::from(error).of_a_change())?;
        let id = active(listed.provisioning_artifact_details()).and_then(|artifact| artifact.id.clone());
        id.ok_or_else(|| missing(format!("product {} not found in an active version", self.name)))
    }

    /// Which path to launch by, where there are several.
    async fn path(&self, product_id: &str) -> Result<Option<String>, FactoryError> {
        let mut pages = self.client.list_launch_paths().product_id(product_id).into_paginator().send();
        let mut paths: Vec<LaunchPathSummary> = Vec::new();
        while let Some(page) = pages.next().await {
            match page.map_err(Trouble::from) {
                Ok(page) => paths.extend(page.launch_path_summaries.unwrap_or_default()),
                // None at all: the launch itself is refused in Service Catalog's own words.
                Err(Trouble::NotFound(_)) => return Ok(None),
                Err(Trouble::Refused { code, .. }) if code == "InvalidParametersException" => return Ok(None),
                Err(other) => return Err(other.of_a_change()),
            }
        }
        if paths.len() < 2 {
            return Ok(None);
        }
        Ok(preferred(&paths).and_then(|path| path.id.clone()))
    }

    async fn listed_units(&self) -> Result<Vec<String>, FactoryError> {
        let product = self.current().await?;
        let asked = self.client.describe_provisioning_parameters();
        let asked = asked.product_id(&product.id).provisioning_artifact_id(&product.artifact_id);
        let answer = asked.set_path_id(product.path_id).send().await;
        let answer = answer.map_err(|error| {
            let trouble = Trouble::from(error);
            if matches!(trouble, Trouble::NotFound(_)) {
                self.known.forget();
            }
            trouble.of_a_change()
        })?;
        let parameters = answer.provisioning_artifact_parameters.unwrap_or_default();
        let units = parameters.into_iter().find(|parameter| parameter.parameter_key() == Some(UNIT_PARAMETER));
        let values = units.and_then(|parameter| parameter.parameter_constraints?.allowed_values);
        Ok(values.unwrap_or_default())
    }
}

/// The artifact that is active and not deprecated; of several the youngest, whatever the order they are listed in.
pub(crate) fn active(artifacts: &[ProvisioningArtifactDetail]) -> Option<&ProvisioningArtifactDetail> {
    let usable = |artifact: &&ProvisioningArtifactDetail| {
        let deprecated = artifact.guidance == Some(ProvisioningArtifactGuidance::Deprecated);
        artifact.active == Some(true) && !deprecated
    };
    artifacts.iter().filter(usable).max_by_key(|artifact| artifact.created_time.map(|at| at.secs()))
}

/// Of several paths Control Tower's own portfolio, else the first by name.
pub(crate) fn preferred(paths: &[LaunchPathSummary]) -> Option<&LaunchPathSummary> {
    let own = |path: &LaunchPathSummary| path.name().is_some_and(|name| name.contains("Account Factory"));
    paths.iter().min_by_key(|path| (!own(path), path.name()))
}

fn missing(raw: String) -> FactoryError {
    FactoryError::Refused(FactoryFailure { cause: Cause::NoProduct, raw, record_id: String::new() })
}
