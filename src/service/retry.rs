//! Run a failed step again; never a step before it.

use crate::domain::ids::RequestId;
use crate::domain::person::Actor;
use crate::domain::policy::Asked;
use crate::domain::request::Command;
use crate::say::view::RequestView;

use super::change::only_with_its_set;
use super::{Service, ServiceError};

impl Service {
    /// Runs the failed step again. The requester, an approver or an operator may.
    ///
    /// # Errors
    /// [`ServiceError::Refused`] when nothing failed or a retry cannot help.
    pub async fn retry(&self, id: RequestId, actor: &Actor) -> Result<RequestView, ServiceError> {
        let groups = self.groups_of(actor).await;
        let request = self
            .change(id, actor, |request, now| {
                only_with_its_set(request)?;
                let submission = &request.submission;
                let asked = Asked::of(&submission.spec, &submission.requester);
                let may = actor.is(&submission.requester)
                    || actor.operates()
                    || self.policy.may_decide(actor, &groups, &asked).is_ok();
                if !may {
                    let sentence = "Only the person who asked and the approvers may retry this request.";
                    return Err(ServiceError::NotAllowed(sentence.to_owned()));
                }
                Ok(request.handle(Command::Retry, actor, now).map_err(ServiceError::Refused)?.into())
            })
            .await?;
        self.view(request).await
    }
}
