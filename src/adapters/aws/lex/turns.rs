//! One turn at a time for a session in this process: Lex answers 409 to a second one.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use tokio::sync::{Mutex, MutexGuard};

use crate::ports::dialogue::SessionKey;

/// More than the turns Lex takes at once for one alias (25): two people rarely wait for each other.
/// <https://docs.aws.amazon.com/lexv2/latest/dg/quotas.html>
const LANES: usize = 256;

/// A fixed number of lanes; a session always has the same one.
pub(super) struct Turns(Vec<Mutex<()>>);

impl Default for Turns {
    fn default() -> Self {
        Self((0..LANES).map(|_| Mutex::default()).collect())
    }
}

impl Turns {
    /// Waits until the session's lane is free, and keeps it while the guard lives.
    pub(super) async fn of(&self, session: &SessionKey) -> MutexGuard<'_, ()> {
        let mut hasher = DefaultHasher::new();
        session.hash(&mut hasher);
        let lane = usize::try_from(hasher.finish() % LANES as u64).unwrap_or_default();
        self.0[lane].lock().await
    }
}
