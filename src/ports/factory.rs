//! Account Factory: the Service Catalog product of Control Tower, or the simulator.

use async_trait::async_trait;

use crate::domain::ids::RequestId;
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

/// What a look at a provisioned product shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProductState {
    /// No product has that name.
    Absent,
    /// Account Factory is at work.
    UnderWay {
        /// One line for people.
        phase: String,
        /// Its record id, for operators.
        record_id: String,
    },
    /// The account is there.
    Available {
        /// Twelve digits: an adapter MUST NOT answer anything else here.
        account_id: String,
    },
    /// It is there, but its account id cannot be read yet (`Not Available`).
    AccountIdUnknown,
    /// The attempt failed.
    Failed(FactoryFailure),
}

/// Why Account Factory refused or failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FactoryFailure {
    /// The class that decides what to do.
    pub cause: Cause,
    /// The backend's own words.
    pub raw: String,
    /// Its record id, for operators; may be empty.
    pub record_id: String,
}

/// The classes of failure that are treated differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cause {
    /// Too many account operations at once, here or elsewhere: wait and try again.
    Busy,
    /// The organization's account quota is used up.
    Quota,
    /// The root e-mail already belongs to an AWS account.
    EmailInUse,
    /// The organizational unit is not registered with Control Tower.
    OuNotRegistered,
    /// The new account is not activated yet: wait and try again.
    NotActivatedYet,
    /// No launch path: the caller's role is not associated with the portfolio.
    NoLaunchPath,
    /// The product is tainted: an account may exist but is not governed.
    Tainted,
    /// The product itself was not found.
    NoProduct,
    /// Anything else.
    Other,
}

/// What an Account Factory call can end in besides success.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FactoryError {
    /// Refused before anything was done.
    #[error("account factory refused: {}", .0.raw)]
    Refused(FactoryFailure),
    /// A product of that name exists: look it up and adopt it.
    #[error("a product of that name exists")]
    NameExists,
    /// Too many calls; nothing was done.
    #[error("account factory throttles calls")]
    Throttled,
    /// Whether the call took effect is unknown: look before trying again.
    #[error("account factory did not answer: {0}")]
    Unknown(String),
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

    /// Looks a product up by name. MUST see a product once `provision` has answered, or `Unknown`.
    /// MUST answer `Available` only with a twelve-digit account id.
    async fn look_up(&self, product_name: &str) -> Result<ProductState, FactoryError>;

    /// Terminates a product that never became available, so that its name is free again.
    /// MUST refuse for a product that ever was available. MUST succeed when it is already gone.
    async fn terminate(&self, product_name: &str) -> Result<(), FactoryError>;
}
