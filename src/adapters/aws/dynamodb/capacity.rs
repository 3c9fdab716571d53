//! What the table charged, by operation of the store's ports: read by benches
//! and tests, never by the store itself.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use aws_sdk_dynamodb::types::ConsumedCapacity;

/// What one operation of a port consumed so far.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Consumed {
    /// Answered calls to DynamoDB, repeated ones included.
    pub calls: u64,
    /// Read capacity units.
    pub reads: f64,
    /// Write capacity units, those of the indexes included.
    pub writes: f64,
}

/// Whether a call reads or writes: DynamoDB bills the two apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Read,
    Write,
}

/// The running totals.
#[derive(Debug, Default)]
pub(super) struct Meter(Mutex<BTreeMap<&'static str, Consumed>>);

impl Meter {
    pub(super) fn add(&self, operation: &'static str, side: Side, bill: &[ConsumedCapacity]) {
        let units: f64 = bill.iter().filter_map(ConsumedCapacity::capacity_units).sum();
        let mut totals = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let total = totals.entry(operation).or_default();
        total.calls += 1;
        match side {
            Side::Read => total.reads += units,
            Side::Write => total.writes += units,
        }
    }

    pub(super) fn totals(&self) -> BTreeMap<&'static str, Consumed> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
