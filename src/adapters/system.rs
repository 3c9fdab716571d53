//! The operating system's clock and random source.

use jiff::Timestamp;
use ulid::Ulid;

use crate::domain::ids::RequestId;
use crate::domain::spec::hex;
use crate::ports::clock::{Clock, Ids};

/// The real time of day.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// The operating system's random source.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemIds;

impl Ids for SystemIds {
    fn request_id(&self, now: Timestamp) -> RequestId {
        let millis = u64::try_from(now.as_millisecond()).unwrap_or_default();
        RequestId::new(Ulid::from_parts(millis, rand::random()))
    }

    fn nonce(&self) -> String {
        hex(&rand::random::<[u8; 16]>())
    }

    fn jitter(&self) -> f64 {
        rand::random()
    }
}
