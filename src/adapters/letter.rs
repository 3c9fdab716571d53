//! A mail as an RFC 5322 message: the part the outbox folder and SMTP share.
//! Knows nothing of where the message goes.

use jiff::Timestamp;
use lettre::Message;
use lettre::message::header::{ContentTransferEncoding, ContentType, MIME_VERSION_1_0};
use lettre::message::{Body, Mailbox};
use sha2::{Digest as _, Sha256};

use crate::domain::spec::hex;
use crate::ports::mail::{Mail, MailError};

/// The longest line a message may hold unencoded, in bytes (RFC 5322 §2.1.1).
const LONGEST_LINE: usize = 998;

/// How the text may be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wire {
    /// Any mail server may pass it on: quoted-printable where it is not plain ASCII.
    Anywhere,
    /// A file people read and copy links from: UTF-8 as it is (RFC 6152).
    File,
}

/// The message. Its `Message-ID` depends on the key alone, so that a mail program
/// which gets it twice can tell.
///
/// # Errors
/// [`MailError::Refused`] for an address or subject that no mail can carry.
pub fn compose(mail: &Mail, from: &Mailbox, now: Timestamp, wire: Wire) -> Result<Message, MailError> {
    let to = mail.to.parse().map_err(|_| refused("the recipient's address is not a mail address"))?;
    if !mail.subject.is_ascii() || mail.subject.contains(|c: char| c.is_ascii_control()) {
        return Err(refused("the subject is not one line of ASCII"));
    }
    Message::builder()
        .message_id(Some(message_id(&mail.key, from)))
        .date(now.into())
        .from(from.clone())
        .to(Mailbox::new(None, to))
        .subject(mail.subject.as_str())
        .header(MIME_VERSION_1_0)
        .header(ContentType::TEXT_PLAIN)
        // RFC 3834: nobody's absence note is wanted in return.
        .raw_header(auto_submitted())
        .body(body(mail, wire))
        .map_err(|_| refused("the message cannot be built"))
}

fn refused(why: &str) -> MailError {
    MailError::Refused(why.to_owned())
}

fn body(mail: &Mail, wire: Wire) -> Body {
    let text = mail.text.replace("\r\n", "\n").replace('\n', "\r\n");
    let fits = text.split("\r\n").all(|line| line.len() <= LONGEST_LINE) && !text.contains('\0');
    match wire {
        Wire::File if fits => Body::dangerous_pre_encoded(text.into_bytes(), ContentTransferEncoding::EightBit),
        Wire::File | Wire::Anywhere => Body::new(text),
    }
}

fn auto_submitted() -> lettre::message::header::HeaderValue {
    use lettre::message::header::{HeaderName, HeaderValue};
    HeaderValue::new(HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated".to_owned())
}

fn message_id(key: &str, from: &Mailbox) -> String {
    format!("<{}@{}>", &fingerprint(key)[..32], from.email.domain())
}

/// SHA-256 of a mail's key in hex: names derived from it tell nothing about people.
#[must_use]
pub fn fingerprint(key: &str) -> String {
    hex(&Sha256::digest(key))
}
