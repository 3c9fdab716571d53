//! Outgoing mail: an outbox folder, SMTP, or Amazon SNS.

use async_trait::async_trait;

/// One plain-text message to one person.
#[derive(Clone, PartialEq, Eq)]
pub struct Mail {
    /// Names the message for ever: the same key is the same message.
    pub key: String,
    /// The one recipient.
    pub to: String,
    /// ASCII, one line, at most 99 characters (the SNS limit).
    pub subject: String,
    /// Plain text; may carry a personal link, so never log it.
    pub text: String,
}

impl std::fmt::Debug for Mail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Mail").field("key", &self.key).field("subject", &self.subject).finish_non_exhaustive()
    }
}

/// Why a mail was not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MailError {
    /// Try again later; it may or may not have been sent.
    #[error("mail cannot be sent now: {0}")]
    Unavailable(String),
    /// This message will never be accepted.
    #[error("mail refused: {0}")]
    Refused(String),
}

/// Sends mail.
#[async_trait]
pub trait Mailer: Send + Sync {
    /// Hands the message over. MUST answer `Ok` only when it was accepted for delivery.
    /// MAY deliver twice when called twice; an outbox folder MUST keep one file per key.
    async fn send(&self, mail: &Mail) -> Result<(), MailError>;
}
