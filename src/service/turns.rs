//! One turn for all copies of a delivery (P9). Before a delivery is taken, it is noted where the
//! conversation stands; a copy that comes because the first one was cut short begins there again.
//! Must not know what is said.

use serde::{Deserialize, Serialize};

use crate::domain::dialogue::Session;
use crate::ports::dialogue::DialogueError;
use crate::ports::store::{NewValue, StoreError, Versioned};

use super::converse::attributes;
use super::parameters::{AskedFor, KEPT};
use super::{Service, ServiceError, Speaker};

/// The last delivery that was begun in a conversation, and where the conversation stood before it.
#[derive(Serialize, Deserialize)]
struct Begun {
    delivery: String,
    standing: Option<Session>,
    asked: AskedFor,
}

impl Service {
    /// Notes where the conversation stands, or puts it back there when this delivery was begun before
    /// and nothing else was said since. Answers what was asked before; the inner error is the engine's.
    pub(super) async fn begin_turn(&self, speaker: &Speaker) -> Result<Result<AskedFor, DialogueError>, ServiceError> {
        let asked = self.asked_for(speaker).await?;
        let Some(delivery) = &speaker.delivery else { return Ok(Ok(asked)) };
        let known = self.store.get(&key(speaker), self.clock.now()).await?;
        let begun = known.as_ref().and_then(|known| serde_json::from_str::<Begun>(&known.value).ok());
        if let Some(begun) = begun.filter(|begun| begun.delivery == *delivery) {
            if asked != begun.asked {
                self.keep(speaker, &begun.asked).await?;
            }
            let back = self.dialogue.put_back(&speaker.session, begun.standing.as_ref(), &attributes(speaker)).await;
            return Ok(back.map(|()| begun.asked));
        }
        let standing = match self.dialogue.standing(&speaker.session).await {
            Ok(standing) => standing,
            Err(error) => return Ok(Err(error)),
        };
        let begun = Begun { delivery: delivery.clone(), standing, asked };
        self.note(speaker, &begun, known.as_ref()).await?;
        Ok(Ok(begun.asked))
    }

    async fn note(&self, speaker: &Speaker, begun: &Begun, known: Option<&Versioned>) -> Result<(), ServiceError> {
        let value = serde_json::to_string(begun).map_err(|error| ServiceError::Broken(error.to_string()))?;
        let now = self.clock.now();
        let expires_at = now.saturating_add(KEPT).ok();
        let noted = NewValue { key: key(speaker), value, expected: known.map(|known| known.version), expires_at };
        match self.store.put(noted, now).await {
            // Of two messages at once the other one's beginning is noted.
            Ok(()) | Err(StoreError::Conflict) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

fn key(speaker: &Speaker) -> String {
    format!("turn/{}", speaker.session.0)
}
