//! Files nobody but their owner reads: they hold names, addresses and secrets.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

/// Opens a file to write it, and makes it unless it is there. `SQLite` gives its log the same mode.
pub(super) fn create_for_owner_only(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
