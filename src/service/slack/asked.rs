//! Which question of a conversation is open, so that a button of an older one answers nothing.
//! Must not know what a question is about.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::SlackTrouble;
use super::desk::Desk;
use crate::domain::spec::hex;
use crate::ports::dialogue::SessionKey;
use crate::ports::store::{NewValue, StoreError};

/// The last question of a conversation.
#[derive(Serialize, Deserialize)]
struct Asked {
    /// What its buttons carry.
    name: String,
    /// How it was asked.
    text: String,
}

impl Desk<'_> {
    /// Notes what was answered last in a conversation, and answers the name of the question it ends with.
    /// An answer in between that ends with the open question keeps that one's name.
    pub(super) async fn ask(&self, session: &SessionKey, text: &str) -> Result<String, SlackTrouble> {
        let known = self.service.store.get(&key(session), self.now()).await?;
        let open = known.as_ref().and_then(|known| serde_json::from_str::<Asked>(&known.value).ok());
        if let Some(open) = open.filter(|open| repeats(text, &open.text)) {
            return Ok(open.name);
        }
        let asked = Asked { name: self.question(), text: text.to_owned() };
        let value = serde_json::to_string(&asked).map_err(|error| SlackTrouble::Never(error.to_string()))?;
        let expected = known.map(|known| known.version);
        let asked_now = NewValue { key: key(session), value, expected, expires_at: self.forgotten_at() };
        match self.service.store.put(asked_now, self.now()).await {
            // Of two messages at once the other one's question is noted: this one's buttons are over.
            Ok(()) | Err(StoreError::Conflict) => Ok(asked.name),
            Err(error) => Err(error.into()),
        }
    }

    /// Whether a button of the question `name` still answers what is asked.
    pub(super) async fn is_open(&self, session: &SessionKey, name: &str) -> Result<bool, SlackTrouble> {
        let known = self.service.store.get(&key(session), self.now()).await?;
        let open = known.and_then(|known| serde_json::from_str::<Asked>(&known.value).ok());
        Ok(open.is_some_and(|open| open.name == name))
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
