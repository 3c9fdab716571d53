//! The embedded dialogue engine behind its port; sessions live in the store under
//! `session/<key>`. The pure engine decides; this only loads, keeps and forgets.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};

use crate::domain::dialogue::engine::Outcome;
use crate::domain::dialogue::{Bot, Engine, Session, Turn, Vocabulary};
use crate::ports::clock::Clock;
use crate::ports::dialogue::{Dialogue, DialogueError, SessionKey};
use crate::ports::store::{KeyValue, NewValue, StoreError};

/// For how long somebody may come back and be told that the conversation ended.
const LATE: SignedDuration = SignedDuration::from_hours(24);
/// How often a turn is taken anew because another one of the same session came between.
const TRIES: usize = 3;

/// Interprets the bot manifest in this process.
pub struct EmbeddedDialogue {
    bot: Bot,
    store: Arc<dyn KeyValue>,
    clock: Arc<dyn Clock>,
    vocabulary: RwLock<Vocabulary>,
}

impl EmbeddedDialogue {
    /// Talks as `bot` says; sessions go to `store`.
    #[must_use]
    pub fn new(bot: Bot, store: Arc<dyn KeyValue>, clock: Arc<dyn Clock>) -> Self {
        Self { bot, store, clock, vocabulary: RwLock::default() }
    }

    /// Replaces the values a slot type has from the next turn on, for
    /// `slot_type::ACCOUNT_OU` and `slot_type::BLUEPRINT`. Until the first offer
    /// the manifest's own values are used.
    pub fn offer(&self, slot_type: &str, values: Vec<String>) {
        self.vocabulary.write().unwrap_or_else(PoisonError::into_inner).offer(slot_type, values);
    }

    /// Loads the session, takes a step and keeps the session, as one.
    async fn step(
        &self,
        key: &SessionKey,
        attributes: &BTreeMap<String, String>,
        take: impl Fn(Engine<'_>, Option<Session>) -> Result<Outcome, DialogueError> + Send + Sync,
    ) -> Result<Turn, DialogueError> {
        for _ in 0..TRIES {
            let now = self.clock.now();
            let (session, version) = self.load(key, now).await?;
            let outcome = {
                let vocabulary = self.vocabulary.read().unwrap_or_else(PoisonError::into_inner).clone();
                take(Engine { bot: &self.bot, vocabulary: &vocabulary, attributes, now }, session)?
            };
            match self.keep(key, outcome.session.as_ref(), version, now).await {
                Ok(()) => return Ok(outcome.turn),
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(unavailable(&error)),
            }
        }
        Err(DialogueError::Busy)
    }

    /// The session and the version to write on. One this program cannot read
    /// (written by a newer release) is as good as none.
    async fn load(&self, key: &SessionKey, now: Timestamp) -> Result<(Option<Session>, Option<u64>), DialogueError> {
        let stored = self.store.get(&name(key), now).await.map_err(|error| unavailable(&error))?;
        let version = stored.as_ref().map(|stored| stored.version);
        Ok((stored.and_then(|stored| serde_json::from_str(&stored.value).ok()), version))
    }

    async fn keep(
        &self,
        key: &SessionKey,
        session: Option<&Session>,
        version: Option<u64>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        if session.is_none() && version.is_none() {
            return Ok(());
        }
        let value = serde_json::to_string(&session).map_err(|error| StoreError::Unavailable(error.to_string()))?;
        // An open one is kept for longer: who comes back late is told that it ended.
        let kept = |session: &Session| {
            let longer = if session.is_open() { LATE } else { SignedDuration::ZERO };
            session.expires_at.checked_add(longer).unwrap_or(Timestamp::MAX)
        };
        let expires_at = Some(session.map_or(now, kept));
        self.store.put(NewValue { key: name(key), value, expected: version, expires_at }, now).await
    }
}

fn name(key: &SessionKey) -> String {
    format!("session/{}", key.0)
}

fn unavailable(error: &StoreError) -> DialogueError {
    DialogueError::Unavailable(error.to_string())
}

#[async_trait]
impl Dialogue for EmbeddedDialogue {
    async fn turn(
        &self,
        session: &SessionKey,
        text: &str,
        attributes: &BTreeMap<String, String>,
    ) -> Result<Turn, DialogueError> {
        let take = |engine: Engine<'_>, kept| engine.turn(kept, text).map_err(DialogueError::BadText);
        self.step(session, attributes, take).await
    }

    async fn elicit_again(
        &self,
        session: &SessionKey,
        slot: &str,
        attributes: &BTreeMap<String, String>,
    ) -> Result<Turn, DialogueError> {
        let take = |engine: Engine<'_>, kept| {
            engine
                .elicit_again(kept, slot)
                .ok_or_else(|| DialogueError::Unavailable(format!("the bot has no slot {slot}")))
        };
        self.step(session, attributes, take).await
    }

    async fn standing(&self, session: &SessionKey) -> Result<Option<Session>, DialogueError> {
        Ok(self.load(session, self.clock.now()).await?.0)
    }

    async fn put_back(
        &self,
        session: &SessionKey,
        standing: Option<&Session>,
        _attributes: &BTreeMap<String, String>,
    ) -> Result<(), DialogueError> {
        for _ in 0..TRIES {
            let now = self.clock.now();
            let (_, version) = self.load(session, now).await?;
            match self.keep(session, standing, version, now).await {
                Ok(()) => return Ok(()),
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(unavailable(&error)),
            }
        }
        Err(DialogueError::Busy)
    }
}
