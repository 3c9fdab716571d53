//! What is known of the issuer, and when it is asked again. Keys are believed for a while; a
//! token that names an unknown key makes us look again, but not more often than every half
//! minute, whatever tokens are invented; an issuer that does not answer is left alone for a moment.

use std::sync::{Arc, PoisonError, RwLock};

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;

use super::discovery::{self, Discovery};
use super::keys::Keys;
use super::wire::Wire;
use crate::ports::clock::Clock;

/// How long keys are believed without a look: a key that is withdrawn is good for no longer.
const BELIEVED: SignedDuration = SignedDuration::from_mins(10);
/// How long they are believed while the issuer does not answer.
const BELIEVED_AT_MOST: SignedDuration = SignedDuration::from_hours(1);
/// From one look to the next, for the sake of an unknown key.
const BETWEEN_LOOKS: SignedDuration = SignedDuration::from_secs(30);
/// From a look that failed to the next.
const AFTER_A_FAILURE: SignedDuration = SignedDuration::from_secs(5);

/// What the issuer said.
pub(super) struct Known {
    pub(super) discovery: Discovery,
    pub(super) keys: Keys,
    at: Timestamp,
}

/// Looks when it must.
pub(super) struct Looks {
    issuer: String,
    clock: Arc<dyn Clock>,
    known: RwLock<Option<Arc<Known>>>,
    /// One look at a time; holds when the last one failed, and why.
    failed: Mutex<Option<(Timestamp, String)>>,
}

impl Looks {
    pub(super) fn new(issuer: String, clock: Arc<dyn Clock>) -> Self {
        Self { issuer, clock, known: RwLock::default(), failed: Mutex::default() }
    }

    /// What is known, looked at anew where it is too old.
    ///
    /// # Errors
    /// When nothing (any more) is known, and the issuer does not answer; a text for the log.
    pub(super) async fn known(&self, wire: &Wire) -> Result<Arc<Known>, String> {
        let usable = self.stored().filter(|known| self.age(known) < BELIEVED_AT_MOST);
        match usable {
            Some(known) if self.age(&known) < BELIEVED => Ok(known),
            // Somebody looks already, and the issuer may keep them waiting.
            Some(known) if self.failed.try_lock().is_err() => Ok(known),
            Some(known) => Ok(self.look(wire, BELIEVED).await.unwrap_or(known)),
            None => self.look(wire, BELIEVED).await,
        }
    }

    /// What is known half a minute later at most, for a key that was not there.
    ///
    /// # Errors
    /// As [`Self::known`].
    pub(super) async fn known_anew(&self, wire: &Wire) -> Result<Arc<Known>, String> {
        self.look(wire, BETWEEN_LOOKS).await
    }

    /// Looks, unless somebody did less than `since` ago.
    async fn look(&self, wire: &Wire, since: SignedDuration) -> Result<Arc<Known>, String> {
        let mut failed = self.failed.lock().await;
        if let Some(known) = self.stored().filter(|known| self.age(known) < since) {
            return Ok(known);
        }
        if let Some((at, why)) =
            failed.as_ref().filter(|(at, _)| self.clock.now().duration_since(*at) < AFTER_A_FAILURE)
        {
            return Err(format!("{why} (at {at})"));
        }
        match self.asked(wire).await {
            Ok(known) => {
                let known = Arc::new(known);
                *self.known.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&known));
                *failed = None;
                Ok(known)
            }
            Err(why) => {
                tracing::warn!(%why, "the issuer of sign-ins could not be asked");
                *failed = Some((self.clock.now(), why.clone()));
                Err(why)
            }
        }
    }

    async fn asked(&self, wire: &Wire) -> Result<Known, String> {
        let document = wire.get(&discovery::address(&self.issuer)).await?;
        let discovery = Discovery::read(&document, &self.issuer)?;
        let keys = Keys::read(&wire.get(discovery.jwks_uri.as_str()).await?)?;
        Ok(Known { discovery, keys, at: self.clock.now() })
    }

    fn stored(&self) -> Option<Arc<Known>> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn age(&self, known: &Known) -> SignedDuration {
        self.clock.now().duration_since(known.at)
    }
}
