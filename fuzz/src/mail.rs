//! What a mail says of people's words.

use lettre::message::Mailbox;
use serde_json::{Value, json};
use vend::adapters::letter::{Wire, compose};
use vend::domain::request::State;
use vend::domain::text::one_line;
use vend::ports::mail::Mail;
use vend::say::mail::{approval_request, outcome};
use vend::say::view::RequestView;

use super::Feed;

const LINK: &str = "https://vend.example.com/account/confirm/01JCZK5W8Q2M3N4P5R6S7T8V9W?t=AQAAAA";

/// Whatever people wrote, a mail has its own lines and no others, shows everything in one direction
/// and nothing that a mail program would make a link of; and its headers are ours.
pub fn mail(data: &[u8]) {
    let mut feed = Feed(data);
    let (which, recipient) = (feed.number(), feed.text());
    let words: [String; 8] = std::array::from_fn(|_| feed.text());
    // As many lines as with words that are surely good.
    let plain = words.clone().map(|text| if one_line(&text).is_empty() { String::new() } else { "x".to_owned() });
    let (written, expected) = (texts(&words, which), texts(&plain, which));
    for ((subject, text), (_, plain)) in written.iter().zip(&expected) {
        assert!(subject.is_ascii() && subject.len() < 100 && !subject.contains('\n'), "{subject}");
        assert_eq!(text.lines().count(), plain.lines().count(), "{text}");
        for line in text.lines() {
            is_harmless(&line.replace(LINK, ""));
        }
        is_one_letter(&recipient, subject, text);
    }
}

fn texts(words: &[String; 8], which: usize) -> [(String, String); 2] {
    let state = State::ALL[which % State::ALL.len()];
    let view = view(words, state);
    [approval_request(&view, LINK, &words[7], 0), outcome(&view, state, LINK)]
}

fn is_harmless(line: &str) {
    assert!(line.len() < 998, "too long for a mail (RFC 5322): {line}");
    let turns =
        |c: char| c.is_control() || ('\u{202A}'..='\u{202E}').contains(&c) || ('\u{2066}'..='\u{2069}').contains(&c);
    assert!(
        !line.contains(|c| turns(c) || matches!(c, '\u{200E}' | '\u{200F}' | '\u{61C}' | '\u{2028}' | '\u{2029}')),
        "{line:?}"
    );
    for before in line.split("://").collect::<Vec<_>>().split_last().map_or(&[][..], |(_, before)| before) {
        assert!(before.ends_with("-x") || before.to_ascii_lowercase().contains("hxx"), "{line:?}");
    }
    // Host names, which mail programs make links of; the parts of an address are one.
    for word in line.split(|c: char| !(c.is_alphanumeric() || ".-_+@%".contains(c))) {
        let page =
            word.len() > 4 && word.to_ascii_lowercase().starts_with("www.") || !word.contains('@') && is_host(word);
        assert!(!page, "{word:?} in {line:?}");
    }
}

/// `evil.example`: labels with letters only in the last, which has two at least.
fn is_host(word: &str) -> bool {
    let labels: Vec<&str> = word.split('.').collect();
    let label =
        |label: &&str| !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let last = labels.last().copied().unwrap_or_default();
    labels.len() > 1
        && labels.iter().all(label)
        && last.len() > 1
        && last.bytes().all(|byte| byte.is_ascii_alphabetic())
}

/// The message holds the headers we gave it, once each, and the text as its body.
fn is_one_letter(recipient: &str, subject: &str, text: &str) {
    let from: Mailbox = "Account bot <vend@example.com>".parse().unwrap();
    let mail = Mail { key: "m".into(), to: recipient.into(), subject: subject.into(), text: text.into() };
    let Ok(message) = compose(&mail, &from, jiff::Timestamp::UNIX_EPOCH, Wire::File) else { return };
    let raw = message.formatted();
    let raw = String::from_utf8(raw).unwrap();
    let (head, body) = raw.split_once("\r\n\r\n").unwrap();
    let mut names: Vec<&str> =
        head.split("\r\n").filter(|line| !line.starts_with(' ')).map(|line| line.split_once(':').unwrap().0).collect();
    names.sort_unstable();
    let ours = [
        "Auto-Submitted",
        "Content-Transfer-Encoding",
        "Content-Type",
        "Date",
        "From",
        "MIME-Version",
        "Message-ID",
        "Subject",
        "To",
    ];
    assert_eq!(names, ours, "{head}");
    assert_eq!(body.replace("\r\n", "\n").trim_end(), text.trim_end());
}

/// A request all of whose texts are these.
fn view(words: &[String; 8], state: State) -> RequestView {
    let [name, address, unit, purpose, first, value, reason, by] = words;
    let failure = json!({"step": "blueprint_deployment", "reason": reason, "advice": value, "retryable": true});
    let said = |decision: &str| json!({"by": by, "at": "2026-11-21T10:30:00Z", "decision": decision, "reason": reason, "channel": "mail"});
    let decisions: Vec<Value> = ["approve", "deny", "cancel"].map(said).to_vec();
    let view = json!({
        "id": "01JCZK5W8Q2M3N4P5R6S7T8V9W", "short_id": "req-6s7t8v9w", "state": state, "status": value,
        "account_name": name, "account_type": "Sandbox", "root_email": address, "organizational_unit": unit,
        "blueprint": value, "blueprint_version": value, "blueprint_parameters": {"VpcCidr": value}, "purpose": purpose,
        "cost_centre": value, "tags": {"team": value}, "requester": {"email": address, "first_name": first, "last_name": name},
        "created_at": "2026-11-21T09:00:00Z", "expires_at": "2026-11-23T09:00:00Z", "queue_place": null,
        "estimate_seconds": 1500, "progress": null, "account_id": "123456789012", "outputs": {"VpcId": "vpc-0a1b2c3d"},
        "failure": failure, "decisions": decisions, "approvals_needed": 2, "policy_rule": reason,
        "preflight": [{"field": "purpose", "passed": true, "text": value}], "parameters_hash": "00", "monthly_cost": value,
    });
    serde_json::from_value(view).unwrap()
}
