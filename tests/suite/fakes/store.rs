//! A fresh SQLite store in a folder of its own, gone when the test ends.

use std::path::PathBuf;
use std::sync::Arc;

use tempfile::TempDir;
use vend::adapters::embedded::sqlite::SqliteStore;

use super::clock::TestClock;

/// The store, the clock it reads, and the folder it lives in.
pub struct FreshStore {
    /// The store.
    pub store: Arc<SqliteStore>,
    /// Its clock.
    pub clock: TestClock,
    folder: TempDir,
}

impl FreshStore {
    /// An empty store with a clock of its own.
    pub fn new() -> Self {
        Self::with_clock(TestClock::default())
    }

    /// An empty store that reads this clock.
    pub fn with_clock(clock: TestClock) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let store = SqliteStore::open(&folder.path().join("vend.db"), Arc::new(clock.clone()));
        Self { store: Arc::new(store.expect("an empty store")), clock, folder }
    }

    /// The database file.
    pub fn path(&self) -> PathBuf {
        self.folder.path().join("vend.db")
    }

    /// What a power loss at this moment would leave: the files as they are now, opened anew.
    pub fn after_power_loss(&self) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for name in ["vend.db", "vend.db-wal"] {
            std::fs::copy(self.folder.path().join(name), folder.path().join(name)).expect("a copy of the file");
        }
        let clock = self.clock.clone();
        let store = SqliteStore::open(&folder.path().join("vend.db"), Arc::new(clock.clone()));
        Self { store: Arc::new(store.expect("the store as it was")), clock, folder }
    }
}
