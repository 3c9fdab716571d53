//! Account Factory: the Service Catalog product of Control Tower, or the simulator.

use async_trait::async_trait;
use jiff::Timestamp;

use crate::domain::ids::RequestId;
pub use crate::domain::observed::{Cause, FactoryError, FactoryFailure, ProductState};
use crate::domain::person::Requester;
use crate::domain::request::Request;
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
    /// When this attempt was last called for, unless it is known that the call did nothing.
    pub called_at: Option<Timestamp>,
    /// The record [`AccountFactory::provision`] answered for this attempt, once it did.
    pub record_id: Option<String>,
}

impl AccountOrder {
    /// The order of a request's present attempt.
    #[must_use]
    pub fn of(request: &Request) -> Self {
        Self {
            request: request.id,
            product_name: request.id.product_name(),
            token: request.id.provision_token(request.creation_attempts),
            spec: request.submission.spec.clone(),
            requester: request.submission.requester.clone(),
            called_at: request.called_at,
            record_id: request.record_id.clone(),
        }
    }
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

    /// Looks the order's product up. Once it was called for (`order.called_at`), whatever the
    /// answer, this MUST see the product or answer `Unknown` while it cannot tell: never `Absent`.
    /// MUST answer `Available` only with a twelve-digit account id.
    async fn look_up(&self, order: &AccountOrder) -> Result<ProductState, FactoryError>;

    /// Terminates a product that never became available, so that its name is free again; looks
    /// show it as `UnderWay` until it is gone.
    /// MUST refuse for a product that ever was available. MUST succeed when it is already gone.
    async fn terminate(&self, order: &AccountOrder) -> Result<(), FactoryError>;
}
