//! Take a request back, or give a failed one up.

use crate::domain::ids::RequestId;
use crate::domain::person::Actor;
use crate::domain::policy::Asked;
use crate::domain::request::{Command, State};
use crate::say::view::RequestView;

use super::change::{Judged, only_with_its_set};
use super::decide::written;
use super::{Service, ServiceError};

impl Service {
    /// Cancels an undecided request, or abandons a failed one. The requester and
    /// operators may; approvers may give up a failed one.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`] for who may not see it, [`ServiceError::NotAllowed`] for other approvers,
    /// [`ServiceError::Refused`] once it was decided.
    pub async fn cancel(
        &self,
        id: RequestId,
        actor: &Actor,
        reason: Option<String>,
    ) -> Result<RequestView, ServiceError> {
        let reason = written(reason)?;
        let viewer = self.viewer(actor, actor.operates()).await;
        self.find_for(&viewer, &id.to_string()).await?;
        let groups = self.groups_of(actor).await;
        let request = self
            .change(id, actor, |request, now| {
                only_with_its_set(request)?;
                let submission = &request.submission;
                let theirs = actor.is(&submission.requester) || actor.operates();
                let may_give_up = || {
                    let allowed = || self.policy.may_decide(actor, &groups, &Asked::about(request)).is_ok();
                    request.state == State::Failed && allowed()
                };
                if !theirs && !may_give_up() {
                    return Err(ServiceError::NotAllowed(
                        "Only the person who asked may cancel this request.".to_owned(),
                    ));
                }
                let command = Command::Cancel { reason: reason.clone() };
                let event = request.handle(command, actor, now).map_err(ServiceError::Refused)?;
                let not_after = (request.state == State::Pending).then_some(submission.expires_at);
                Ok(Judged { events: vec![event], not_after })
            })
            .await?;
        self.view(request).await
    }
}
