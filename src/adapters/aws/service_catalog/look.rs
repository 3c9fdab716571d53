//! Looking at a product and its records, and saying what they mean in the domain's words.

use aws_sdk_servicecatalog::operation::describe_record::DescribeRecordOutput;
use aws_sdk_servicecatalog::types::{
    ProvisionedProductDetail, ProvisionedProductStatus, RecordDetail, RecordOutput, RecordStatus,
};

use super::ServiceCatalogFactory;
use super::order::ever_was_available;
use super::trouble::{self, Trouble};
use crate::ports::factory::{AccountOrder, Cause, FactoryError, FactoryFailure, ProductState};

/// The kind of record a removal leaves.
const TERMINATION: &str = "TERMINATE_PROVISIONED_PRODUCT";

impl ServiceCatalogFactory {
    /// The order's product as far as it can be seen now.
    pub(super) async fn seen(&self, order: &AccountOrder) -> Result<ProductState, FactoryError> {
        if let Some(record_id) = &order.record_id
            && let Some(record) = self.record(record_id).await?
        {
            return self.by_record(order, record_id, record).await;
        }
        match self.product_named(&order.product_name).await? {
            Some(product) => self.by_product(order, &product).await,
            None if self.may_be_hidden(order) => {
                Err(FactoryError::Unknown("a product that was called for cannot be seen yet".to_owned()))
            }
            None => Ok(ProductState::Absent),
        }
    }

    /// The order's product, by its id where a record tells it, else by name.
    pub(super) async fn product_of(
        &self,
        order: &AccountOrder,
    ) -> Result<Option<ProvisionedProductDetail>, FactoryError> {
        let record = match &order.record_id {
            Some(record_id) => self.record(record_id).await?.and_then(|record| record.record_detail),
            None => None,
        };
        match record.and_then(|record| record.provisioned_product_id) {
            Some(id) => self.product_with(&id).await,
            None => self.product_named(&order.product_name).await,
        }
    }

    pub(super) async fn product_named(&self, name: &str) -> Result<Option<ProvisionedProductDetail>, FactoryError> {
        let asked = self.catalog.describe_provisioned_product().name(name);
        let answer = asked.send().await.map(|answer| answer.provisioned_product_detail);
        found(answer.map_err(Trouble::from))
    }

    async fn product_with(&self, id: &str) -> Result<Option<ProvisionedProductDetail>, FactoryError> {
        let asked = self.catalog.describe_provisioned_product().id(id);
        let answer = asked.send().await.map(|answer| answer.provisioned_product_detail);
        found(answer.map_err(Trouble::from))
    }

    async fn record(&self, id: &str) -> Result<Option<DescribeRecordOutput>, FactoryError> {
        let answer = self.catalog.describe_record().id(id).send().await;
        found(answer.map(Some).map_err(Trouble::from))
    }

    /// Whether the last call is so young that its product may be there and not be seen.
    fn may_be_hidden(&self, order: &AccountOrder) -> bool {
        let window = self.settings.visible_within.try_into().unwrap_or(jiff::SignedDuration::MAX);
        order.called_at.is_some_and(|called| self.clock.now().duration_since(called) < window)
    }

    /// A record is read by its key and never hidden: it decides where it can.
    async fn by_record(
        &self,
        order: &AccountOrder,
        record_id: &str,
        answer: DescribeRecordOutput,
    ) -> Result<ProductState, FactoryError> {
        let record = answer.record_detail.unwrap_or_else(|| RecordDetail::builder().build());
        match record.status {
            Some(RecordStatus::Succeeded) => self.account(order, answer.record_outputs.as_deref()).await,
            Some(RecordStatus::Failed) => {
                let product = match record.provisioned_product_id() {
                    Some(id) => self.product_with(id).await?,
                    None => self.product_named(&order.product_name).await?,
                };
                match product {
                    Some(product) => self.by_product(order, &product).await,
                    None if self.may_be_hidden(order) => Ok(ProductState::Failed(failure_of(&record))),
                    // Removed: by us just before a crash, or by an operator.
                    None => Ok(ProductState::Absent),
                }
            }
            Some(ref status) => under_way(status, record_id),
            None => Err(FactoryError::Unknown(format!("record {record_id} has no status"))),
        }
    }

    async fn by_product(
        &self,
        order: &AccountOrder,
        product: &ProvisionedProductDetail,
    ) -> Result<ProductState, FactoryError> {
        if ever_was_available(product) {
            // Whatever happened to it since (an update that failed leaves it TAINTED), the account is there.
            let record = product.last_successful_provisioning_record_id().or(product.last_provisioning_record_id());
            let record = self.record_if(record).await?;
            return self.account(order, record.and_then(|record| record.record_outputs).as_deref()).await;
        }
        match &product.status {
            Some(ProvisionedProductStatus::UnderChange | ProvisionedProductStatus::PlanInProgress) => {
                self.at_work(product).await
            }
            Some(ProvisionedProductStatus::Tainted) => {
                let failure = self.failed(product).await?;
                Ok(ProductState::Failed(FactoryFailure { cause: Cause::Tainted, ..failure }))
            }
            Some(ProvisionedProductStatus::Error) => Ok(ProductState::Failed(self.failed(product).await?)),
            other => Err(FactoryError::Unknown(format!("a product in a state the bot does not know: {other:?}"))),
        }
    }

    async fn record_if(&self, id: Option<&str>) -> Result<Option<DescribeRecordOutput>, FactoryError> {
        match id {
            Some(id) => self.record(id).await,
            None => Ok(None),
        }
    }

    /// What is being done to a product that changes.
    async fn at_work(&self, product: &ProvisionedProductDetail) -> Result<ProductState, FactoryError> {
        let record = self.record_if(product.last_record_id()).await?.and_then(|record| record.record_detail);
        let Some(record) = record else { return under_way(&RecordStatus::InProgress, "") };
        if record.record_type() == Some(TERMINATION) {
            let phase = "Removing the product of a failed attempt".to_owned();
            return Ok(ProductState::UnderWay { phase, record_id: String::new() });
        }
        match &record.status {
            // The record is over and the product does not say so yet: a moment's matter.
            Some(RecordStatus::Succeeded | RecordStatus::Failed) | None => {
                under_way(&RecordStatus::InProgress, record.record_id().unwrap_or_default())
            }
            Some(status) => under_way(status, record.record_id().unwrap_or_default()),
        }
    }

    async fn failed(&self, product: &ProvisionedProductDetail) -> Result<FactoryFailure, FactoryError> {
        let id = product.last_provisioning_record_id().or(product.last_record_id());
        let record = self.record_if(id).await?.and_then(|record| record.record_detail);
        let failure = record.as_ref().map(failure_of);
        let told = failure.filter(|failure| !failure.raw.is_empty());
        let status = product.status_message().unwrap_or("Account Factory gives no reason");
        Ok(told.unwrap_or_else(|| trouble::failure(status, id.unwrap_or_default())))
    }

    /// The account behind a product that succeeded: from the record's outputs, else by its root e-mail.
    async fn account(
        &self,
        order: &AccountOrder,
        outputs: Option<&[RecordOutput]>,
    ) -> Result<ProductState, FactoryError> {
        let told = outputs.unwrap_or_default().iter().find(|output| output.output_key() == Some("AccountId"));
        // It may literally say `Not Available` for a while.
        let id = told.and_then(|output| output.output_value()).filter(|id| is_an_account_id(id));
        let id = match id {
            Some(id) => Some(id.to_owned()),
            None => self.organization.account_with(&order.spec.root_email).await?.filter(|id| is_an_account_id(id)),
        };
        Ok(id.map_or(ProductState::AccountIdUnknown, |account_id| ProductState::Available { account_id }))
    }
}

fn is_an_account_id(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn under_way(status: &RecordStatus, record_id: &str) -> Result<ProductState, FactoryError> {
    let phase = match status {
        RecordStatus::Created => "Waiting for Account Factory to begin",
        RecordStatus::InProgress => "Account Factory is creating and enrolling the account",
        RecordStatus::InProgressInError => "Account Factory met an error and is cleaning up",
        other => return Err(FactoryError::Unknown(format!("a record in a state the bot does not know: {other}"))),
    };
    Ok(ProductState::UnderWay { phase: phase.to_owned(), record_id: record_id.to_owned() })
}

/// A record's own words for why it failed.
fn failure_of(record: &RecordDetail) -> FactoryFailure {
    let worded = |error: &aws_sdk_servicecatalog::types::RecordError| {
        let parts = [error.code(), error.description()].into_iter().flatten().filter(|part| !part.is_empty());
        parts.collect::<Vec<_>>().join(": ")
    };
    let raw: Vec<_> = record.record_errors().iter().map(worded).collect();
    trouble::failure(raw.join("; "), record.record_id().unwrap_or_default())
}

/// What does not exist is no trouble.
fn found<T>(answer: Result<Option<T>, Trouble>) -> Result<Option<T>, FactoryError> {
    match answer {
        Ok(found) => Ok(found),
        Err(Trouble::NotFound(_)) => Ok(None),
        Err(other) => Err(other.of_a_look()),
    }
}
