//! The two calls that change something: launching the product, and removing one that failed.
//! Each is sent once; whether an unanswered one took effect is found out by looking.

use aws_sdk_servicecatalog::operation::provision_product::ProvisionProductInput;
use aws_sdk_servicecatalog::types::{ProvisionedProductDetail, ProvisionedProductStatus, ProvisioningParameter};

use super::super::connection::only_once;
use super::ServiceCatalogFactory;
use super::product::{Product, UNIT_PARAMETER};
use super::trouble::{self, Trouble};
use crate::domain::causes;
use crate::ports::factory::{AccountOrder, Cause, FactoryError, FactoryFailure};

impl ServiceCatalogFactory {
    /// Everything before the call: the product as it is today, and one more look that its name is free.
    pub(super) async fn prepared(&self, order: &AccountOrder) -> Result<ProvisionProductInput, FactoryError> {
        let product = self.products.current().await?;
        if self.product_named(&order.product_name).await?.is_some() {
            return Err(FactoryError::NameExists);
        }
        input(order, &product).map_err(|error| FactoryError::Unknown(error.to_string()))
    }

    /// Launches, and answers the record id.
    pub(super) async fn call(&self, input: ProvisionProductInput) -> Result<String, FactoryError> {
        let call = self.catalog.provision_product();
        let call = call.set_product_id(input.product_id).set_provisioning_artifact_id(input.provisioning_artifact_id);
        let call = call.set_path_id(input.path_id).set_provisioned_product_name(input.provisioned_product_name);
        let call = call.set_provision_token(input.provision_token);
        let call = call.set_provisioning_parameters(input.provisioning_parameters);
        let config = aws_sdk_servicecatalog::config::Builder::new().retry_config(only_once());
        let answer = call.customize().config_override(config).send().await;
        let record = answer.map_err(|error| self.refused(error.into()))?.record_detail;
        let id = record.and_then(|record| record.record_id);
        id.ok_or_else(|| FactoryError::Unknown("the answer names no record".to_owned()))
    }

    fn refused(&self, trouble: Trouble) -> FactoryError {
        let raw = match &trouble {
            Trouble::NotFound(raw) => raw.clone(),
            Trouble::Refused { code, message } => format!("{code}: {message}"),
            Trouble::Throttled | Trouble::Unknown(_) => String::new(),
        };
        if causes::says_name_exists(&raw) {
            return FactoryError::NameExists;
        }
        // The product, its version or the way to it is not what it was: look again next time.
        if matches!(causes::classify(&raw), Cause::NoProduct | Cause::NoLaunchPath) {
            self.products.forget();
        }
        trouble.of_a_change()
    }

    /// Removes a product that never held an account.
    pub(super) async fn remove(&self, order: &AccountOrder) -> Result<(), FactoryError> {
        let Some(product) = self.product_of(order).await? else { return Ok(()) };
        if ever_was_available(&product) {
            return Err(FactoryError::Refused(kept(&product)));
        }
        let call = self.catalog.terminate_provisioned_product();
        let call = call.set_provisioned_product_id(product.id).terminate_token(format!("{}-end", order.token));
        let config = aws_sdk_servicecatalog::config::Builder::new().retry_config(only_once());
        match call.customize().config_override(config).send().await.map_err(Trouble::from) {
            Ok(_) | Err(Trouble::NotFound(_)) => Ok(()),
            Err(other) => Err(other.of_a_look()),
        }
    }
}

/// Whether there is, or was, a working account behind a product.
pub(super) fn ever_was_available(product: &ProvisionedProductDetail) -> bool {
    let succeeded = product.last_successful_provisioning_record_id().is_some_and(|id| !id.is_empty());
    succeeded || product.status == Some(ProvisionedProductStatus::Available)
}

fn kept(product: &ProvisionedProductDetail) -> FactoryFailure {
    let raw =
        "The provisioned product holds an account that was available: closing accounts is not this program's business.";
    let record_id = product.last_provisioning_record_id().unwrap_or_default();
    FactoryFailure { cause: Cause::Other, ..trouble::failure(raw, record_id) }
}

/// The six parameters and nothing else: Account Factory fails or hangs with tags, notifications or a plan.
fn input(
    order: &AccountOrder,
    product: &Product,
) -> Result<ProvisionProductInput, aws_sdk_servicecatalog::error::BuildError> {
    let parameters = [
        ("AccountEmail", order.spec.root_email.clone()),
        ("AccountName", order.spec.account_name.clone()),
        (UNIT_PARAMETER, order.spec.organizational_unit.to_string()),
        ("SSOUserEmail", order.requester.email.clone()),
        ("SSOUserFirstName", order.requester.first_name.clone()),
        ("SSOUserLastName", order.requester.last_name.clone()),
    ];
    let parameters = parameters.map(|(key, value)| ProvisioningParameter::builder().key(key).value(value).build());
    ProvisionProductInput::builder()
        .product_id(&product.id)
        .provisioning_artifact_id(&product.artifact_id)
        .set_path_id(product.path_id.clone())
        .provisioned_product_name(&order.product_name)
        .provision_token(&order.token)
        .set_provisioning_parameters(Some(parameters.into()))
        .build()
}
