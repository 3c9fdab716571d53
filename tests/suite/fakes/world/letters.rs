//! Reads the outbox as a person reads their inbox.

use std::path::Path;

use mail_parser::MessageParser;

/// One mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    pub to: String,
    pub subject: String,
    pub text: String,
    sent_at: i64,
    file: String,
}

impl Letter {
    /// Every mail in a folder, oldest first.
    pub fn all_in(folder: &Path) -> Vec<Self> {
        let files = std::fs::read_dir(folder).expect("an outbox").map(|entry| entry.expect("a file").path());
        let is_mail = |path: &std::path::PathBuf| path.extension().is_some_and(|kind| kind == "eml");
        let mut letters: Vec<_> = files.filter(is_mail).map(|path| Self::read(&path)).collect();
        letters.sort_by(|a, b| (a.sent_at, &a.file).cmp(&(b.sent_at, &b.file)));
        letters
    }

    fn read(path: &Path) -> Self {
        let bytes = std::fs::read(path).expect("a mail");
        let message = MessageParser::default().parse(&bytes).expect("a mail that can be parsed");
        let to = message.to().and_then(|to| to.first()).and_then(|to| to.address());
        Self {
            to: to.unwrap_or_default().to_owned(),
            subject: message.subject().unwrap_or_default().to_owned(),
            text: message.body_text(0).unwrap_or_default().replace("\r\n", "\n"),
            sent_at: message.date().map(mail_parser::DateTime::to_timestamp).unwrap_or_default(),
            file: path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        }
    }

    /// The path of the personal link in it, like `/account/confirm/01J…?t=…`.
    pub fn link(&self) -> String {
        let word = self.text.split_whitespace().find(|word| word.contains("/account/confirm/"));
        let link = word.unwrap_or_else(|| panic!("no link in:\n{}", self.text));
        link[link.find("/account/").expect("a path")..].to_owned()
    }
}

/// Every mail in a folder, whole and as it would go over the wire.
pub fn mails_in(folder: &Path) -> Vec<String> {
    let files = std::fs::read_dir(folder).expect("an outbox").map(|entry| entry.expect("a file").path());
    let mails = files.filter(|path| path.extension().is_some_and(|kind| kind == "eml"));
    mails.map(|path| std::fs::read_to_string(path).expect("a mail")).collect()
}
