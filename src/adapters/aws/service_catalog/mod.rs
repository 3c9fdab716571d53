//! Account Factory through AWS Service Catalog, with look-ups in AWS Organizations.
//! Knows Service Catalog's words and habits; decides nothing about requests.
//!
//! # One account per order, whatever is lost
//! What Service Catalog promises about a `ProvisionToken` that comes twice is not written down, and a
//! product that was just made may be missing from a look by name for a while. So nothing here
//! rests on either:
//! 1. Before each call the worker records that it calls (`AccountOrder::called_at`), and the record
//!    id after it. Both survive a crash.
//! 2. With a record id the record is asked first: it is read by its key and is there as soon as
//!    its id is known (`look`).
//! 3. Without one, a product that is not seen by name is only believed to be absent once
//!    `visible_within` has passed since the last call. Until then a look answers
//!    [`FactoryError::Unknown`], and nobody calls again.
//! 4. A call that is made again uses the same name and the same token, looks for the name directly
//!    before, and is sent once: the SDK repeats nothing here (`order`).
//! 5. Behind that stand Service Catalog's own rule (one product of a name: `A stack named … already
//!    exists`, read as "look and adopt") and AWS's (one account of an e-mail address).
//!
//! `SearchProvisionedProducts` and `ScanProvisionedProducts` are not used: they read an index. A product is
//! described by its name or, better, by its id. `docs/adr/0010-look-before-you-call-again.md`
//! tells the same for people.

mod cache;
mod look;
mod order;
mod organization;
mod product;
mod trouble;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_servicecatalog::Client;
use tokio::time::timeout;

pub(crate) use self::product::{UNIT_PARAMETER, active, preferred};

use self::organization::Organization;
use self::product::Products;
use super::connection::Connection;
use crate::domain::spec::OrganizationalUnit;
use crate::ports::clock::Clock;
use crate::ports::factory::{AccountFactory, AccountOrder, Cause, FactoryError, ProductState, Taken};

/// What the adapter is told.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The product in Service Catalog, by name: its id changes with landing-zone updates.
    pub product_name: String,
    /// How many accounts the organization may have; no API tells it.
    pub account_quota: Option<u32>,
    /// How long a product that was just made may be missing from a look by name.
    pub visible_within: Duration,
}

/// All calls for one look, or before the one call that makes an account: below the worker's lease.
const LOOKS_TAKE_AT_MOST: Duration = Duration::from_secs(10);

/// Account Factory, as Control Tower installs it.
pub struct ServiceCatalogFactory {
    catalog: Client,
    products: Products,
    organization: Organization,
    clock: Arc<dyn Clock>,
    settings: Settings,
}

impl ServiceCatalogFactory {
    /// Over a connection to the management account, in Control Tower's home region. Calls nothing yet.
    #[must_use]
    pub fn new(connection: &Connection, settings: Settings, clock: Arc<dyn Clock>) -> Self {
        let catalog = Client::new(connection.sdk());
        Self {
            products: Products::new(catalog.clone(), settings.product_name.clone(), Arc::clone(&clock)),
            organization: Organization::new(connection, Arc::clone(&clock)),
            catalog,
            clock,
            settings,
        }
    }
}

#[async_trait]
impl AccountFactory for ServiceCatalogFactory {
    async fn organizational_units(&self) -> Result<Vec<OrganizationalUnit>, FactoryError> {
        let offered = self.products.offered_units().await?;
        if offered.is_empty() { self.organization.units().await } else { self.organization.with_ids(offered).await }
    }

    async fn taken(&self, root_email: &str, account_name: &str) -> Result<Taken, FactoryError> {
        let accounts = self.organization.accounts().await?;
        Ok(Taken {
            email: accounts.has_email(root_email),
            name: accounts.has_name(account_name),
            headroom: self.settings.account_quota.map(|quota| quota.saturating_sub(accounts.counted())),
        })
    }

    async fn provision(&self, order: &AccountOrder) -> Result<String, FactoryError> {
        let input = timeout(LOOKS_TAKE_AT_MOST, self.prepared(order)).await.map_err(|_| too_slow())??;
        let record_id = match self.call(input.clone()).await {
            Err(FactoryError::Refused(failure)) if failure.cause == Cause::NoProduct => {
                // A landing-zone update gave the product another id. Nothing was done: look anew, and call what there is now.
                let fresh = timeout(LOOKS_TAKE_AT_MOST, self.prepared(order)).await.map_err(|_| too_slow())??;
                if fresh == input { Err(FactoryError::Refused(failure)) } else { self.call(fresh).await }
            }
            answer => answer,
        }?;
        self.organization.forget();
        Ok(record_id)
    }

    async fn look_up(&self, order: &AccountOrder) -> Result<ProductState, FactoryError> {
        timeout(LOOKS_TAKE_AT_MOST, self.seen(order)).await.map_err(|_| too_slow())?
    }

    async fn terminate(&self, order: &AccountOrder) -> Result<(), FactoryError> {
        self.remove(order).await
    }
}

fn too_slow() -> FactoryError {
    FactoryError::Unknown("Service Catalog took too long to answer".to_owned())
}
