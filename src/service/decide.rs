//! Approve or deny: the policy is asked at this moment, one decision wins (P4, P6, P7).

use crate::domain::ids::RequestId;
use crate::domain::link::LinkError;
use crate::domain::person::{Actor, Channel};
use crate::domain::policy::Asked;
use crate::domain::preflight::Checklist;
use crate::domain::request::{Command, Refusal, Request};
use crate::domain::spec::SpecHash;
use crate::domain::{link, validate};
use crate::ports::store::StoreError;
use crate::say::view::RequestView;

use super::change::{Judged, only_with_its_set};
use super::{Service, ServiceError};

/// What an approver says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decide {
    /// Yes.
    Approve {
        /// What they wrote.
        reason: Option<String>,
    },
    /// No.
    Deny {
        /// Why; told to the requester.
        reason: String,
    },
}

/// How it ended.
#[derive(Debug)]
pub struct Decided {
    /// The request now.
    pub view: RequestView,
    /// Whether this call changed anything; if not, `said` tells who was first.
    pub changed: bool,
    /// A sentence for the person.
    pub said: String,
}

/// A personal link that is good.
pub struct OpenedLink {
    /// Whom it was sent to.
    pub approver: Actor,
    /// Whether its time is over: it shows the request, but decides nothing.
    pub expired: bool,
    /// The request.
    pub view: RequestView,
}

impl Service {
    /// Records an approver's word, or tells who was first.
    ///
    /// # Errors
    /// [`ServiceError::NotAllowed`] when the policy does not allow them now.
    pub async fn decide(&self, id: RequestId, actor: &Actor, say: Decide) -> Result<Decided, ServiceError> {
        let groups = self.groups_of(actor).await;
        let judged = self.change(id, actor, |request, now| {
            only_with_its_set(request)?;
            let asked = Asked::about(request);
            let rule = self
                .policy
                .may_decide(actor, &groups, &asked)
                .map_err(|no| ServiceError::NotAllowed(no.to_string()))?;
            let needed = self.policy.requirement(&asked).approvals;
            let command = command(say.clone(), rule, needed)?;
            let event = request.handle(command, actor, now).map_err(ServiceError::Refused)?;
            Ok(Judged { events: vec![event], not_after: Some(request.submission.expires_at) })
        });
        match judged.await {
            Ok(request) => self.decided(request, true, None).await,
            Err(ServiceError::Refused(refusal @ (Refusal::AlreadyDecided(_) | Refusal::AlreadyApprovedByYou))) => {
                let request = self.store.load(id).await?;
                self.decided(request, false, Some(super::error::refusal_words(&refusal))).await
            }
            Err(error) => Err(error),
        }
    }

    async fn decided(&self, request: Request, changed: bool, said: Option<String>) -> Result<Decided, ServiceError> {
        let said = said.unwrap_or_else(|| crate::say::decision_made(&request));
        Ok(Decided { view: self.view(request).await?, changed, said })
    }

    /// The policy's Slack groups that the actor is in. An unreachable chat means none: it fails closed.
    pub(crate) async fn groups_of(&self, actor: &Actor) -> Vec<String> {
        let (Some(chat), Some(user)) = (&self.chat, &actor.slack) else { return Vec::new() };
        let mut groups = Vec::new();
        for group in self.policy.slack_groups() {
            match chat.group_members(&group).await {
                Ok(members) if members.contains(&user.user) => groups.push(group),
                Ok(_) => {}
                Err(error) => tracing::warn!(%group, %error, "user group could not be read; it approves nobody now"),
            }
        }
        groups
    }

    /// Opens a personal link from a mail. Changes nothing.
    ///
    /// # Errors
    /// [`ServiceError::BadLink`] for a link that is forged or for another request.
    pub async fn open_link(&self, id: RequestId, token: &str) -> Result<OpenedLink, ServiceError> {
        let (request, approver, expired) = self.linked(id, token).await?;
        let approver = Actor::person(&approver, Channel::Mail);
        Ok(OpenedLink { approver, expired, view: self.view(request).await? })
    }

    /// What a personal link leads to, whom it was sent to, and whether its time is over.
    pub(super) async fn linked(&self, id: RequestId, token: &str) -> Result<(Request, String, bool), ServiceError> {
        let request = self.linked_to(id).await?;
        let hash = link_hash(&request);
        let (approver, expired) = match link::open(&self.settings.link_key, token, id, hash, self.clock.now()) {
            Ok(opened) => (opened.approver, false),
            // Genuine: whoever got it may still read who decided and when.
            Err(LinkError::Expired { approver, .. }) => (approver, true),
            Err(error @ LinkError::NotGenuine) => return Err(ServiceError::BadLink(error.to_string())),
        };
        Ok((request, approver, expired))
    }

    /// The request a link names. Requests are never removed, so no genuine link leads to none; whoever made one
    /// up is not told that there is none.
    pub(super) async fn linked_to(&self, id: RequestId) -> Result<Request, ServiceError> {
        self.store.load(id).await.map_err(|error| match error {
            StoreError::NotFound => ServiceError::BadLink(LinkError::NotGenuine.to_string()),
            error => error.into(),
        })
    }

    /// The personal link for one approver.
    #[must_use]
    pub fn link_for(&self, request: &Request, approver: &str) -> String {
        format!("{}/account/confirm/{}?t={}", self.settings.public_url, request.id, self.token(request, approver))
    }

    /// The page that shows a request to the person who asked, wherever tokens are required too.
    #[must_use]
    pub fn page_for(&self, request: &Request) -> String {
        let token = self.token(request, &request.submission.requester.email);
        format!("{}/requests/{}?t={token}", self.settings.public_url, request.id)
    }

    fn token(&self, request: &Request, person: &str) -> String {
        let submission = &request.submission;
        link::issue(&self.settings.link_key, request.id, person, link_hash(request), submission.expires_at)
    }
}

/// Links were sent before parameters were changed, and decide nothing any more: they stay good for looking.
pub(super) fn link_hash(request: &Request) -> &SpecHash {
    request.first_hash.as_ref().unwrap_or(&request.submission.hash)
}

fn command(say: Decide, rule: String, needed: u32) -> Result<Command, ServiceError> {
    match say {
        Decide::Approve { reason } => Ok(Command::Approve { reason: written(reason)?, rule, needed }),
        Decide::Deny { reason } => Ok(Command::Deny { reason: validate::reason(&reason).map_err(unfit)?, rule }),
    }
}

/// What somebody wrote of their own accord: nothing at all is fine, and nothing of it is dropped unsaid.
///
/// # Errors
/// [`ServiceError::Invalid`] with what is wrong with it.
pub(super) fn written(reason: Option<String>) -> Result<Option<String>, ServiceError> {
    let said = reason.filter(|text| !text.trim().is_empty());
    said.map(|text| validate::reason(&text)).transpose().map_err(unfit)
}

fn unfit(sentence: String) -> ServiceError {
    let mut checklist = Checklist::default();
    checklist.fail("reason", sentence);
    ServiceError::Invalid(checklist)
}
