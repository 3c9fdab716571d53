//! What every kind of delivery needs: who it is, where answers go, what was
//! answered before.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::SlackTrouble;
use crate::domain::person::{Actor, Channel, Requester, SlackUser};
use crate::ports::chat::{Aside, Chat, ChatError, Message};
use crate::ports::dialogue::SessionKey;
use crate::ports::store::{NewValue, StoreError};
use crate::say::chat as say;
use crate::service::{Service, ServiceError, Speaker};

/// How often a passing trouble is tried again before the person is told.
const PATIENCE: u32 = 3;
/// Slack gives up redelivering long before.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(48);

/// One delivery being worked through.
pub(super) struct Desk<'a> {
    pub(super) service: &'a Service,
    pub(super) chat: &'a dyn Chat,
    /// Counts from 1.
    pub(super) attempt: u32,
    /// Names the delivery for ever.
    pub(super) delivery: String,
}

/// A Slack user as the rest of the program knows people.
#[derive(Clone)]
pub(super) struct Person {
    pub(super) requester: Requester,
    pub(super) actor: Actor,
}

/// What was answered, kept so that a repeated delivery takes no second turn.
#[derive(Serialize, Deserialize)]
pub(super) struct Answered {
    text: String,
    choices: Vec<String>,
    #[serde(default)]
    form: bool,
    #[serde(default)]
    question: Option<String>,
}

impl Desk<'_> {
    /// Who a user is, or the sentence why they cannot be served.
    pub(super) async fn person(&self, user: &SlackUser) -> Result<Result<Person, &'static str>, SlackTrouble> {
        let profile = match self.chat.profile(user).await {
            Ok(profile) => profile,
            Err(ChatError::Refused(word)) if word == "no_email_in_profile" => return Ok(Err(say::NO_EMAIL)),
            Err(ChatError::Refused(word)) => {
                tracing::info!(%word, "a Slack user is not served");
                return Ok(Err(say::NOT_ONE_OF_US));
            }
            Err(error) => return Err(error.into()),
        };
        let slack = Some(user.clone());
        let actor = Actor { slack: slack.clone(), ..Actor::person(&profile.email, Channel::Slack) };
        let requester =
            Requester { email: profile.email, first_name: profile.first_name, last_name: profile.last_name, slack };
        Ok(Ok(Person { requester, actor }))
    }

    /// The key of one person's conversation in one place: nobody can guess it,
    /// and no other person, workspace, channel or thread has the same.
    /// Direct messages and `/account` share one, whatever the conversation's id.
    pub(super) fn session(&self, user: &SlackUser, place: Option<(&str, &str)>) -> SessionKey {
        let (channel, thread) = place.unwrap_or(("direct", ""));
        self.service.session_key(&["slack", &user.team, channel, thread, &user.user])
    }

    /// Takes a turn of conversation, once for all copies of this delivery.
    pub(super) async fn turn(&self, who: &Person, session: SessionKey, text: &str) -> Result<Message, SlackTrouble> {
        if let Some(answered) = self.answered().await? {
            return Ok(answered.into());
        }
        let speaker = self.speaker(who, session);
        let answered = match self.service.converse(&speaker, text).await {
            Ok(said) => {
                let question = Some(self.ask(&speaker.session, &said.text, text).await?);
                Answered { text: said.text, choices: said.choices, form: false, question }
            }
            Err(error) => {
                // The turn was not taken, and the form goes another way.
                let form = matches!(error, ServiceError::NoConversation(_));
                Answered { text: self.sentence(error)?, choices: Vec::new(), form, question: None }
            }
        };
        let value = serde_json::to_string(&answered).map_err(|error| SlackTrouble::Never(error.to_string()))?;
        let kept = NewValue { expires_at: self.forgotten_at(), ..NewValue::lasting(self.answered_key(), value) };
        self.service.store.put(kept, self.now()).await?;
        Ok(answered.into())
    }

    /// The same in a conversation that begins with it: what was open before is dropped.
    pub(super) async fn turn_anew(
        &self,
        who: &Person,
        session: SessionKey,
        text: &str,
    ) -> Result<Message, SlackTrouble> {
        if self.answered().await?.is_none() {
            let speaker = self.speaker(who, session.clone());
            self.service.forget_parameters(&speaker).await?;
            self.service.forget(&speaker).await;
        }
        self.turn(who, session, text).await
    }

    /// What an earlier copy of this delivery was answered.
    pub(super) async fn answered(&self) -> Result<Option<Answered>, SlackTrouble> {
        let known = self.service.store.get(&self.answered_key(), self.now()).await?;
        Ok(known.and_then(|known| serde_json::from_str(&known.value).ok()))
    }

    fn answered_key(&self) -> String {
        format!("slack/answered/{}", self.delivery)
    }

    fn speaker(&self, who: &Person, session: SessionKey) -> Speaker {
        let (requester, actor) = (who.requester.clone(), who.actor.clone());
        Speaker { requester, actor, session, delivery: Some(self.delivery.clone()) }
    }

    /// The words for an error; a passing one is tried again first.
    pub(super) fn sentence(&self, error: ServiceError) -> Result<String, SlackTrouble> {
        match error {
            ServiceError::Unavailable(_) if self.attempt < PATIENCE => Err(error.into()),
            ServiceError::Broken(_) => {
                tracing::error!(%error, "a Slack delivery met something broken");
                Ok(error.sentence())
            }
            error => Ok(error.sentence()),
        }
    }

    /// Says something to one person alone.
    pub(super) async fn whisper(&self, aside: &Aside, text: impl Into<String>) -> Result<(), SlackTrouble> {
        self.chat.whisper(aside, &words(text.into())).await?;
        Ok(())
    }

    /// Whether this delivery is the first to claim `name`; a repeated one keeps its claim.
    pub(super) async fn claim(&self, name: &str) -> Result<bool, SlackTrouble> {
        let key = format!("slack/claim/{name}");
        let now = self.now();
        let claim =
            NewValue { expires_at: self.forgotten_at(), ..NewValue::lasting(key.as_str(), self.delivery.as_str()) };
        match self.service.store.put(claim, now).await {
            Ok(()) => Ok(true),
            Err(StoreError::Conflict) => {
                let holder = self.service.store.get(&key, now).await?;
                Ok(holder.is_some_and(|holder| holder.value == self.delivery))
            }
            Err(error) => Err(error.into()),
        }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.service.clock.now()
    }

    pub(super) fn forgotten_at(&self) -> Option<Timestamp> {
        self.now().checked_add(REMEMBERED).ok()
    }
}

impl From<Answered> for Message {
    fn from(answered: Answered) -> Self {
        let Answered { text, choices, form, question } = answered;
        Self::Words { text, choices, form, question }
    }
}

/// Words that ask nothing.
pub(super) fn words(text: String) -> Message {
    Message::Words { text, choices: Vec::new(), form: false, question: None }
}
