//! Mail over SMTP. Knows how to hand a message to a mail server and which answers
//! are worth another try; nothing of requests.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use lettre::message::Mailbox;
use lettre::transport::smtp::Error;
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Tokio1Executor};
use url::Url;

use crate::ports::clock::Clock;
use crate::ports::mail::{Mail, MailError, Mailer};

use super::letter::{Wire, compose};

/// The longest wait for one answer of the server.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(20);
/// The longest wait for one whole message, connecting included.
const SEND_TIMEOUT: Duration = Duration::from_mins(1);

/// Sends through one mail server.
pub struct SmtpMailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    clock: Arc<dyn Clock>,
}

impl fmt::Debug for SmtpMailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SmtpMailer(…)")
    }
}

/// An `smtp_url` that cannot be used. Never repeats the URL, which may hold a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadSmtpUrl {
    /// Not of the right form.
    #[error("mail.smtp_url must look like smtps://user:password@host:465 or smtp://host:587?tls=required")]
    Malformed,
    /// A password would cross the network in the clear.
    #[error("mail.smtp_url would send its password unencrypted: use smtps:// or add ?tls=required")]
    PasswordInTheClear,
}

impl SmtpMailer {
    /// Prepares to send through the server `url` names
    /// (`smtps://user:password@host:465`, `smtp://host:587?tls=required`). Connects on first use.
    ///
    /// # Errors
    /// See [`BadSmtpUrl`].
    pub fn new(url: &str, from: Mailbox, clock: Arc<dyn Clock>) -> Result<Self, BadSmtpUrl> {
        protects_its_password(&Url::parse(url).map_err(|_| BadSmtpUrl::Malformed)?)?;
        let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(url).map_err(|_| BadSmtpUrl::Malformed)?;
        Ok(Self { transport: builder.timeout(Some(COMMAND_TIMEOUT)).build(), from, clock })
    }
}

fn protects_its_password(url: &Url) -> Result<(), BadSmtpUrl> {
    let host = url.host_str().ok_or(BadSmtpUrl::Malformed)?;
    let address = host.trim_matches(['[', ']']).parse::<std::net::IpAddr>();
    let loopback = host == "localhost" || address.is_ok_and(|a| a.is_loopback());
    let encrypted = url.scheme() == "smtps" || url.query_pairs().any(|(k, v)| k == "tls" && v == "required");
    if url.password().is_some() && !encrypted && !loopback {
        return Err(BadSmtpUrl::PasswordInTheClear);
    }
    Ok(())
}

#[async_trait]
impl Mailer for SmtpMailer {
    async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        let message = compose(mail, &self.from, self.clock.now(), Wire::Anywhere)?;
        match tokio::time::timeout(SEND_TIMEOUT, self.transport.send(message)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(classify(&error)),
            Err(_) => Err(MailError::Unavailable("the mail server takes too long".into())),
        }
    }
}

/// Whether another try may help. Repeats only the reply code: servers quote
/// addresses in their texts, and those belong in no log.
fn classify(error: &Error) -> MailError {
    let code = error.status().map(u16::from);
    match code {
        // About our login or the sender's standing, not about this message (RFC 4954 §6).
        Some(530 | 534 | 535 | 538) => MailError::Unavailable(format!(
            "the mail server does not accept our login (reply {}): check mail.smtp_url",
            code.unwrap_or_default()
        )),
        Some(code) if error.is_permanent() => {
            MailError::Refused(format!("the mail server refused the message for good (reply {code})"))
        }
        Some(code) => MailError::Unavailable(format!("the mail server asks to try later (reply {code})")),
        None if error.is_timeout() => MailError::Unavailable("the mail server takes too long".into()),
        None if error.is_tls() => MailError::Unavailable("no trusted TLS connection to the mail server".into()),
        None => MailError::Unavailable("no connection to the mail server, or it was lost".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(url: &str) -> Result<(), BadSmtpUrl> {
        protects_its_password(&Url::parse(url).unwrap())
    }

    #[test]
    fn a_password_never_travels_in_the_clear() {
        assert_eq!(judged("smtp://user:secret@mail.example.com"), Err(BadSmtpUrl::PasswordInTheClear));
        assert_eq!(
            judged("smtp://user:secret@mail.example.com?tls=opportunistic"),
            Err(BadSmtpUrl::PasswordInTheClear)
        );
        for fine in [
            "smtps://user:secret@mail.example.com",
            "smtp://user:secret@mail.example.com?tls=required",
            "smtp://user:secret@localhost:1025",
            "smtp://user:secret@[::1]:1025",
            "smtp://mail.example.com",
        ] {
            assert_eq!(judged(fine), Ok(()), "{fine}");
        }
    }
}
