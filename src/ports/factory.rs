//! Account Factory: the Service Catalog product of Control Tower, or the simulator.

use async_trait::async_trait;

use crate::domain::ids::RequestId;
pub use crate::domain::observed::{Cause, FactoryError, FactoryFailure, ProductState};
use crate::domain::person::Requester;
use crate::domain::spec::{AccountSpec, OrganizationalUnit};

/// Everything Account Factory needs; names and token derive from the request id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountOrder {
    /// The request it is for.
    pub request: RequestId,
    /// Unique, immutable provisioned-product name ([`RequestId::product_name`]).
    pub product_name: String,
    /// Idempotency token of this attempt ([`RequestId::provision_token`]).
    pub token: String,
    /// What to create.
    pub spec: AccountSpec,
    /// The account's first administrator.
    pub requester: Requester,
}

/// What is known about names that are taken outside this installation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Taken {
    /// An account uses this e-mail address.
    pub email: bool,
    /// An account has this name.
    pub name: bool,
    /// How many more accounts the organization may have, when known.
    pub headroom: Option<u32>,
}

/// Creates accounts.
#[async_trait]
pub trait AccountFactory: Send + Sync {
    /// The organizational units the live product offers now.
    async fn organizational_units(&self) -> Result<Vec<OrganizationalUnit>, FactoryError>;

    /// Whether an e-mail address or account name is taken in the organization.
    async fn taken(&self, root_email: &str, account_name: &str) -> Result<Taken, FactoryError>;

    /// Starts creating the account and answers the record id.
    /// MUST create nothing when a product of that name exists (`NameExists`), whatever the token.
    /// MUST answer `Unknown` whenever it cannot tell whether the call took effect.
    async fn provision(&self, order: &AccountOrder) -> Result<String, FactoryError>;

    /// Looks a product up by name. Once `provision` has answered, even with `Unknown`, it MUST
    /// see the product or answer `Unknown` while it cannot tell: never `Absent`.
    /// MUST answer `Available` only with a twelve-digit account id.
    async fn look_up(&self, product_name: &str) -> Result<ProductState, FactoryError>;

    /// Terminates a product that never became available, so that its name is free again.
    /// MUST refuse for a product that ever was available. MUST succeed when it is already gone.
    async fn terminate(&self, product_name: &str) -> Result<(), FactoryError>;
}
