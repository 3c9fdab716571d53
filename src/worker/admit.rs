//! Gives free account-operation slots to whoever is first in line (P8).

use crate::domain::event::Event;
use crate::domain::failures;
use crate::domain::ids::RequestId;
use crate::domain::locks;
use crate::domain::person::Actor;
use crate::domain::request::{Failure, Request, State};
use crate::domain::spec::SpecHash;
use crate::domain::vending;
use crate::ports::store::{StoreError, Stored};
use crate::service::Change;

use super::Worker;

impl Worker {
    /// Admits from the head of the queue while slots are free; answers how many.
    pub(super) async fn admit(&self) -> Stored<usize> {
        let most = self.service.settings.max_concurrent;
        let queue = self.service.store.queue(most as usize).await?;
        if queue.is_empty() {
            return Ok(0);
        }
        let slots = self.service.store.locks(locks::SLOTS).await?;
        let held: Vec<_> = slots.iter().filter_map(|(name, _)| locks::slot_number(name)).collect();
        let mut admitted = 0;
        for (id, slot) in locks::admit(&queue, &held, most) {
            match self.admit_one(id, slot).await {
                Ok(()) => admitted += 1,
                // Another worker was faster with the request or the slot: fine.
                Err(StoreError::Conflict | StoreError::Held { .. }) => break,
                // One request that cannot be read must not hold up everybody else's work.
                Err(error @ (StoreError::Corrupt(_) | StoreError::TooLarge(_) | StoreError::NotFound)) => {
                    tracing::error!(request = %id, %error, "a request in line cannot be admitted");
                }
                Err(error) => return Err(error),
            }
        }
        Ok(admitted)
    }

    /// What would be vended is what was approved (P5): by its own hash and, for an account
    /// of a set, by what the set's approvers agreed to (P4).
    async fn still_as_approved(&self, request: &Request) -> Stored<Result<SpecHash, Failure>> {
        let Some(membership) = request.membership() else { return Ok(vending::check_pinned(request)) };
        let covered = match self.service.store.load(membership.parent).await {
            Ok(set) => set.covers(request),
            Err(StoreError::NotFound) => false,
            Err(error) => return Err(error),
        };
        Ok(if covered { vending::check_pinned(request) } else { Err(failures::altered()) })
    }

    async fn admit_one(&self, id: RequestId, slot: u32) -> Stored<()> {
        let request = self.service.store.load(id).await?;
        if request.state != State::Queued {
            return Err(StoreError::Conflict);
        }
        let event = match self.still_as_approved(&request).await? {
            Ok(hash) => Event::CreationStarted { attempt: request.creation_attempts + 1, slot, hash },
            Err(failure) => Event::Failed(failure),
        };
        let takes = matches!(event, Event::CreationStarted { .. });
        let mut change = Change::on(request);
        let terms = self.service.terms(Vec::new());
        change
            .event(self.service.clock.now(), &Actor::system(), event, &terms)
            .map_err(|error| StoreError::Corrupt(error.to_string()))?;
        if takes {
            change.acquire(locks::slot(slot), "");
        }
        self.service.write(change).await.map(|_| ())
    }
}
