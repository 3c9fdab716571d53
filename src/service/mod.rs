//! The use cases, one verb per file. They know ports and domain, never HTTP,
//! Slack or SQL.

mod artefacts;
pub mod audit;
mod cancel;
mod change;
mod converse;
mod decide;
mod error;
mod files;
mod levels;
mod list;
pub mod live;
mod parameter_words;
mod parameters;
mod preflight;
mod ranges;
mod retry;
mod see;
mod set_talk;
mod sets;
mod show;
pub mod slack;
mod submit;
mod turns;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;

pub use change::{Change, Written};
pub use converse::{Said, Speaker};
pub use decide::{Decide, Decided, OpenedLink};
pub use error::ServiceError;
pub use files::FileLinks;
pub use list::{Listing, Wanted};
pub use see::{ComeTo, Viewer};
pub use submit::{Once, Submitted};

use crate::domain::blueprint::Catalogue;
use crate::domain::blueprint::ranges::Pools;
use crate::domain::job::Terms;
use crate::domain::link::{self, LinkKey};
use crate::domain::policy::Policy;
use crate::ports::chat::Chat;
use crate::ports::clock::{Clock, Ids};
use crate::ports::dialogue::{Dialogue, SessionKey};
use crate::ports::factory::AccountFactory;
use crate::ports::store::Store;
use crate::telemetry::Metrics;

/// Everything the use cases stand on.
pub struct Service {
    /// Requests, jobs, sessions.
    pub store: Arc<dyn Store>,
    /// The conversation engine.
    pub dialogue: Arc<dyn Dialogue>,
    /// Organizational units and taken names, for pre-flight.
    pub factory: Arc<dyn AccountFactory>,
    /// Team chat, when configured.
    pub chat: Option<Arc<dyn Chat>>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub ids: Arc<dyn Ids>,
    /// Who may do what.
    pub policy: Policy,
    /// What can be deployed.
    pub catalogue: Arc<Catalogue>,
    /// Fixed at start.
    pub settings: Settings,
    /// Rung when a job may have become due, so that nobody waits for the next poll.
    pub bell: Arc<Notify>,
    /// Rung with every commit, for live views.
    pub changes: live::Changes,
    /// What happened, counted.
    pub metrics: Arc<Metrics>,
    ous: preflight::OuCache,
    /// Held while ranges are looked for and taken: within one process nobody loses the race.
    range_gate: tokio::sync::Mutex<()>,
}

/// What configuration fixes for the use cases.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where people reach this server, without a trailing slash.
    pub public_url: String,
    /// Where people sign in to AWS, for the hint at the end.
    pub portal_url: Option<String>,
    /// Seals approver links and keys session names.
    pub link_key: LinkKey,
    /// Account operations at once.
    pub max_concurrent: u32,
    /// Configured blueprint parameter values.
    pub blueprint_values: BTreeMap<String, String>,
    /// Where ranges are handed out from.
    pub pools: Pools,
    /// How long the list of organizational units is believed.
    pub ou_ttl: Duration,
}

/// The ports and rules a [`Service`] is made of.
pub struct Parts {
    /// Requests, jobs, sessions.
    pub store: Arc<dyn Store>,
    /// The conversation engine.
    pub dialogue: Arc<dyn Dialogue>,
    /// Account Factory.
    pub factory: Arc<dyn AccountFactory>,
    /// Team chat, when configured.
    pub chat: Option<Arc<dyn Chat>>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub ids: Arc<dyn Ids>,
    /// Who may do what.
    pub policy: Policy,
    /// What can be deployed.
    pub catalogue: Arc<Catalogue>,
    /// Fixed at start.
    pub settings: Settings,
}

impl Service {
    /// Puts the parts together.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        let Parts { store, dialogue, factory, chat, clock, ids, policy, catalogue, settings } = parts;
        let (bell, changes, ous) = (Arc::new(Notify::new()), live::Changes::default(), preflight::OuCache::default());
        let (metrics, range_gate) = (Arc::new(Metrics::new()), tokio::sync::Mutex::default());
        Self {
            store,
            dialogue,
            factory,
            chat,
            clock,
            ids,
            policy,
            catalogue,
            settings,
            bell,
            changes,
            metrics,
            ous,
            range_gate,
        }
    }

    /// What this installation promises with every event.
    #[must_use]
    pub(crate) fn terms(&self, reminders: Vec<Duration>) -> Terms {
        Terms { reminders, chat: self.chat.is_some() }
    }
}

impl Service {
    /// The name of a conversation: a keyed hash, so that no address or user id
    /// reaches the conversation engine, and no two people or places share one.
    #[must_use]
    pub fn session_key(&self, parts: &[&str]) -> SessionKey {
        SessionKey(link::keyed_name(&self.settings.link_key, parts))
    }
}
