//! Time and chance that tests own: a clock that stands still until it is told
//! to move, and names that come out the same in every run.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use ulid::Ulid;
use vend::domain::ids::RequestId;
use vend::ports::clock::{Clock, Ids};

/// A clock that moves only when told; clones show the same time.
#[derive(Debug, Clone)]
pub struct TestClock {
    microseconds: Arc<AtomicI64>,
}

impl Default for TestClock {
    fn default() -> Self {
        Self::at("2026-11-21T09:00:00Z")
    }
}

impl TestClock {
    /// Stands at an RFC 3339 time.
    pub fn at(text: &str) -> Self {
        let now: Timestamp = text.parse().expect("an RFC 3339 time");
        Self { microseconds: Arc::new(AtomicI64::new(now.as_microsecond())) }
    }

    /// Jumps to a time.
    pub fn set(&self, now: Timestamp) {
        self.microseconds.store(now.as_microsecond(), Ordering::SeqCst);
    }

    /// Moves forward.
    pub fn advance(&self, by: Duration) {
        let by = i64::try_from(by.as_micros()).expect("less than 290,000 years");
        self.microseconds.fetch_add(by, Ordering::SeqCst);
    }

    /// The present moment and `seconds` more (or less).
    pub fn in_seconds(&self, seconds: i64) -> Timestamp {
        Timestamp::from_microsecond(self.microseconds.load(Ordering::SeqCst) + seconds * 1_000_000)
            .expect("a time that can be written")
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        self.in_seconds(0)
    }
}

/// Names that depend on the seed and on how many were asked for before.
#[derive(Debug)]
pub struct SeededIds {
    state: AtomicU64,
}

impl Default for SeededIds {
    fn default() -> Self {
        Self::new(1)
    }
}

impl SeededIds {
    /// The sequence that belongs to `seed`.
    pub fn new(seed: u64) -> Self {
        Self { state: AtomicU64::new(seed) }
    }

    /// The next number of the sequence (splitmix64).
    pub fn number(&self) -> u64 {
        const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
        let mut z = self.state.fetch_add(STEP, Ordering::SeqCst).wrapping_add(STEP);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

impl Ids for SeededIds {
    fn request_id(&self, now: Timestamp) -> RequestId {
        let random = (u128::from(self.number()) << 64) | u128::from(self.number());
        let millis = u64::try_from(now.as_millisecond()).unwrap_or_default();
        RequestId::new(Ulid::from_parts(millis, random))
    }

    fn nonce(&self) -> String {
        format!("{:016x}{:016x}", self.number(), self.number())
    }

    #[allow(clippy::cast_precision_loss, reason = "53 bits fit a double")]
    fn jitter(&self) -> f64 {
        (self.number() >> 11) as f64 / (1_u64 << 53) as f64
    }
}
