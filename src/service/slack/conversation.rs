//! Messages and mentions: a turn of conversation each, answered where they were said.

use sha2::{Digest, Sha256};

use super::desk::{Desk, Person, words as plain_words};
use super::incoming::Said;
use super::{SlackTrouble, words};
use crate::domain::person::SlackUser;
use crate::domain::spec::hex;
use crate::ports::chat::Place;
use crate::ports::dialogue::SessionKey;
use crate::ports::store::{NewValue, StoreError};

impl Desk<'_> {
    pub(super) async fn said(&self, said: Said) -> Result<(), SlackTrouble> {
        let me = self.chat.myself().await?;
        if said.user.user == me.user {
            return Ok(());
        }
        let scene = self.scene(&said);
        let mention = said.mention || words::mentions(&said.text, &me.user);
        if !(said.direct || mention || self.takes_part(&scene.session).await?) {
            return Ok(());
        }
        // A mention in a joined channel arrives as two events with two ids.
        if !self.claim(&message_name(&said)).await? {
            return Ok(());
        }
        let text = words::plain(&said.text, Some(&me.user));
        let text = if text.is_empty() { "help" } else { text.as_str() };
        match self.person(&said.user).await? {
            Ok(who) => self.answer(&who, scene, text).await,
            Err(sentence) => self.post(&scene.place, sentence).await,
        }
    }

    /// Takes a turn and answers where it was said.
    pub(super) async fn answer(&self, who: &Person, scene: Scene, text: &str) -> Result<(), SlackTrouble> {
        let answer = self.turn(who, scene.session.clone(), text).await?;
        self.say_to(&scene.session, &scene.place, &answer).await?;
        if scene.shared { self.take_part(&scene.session).await } else { Ok(()) }
    }

    async fn post(&self, place: &Place, sentence: &str) -> Result<(), SlackTrouble> {
        let message = plain_words(sentence.to_owned());
        self.chat.post(&self.delivery, place, &message).await?;
        Ok(())
    }

    fn scene(&self, said: &Said) -> Scene {
        if said.direct {
            return self.direct_scene(&said.user, &said.channel, said.thread.clone());
        }
        let thread = said.thread.clone().unwrap_or_else(|| said.ts.clone());
        self.shared_scene(&said.user, &said.channel, thread)
    }

    /// A conversation in the direct messages with `user`.
    pub(super) fn direct_scene(&self, user: &SlackUser, channel: &str, thread: Option<String>) -> Scene {
        let session = self.session(user, thread.as_deref().map(|thread| (channel, thread)));
        Scene { session, place: Place::Channel { id: channel.to_owned(), thread }, shared: false }
    }

    /// A conversation with `user` in a channel's thread.
    pub(super) fn shared_scene(&self, user: &SlackUser, channel: &str, thread: String) -> Scene {
        let session = self.session(user, Some((channel, &thread)));
        Scene { session, place: Place::Channel { id: channel.to_owned(), thread: Some(thread) }, shared: true }
    }

    /// Whether this person talked to the bot in this thread lately.
    pub(super) async fn takes_part(&self, session: &SessionKey) -> Result<bool, SlackTrouble> {
        Ok(self.service.store.get(&part_key(session), self.now()).await?.is_some())
    }

    async fn take_part(&self, session: &SessionKey) -> Result<(), SlackTrouble> {
        let part = NewValue { expires_at: self.forgotten_at(), ..NewValue::lasting(part_key(session), "") };
        match self.service.store.put(part, self.now()).await {
            Ok(()) | Err(StoreError::Conflict) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

/// One person's conversation in one place.
pub(super) struct Scene {
    pub(super) session: SessionKey,
    pub(super) place: Place,
    /// Whether others read it too.
    pub(super) shared: bool,
}

fn part_key(session: &SessionKey) -> String {
    format!("slack/part/{}", session.0)
}

/// Names a message however many events tell of it.
fn message_name(said: &Said) -> String {
    let parts = [&said.user.team, &said.channel, &said.user.user, &said.ts, &said.text];
    let joined = parts.map(String::as_str).join("\0");
    format!("message/{}", hex(&Sha256::digest(joined)))
}
