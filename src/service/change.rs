//! Write first, act after: collects events, the jobs they promise and the locks
//! they take or give back, and writes all of it in one transaction.

use jiff::Timestamp;

use crate::domain::event::{Event, Recorded};
use crate::domain::ids::RequestId;
use crate::domain::job::{By, Lease, NewJob, Settlement, Terms, promises};
use crate::domain::locks;
use crate::domain::person::Actor;
use crate::domain::request::{OutOfPlace, Refusal, Request, State};
use crate::ports::store::{Commit, Lock, StoreError};

use super::{Service, ServiceError};

/// How often a change is judged anew when somebody else was faster.
const TRIES: u32 = 8;

/// A change of one request in the making.
pub struct Change {
    commit: Commit,
    /// The states it leads through.
    reached: Vec<State>,
}

/// A change that was written.
pub struct Written {
    /// The request afterwards.
    pub request: Request,
}

impl Change {
    /// Begins with a request as it is stored.
    #[must_use]
    pub fn on(request: Request) -> Self {
        Self {
            commit: Commit {
                request,
                events: Vec::new(),
                not_after: None,
                acquire: Vec::new(),
                release: Vec::new(),
                jobs: Vec::new(),
                settle: None,
            },
            reached: Vec::new(),
        }
    }

    /// Begins a new request with its first event.
    ///
    /// # Errors
    /// When the first event is no submission.
    pub fn first(recorded: Recorded, actor: &Actor, terms: &Terms) -> Result<Self, OutOfPlace> {
        let mut change = Self::on(Request::begin(&recorded)?);
        change.reached.push(change.commit.request.state);
        change.note(&recorded.event.clone(), By { actor, from: change.commit.request.state }, terms);
        change.commit.events.push(recorded);
        Ok(change)
    }

    /// Records one more event, with everything it promises and gives back.
    ///
    /// # Errors
    /// When the state machine does not allow the event here.
    pub fn event(&mut self, at: Timestamp, actor: &Actor, event: Event, terms: &Terms) -> Result<(), OutOfPlace> {
        let from = self.commit.request.state;
        let recorded = self.commit.request.record(at, actor, event)?;
        let now = self.commit.request.state;
        self.reached.extend((now != from).then_some(now));
        self.note(&recorded.event, By { actor, from }, terms);
        self.commit.events.push(recorded);
        Ok(())
    }

    fn note(&mut self, event: &Event, by: By<'_>, terms: &Terms) {
        self.commit.jobs.extend(promises(&self.commit.request, event, by, terms));
        self.commit.release.extend(locks::released_by(&self.commit.request, event));
    }

    /// Takes a lock with the change.
    pub fn acquire(&mut self, name: String, note: impl Into<String>) {
        self.commit.acquire.push(Lock { name, note: note.into(), takes_over: None });
    }

    /// Takes a lock that is passed on; `seen` is the note it was read with, if it was held.
    pub fn take_over(&mut self, name: &str, seen: Option<String>) {
        let note = self.commit.request.id.to_string();
        self.commit.acquire.push(Lock { name: name.to_owned(), note, takes_over: seen });
    }

    /// Promises a job beyond those of the events.
    pub fn promise(&mut self, job: NewJob) {
        self.commit.jobs.push(job);
    }

    /// Refuses the write once the store's clock has reached this moment.
    pub fn not_after(&mut self, deadline: Timestamp) {
        self.commit.not_after = Some(deadline);
    }

    /// Settles the job this is done for in the same transaction.
    pub fn settle(&mut self, key: String, lease: Lease, settlement: Settlement) {
        self.commit.settle = Some((key, lease, settlement));
    }

    /// Whether there is nothing to record.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.commit.events.is_empty()
    }

    /// The request as it will be.
    #[must_use]
    pub const fn request(&self) -> &Request {
        &self.commit.request
    }
}

impl Service {
    /// Writes a change and wakes whoever waits for it.
    pub async fn write(&self, change: Change) -> Result<Written, StoreError> {
        let request = change.commit.request.clone();
        let promised = !change.commit.jobs.is_empty();
        self.store.commit(change.commit).await?;
        for state in change.reached {
            self.metrics.request_reached(state);
        }
        if promised {
            self.bell.notify_waiters();
        }
        self.changes.announce(request.id, request.head.seq);
        Ok(Written { request })
    }

    /// Loads, judges, writes; judges anew when somebody else was faster (P6).
    pub(crate) async fn change(
        &self,
        id: RequestId,
        actor: &Actor,
        judge: impl Fn(&Request, Timestamp) -> Result<Judged, ServiceError>,
    ) -> Result<Request, ServiceError> {
        for _ in 0..TRIES {
            let request = self.store.load(id).await?;
            let now = self.clock.now();
            let judged = judge(&request, now)?;
            let mut change = Change::on(request);
            for event in judged.events {
                change.event(now, actor, event, &self.terms(Vec::new()))?;
            }
            if let Some(deadline) = judged.not_after {
                change.not_after(deadline);
            }
            match self.write(change).await {
                Ok(written) => return Ok(written.request),
                Err(StoreError::Conflict) => {}
                Err(StoreError::TooLate) => {
                    let expired_at = judged.not_after.unwrap_or(now);
                    return Err(ServiceError::Refused(Refusal::TooLate { expired_at }));
                }
                Err(error) => return Err(error.into()),
            }
        }
        Err(ServiceError::Unavailable("the request kept changing".to_owned()))
    }
}

/// The events the judge allows, and until when they may be written.
pub(crate) struct Judged {
    /// To be recorded.
    pub(crate) events: Vec<Event>,
    /// Part of the write's condition (P7).
    pub(crate) not_after: Option<Timestamp>,
}

impl From<Event> for Judged {
    fn from(event: Event) -> Self {
        Self { events: vec![event], not_after: None }
    }
}

/// A set is decided, retried and given up as one: its members are not.
pub(crate) fn only_with_its_set(request: &Request) -> Result<(), ServiceError> {
    let Some(membership) = request.membership() else { return Ok(()) };
    let (name, set) = (&membership.name, membership.parent.short());
    Err(ServiceError::NotAllowed(format!("This account is part of the set {name}: do that to the set, {set}.")))
}
