//! The store: requests, their audit trail, the jobs they promise, and the locks
//! that make names unique and slots scarce. All of a [`Commit`] or nothing.

use async_trait::async_trait;
use jiff::Timestamp;

use crate::domain::event::Recorded;
use crate::domain::ids::RequestId;
use crate::domain::job::{ClaimedJob, Lane, Lease, NewJob, Settlement};
use crate::domain::request::{Request, State};

/// Why a store did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Somebody else changed the request first: load it again and decide anew.
    #[error("the request changed meanwhile")]
    Conflict,
    /// A lock of the commit is held.
    #[error("lock {name} is held")]
    Held {
        /// The first lock that is held.
        name: String,
        /// Who holds it.
        holder: Holder,
    },
    /// The commit's deadline has passed on the store's clock.
    #[error("too late")]
    TooLate,
    /// The settled job's lease was lost to another worker.
    #[error("the lease was lost")]
    LeaseLost,
    /// There is nothing by that name.
    #[error("not found")]
    NotFound,
    /// The store cannot work right now (disk full, network, throttled); nothing was written.
    #[error("the store is unavailable: {0}")]
    Unavailable(String),
    /// It is larger than the store takes; nothing was written, and trying again will not help.
    #[error("too large for the store: {0}")]
    TooLarge(String),
    /// What is stored cannot be read; needs an operator.
    #[error("stored data cannot be read: {0}")]
    Corrupt(String),
}

/// The result of a store call.
pub type Stored<T> = Result<T, StoreError>;

/// Who holds a lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// The request it belongs to.
    pub request: RequestId,
    /// A note kept with it, such as the fingerprint of an idempotent call.
    pub note: String,
}

/// A name only one request may hold: `email/<address>`, `name/<account name>`,
/// `slot/<n>`, `once/<idempotency key>`, `cidr/<range>`, `turn/cidr`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lock {
    /// The unique name; lower-cased by whoever builds it where case does not matter.
    pub name: String,
    /// Kept with it and told to whoever finds it held.
    pub note: String,
    /// The lock is taken from its holder, whoever that is, if its note is this
    /// one: a turn that is passed on. `None`: the lock must be free.
    pub takes_over: Option<String>,
}

/// One transaction about one request.
#[derive(Debug, Clone)]
pub struct Commit {
    /// The request after the events; its `head.seq` is the version stored.
    pub request: Request,
    /// The new events, in order; the first one's `seq - 1` is the version that
    /// must be stored now (0: the request must not exist).
    pub events: Vec<Recorded>,
    /// Refuse with [`StoreError::TooLate`] when the store's clock has reached this.
    pub not_after: Option<Timestamp>,
    /// Locks to take.
    pub acquire: Vec<Lock>,
    /// Locks to give back, if this request holds them.
    pub release: Vec<String>,
    /// Jobs to promise; a known key is skipped.
    pub jobs: Vec<NewJob>,
    /// The job this work was done for, settled in the same transaction.
    pub settle: Option<(String, Lease, Settlement)>,
}

/// Which requests to list. All given conditions must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// In this state.
    pub state: Option<State>,
    /// By this requester (lower-case e-mail).
    pub requester: Option<String>,
}

/// A page of requests, newest first.
#[derive(Debug, Clone, Default)]
pub struct Page {
    /// The requests.
    pub requests: Vec<Request>,
    /// Where the next page begins: requests older than this id.
    pub next: Option<RequestId>,
}

/// How many locks [`RequestStore::locks`] answers at most.
pub const MOST_LOCKS: usize = 1000;

/// The requests and their history.
#[async_trait]
pub trait RequestStore: Send + Sync {
    /// Writes all of a commit or nothing.
    /// MUST be durable (survive power loss) before it answers.
    /// MUST refuse with `Conflict` unless the stored version is the one the events follow.
    /// MUST refuse with `Held` when a lock to acquire is held by any request, itself included;
    /// one that takes over, when it is held with another note than the one it names.
    /// MUST refuse with `TooLate` by its own clock at the moment of writing.
    /// MUST refuse with `LeaseLost` when the settled job's lease is no longer valid.
    async fn commit(&self, commit: Commit) -> Stored<()>;

    /// The request as of its last event. MUST see every commit that was answered.
    async fn load(&self, id: RequestId) -> Stored<Request>;

    /// Every id whose short form is this key (the part behind `req-`).
    async fn resolve(&self, short_key: &str) -> Stored<Vec<RequestId>>;

    /// The audit trail in order, from the first event with `seq > after`.
    async fn history(&self, id: RequestId, after: u64) -> Stored<Vec<Recorded>>;

    /// A page, newest first, of requests older than `before`. MUST NOT read more than it answers by an order of magnitude.
    async fn list(&self, filter: &Filter, before: Option<RequestId>, limit: usize) -> Stored<Page>;

    /// Requests in line for a slot, by arrival (`queued_at`, then id).
    async fn queue(&self, limit: usize) -> Stored<Vec<RequestId>>;

    /// All locks whose name starts with `prefix`, by name, at most [`MOST_LOCKS`].
    async fn locks(&self, prefix: &str) -> Stored<Vec<(String, Holder)>>;
}

/// A parked or failing job, as operators see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TroubledJob {
    /// Its key.
    pub key: String,
    /// Whether it was given up.
    pub parked: bool,
    /// How often it was tried.
    pub attempts: u32,
    /// The last error.
    pub error: String,
}

/// The jobs.
#[async_trait]
pub trait JobStore: Send + Sync {
    /// Stores a job outside a commit (an acknowledged delivery).
    /// MUST be durable before it answers; MUST NOT give a job to a claim whose key was seen within the last 24 h at least.
    async fn promise(&self, job: NewJob) -> Stored<()>;

    /// Claims up to `limit` jobs of the lane that are due and free, oldest first, until `now + lease`.
    /// MUST never give one job to two claimants at a time; MUST give it again after the lease ran out.
    async fn claim(
        &self,
        lane: Lane,
        now: Timestamp,
        lease: std::time::Duration,
        limit: usize,
    ) -> Stored<Vec<ClaimedJob>>;

    /// Ends a claim. MUST refuse with `LeaseLost` when the lease is no longer valid.
    async fn settle(&self, key: &str, lease: &Lease, settlement: Settlement) -> Stored<()>;

    /// Gives a claimed job back unharmed (graceful shutdown).
    async fn release(&self, key: &str, lease: &Lease) -> Stored<()>;

    /// When the lane's next job can be claimed: due, or its lease run out. `None` when none waits.
    async fn next_due(&self, lane: Lane) -> Stored<Option<Timestamp>>;

    /// Jobs that were parked or are failing, at most `limit`.
    async fn troubled(&self, limit: usize) -> Stored<Vec<TroubledJob>>;
}

/// Small values by name: dialogue sessions, Slack message references, the link secret.
#[async_trait]
pub trait KeyValue: Send + Sync {
    /// The value and its version; `None` when absent or past its `expires_at` at `now`.
    async fn get(&self, key: &str, now: Timestamp) -> Stored<Option<Versioned>>;

    /// Writes if the stored version is still the expected one.
    /// MUST refuse with `Conflict` otherwise.
    async fn put(&self, value: NewValue, now: Timestamp) -> Stored<()>;

    /// Whether the store would take a write now, as far as can be told without one:
    /// it answers, and MUST not answer `Ok` while its last write failed for want of space or rights.
    async fn ready(&self, now: Timestamp) -> Stored<()>;
}

/// A value to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewValue {
    /// Its name.
    pub key: String,
    /// The value.
    pub value: String,
    /// The version it replaces; `None`: there is none, or it expired.
    pub expected: Option<u64>,
    /// When it is gone; `None`: never.
    pub expires_at: Option<Timestamp>,
}

impl NewValue {
    /// A value that is not there yet and stays.
    pub fn lasting(key: impl Into<String>, value: impl Into<String>) -> Self {
        Self { key: key.into(), value: value.into(), expected: None, expires_at: None }
    }
}

/// A value with the version [`KeyValue::put`] expects back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Versioned {
    /// The value.
    pub value: String,
    /// Its version.
    pub version: u64,
}

/// A whole store: one database behind three ports.
pub trait Store: RequestStore + JobStore + KeyValue {}
impl<T: RequestStore + JobStore + KeyValue> Store for T {}
