//! Who may look at which requests: operators at all of them, everybody else at
//! their own and at those they may decide.

use crate::domain::ids::RequestId;
use crate::domain::person::{Actor, same_email};
use crate::domain::policy::{Asked, NotAllowed};
use crate::domain::request::{Request, State};
use crate::ports::store::Filter;
use crate::say::view::RequestView;

use super::{Listing, Service, ServiceError, Wanted};

/// Requests read from the store for one page at most. Who may see little of much
/// gets short pages and asks for the next one.
const MOST_READ: usize = 1000;
/// Requests read from the store at a time.
const READ_AT_ONCE: usize = 100;

/// Somebody who looks.
#[derive(Debug, Clone)]
pub struct Viewer {
    /// Who.
    pub actor: Actor,
    /// Whether they may see every request.
    pub sees_everything: bool,
    /// The policy's chat groups they are in.
    groups: Vec<String>,
}

impl Viewer {
    fn may_see(&self, service: &Service, request: &Request) -> bool {
        self.sees_everything
            || self.actor.is(&request.submission.requester)
            || self.may_decide(service, request).is_ok()
    }

    fn may_decide(&self, service: &Service, request: &Request) -> Result<String, NotAllowed> {
        let asked = Asked::about(request);
        service.policy.may_decide(&self.actor, &self.groups, &asked)
    }

    /// Whether the request waits for their word.
    fn is_waited_for(&self, service: &Service, request: &Request) -> bool {
        let said_so = request.decisions.iter().any(|decision| same_email(&decision.by, &self.actor.email));
        request.state == State::Pending && !said_so && self.may_decide(service, request).is_ok()
    }
}

/// A request somebody came to decide on.
pub struct ComeTo {
    /// The request.
    pub view: RequestView,
    /// Why they may not decide on it now, if they may not.
    pub refusal: Option<String>,
}

const SOMEBODY_ELSES: &str =
    "This link was sent to somebody else. Open the one in your own mail, or sign in as the person it was sent to.";

impl Service {
    /// Somebody who looks, with the groups they are in now.
    pub async fn viewer(&self, actor: &Actor, sees_everything: bool) -> Viewer {
        let groups = self.groups_of(actor).await;
        Viewer { actor: actor.clone(), sees_everything, groups }
    }

    /// Finds the request a person means, among those they may see.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`] also for a request that is not theirs to see.
    pub async fn find_for(&self, viewer: &Viewer, text: &str) -> Result<Request, ServiceError> {
        let candidates = match self.find(text).await {
            Ok(id) => vec![id],
            Err(ServiceError::Ambiguous(ids)) => ids,
            Err(error) => return Err(error),
        };
        let mut seen = Vec::new();
        for id in candidates {
            let request = self.store.load(id).await?;
            if viewer.may_see(self, &request) {
                seen.push(request);
            }
        }
        match (seen.pop(), seen.is_empty()) {
            (None, _) => Err(ServiceError::NotFound),
            (Some(request), true) => Ok(request),
            (Some(request), false) => {
                let ids = seen.iter().map(|other| other.id).chain([request.id]);
                Err(ServiceError::Ambiguous(ids.collect()))
            }
        }
    }

    /// [`Self::find_for`], as people and programs see it.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`] also for a request that is not theirs to see.
    pub async fn show_to(&self, viewer: &Viewer, text: &str) -> Result<RequestView, ServiceError> {
        let request = self.find_for(viewer, text).await?;
        self.view(request).await
    }

    /// A request as somebody who signed in comes to decide on it: by its id where they may see it, or by
    /// the link that was sent to them. Changes nothing.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`] for a request that is not theirs to see, [`ServiceError::BadLink`] for a
    /// forged link, [`ServiceError::NotAllowed`] for a link that was sent to somebody else.
    pub async fn come_to(&self, viewer: &Viewer, id: RequestId, token: &str) -> Result<ComeTo, ServiceError> {
        let request = if token.is_empty() {
            self.find_for(viewer, &id.to_string()).await?
        } else {
            let (request, approver, _) = self.linked(id, token).await?;
            if !same_email(&approver, &viewer.actor.email) {
                return Err(ServiceError::NotAllowed(SOMEBODY_ELSES.to_owned()));
            }
            request
        };
        let refusal = viewer.may_decide(self, &request).err().map(|no| no.to_string());
        Ok(ComeTo { view: self.view(request).await?, refusal })
    }

    /// One page of what the viewer may see, newest first.
    pub async fn list_for(&self, viewer: &Viewer, wanted: Wanted) -> Result<Listing, ServiceError> {
        if viewer.sees_everything {
            return self.list(wanted).await;
        }
        self.gather(wanted, |request| viewer.may_see(self, request)).await
    }

    /// One page of the requests that wait for the viewer's decision, newest first.
    pub async fn list_waiting(&self, viewer: &Viewer, wanted: Wanted) -> Result<Listing, ServiceError> {
        let wanted = Wanted { state: Some(State::Pending), ..wanted };
        self.gather(wanted, |request| viewer.is_waited_for(self, request)).await
    }

    /// Reads on until the page is full, the store is read through, or enough was read.
    pub(super) async fn gather(
        &self,
        wanted: Wanted,
        fits: impl Fn(&Request) -> bool,
    ) -> Result<Listing, ServiceError> {
        let limit = wanted.limit.clamp(1, READ_AT_ONCE);
        let requester = wanted.requester.map(|email| email.trim().to_ascii_lowercase());
        let filter = Filter { state: wanted.state, requester };
        let (mut found, mut before): (Vec<Request>, Option<RequestId>) = (Vec::new(), wanted.before);
        let mut more = true;
        for _ in 0..MOST_READ / READ_AT_ONCE {
            let page = self.store.list(&filter, before, READ_AT_ONCE).await?;
            more = page.next.is_some();
            for request in page.requests {
                if found.len() == limit {
                    more = true;
                    break;
                }
                before = Some(request.id);
                let shown = request.membership().is_none() && fits(&request);
                found.extend(shown.then_some(request));
            }
            if !more || found.len() == limit {
                break;
            }
        }
        Ok(Listing { requests: self.views(found).await?, next: before.filter(|_| more) })
    }
}
