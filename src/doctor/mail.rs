//! Whether mail can leave: the outbox folder, or the mail server. (SNS: `topic`.)

use std::path::Path;

use lettre::{AsyncSmtpTransport, Tokio1Executor};

use super::finding::Finding;
use super::store::tempfile_in;
use super::surroundings::Surroundings;
use crate::config::MailBackend;

const CHECK: &str = "mail";

pub(super) async fn check(place: &Surroundings<'_>) -> Vec<Finding> {
    let mail = &place.config.mail;
    vec![match (mail.backend, &mail.smtp_url) {
        (MailBackend::Smtp, Some(url)) => server(url.reveal()).await,
        _ => outbox(&mail.outbox_dir),
    }]
}

fn outbox(dir: &Path) -> Finding {
    // Made at the first start, with its parents.
    let there = dir.ancestors().find(|folder| folder.is_dir()).unwrap_or(Path::new("."));
    match tempfile_in(there) {
        Ok(()) => Finding::well(CHECK, format!("into the folder {}", dir.display())),
        Err(error) => Finding::ill(
            CHECK,
            format!("the outbox folder {} cannot be written: {error}", dir.display()),
            "make it writable for this user, or set mail.outbox_dir",
        ),
    }
}

/// Connects, says hello and signs in, and sends nothing.
async fn server(url: &str) -> Finding {
    let fix = "check mail.smtp_url: host, port, user and password";
    let Ok(builder) = AsyncSmtpTransport::<Tokio1Executor>::from_url(url) else {
        return Finding::ill(CHECK, "mail.smtp_url cannot be used", fix);
    };
    let tested = builder.timeout(Some(super::PATIENCE / 2)).build::<Tokio1Executor>().test_connection().await;
    match tested.map_err(|error| error.status().map(u16::from)) {
        Ok(true) => Finding::well(CHECK, "the mail server takes our login"),
        Err(Some(code)) => Finding::ill(CHECK, format!("the mail server does not take our login (reply {code})"), fix),
        Ok(false) | Err(None) => Finding::ill(CHECK, "no connection to the mail server", fix),
    }
}
