//! Opens the database file: who may read it, how durable and how big it is
//! allowed to be, and what to tell an operator when it cannot be used.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, MAIN_DB, OpenFlags};

use super::migrations;
use crate::adapters::embedded::files::create_for_owner_only;

/// How long to wait for another process (the command line, a backup) to let go of the file.
const BUSY: Duration = Duration::from_secs(5);
/// Files up to this many bytes are checked page by page before they are used; checking a large
/// one would delay the start by more than it is worth.
const CHECKED_BYTES: u64 = 4 << 20;

/// One thread at a time uses a connection, so SQLite need not lock it. No CREATE: the file was made for its owner only.
const FLAGS: OpenFlags = OpenFlags::SQLITE_OPEN_READ_WRITE.union(OpenFlags::SQLITE_OPEN_NO_MUTEX);

/// Why the database file cannot be used, and what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Not SQLite, or damaged.
    #[error(
        "the file is damaged or is not a database ({0}): restore it from a backup, or move it away to start with an empty one"
    )]
    Damaged(String),
    /// A database of another program.
    #[error("the file is another program's database: set `store.path` to a file of vend's own")]
    Foreign,
    /// Written by a newer `vend`.
    #[error("the file was written by a newer vend (schema {found}, this one knows {known}): start the newer version")]
    Newer {
        /// The file's schema version.
        found: usize,
        /// The newest schema this binary knows.
        known: usize,
    },
    /// The file or its folder may not be written.
    #[error("the file and its folder must be writable for this user: correct their permissions, or set `store.path`")]
    ReadOnly,
    /// Anything else: disk full, held by another process, no such folder.
    #[error("the file cannot be opened ({0}): check the path, the free space, and that no other program holds it")]
    Unusable(String),
}

impl From<rusqlite::Error> for OpenError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Damaged(error.to_string()),
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => Self::ReadOnly,
            _ => Self::Unusable(error.to_string()),
        }
    }
}

impl From<io::Error> for OpenError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => Self::ReadOnly,
            _ => Self::Unusable(error.to_string()),
        }
    }
}

/// The one connection that writes, on a file that is now of this binary's schema.
pub(super) fn writing(path: &Path) -> Result<Connection, OpenError> {
    create(path)?;
    let mut connection = Connection::open_with_flags(path, FLAGS)?;
    connection.busy_timeout(BUSY)?;
    if connection.is_readonly(MAIN_DB)? {
        return Err(OpenError::ReadOnly);
    }
    migrations::refuse_if_not_ours(&connection)?;
    check_pages(&connection, path)?;
    configure(&connection, 4096)?;
    connection.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(()))?;
    // FULL: a commit that was answered survives power loss; NORMAL may lose the last ones.
    connection.pragma_update(None, "synchronous", "full")?;
    // Pages the log may grow to (8 MB) before it is copied into the file and written from its start
    // again: a sync is quicker where the log need not grow.
    connection.pragma_update(None, "wal_autocheckpoint", 2000)?;
    connection.pragma_update_and_check(None, "journal_size_limit", 64 << 20, |_| Ok(()))?;
    migrations::migrate(&mut connection)?;
    Ok(connection)
}

/// A connection that only reads and sees every answered commit.
pub(super) fn reading(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(path, FLAGS)?;
    connection.busy_timeout(BUSY)?;
    configure(&connection, 1024)?;
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}

/// What all connections share; `cache_kib` bounds the memory each may keep.
fn configure(connection: &Connection, cache_kib: i64) -> rusqlite::Result<()> {
    connection.pragma_update(None, "cache_size", -cache_kib)?;
    connection.pragma_update_and_check(None, "mmap_size", 0, |_| Ok(())).or_else(no_answer_is_fine)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(())
}

/// `PRAGMA mmap_size` answers nothing where memory mapping is compiled out.
fn no_answer_is_fine(error: rusqlite::Error) -> rusqlite::Result<()> {
    if matches!(error, rusqlite::Error::QueryReturnedNoRows) { Ok(()) } else { Err(error) }
}

/// Makes the file, and its folder, unless they exist.
fn create(path: &Path) -> Result<(), OpenError> {
    if path.exists() {
        return Ok(());
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    create_for_owner_only(path)?.sync_all()?;
    // The folder too, or the new name could be gone after a power loss.
    File::open(folder)?.sync_all()?;
    Ok(())
}

fn check_pages(connection: &Connection, path: &Path) -> Result<(), OpenError> {
    if fs::metadata(path)?.len() > CHECKED_BYTES {
        return Ok(());
    }
    let verdict: String = connection.query_row("PRAGMA quick_check(1)", (), |row| row.get(0))?;
    if verdict == "ok" { Ok(()) } else { Err(OpenError::Damaged(verdict)) }
}
