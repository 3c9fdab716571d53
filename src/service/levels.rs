//! Where things stand now, for operators: measured when they ask.

use std::time::Duration;

use jiff::Timestamp;

use crate::domain::job::Lane;
use crate::domain::locks;
use crate::domain::request::State;
use crate::ports::store::Filter;
use crate::telemetry::Levels;

use super::{Service, ServiceError};

/// Counted up to here; more is as alarming.
const MOST: usize = 1000;

impl Service {
    /// Measures.
    ///
    /// # Errors
    /// [`ServiceError::Unavailable`] when the store does not answer.
    pub async fn levels(&self) -> Result<Levels, ServiceError> {
        let now = self.clock.now();
        let approved = Filter { state: Some(State::Approved), requester: None };
        let unclaimed = self.store.list(&approved, None, MOST).await?.requests;
        let troubled = self.store.troubled(MOST).await?;
        Ok(Levels {
            oldest_approved: since(unclaimed.iter().map(|request| request.state_since).min(), now),
            job_lag: since(self.next_due().await?, now),
            operations: count(self.store.locks(locks::SLOTS).await?.len()),
            queue: count(self.store.queue(MOST).await?.len()),
            parked: count(troubled.iter().filter(|job| job.parked).count()),
        })
    }

    async fn next_due(&self) -> Result<Option<Timestamp>, ServiceError> {
        let intake = self.store.next_due(Lane::Intake).await?;
        Ok(intake.into_iter().chain(self.store.next_due(Lane::Work).await?).min())
    }
}

/// How long ago; nothing for what is to come.
fn since(then: Option<Timestamp>, now: Timestamp) -> Duration {
    then.and_then(|then| Duration::try_from(now.duration_since(then)).ok()).unwrap_or_default()
}

fn count(many: usize) -> u32 {
    u32::try_from(many).unwrap_or(u32::MAX)
}
