//! List requests, newest first, page by page. The accounts of a set are shown with
//! their set and not on lines of their own.

use crate::domain::ids::RequestId;
use crate::domain::request::{Request, State};
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
        self.gather(wanted, |_| true).await
    }

    /// Requests as people and programs see them.
    pub(super) async fn views(&self, requests: Vec<Request>) -> Result<Vec<RequestView>, ServiceError> {
        let mut views = Vec::with_capacity(requests.len());
        for request in requests {
            views.push(self.view(request).await?);
        }
        Ok(views)
    }
}
