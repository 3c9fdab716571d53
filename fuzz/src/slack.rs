//! Bodies at the Slack addresses.

use std::collections::BTreeMap;

use serde_json::Value;
use url::form_urlencoded::parse;
use vend::adapters::slack::render::render;
use vend::adapters::slack::text::escape;
use vend::ports::chat::Message;
use vend::service::slack::command;
use vend::service::slack::incoming::{Commanded, Incoming, Surface, delivery_key, read, team};
use vend::service::slack::words;

/// A body is refused or read; a delivery has one name; a form is read as a browser wrote it;
/// and what a person typed is what they typed, and never markup.
pub fn slack(data: &[u8]) {
    let Some((which, body)) = data.split_first() else { return };
    let surface = [Surface::Events, Surface::Commands, Surface::Interactions][usize::from(*which) % 3];
    let body = String::from_utf8_lossy(body);
    stays_words(&body);
    let Ok(incoming) = read(surface, &body) else { return };
    is_a_name(&delivery_key(surface, &body, &incoming), surface);
    let _ = team(&incoming);
    match &incoming {
        Incoming::Said(said) => stays_words(&said.text),
        Incoming::Commanded(commanded) => {
            is_read_as_a_form(commanded, &body);
            stays_words(&commanded.text());
        }
        Incoming::Pressed(pressed) => stays_words(&pressed.value),
        Incoming::Submitted(submitted) => submitted.fields.values().for_each(|value| stays_words(value)),
        Incoming::Challenge(_) | Incoming::Nothing | Incoming::HomeOpened(_) => {}
    }
}

/// `slack/<surface>/<15 digits>/<32 hex digits>`: keys of a store.
fn is_a_name(key: &str, surface: Surface) {
    let parts: Vec<&str> = key.split('/').collect();
    let [slack, word, counted, unique] = parts.as_slice() else { panic!("{key}") };
    assert_eq!((*slack, *word), ("slack", surface.word()), "{key}");
    assert!(counted.len() == 15 && counted.bytes().all(|byte| byte.is_ascii_digit()), "{key}");
    assert!(unique.len() == 32 && unique.bytes().all(|byte| byte.is_ascii_hexdigit()), "{key}");
}

/// Fields of plain names are what `url`, which reads all of them, says they are.
fn is_read_as_a_form(commanded: &Commanded<'_>, body: &str) {
    let plain = |pair: &str| pair.split_once('=').is_some_and(|(name, _)| !name.contains(['%', '+']));
    if !body.split('&').all(plain) {
        return;
    }
    let fields: BTreeMap<String, String> = parse(body.as_bytes()).into_owned().collect();
    let field = |name: &str| fields.get(name).cloned().unwrap_or_default();
    assert_eq!(commanded.text(), field("text"));
    assert_eq!(commanded.channel(), field("channel_id"));
    assert_eq!(commanded.trigger(), field("trigger_id"));
    let user = commanded.user();
    assert_eq!((user.team, user.user), (field("team_id"), field("user_id")));
}

fn stays_words(said: &str) {
    let typed = words::plain(said, Some("UBOT"));
    let _ = command::parse(&typed);
    // Slack escapes what people type; unescaped it is what they typed.
    assert_eq!(words::plain(&escape(&typed), None), typed);
    let message = Message::Words { text: typed.clone(), choices: vec![typed.clone(); 2], form: true, question: None };
    let shown = serde_json::to_value(render(&message)).unwrap();
    let top = shown["text"].as_str().unwrap();
    assert!(!top.contains(['<', '>']), "unescaped: {top}");
    let entity = |rest: &str| ["amp;", "lt;", "gt;"].iter().any(|name| rest.starts_with(name));
    assert!(top.split('&').skip(1).all(entity), "half escaped: {top}");
    is_plain(&shown["blocks"]);
}

/// People's words stand in `plain_text` alone, where Slack interprets nothing.
fn is_plain(value: &Value) {
    match value {
        Value::Object(fields) => {
            assert_ne!(fields.get("type"), Some(&Value::from("mrkdwn")), "markup: {value}");
            fields.values().for_each(is_plain);
        }
        Value::Array(items) => items.iter().for_each(is_plain),
        _ => {}
    }
}
