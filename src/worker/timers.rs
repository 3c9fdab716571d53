//! Expiry and reminders: promised when the request was made, judged when due.

use crate::domain::ids::RequestId;
use crate::domain::job::{ClaimedJob, Settlement};
use crate::domain::person::Actor;
use crate::domain::policy::Asked;
use crate::domain::request::{Command, Refusal, Request};
use crate::service::Change;

use super::{Trouble, Worker};

impl Worker {
    /// Closes a request nobody decided in time.
    pub(super) async fn expire(&self, job: &ClaimedJob, id: RequestId) -> Result<Option<Settlement>, Trouble> {
        let request = self.service.store.load(id).await?;
        if self.service.clock.now() < request.submission.expires_at {
            return Ok(Some(Settlement::Again { due_at: request.submission.expires_at }));
        }
        self.command(job, request, Command::Expire).await
    }

    /// Reminds the approvers; from the policy's number on, their stand-ins too.
    pub(super) async fn remind(
        &self,
        job: &ClaimedJob,
        id: RequestId,
        nth: u32,
    ) -> Result<Option<Settlement>, Trouble> {
        let request = self.service.store.load(id).await?;
        let asked = Asked::about(&request);
        let escalation = self.service.policy.requirement(&asked).escalation;
        let to = escalation.filter(|escalation| nth >= escalation.after_reminder).map(|e| e.to).unwrap_or_default();
        self.command(job, request, Command::Remind { to }).await
    }

    /// Records what a timer does, with the timer's own end in the same write.
    async fn command(
        &self,
        job: &ClaimedJob,
        request: Request,
        command: Command,
    ) -> Result<Option<Settlement>, Trouble> {
        let (now, actor) = (self.service.clock.now(), Actor::system());
        let event = match request.handle(command, &actor, now) {
            Ok(event) => event,
            // Decided or expired meanwhile: the timer has nothing left to do.
            Err(Refusal::AlreadyDecided(_) | Refusal::NotNow(_) | Refusal::TooLate { .. }) => {
                return Ok(Some(Settlement::Done));
            }
            Err(refusal) => return Err(Trouble::Never(refusal.word().to_owned())),
        };
        let mut change = Change::on(request);
        let terms = self.service.terms(Vec::new());
        change.event(now, &actor, event, &terms)?;
        change.settle(job.key.clone(), job.lease.clone(), Settlement::Done);
        self.service.write(change).await?;
        Ok(None)
    }
}
