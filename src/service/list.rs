//! List requests, newest first, page by page.

use crate::domain::ids::RequestId;
use crate::domain::person::Actor;
use crate::domain::policy::Asked;
use crate::domain::request::State;
use crate::ports::store::Filter;
use crate::say::view::RequestView;

use super::{Service, ServiceError};

/// Which requests are wanted.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// In this state.
    pub state: Option<State>,
    /// By this requester's e-mail.
    pub requester: Option<String>,
    /// Older than this one.
    pub before: Option<RequestId>,
    /// At most this many, 1–100.
    pub limit: usize,
}

/// A page of requests.
#[derive(Debug)]
pub struct Listing {
    /// Newest first.
    pub requests: Vec<RequestView>,
    /// Give this as `before` for the next page.
    pub next: Option<RequestId>,
}

impl Service {
    /// One page.
    pub async fn list(&self, wanted: Wanted) -> Result<Listing, ServiceError> {
        let filter = Filter { state: wanted.state, requester: wanted.requester.map(|e| e.trim().to_ascii_lowercase()) };
        let page = self.store.list(&filter, wanted.before, wanted.limit.clamp(1, 100)).await?;
        let mut requests = Vec::with_capacity(page.requests.len());
        for request in page.requests {
            requests.push(self.view(request).await?);
        }
        Ok(Listing { requests, next: page.next })
    }

    /// Undecided requests this person may decide on, oldest last, at most `limit`.
    pub async fn waiting_for(&self, actor: &Actor, limit: usize) -> Result<Vec<RequestView>, ServiceError> {
        let groups = self.groups_of(actor).await;
        let filter = Filter { state: Some(State::Pending), requester: None };
        let page = self.store.list(&filter, None, 100).await?;
        let mut waiting = Vec::new();
        for request in page.requests {
            let asked = Asked::of(&request.submission.spec, &request.submission.requester);
            if self.policy.may_decide(actor, &groups, &asked).is_ok() {
                waiting.push(self.view(request).await?);
            }
            if waiting.len() == limit {
                break;
            }
        }
        Ok(waiting)
    }
}
