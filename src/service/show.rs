//! Read one request, with its place in the queue and an estimate from this
//! installation's own past.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::domain::event::Recorded;
use crate::domain::ids::{RequestId, RequestRef};
use crate::domain::request::{Request, State};
use crate::domain::set::StageName;
use crate::domain::set::vending::Members;
use crate::domain::spec::AccountSpec;
use crate::ports::store::Filter;
use crate::say::view::{Around, RequestView};

use super::{Service, ServiceError};

/// Finished requests an estimate is made from.
const REMEMBERED: usize = 15;
/// Places in the queue that are counted; further back says "over".
const QUEUE_SHOWN: usize = 1000;

impl Service {
    /// Finds the request a person means.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`], or [`ServiceError::Ambiguous`] for a short id.
    pub async fn find(&self, text: &str) -> Result<RequestId, ServiceError> {
        match text.parse::<RequestRef>()? {
            RequestRef::Full(id) => Ok(id),
            RequestRef::Short(key) => {
                let mut found = self.store.resolve(&key).await?;
                match (found.pop(), found.is_empty()) {
                    (None, _) => Err(ServiceError::NotFound),
                    (Some(id), true) => Ok(id),
                    (Some(id), false) => {
                        found.push(id);
                        Err(ServiceError::Ambiguous(found))
                    }
                }
            }
        }
    }

    /// One request as people and programs see it.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`].
    pub async fn show(&self, id: RequestId) -> Result<RequestView, ServiceError> {
        let request = self.store.load(id).await?;
        self.view(request).await
    }

    /// The audit trail after event `after`.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`] when there is no such request.
    pub async fn history(&self, id: RequestId, after: u64) -> Result<Vec<Recorded>, ServiceError> {
        let history = self.store.history(id, after).await?;
        if history.is_empty() {
            self.store.load(id).await?;
        }
        Ok(history)
    }

    pub(crate) async fn view(&self, request: Request) -> Result<RequestView, ServiceError> {
        let queue_place = if request.state == State::Queued { self.place_in_queue(request.id).await? } else { None };
        let estimate_seconds = if request.state.is_working() && request.set().is_none() {
            self.estimate(&request, queue_place).await?
        } else {
            None
        };
        let members = if request.set().is_some() { self.members(&request).await? } else { Members::new() };
        let places = self.places_in_queue(&members).await?;
        let monthly_cost = self.monthly_cost(&request);
        let around = Around { queue_place, estimate_seconds, monthly_cost, members, places };
        Ok(RequestView::of(&request, around))
    }

    /// What the blueprint costs a month, or all those of a set together.
    fn monthly_cost(&self, request: &Request) -> Option<String> {
        let blueprint = |spec: &AccountSpec| self.catalogue.get(&spec.blueprint.as_ref()?.id);
        match request.set() {
            None => blueprint(&request.submission.spec).map(crate::say::monthly_cost),
            Some(set) => {
                let all: Vec<_> = set.stages.values().filter_map(|stage| blueprint(&stage.account)).collect();
                let sum: u32 = all.iter().map(|blueprint| blueprint.monthly_cost_usd.base).sum();
                Some(format!("about ${sum} a month for the three accounts, before the CDK application is deployed"))
            }
        }
    }

    async fn place_in_queue(&self, id: RequestId) -> Result<Option<u32>, ServiceError> {
        Ok(place(&self.store.queue(QUEUE_SHOWN).await?, id))
    }

    /// The places in line of a set's members; the queue is read only where one waits.
    async fn places_in_queue(&self, members: &Members) -> Result<BTreeMap<StageName, u32>, ServiceError> {
        let waiting = members.iter().filter_map(|(stage, member)| Some((*stage, member.as_ref()?)));
        let waiting: Vec<_> = waiting.filter(|(_, member)| member.state == State::Queued).collect();
        if waiting.is_empty() {
            return Ok(BTreeMap::new());
        }
        let queue = self.store.queue(QUEUE_SHOWN).await?;
        Ok(waiting.into_iter().filter_map(|(stage, member)| Some((stage, place(&queue, member.id)?))).collect())
    }

    /// Seconds until ready: the median of past durations of the steps ahead, and
    /// of creations for everyone before it in the queue.
    async fn estimate(&self, request: &Request, queue_place: Option<u32>) -> Result<Option<i64>, ServiceError> {
        let filter = Filter { state: Some(State::Ready), requester: None };
        let past = self.store.list(&filter, None, REMEMBERED).await?.requests;
        let past: Vec<_> = past.into_iter().filter(|request| request.set().is_none()).collect();
        Ok(estimate_from(&past, request, queue_place, self.settings.max_concurrent, self.clock.now()))
    }
}

/// The place of a request in line, from 1.
fn place(queue: &[RequestId], id: RequestId) -> Option<u32> {
    u32::try_from(queue.iter().position(|waiting| *waiting == id)? + 1).ok()
}

fn estimate_from(past: &[Request], request: &Request, place: Option<u32>, slots: u32, now: Timestamp) -> Option<i64> {
    if past.is_empty() {
        return None;
    }
    let median = |state: State| {
        let mut seconds: Vec<i64> = past.iter().filter_map(|r| r.seconds_spent.get(&state).copied()).collect();
        seconds.sort_unstable();
        seconds.get(seconds.len() / 2).copied().unwrap_or_default()
    };
    // Slots come free one after the other: on average every 1/slots of a creation.
    let mut left = i64::from(place.unwrap_or_default()) * median(State::Creating) / i64::from(slots.max(1));
    let furnished = request.submission.spec.blueprint.is_some();
    let steps = [State::Creating, State::Deploying, State::Bootstrapping];
    let ahead = |step: &State| *step >= request.state && (furnished || *step != State::Deploying);
    for step in steps.into_iter().filter(ahead) {
        left += median(step);
        if step == request.state {
            left -= now.duration_since(request.state_since).as_secs().min(median(step));
        }
    }
    Some(left.max(1))
}
