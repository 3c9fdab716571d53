//! Tells people: approvers that they are asked, requesters how it went.

use std::collections::BTreeSet;

use crate::domain::ids::RequestId;
use crate::domain::job::{ClaimedJob, JobKind, NewJob, Settlement};
use crate::domain::person::same_mailbox;
use crate::domain::policy::Asked;
use crate::domain::request::{Request, State};
use crate::ports::chat::MessageRef;
use crate::ports::mail::{Mail, MailError};
use crate::say;
use crate::service::slack::{self, SlackTrouble};

use super::{Trouble, Worker};

impl From<MailError> for Trouble {
    fn from(error: MailError) -> Self {
        match error {
            MailError::Unavailable(_) => Self::Later(error.to_string()),
            MailError::Refused(_) => Self::Never(error.to_string()),
        }
    }
}

impl Worker {
    /// Promises one personal mail for everyone who may decide now.
    pub(super) async fn ask_approvers(
        &self,
        id: RequestId,
        reminder: u32,
        extra: &[String],
    ) -> Result<Option<Settlement>, Trouble> {
        let request = self.service.store.load(id).await?;
        if request.state != State::Pending {
            return Ok(Some(Settlement::Done));
        }
        for approver in self.to_be_asked(&request, extra) {
            let key = format!("mail-approver/{id}/{reminder}/{approver}");
            let kind = JobKind::MailApprover { request: id, approver, reminder };
            self.service.store.promise(NewJob { key, kind, due_at: self.service.clock.now() }).await?;
        }
        self.service.bell.notify_waiters();
        Ok(Some(Settlement::Done))
    }

    /// The policy's approvers and their stand-ins, less those who have said yes.
    fn to_be_asked(&self, request: &Request, extra: &[String]) -> BTreeSet<String> {
        let asked = Asked::about(request);
        let requirement = self.service.policy.requirement(&asked);
        let everyone = requirement.approvers.into_iter().chain(asked.others(extra));
        everyone.map(|email| email.to_ascii_lowercase()).filter(|email| !has_said_yes(request, email)).collect()
    }

    /// A mail that comes late must not ask for what is decided, over, or said already.
    fn can_still_decide(&self, request: &Request, approver: &str) -> bool {
        let in_time = self.service.clock.now() < request.submission.expires_at;
        request.state == State::Pending && in_time && !has_said_yes(request, approver)
    }

    pub(super) async fn mail_approver(
        &self,
        key: &str,
        id: RequestId,
        approver: &str,
        reminder: u32,
    ) -> Result<Option<Settlement>, Trouble> {
        let request = self.service.store.load(id).await?;
        if !self.can_still_decide(&request, approver) {
            return Ok(Some(Settlement::Done));
        }
        let link = self.service.link_for(&request, approver);
        let view = self.service.view(request).await?;
        let (subject, text) = say::mail::approval_request(&view, &link, approver, reminder);
        self.send(Mail { key: key.to_owned(), to: approver.to_owned(), subject, text }).await
    }

    pub(super) async fn mail_requester(
        &self,
        key: &str,
        id: RequestId,
        state: State,
    ) -> Result<Option<Settlement>, Trouble> {
        let request = self.service.store.load(id).await?;
        if state == State::Approved && request.state.is_terminal() {
            // "You get one more mail" would come behind that mail.
            return Ok(Some(Settlement::Done));
        }
        let page = self.service.page_for(&request);
        let view = self.service.view(request).await?;
        let (subject, text) = say::mail::outcome(&view, state, &page);
        let to = view.requester.email.clone();
        self.send(Mail { key: key.to_owned(), to, subject, text }).await
    }

    async fn send(&self, mail: Mail) -> Result<Option<Settlement>, Trouble> {
        self.mailer.send(&mail).await?;
        Ok(Some(Settlement::Done))
    }

    /// Brings the chat messages about a request up to date.
    pub(super) async fn refresh_chat(&self, id: RequestId) -> Result<Option<Settlement>, Trouble> {
        if self.service.chat.is_none() {
            // Promised while Slack was still configured.
            return Ok(Some(Settlement::Done));
        }
        self.settled(slack::refresh(&self.service, id).await)
    }

    /// Takes the buttons off a question in Slack.
    pub(super) async fn close_question(
        &self,
        channel: &str,
        ts: &str,
        text: &str,
    ) -> Result<Option<Settlement>, Trouble> {
        let at = MessageRef { channel: channel.to_owned(), ts: ts.to_owned() };
        self.settled(slack::close_question(&self.service, &at, text).await)
    }

    /// Works through one Slack body that was acknowledged.
    pub(super) async fn slack(
        &self,
        job: &ClaimedJob,
        surface: &str,
        body: &str,
    ) -> Result<Option<Settlement>, Trouble> {
        self.settled(slack::handle(&self.service, surface, body, job.attempts).await)
    }

    /// Slack says itself how long to wait when it is asked too much.
    fn settled(&self, outcome: Result<(), SlackTrouble>) -> Result<Option<Settlement>, Trouble> {
        match outcome {
            Ok(()) => Ok(Some(Settlement::Done)),
            Err(SlackTrouble::Never(reason)) => Err(Trouble::Never(reason)),
            Err(SlackTrouble::Later { error, seconds: None }) => Err(Trouble::Later(error)),
            Err(SlackTrouble::Later { error, seconds: Some(seconds) }) => {
                let now = self.service.clock.now();
                let wait = jiff::SignedDuration::from_secs(i64::try_from(seconds.min(600)).unwrap_or(600));
                let due_at = now.checked_add(wait).unwrap_or(now);
                Ok(Some(Settlement::Retry { due_at, error }))
            }
        }
    }
}

fn has_said_yes(request: &Request, email: &str) -> bool {
    request.decisions.iter().any(|decision| same_mailbox(&decision.by, email))
}
