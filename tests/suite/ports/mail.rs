//! The MUSTs of the mail port: over the outbox folder, and over SMTP against a
//! mail server on loopback.

use std::path::Path;
use std::sync::Arc;

use mail_parser::MessageParser;
use tempfile::TempDir;
use vend::adapters::embedded::outbox::Outbox;
use vend::adapters::smtp::{BadSmtpUrl, SmtpMailer};
use vend::ports::mail::{Mail, MailError, Mailer};

use crate::fakes::clock::TestClock;
use crate::fakes::smtp::{Mood, SmtpSink};

const LINK: &str = "https://vend.example.com/account/confirm/01JCZK5W8Q2M3N4P5R6S7T8V9W?t=";

fn mail(key: &str) -> Mail {
    let token = "AQAAAABpIC2Q".repeat(24);
    Mail {
        key: key.to_owned(),
        to: "grace@example.com".into(),
        subject: "Please decide on AWS account request req-6s7t8v9w".into(),
        text: format!("Ada Grünwald asks for an account.\n\n.hidden dot\n{LINK}{token}\n"),
    }
}

/// A place mails can be sent to and read back from.
enum Place {
    Folder(Outbox, TempDir),
    Server(SmtpMailer, SmtpSink),
}

impl Place {
    fn folder() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let outbox = Outbox::open(&dir.path().join("made/on/demand"), sender(), clock()).unwrap();
        Self::Folder(outbox, dir)
    }

    async fn server(mood: Mood) -> Self {
        let sink = SmtpSink::start(mood).await;
        Self::Server(SmtpMailer::new(&sink.url(), sender(), clock()).unwrap(), sink)
    }

    fn mailer(&self) -> &dyn Mailer {
        match self {
            Self::Folder(mailer, _) => mailer,
            Self::Server(mailer, _) => mailer,
        }
    }

    /// Every message there, as its raw text.
    fn arrived(&self) -> Vec<String> {
        match self {
            Self::Folder(_, dir) => files(&dir.path().join("made/on/demand")),
            Self::Server(_, sink) => sink.accepted(),
        }
    }
}

fn sender() -> lettre::message::Mailbox {
    "vend <vend@example.com>".parse().unwrap()
}

fn clock() -> Arc<TestClock> {
    Arc::new(TestClock::default())
}

fn files(dir: &Path) -> Vec<String> {
    std::fs::read_dir(dir).unwrap().map(|entry| std::fs::read_to_string(entry.unwrap().path()).unwrap()).collect()
}

async fn places() -> [Place; 2] {
    [Place::folder(), Place::server(Mood::Accept).await]
}

#[tokio::test]
async fn an_accepted_mail_arrives_whole() {
    for place in places().await {
        place.mailer().send(&mail("k/1")).await.unwrap();
        let [raw] = place.arrived().try_into().unwrap();
        let message = MessageParser::new().parse(&raw).unwrap();
        assert_eq!(message.subject(), Some(mail("k/1").subject.as_str()));
        assert_eq!(message.to().and_then(|to| to.first()?.address()), Some("grace@example.com"));
        assert_eq!(message.from().and_then(|from| from.first()?.address()), Some("vend@example.com"));
        assert_eq!(message.body_text(0).unwrap().replace("\r\n", "\n").trim_end(), mail("k/1").text.trim_end());
        assert_eq!(message.date().unwrap().to_rfc3339(), "2026-11-21T09:00:00Z");
        assert_eq!(message.header_raw("MIME-Version").map(str::trim), Some("1.0"));
        assert_eq!(message.header_raw("Auto-Submitted").map(str::trim), Some("auto-generated"));
    }
}

#[tokio::test]
async fn one_key_is_one_message_for_ever() {
    for place in places().await {
        for key in ["k/1", "k/1", "k_1"] {
            place.mailer().send(&mail(key)).await.unwrap();
        }
        let mut ids: Vec<String> = place.arrived().iter().map(|raw| message_id(raw)).collect();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), 2, "the same key gives the same Message-ID, another key another");
    }
}

fn message_id(raw: &str) -> String {
    MessageParser::new().parse(raw).unwrap().message_id().unwrap().to_owned()
}

#[tokio::test]
async fn what_no_mail_can_carry_is_refused_for_good() {
    for place in places().await {
        for bad in [
            Mail { to: "nobody".into(), ..mail("k") },
            Mail { to: "a@example.com, b@example.com".into(), ..mail("k") },
            Mail { to: "a@example.com\r\nBcc: b@example.com".into(), ..mail("k") },
            Mail { subject: "Fine\r\nBcc: b@example.com".into(), ..mail("k") },
            Mail { subject: "Grün".into(), ..mail("k") },
        ] {
            let refused = place.mailer().send(&bad).await;
            assert!(matches!(refused, Err(MailError::Refused(_))), "{refused:?}");
        }
        assert_eq!(place.arrived(), Vec::<String>::new());
    }
}

#[tokio::test]
async fn an_outbox_keeps_one_file_per_key_under_concurrent_sends_and_leaves_no_scrap() {
    let place = Place::folder();
    let sends = (0..20).map(|n| {
        let mail = mail(&format!("k/{}", n % 4));
        let mailer = place.mailer();
        async move { mailer.send(&mail).await }
    });
    for sent in futures::future::join_all(sends).await {
        sent.unwrap();
    }
    assert_eq!(place.arrived().len(), 4);
}

#[tokio::test]
async fn an_outbox_file_shows_the_link_in_one_piece_and_only_to_its_owner() {
    use std::os::unix::fs::PermissionsExt as _;
    let place = Place::folder();
    place.mailer().send(&mail("k")).await.unwrap();
    assert!(place.arrived()[0].contains(mail("k").text.lines().last().unwrap()));
    let Place::Folder(outbox, _) = &place else { unreachable!() };
    let mode = std::fs::metadata(outbox.path_of("k")).unwrap().permissions().mode();
    assert_eq!(mode & 0o077, 0);
}

#[tokio::test]
async fn an_outbox_that_cannot_be_written_says_try_later_and_recovers() {
    let place = Place::folder();
    let Place::Folder(_, dir) = &place else { unreachable!() };
    let (folder, aside) = (dir.path().join("made/on/demand"), dir.path().join("aside"));
    std::fs::rename(&folder, &aside).unwrap();
    assert!(matches!(place.mailer().send(&mail("k")).await, Err(MailError::Unavailable(_))));
    std::fs::rename(&aside, &folder).unwrap();
    place.mailer().send(&mail("k")).await.unwrap();
    assert_eq!(place.arrived().len(), 1);
}

#[tokio::test]
async fn a_server_that_says_never_is_not_asked_again_and_one_that_says_later_is() {
    for (mood, for_good) in [
        (Mood::Recipient("550 5.1.1 <grace@example.com> no such user"), true),
        (Mood::AfterData("554 5.7.1 spam, grace@example.com"), true),
        (Mood::Recipient("451 4.7.1 greylisted, grace@example.com"), false),
        (Mood::AfterData("452 4.3.1 disk full"), false),
        (Mood::Recipient("530 5.7.0 authentication required"), false),
        (Mood::HangUp, false),
    ] {
        let place = Place::server(mood).await;
        let error = place.mailer().send(&mail("k")).await.unwrap_err();
        assert_eq!(matches!(error, MailError::Refused(_)), for_good, "{mood:?}: {error}");
        assert!(!error.to_string().contains('@'), "no address in an error: {error}");
        assert_eq!(place.arrived(), Vec::<String>::new());
    }
}

#[tokio::test]
async fn no_server_means_try_later() {
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("smtp://{}", closed.local_addr().unwrap());
    drop(closed);
    let mailer = SmtpMailer::new(&url, sender(), clock()).unwrap();
    assert!(matches!(mailer.send(&mail("k")).await, Err(MailError::Unavailable(_))));
}

#[test]
fn a_bad_server_url_is_refused_without_repeating_its_password() {
    for (url, why) in [
        ("mail.example.com", BadSmtpUrl::Malformed),
        ("https://user:secret@mail.example.com", BadSmtpUrl::Malformed),
        ("smtp://user:secret@mail.example.com", BadSmtpUrl::PasswordInTheClear),
    ] {
        let error = SmtpMailer::new(url, sender(), clock()).unwrap_err();
        assert!(!error.to_string().contains("secret@"));
        assert!(error == why || url.starts_with("https"), "{error}");
    }
}
