//! Which question of a conversation is open and where it stands: a button of an older one answers
//! nothing, and a question that is over loses its buttons. Must not know what a question is about.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::SlackTrouble;
use super::desk::{Desk, words};
use crate::domain::job::{JobKind, NewJob};
use crate::domain::spec::hex;
use crate::ports::chat::{ChatError, Message, MessageRef, Place};
use crate::ports::dialogue::SessionKey;
use crate::ports::store::{NewValue, StoreError};
use crate::say::chat as say;
use crate::service::Service;

/// How many messages with buttons of one question are remembered, the newest.
const SHOWN: usize = 8;

/// The last question of a conversation.
#[derive(Serialize, Deserialize)]
struct Asked {
    /// What its buttons carry.
    name: String,
    /// How it was asked.
    text: String,
    /// Where it stands with buttons, more than once after answers in between.
    #[serde(default)]
    shown: Vec<Shown>,
}

/// A message that shows a question.
#[derive(Serialize, Deserialize)]
struct Shown {
    at: MessageRef,
    text: String,
}

/// Takes the buttons off a question that is over; `text` is what it says from now on.
///
/// # Errors
/// [`SlackTrouble::Later`] when Slack is busy.
pub async fn close_question(service: &Service, at: &MessageRef, text: &str) -> Result<(), SlackTrouble> {
    // Promised while Slack was still configured.
    let Some(chat) = service.chat.as_deref() else { return Ok(()) };
    match chat.edit(at, &words(text.to_owned())).await {
        Err(ChatError::Refused(word)) => {
            tracing::info!(%word, "a question that is over keeps its buttons: Slack does not let it be edited");
            Ok(())
        }
        done => Ok(done?),
    }
}

impl Desk<'_> {
    /// Notes how a conversation goes on after `answer`, and answers the name of the question it ends with.
    /// An answer in between that ends with the open question keeps that one's name.
    pub(super) async fn ask(&self, session: &SessionKey, text: &str, answer: &str) -> Result<String, SlackTrouble> {
        let (open, version) = self.open_question(session).await?;
        if let Some(open) = open.as_ref().filter(|open| repeats(text, &open.text)) {
            return Ok(open.name.clone());
        }
        // Promised before it is forgotten where they stand.
        for shown in open.into_iter().flat_map(|open| open.shown) {
            let over = say::answered(&shown.text, answer);
            self.close(shown.at, over).await?;
        }
        let asked = Asked { name: self.question(), text: text.to_owned(), shown: Vec::new() };
        match self.note(session, &asked, version).await {
            // Of two messages at once the other one's question is noted: this one's buttons are over.
            Ok(()) | Err(StoreError::Conflict) => Ok(asked.name),
            Err(error) => Err(error.into()),
        }
    }

    /// Says an answer and remembers where its buttons stand.
    pub(super) async fn say_to(&self, session: &SessionKey, place: &Place, answer: &Message) -> Result<(), ChatError> {
        let at = self.chat.post(&self.delivery, place, answer).await?;
        // It was said: whatever goes wrong now must not have it said again.
        if let Err(trouble) = self.shows(session, answer, at).await {
            tracing::info!(%trouble, "a question will keep its buttons when it is over");
        }
        Ok(())
    }

    /// Remembers a message by its question; one whose question is over already loses its buttons.
    async fn shows(&self, session: &SessionKey, message: &Message, at: MessageRef) -> Result<(), SlackTrouble> {
        let Message::Words { text, choices, question: Some(name), .. } = message else { return Ok(()) };
        if choices.is_empty() {
            return Ok(());
        }
        let (open, version) = self.open_question(session).await?;
        let Some(mut open) = open.filter(|open| open.name == *name) else { return self.close(at, text.clone()).await };
        open.shown.push(Shown { at, text: text.clone() });
        let surplus = open.shown.len().saturating_sub(SHOWN);
        open.shown.drain(..surplus);
        Ok(self.note(session, &open, version).await?)
    }

    async fn close(&self, at: MessageRef, text: String) -> Result<(), SlackTrouble> {
        let MessageRef { channel, ts } = at;
        let key = format!("close-question/{channel}/{ts}");
        let kind = JobKind::CloseQuestion { channel, ts, text };
        Ok(self.service.store.promise(NewJob { key, kind, due_at: self.now() }).await?)
    }

    /// Whether a button of the question `name` still answers what is asked.
    pub(super) async fn is_open(&self, session: &SessionKey, name: &str) -> Result<bool, SlackTrouble> {
        let (open, _) = self.open_question(session).await?;
        Ok(open.is_some_and(|open| open.name == name))
    }

    /// The question that is open, and the version of what is known about it.
    async fn open_question(&self, session: &SessionKey) -> Result<(Option<Asked>, Option<u64>), SlackTrouble> {
        let known = self.service.store.get(&key(session), self.now()).await?;
        let version = known.as_ref().map(|known| known.version);
        Ok((known.and_then(|known| serde_json::from_str(&known.value).ok()), version))
    }

    async fn note(&self, session: &SessionKey, asked: &Asked, expected: Option<u64>) -> Result<(), StoreError> {
        let value = serde_json::to_string(asked).map_err(|error| StoreError::Corrupt(error.to_string()))?;
        let noted = NewValue { key: key(session), value, expected, expires_at: self.forgotten_at() };
        self.service.store.put(noted, self.now()).await
    }

    /// The same for every copy of this delivery.
    fn question(&self) -> String {
        format!("question-{}", hex(&Sha256::digest(&self.delivery)[..8]))
    }
}

/// Whether an answer ends with the question that was asked before it.
fn repeats(text: &str, before: &str) -> bool {
    let last = text.lines().last().unwrap_or_default().trim();
    !last.is_empty() && before.contains(last)
}

fn key(session: &SessionKey) -> String {
    format!("slack/asked/{}", session.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_in_between_leaves_the_question_open() {
        let asked = "Which blueprint?\n- ml-sandbox: about $5 a month";
        assert!(repeats("It is for Sandbox accounts.\nWhich blueprint?", asked));
        assert!(!repeats("Which root e-mail?", asked) && !repeats("", asked));
    }
}
