//! The pretend world's file: opening it, and running one piece of work at a time
//! in one transaction. Knows nothing of accounts or stacks beyond their tables.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, Transaction, TransactionBehavior};

use crate::adapters::embedded::files::create_for_owner_only;
use crate::ports::clock::Clock;

/// Marks the file as ours (`PRAGMA application_id`): "vsim".
const APPLICATION_ID: i32 = 0x7673_696d;

/// The schema this program writes (`PRAGMA user_version`).
const SCHEMA_VERSION: i32 = 2;

/// How long a second process waits for the first one's transaction.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// The stamp of a file nobody has written to.
const NEW: (i32, i32, i64) = (0, 0, 0);

const SCHEMA: &str = "
CREATE TABLE operation (          -- one attempt at one account
    record_id     TEXT PRIMARY KEY,
    product_name  TEXT NOT NULL,
    token         TEXT NOT NULL,
    email         TEXT NOT NULL,  -- root user
    account_name  TEXT NOT NULL,
    account_id    TEXT NOT NULL,
    started_ms    INTEGER NOT NULL,
    ends_ms       INTEGER,        -- NULL: never
    creates_ms    INTEGER,        -- NULL: makes no account
    plan          TEXT NOT NULL,  -- JSON
    terminated_ms INTEGER         -- NULL: the product is there
) STRICT;
CREATE UNIQUE INDEX one_product_a_name ON operation (product_name) WHERE terminated_ms IS NULL;
CREATE INDEX operation_by_account ON operation (account_id);
CREATE INDEX operation_by_email ON operation (email COLLATE NOCASE);
CREATE INDEX operation_by_account_name ON operation (account_name);
CREATE INDEX operation_by_end ON operation (ends_ms);
CREATE INDEX operation_by_creation ON operation (creates_ms);
CREATE TABLE stack (              -- one attempt at one stack
    account_id    TEXT NOT NULL,
    stack_name    TEXT NOT NULL,
    nth           INTEGER NOT NULL,
    token         TEXT NOT NULL,
    started_ms    INTEGER NOT NULL,
    plan          TEXT NOT NULL,  -- JSON
    PRIMARY KEY (account_id, stack_name, nth)
) STRICT;
CREATE TABLE post_step (
    account_id    TEXT NOT NULL,
    step          TEXT NOT NULL,
    failed_ms     INTEGER,        -- when it failed as asked for
    done_ms       INTEGER,
    PRIMARY KEY (account_id, step)
) STRICT;
CREATE TABLE refused (            -- launch paths that were missing, by product and token
    product_name  TEXT PRIMARY KEY,
    token         TEXT NOT NULL
) STRICT;
CREATE TABLE high_water (most_in_flight INTEGER NOT NULL) STRICT;
INSERT INTO high_water VALUES (0);
";

/// What version 2 adds.
const SECOND: &str = "
ALTER TABLE stack ADD COLUMN gone_ms INTEGER;  -- when it has been undone; NULL: it stays
CREATE TABLE bootstrap (          -- one bootstrap for the CDK, as it was ordered last
    account_id    TEXT NOT NULL,
    region        TEXT NOT NULL,
    ordered       TEXT NOT NULL,  -- JSON: trusts and policies
    changes       INTEGER NOT NULL,
    ends_ms       INTEGER NOT NULL,
    PRIMARY KEY (account_id, region)
) STRICT;
";

/// Why the pretend world does not work.
#[derive(Debug, thiserror::Error)]
pub enum SimulatorError {
    /// The file was written by a newer program.
    #[error(
        "{path} was written by a newer version of vend (schema {found}, this version knows {SCHEMA_VERSION}): \
         use that version, or another file"
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its schema version.
        found: i32,
    },
    /// The file is something else.
    #[error("{path} is not a simulator file: name another file, or move this one away")]
    NotOurs {
        /// The file.
        path: PathBuf,
    },
    /// The file cannot be opened, or is damaged.
    #[error("{path} cannot be opened ({source}): check its folder's permissions, or move the file away to start anew")]
    Unusable {
        /// The file.
        path: PathBuf,
        /// What `SQLite` says.
        source: rusqlite::Error,
    },
    /// A read or write failed; nothing was changed.
    #[error("the simulator's file cannot be read or written: {0}")]
    Failed(#[from] rusqlite::Error),
    /// The process is shutting down.
    #[error("the simulator was interrupted")]
    Interrupted,
}

/// A handle on the world; clones share it.
#[derive(Clone)]
pub struct World {
    connection: Arc<Mutex<Connection>>,
    clock: Arc<dyn Clock>,
}

impl World {
    /// Opens the file, creating it when absent; `None` keeps the world in memory.
    pub fn open(path: Option<&Path>, clock: Arc<dyn Clock>) -> Result<Self, SimulatorError> {
        let shown = path.unwrap_or(Path::new(":memory:"));
        let unusable = |source| SimulatorError::Unusable { path: shown.to_owned(), source };
        if let Some(path) = path {
            // Why it cannot be made is told by opening it, in the next line.
            let _ = create_for_owner_only(path);
        }
        let mut connection = path.map_or_else(Connection::open_in_memory, Connection::open).map_err(unusable)?;
        connection.busy_timeout(BUSY_TIMEOUT).map_err(unusable)?;
        // Judged before anything is written, so that somebody else's file stays as it is.
        match stamp(&connection).map_err(unusable)? {
            NEW | (APPLICATION_ID, 1..=SCHEMA_VERSION, _) => {}
            (APPLICATION_ID, found, _) => return Err(SimulatorError::Newer { path: shown.to_owned(), found }),
            _ => return Err(SimulatorError::NotOurs { path: shown.to_owned() }),
        }
        prepare(&connection).map_err(unusable)?;
        let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(unusable)?;
        bring_up_to_date(&tx).map_err(unusable)?;
        tx.commit().map_err(unusable)?;
        Ok(Self { connection: Arc::new(Mutex::new(connection)), clock })
    }

    /// Runs `work` in one transaction at the present moment (milliseconds since
    /// 1970), away from the async threads. All of it is kept or nothing.
    pub async fn run<T, F>(&self, work: F) -> Result<T, SimulatorError>
    where
        T: Send + 'static,
        F: FnOnce(&Transaction<'_>, i64) -> rusqlite::Result<T> + Send + 'static,
    {
        let world = self.clone();
        let task = tokio::task::spawn_blocking(move || {
            // A panic inside a transaction rolls it back, so the connection behind a poisoned lock is sound.
            let mut connection = world.connection.lock().unwrap_or_else(PoisonError::into_inner);
            let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let answer = work(&tx, world.clock.now().as_millisecond())?;
            tx.commit()?;
            Ok(answer)
        });
        task.await.map_err(|_| SimulatorError::Interrupted)?
    }
}

/// A moment of this world as a timestamp.
#[must_use]
pub fn moment(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(ms).unwrap_or(Timestamp::MAX)
}

fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")
}

/// Application id, schema version and number of tables: all zero in a new file.
fn stamp(connection: &Connection) -> rusqlite::Result<(i32, i32, i64)> {
    let pragma = |name| connection.pragma_query_value(None, name, |row| row.get(0));
    let tables = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    Ok((pragma("application_id")?, pragma("user_version")?, tables))
}

fn bring_up_to_date(tx: &Transaction<'_>) -> rusqlite::Result<()> {
    match stamp(tx)? {
        (APPLICATION_ID, SCHEMA_VERSION, _) => return Ok(()),
        NEW => tx.execute_batch(SCHEMA)?,
        _ => {}
    }
    tx.execute_batch(SECOND)?;
    tx.pragma_update(None, "application_id", APPLICATION_ID)?;
    tx.pragma_update(None, "user_version", SCHEMA_VERSION)
}
