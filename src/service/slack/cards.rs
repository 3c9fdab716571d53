//! Which Slack messages show a request: one small record per request, written
//! before a card is posted and after, so that a crash in between is noticed.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::SlackTrouble;
use crate::domain::ids::RequestId;
use crate::ports::chat::MessageRef;
use crate::ports::store::NewValue;
use crate::service::Service;

/// How long cards are kept up to date after their last change.
const KEPT: SignedDuration = SignedDuration::from_hours(24 * 180);

/// One card of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Card {
    /// Somebody is posting it since then, or died doing so.
    Posting {
        /// Since when.
        since: Timestamp,
    },
    /// It stands there, showing the request as of event `shown` or about to.
    Posted {
        /// Where.
        at: MessageRef,
        /// The request's version.
        shown: u64,
        /// How it surely looks; `None` while an edit is under way.
        #[serde(default)]
        look: Option<String>,
    },
    /// Slack would not take it, so it is not tried again.
    Refused,
}

/// All cards of a request, by who they are for.
#[derive(Debug, Default)]
pub(super) struct Cards {
    cards: BTreeMap<String, Card>,
    version: Option<u64>,
}

impl Cards {
    pub(super) async fn load(service: &Service, id: RequestId) -> Result<Self, SlackTrouble> {
        let Some(found) = service.store.get(&key(id), service.clock.now()).await? else { return Ok(Self::default()) };
        let cards = serde_json::from_str(&found.value).map_err(|error| SlackTrouble::Never(error.to_string()))?;
        Ok(Self { cards, version: Some(found.version) })
    }

    pub(super) fn get(&self, who: &str) -> Option<&Card> {
        self.cards.get(who)
    }

    pub(super) fn names(&self) -> Vec<String> {
        self.cards.keys().cloned().collect()
    }

    /// Writes one card; whoever read an older record is refused and tries again.
    pub(super) async fn put(
        mut self,
        service: &Service,
        id: RequestId,
        who: &str,
        card: Card,
    ) -> Result<(), SlackTrouble> {
        self.cards.insert(who.to_owned(), card);
        let value = serde_json::to_string(&self.cards).map_err(|error| SlackTrouble::Never(error.to_string()))?;
        let now = service.clock.now();
        let record = NewValue { key: key(id), value, expected: self.version, expires_at: now.checked_add(KEPT).ok() };
        service.store.put(record, now).await?;
        Ok(())
    }
}

fn key(id: RequestId) -> String {
    format!("slack/cards/{id}")
}
