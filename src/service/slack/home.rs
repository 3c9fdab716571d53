//! The home page: my requests, and those waiting for me.

use super::SlackTrouble;
use super::desk::Desk;
use crate::domain::person::SlackUser;
use crate::ports::chat::Home;
use crate::service::Wanted;

/// Requests shown in each list.
const SHOWN: usize = 10;

impl Desk<'_> {
    pub(super) async fn show_home(&self, user: &SlackUser) -> Result<(), SlackTrouble> {
        let page = match self.person(user).await? {
            Ok(who) => {
                let requester = Some(who.requester.email.clone());
                let mine = self.service.list(Wanted { requester, limit: SHOWN, ..Wanted::default() }).await?;
                let viewer = self.service.viewer(&who.actor, false).await;
                let wanted = Wanted { limit: SHOWN, ..Wanted::default() };
                let waiting = self.service.list_waiting(&viewer, wanted).await?;
                Home { mine: mine.requests, waiting: waiting.requests }
            }
            // Somebody who cannot be served sees an empty page; asking tells them why.
            Err(_) => Home::default(),
        };
        self.chat.publish_home(user, &page).await?;
        Ok(())
    }
}
