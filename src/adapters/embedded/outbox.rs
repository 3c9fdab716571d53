//! Mail as files in a folder, one `.eml` per message: the demo's mailbox, and a
//! drop folder where a mail system picks messages up. Knows nothing of requests.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use lettre::message::Mailbox;

use crate::adapters::embedded::files::create_for_owner_only;
use crate::adapters::letter::{Wire, compose, fingerprint};
use crate::ports::clock::Clock;
use crate::ports::mail::{Mail, MailError, Mailer};

/// The most characters of a key that its file name repeats (file systems allow 255 bytes).
const LONGEST_NAME: usize = 80;

/// The folder.
pub struct Outbox {
    dir: PathBuf,
    from: Mailbox,
    clock: Arc<dyn Clock>,
    written: AtomicU64,
}

impl Outbox {
    /// Opens the folder, making it first if it is not there (readable by its owner
    /// alone: the mails carry personal links).
    ///
    /// # Errors
    /// When the folder cannot be made or written to.
    pub fn open(dir: &Path, from: Mailbox, clock: Arc<dyn Clock>) -> io::Result<Self> {
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(dir)?;
        Ok(Self { dir: dir.to_owned(), from, clock, written: AtomicU64::new(0) })
    }

    /// The file that holds the mail of this key.
    #[must_use]
    pub fn path_of(&self, key: &str) -> PathBuf {
        self.dir.join(file_name(key))
    }

    /// A name no other writer of this folder uses.
    fn scratch(&self, key: &str) -> PathBuf {
        let nth = self.written.fetch_add(1, Ordering::Relaxed);
        self.dir.join(format!(".{}.{}-{nth}.tmp", &fingerprint(key)[..16], std::process::id()))
    }
}

#[async_trait]
impl Mailer for Outbox {
    async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        let message = compose(mail, &self.from, self.clock.now(), Wire::File)?.formatted();
        let (scratch, path, dir) = (self.scratch(&mail.key), self.path_of(&mail.key), self.dir.clone());
        let written = tokio::task::spawn_blocking(move || place(&message, &scratch, &path, &dir)).await;
        match written {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(MailError::Unavailable(format!("the outbox folder cannot be written: {error}"))),
            Err(_) => Err(MailError::Unavailable("the outbox writer was stopped".into())),
        }
    }
}

/// Puts the message at `path` unless it is there, and makes that survive power loss:
/// the content before the name, then the name itself.
fn place(message: &[u8], scratch: &Path, path: &Path, dir: &Path) -> io::Result<()> {
    if !path.try_exists()? {
        let renamed = write_durably(message, scratch).and_then(|()| fs::rename(scratch, path));
        if renamed.is_err() {
            let _ = fs::remove_file(scratch);
        }
        renamed?;
    }
    // Also for a file that was there: its first writer may have died before this line.
    File::open(dir)?.sync_all()
}

fn write_durably(message: &[u8], scratch: &Path) -> io::Result<()> {
    let mut file = create_for_owner_only(scratch)?;
    file.set_len(0)?;
    file.write_all(message)?;
    file.sync_all()
}

/// The key in harmless characters, and a piece of its hash so that no two keys meet.
fn file_name(key: &str) -> String {
    let harmless = |c: char| if c.is_ascii_alphanumeric() || c == '-' || c == '.' { c } else { '_' };
    let name: String = key.chars().take(LONGEST_NAME).map(harmless).collect();
    format!("{}-{}.eml", name.trim_start_matches('.'), &fingerprint(key)[..12])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_name_stays_in_its_folder_and_belongs_to_one_key() {
        for key in ["../../etc/passwd", "..", "", "a\0b", "ä/ö", &"x".repeat(5000), "mail/01J/3/ann@corp.example"] {
            let name = file_name(key);
            assert!(!name.starts_with('.') && !name.contains(['/', '\\', '\0']) && name.len() < 120, "{name}");
        }
        assert_ne!(file_name("a/b"), file_name("a_b"));
        assert_eq!(file_name("a/b"), file_name("a/b"));
    }
}
