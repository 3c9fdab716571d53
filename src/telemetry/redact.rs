//! The last net under every log line. Code that logs a secret or an address is
//! wrong; this makes sure that the mistake does not reach a disk.

use std::borrow::Cow;
use std::io::{self, Write};
use std::sync::Arc;

use regex::Regex;
use tracing_subscriber::fmt::MakeWriter;

use crate::config::Secret;

/// What stands in place of what was taken out.
const HIDDEN: &str = "[hidden]";

/// What never belongs into a log, by its form.
const FORMS: [&str; 7] = [
    // E-mail addresses, whatever they are wrapped in.
    r#"[^\s"'`<>()\[\]{},;:=\\|]+@[^\s"'`<>()\[\]{},;:=\\|@]+"#,
    // Slack tokens and webhook addresses.
    r"\bxox[a-z](?:\.[a-z]+)?-[A-Za-z0-9-]+|hooks\.slack\.com/[A-Za-z0-9/_-]+",
    // What an `Authorization` header carries.
    r"(?i)\b(?:bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}",
    // Approvers' link tokens: in a query, or by their first bytes (version and expiry).
    r"\bt=[A-Za-z0-9_-]{16,}|\bAgAAAA[A-Za-z0-9_-]{20,}",
    // Tokens made by `vend tokens new`.
    r"\bvendtok_[A-Za-z0-9_-]+",
    // Signed tokens of an issuer (their JSON begins with `{"`).
    r"\beyJ[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_.-]*",
    // What browsers keep of a sign-in, and the codes they bring back from one.
    r"\bvend-(?:session|sign-in)=[A-Za-z0-9_-]+|\bcode=[A-Za-z0-9._~%+/=-]{6,}",
];

/// Takes secrets and addresses out of text.
#[derive(Clone)]
pub struct Redactor {
    forms: Arc<[Regex]>,
    secrets: Arc<[Secret]>,
}

impl Redactor {
    /// Knows the forms above, and the configured secrets letter by letter.
    /// Secrets shorter than eight characters are left to their forms.
    #[must_use]
    pub fn new(secrets: impl IntoIterator<Item = Secret>) -> Self {
        let forms = FORMS.iter().filter_map(|form| Regex::new(form).ok()).collect();
        let long = |secret: &Secret| secret.reveal().len() >= 8;
        Self { forms, secrets: secrets.into_iter().filter(long).collect() }
    }

    /// The text without what does not belong in it.
    #[must_use]
    pub fn clean<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut clean = Cow::Borrowed(text);
        for secret in self.secrets.iter().filter(|secret| text.contains(secret.reveal())) {
            clean = Cow::Owned(clean.replace(secret.reveal(), HIDDEN));
        }
        for form in self.forms.iter() {
            if let Cow::Owned(without) = form.replace_all(&clean, HIDDEN) {
                clean = Cow::Owned(without);
            }
        }
        clean
    }

    /// A writer that cleans what passes through it.
    pub fn around<W>(self, inner: W) -> Redacting<W> {
        Redacting { redactor: self, inner }
    }
}

/// A maker of cleaning writers, for the subscriber.
#[derive(Clone)]
pub struct Redacting<W> {
    redactor: Redactor,
    inner: W,
}

impl<'a, W: MakeWriter<'a>> MakeWriter<'a> for Redacting<W> {
    type Writer = CleanWriter<W::Writer>;

    fn make_writer(&'a self) -> Self::Writer {
        CleanWriter { redactor: self.redactor.clone(), inner: self.inner.make_writer() }
    }
}

/// Cleans whole log lines: the subscriber writes each event in one call.
pub struct CleanWriter<W> {
    redactor: Redactor,
    inner: W,
}

impl<W: Write> Write for CleanWriter<W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(line);
        self.inner.write_all(self.redactor.clean(&text).as_bytes())?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::RequestId;
    use crate::domain::link::{LinkKey, issue};

    #[test]
    fn every_form_is_understood() {
        assert_eq!(Redactor::new([]).forms.len(), FORMS.len());
    }

    #[test]
    fn a_link_token_is_known_by_its_form_alone() {
        let hash = serde_json::from_value("ab".into()).unwrap();
        let id = RequestId::new(ulid::Ulid(7));
        for year in [2026, 2056, 2105] {
            let until = jiff::civil::date(year, 11, 26).to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp();
            let token = issue(&LinkKey([7; 32]), id, "a@b.c", &hash, until);
            assert_eq!(Redactor::new([]).clean(&format!("opened {token}")), "opened [hidden]");
        }
    }

    #[test]
    fn secrets_and_addresses_are_taken_out_and_the_rest_stays() {
        let redactor = Redactor::new([Secret::new("sesame-open-sesame")]);
        let told = [
            ("mail to <ana@example.com> sent", "mail to <[hidden]> sent"),
            ("email=\"ana+fail-quota@example.com\"", "email=\"[hidden]\""),
            ("Authorization: Bearer abcdef0123456789", "Authorization: [hidden]"),
            ("GET /account/confirm/01J?t=AQAAAABnPz8_tokentoken", "GET /account/confirm/01J?[hidden]"),
            ("posting with xoxb-123-456-abc", "posting with [hidden]"),
            ("signing with sesame-open-sesame!", "signing with [hidden]!"),
            ("token vendtok_abc123", "token [hidden]"),
            ("id eyJhbGciOiJub25lIn0.eyJhIjoxfQ.", "id [hidden]"),
            ("cookie: __Host-vend-session=AAAAAGnc; a=b", "cookie: __Host-[hidden]; a=b"),
            ("GET /sign-in/callback?code=SplxlOBeZQ&state=x", "GET /sign-in/callback?[hidden]&state=x"),
            ("exit code=1", "exit code=1"),
            ("request=01JCZK5W8Q2M3N4P5R6S7T8V9W state=ready", "request=01JCZK5W8Q2M3N4P5R6S7T8V9W state=ready"),
        ];
        for (line, clean) in told {
            assert_eq!(redactor.clean(line), clean);
        }
    }
}
