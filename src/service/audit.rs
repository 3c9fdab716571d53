//! Proves from the store alone that nothing was altered, lost or misfiled (P10), also
//! while servers are at work on it.

use std::collections::BTreeMap;

use crate::domain::event::{Recorded, verify_chain};
use crate::domain::ids::RequestId;
use crate::domain::request::{Request, State};
use crate::ports::store::{Filter, RequestStore, Stored};

/// Requests read at a time.
const PAGE: usize = 100;
/// How often a request that moves on while it is read is read again.
const READ_AGAIN: usize = 5;

/// Every request that a filter lets through, page by page, newest first.
pub struct Pages<'a> {
    store: &'a dyn RequestStore,
    filter: Filter,
    before: Option<RequestId>,
    over: bool,
}

impl<'a> Pages<'a> {
    /// Before the first page.
    #[must_use]
    pub const fn of(store: &'a dyn RequestStore, filter: Filter) -> Self {
        Self { store, filter, before: None, over: false }
    }

    /// The next page; `None` behind the last.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn next(&mut self) -> Stored<Option<Vec<Request>>> {
        if self.over {
            return Ok(None);
        }
        let page = self.store.list(&self.filter, self.before, PAGE).await?;
        (self.before, self.over) = (page.next, page.next.is_none());
        Ok(Some(page.requests))
    }
}

/// What a look at the whole store found.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Findings {
    /// Requests looked at.
    pub requests: u64,
    /// Events of the requests that are in order.
    pub events: u64,
    /// A sentence for each thing that is not as it was written.
    pub faults: Vec<String>,
}

/// Looks at every request.
///
/// # Errors
/// When the store cannot be read.
pub async fn verify(store: &dyn RequestStore) -> Stored<Findings> {
    let (mut states, mut found) = (BTreeMap::new(), Findings::default());
    let mut pages = Pages::of(store, Filter::default());
    while let Some(requests) = pages.next().await? {
        for request in &requests {
            states.insert(request.id, request.state);
            match verify_one(store, request).await {
                Ok(events) => found.events += events,
                Err(fault) => found.faults.push(fault),
            }
        }
    }
    found.requests = states.len() as u64;
    found.faults.extend(misfiled(store, &states).await?);
    Ok(found)
}

/// Checks one request's chain, and that its present state is the fold of it. Answers how many events it has.
///
/// # Errors
/// What is not as it was written, in a sentence.
pub async fn verify_one(store: &dyn RequestStore, listed: &Request) -> Result<u64, String> {
    let id = listed.id;
    let (request, history) = at_rest(store, listed).await.map_err(|error| format!("{id}: {error}"))?;
    verify_chain(&history).map_err(|broken| broken.to_string())?;
    let folded = Request::fold(&history).map_err(|error| format!("{id}: {error}"))?;
    if folded != request {
        return Err(format!("{id}: the stored state is not what its events lead to"));
    }
    Ok(history.len() as u64)
}

/// A request and its history as of one moment: read again while one is ahead of the other.
async fn at_rest(store: &dyn RequestStore, listed: &Request) -> Stored<(Request, Vec<Recorded>)> {
    let mut request = listed.clone();
    let mut history = store.history(listed.id, 0).await?;
    for _ in 0..READ_AGAIN {
        if history.last().is_some_and(|last| last.seq == request.head.seq) {
            break;
        }
        request = store.load(listed.id).await?;
        history = store.history(listed.id, 0).await?;
    }
    Ok((request, history))
}

/// The requests that are listed under another state than their own: lists and the queue would pass them over.
async fn misfiled(store: &dyn RequestStore, states: &BTreeMap<RequestId, State>) -> Stored<Vec<String>> {
    let mut unseen = states.clone();
    for state in State::ALL {
        let mut pages = Pages::of(store, Filter { state: Some(state), requester: None });
        while let Some(requests) = pages.next().await? {
            for request in &requests {
                if unseen.get(&request.id) == Some(&state) {
                    unseen.remove(&request.id);
                }
            }
        }
    }
    let mut faults = Vec::new();
    for (id, state) in unseen {
        // One that moved on while we were reading is where it should be.
        if store.load(id).await?.state == state {
            faults.push(format!("{id}: not listed among the requests that are {}", state.word()));
        }
    }
    Ok(faults)
}
