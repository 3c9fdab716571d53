//! Tells live views in this process that a request changed. A hint only: the
//! store is the truth, and a view that missed a hint polls.

use tokio::sync::broadcast;

use crate::domain::ids::RequestId;

/// A change that was committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hint {
    /// Which request.
    pub request: RequestId,
    /// Its new version.
    pub seq: u64,
}

/// Who wants to hear of changes.
pub struct Changes(broadcast::Sender<Hint>);

impl Default for Changes {
    fn default() -> Self {
        Self(broadcast::channel(256).0)
    }
}

impl Changes {
    /// Tells everyone listening.
    pub fn announce(&self, request: RequestId, seq: u64) {
        // Nobody listening is fine.
        let _ = self.0.send(Hint { request, seq });
    }

    /// Listens from now on; a slow listener misses hints and must look itself.
    #[must_use]
    pub fn listen(&self) -> broadcast::Receiver<Hint> {
        self.0.subscribe()
    }
}
