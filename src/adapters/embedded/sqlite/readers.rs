//! A few connections that only read, used from blocking threads. A read begins
//! after every answered commit, so it sees them all.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use tokio::sync::Semaphore;

use super::open;
use super::rows::store_error;
use crate::ports::store::{StoreError, Stored};

/// Reads at once; each connection keeps up to 1 MiB of pages.
const AT_ONCE: usize = 4;

/// The reading connections, opened when first needed.
#[derive(Debug)]
pub(super) struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
    turns: Semaphore,
}

impl Readers {
    pub(super) fn new(path: PathBuf) -> Arc<Self> {
        Arc::new(Self { path, idle: Mutex::new(Vec::with_capacity(AT_ONCE)), turns: Semaphore::new(AT_ONCE) })
    }

    /// Runs a query on a blocking thread.
    pub(super) async fn read<T, F>(self: &Arc<Self>, query: F) -> Stored<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Stored<T> + Send + 'static,
    {
        let _turn = self.turns.acquire().await.map_err(|error| unavailable(&error))?;
        let readers = Arc::clone(self);
        let run = move || {
            let connection = readers.take()?;
            let result = query(&connection);
            readers.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
            result
        };
        tokio::task::spawn_blocking(run).await.map_err(|error| unavailable(&error))?
    }

    fn take(&self) -> Stored<Connection> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        match idle {
            Some(connection) => Ok(connection),
            None => open::reading(&self.path).map_err(|error| store_error(&error)),
        }
    }

    /// Closes the connections, so that the log can be copied into the file completely.
    pub(super) fn close(&self) {
        self.turns.close();
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

fn unavailable(error: &dyn std::error::Error) -> StoreError {
    StoreError::Unavailable(error.to_string())
}
