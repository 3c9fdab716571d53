//! Pressed buttons. What a button means is in its action id; who may press it
//! is asked of the policy at that moment, like everywhere.

use super::SlackTrouble;
use super::desk::{Desk, Person};
use super::incoming::Pressed;
use crate::ports::chat::{Aside, button};
use crate::say::chat as say;
use crate::service::{Decide, ServiceError};

impl Desk<'_> {
    pub(super) async fn pressed(&self, it: Pressed) -> Result<(), SlackTrouble> {
        let aside = Aside { response_url: it.response_url.clone(), channel: it.channel.clone(), user: it.user.clone() };
        if it.action == button::FORM {
            return self.open_request_form(&it.trigger, &aside).await;
        }
        if it.action == button::SET_FORM {
            return self.open_set_form(&it.user, &it.trigger, &aside).await;
        }
        let who = match self.person(&it.user).await? {
            Ok(who) => who,
            Err(sentence) => return self.whisper(&aside, sentence).await,
        };
        match it.action.as_str() {
            button::DENY => self.ask_reason(&it.value, &who, &aside, &it.trigger).await,
            button::APPROVE => {
                let answer = self.decide(&it.value, &who, Decide::Approve { reason: None }).await;
                self.done(&it, &aside, answer).await
            }
            button::CANCEL | button::ABANDON => {
                let answer = self.take_back(&it.value, &who, None).await;
                self.done(&it, &aside, answer).await
            }
            button::RETRY => {
                let answer = self.run_again(&it.value, &who).await;
                self.done(&it, &aside, answer).await
            }
            action if action.starts_with(button::SAY) => self.chosen(&it, &aside, &who).await,
            // A button of an older version of this program.
            _ => Ok(()),
        }
    }

    /// Tells the person what came of it, and brings the page they pressed it on up to date.
    async fn done(
        &self,
        it: &Pressed,
        aside: &Aside,
        answer: Result<String, ServiceError>,
    ) -> Result<(), SlackTrouble> {
        let words = match answer {
            Ok(words) => words,
            Err(error) => self.sentence(error)?,
        };
        self.whisper(aside, words).await?;
        if it.channel.is_empty() { self.show_home(&it.user).await } else { Ok(()) }
    }

    /// An answer chosen by button is said as if it were typed there, while its question is open.
    async fn chosen(&self, it: &Pressed, aside: &Aside, who: &Person) -> Result<(), SlackTrouble> {
        let scene = match &it.thread {
            _ if it.channel.starts_with('D') => Some(self.direct_scene(&it.user, &it.channel, it.thread.clone())),
            Some(thread) => Some(self.shared_scene(&it.user, &it.channel, thread.clone())),
            None => None,
        };
        let session = scene.as_ref().map_or_else(|| self.session(&it.user, None), |scene| scene.session.clone());
        if scene.as_ref().is_some_and(|scene| scene.shared) && !self.takes_part(&session).await? {
            return self.whisper(aside, say::NOT_YOUR_QUESTION).await;
        }
        // A repeated copy of a press that was taken is no press on an old question.
        if self.answered().await?.is_none() && !self.is_open(&session, &it.row).await? {
            return self.whisper(aside, say::QUESTION_IS_OVER).await;
        }
        match scene {
            Some(scene) => self.answer(who, scene, &it.value).await,
            None => self.talk_aside(who, aside, &it.value).await,
        }
    }
}
