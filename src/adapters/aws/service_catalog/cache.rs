//! A value that is looked up once and believed for a while, by all who ask at the same time.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::Mutex;

use crate::ports::clock::Clock;

/// Remembers one value.
pub(super) struct Remembered<T> {
    known: Mutex<Option<(Timestamp, T)>>,
    clock: Arc<dyn Clock>,
}

impl<T: Clone> Remembered<T> {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { known: Mutex::new(None), clock }
    }

    /// The value, looked up again when it is older than `limit`. Others wait for the one look-up.
    pub(super) async fn get<E>(&self, limit: Duration, look: impl AsyncFnOnce() -> Result<T, E>) -> Result<T, E> {
        let mut known = self.known.lock().await;
        let now = self.clock.now();
        if let Some((since, value)) = known.as_ref()
            && now.duration_since(*since).unsigned_abs() < limit
        {
            return Ok(value.clone());
        }
        let value = look().await?;
        *known = Some((now, value.clone()));
        Ok(value)
    }

    /// Believed no longer. A look-up that is under way keeps its value.
    pub(super) fn forget(&self) {
        if let Ok(mut known) = self.known.try_lock() {
            *known = None;
        }
    }
}
