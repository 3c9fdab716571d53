//! Time and chance. Everything that needs "now" or a random value asks here, so
//! that tests own both.

use jiff::Timestamp;

use crate::domain::ids::RequestId;

/// The time of day.
pub trait Clock: Send + Sync {
    /// The present moment. MUST NOT go backwards within one process.
    fn now(&self) -> Timestamp;
}

/// Fresh names and random numbers.
pub trait Ids: Send + Sync {
    /// A new request id. MUST be unique over all replicas and sort by time.
    fn request_id(&self, now: Timestamp) -> RequestId;
    /// An unguessable name for leases and sessions: 128 random bits as text.
    fn nonce(&self) -> String;
    /// A number in `0.0..1.0`, for jitter.
    fn jitter(&self) -> f64;
}
