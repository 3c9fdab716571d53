//! Bodies as Slack sends them, signed as Slack signs them.

use axum::body::Body;
use axum::http::Request;
use jiff::Timestamp;
use serde_json::{Value, json};
use vend::http::slack::signature::{SIGNATURE_HEADER, TIMESTAMP_HEADER, sign};

use crate::fakes::slack::{BOT, Message, SIGNING_SECRET, Slack, TEAM};

/// One delivery: where it goes and its raw body.
#[derive(Debug, Clone)]
pub struct Delivery {
    pub path: &'static str,
    pub body: String,
}

impl Delivery {
    /// Signed at `now`.
    pub fn signed(&self, now: Timestamp) -> Request<Body> {
        let stamp = now.as_second().to_string();
        let signature = sign(SIGNING_SECRET, &stamp, self.body.as_bytes());
        self.with_headers(&[(TIMESTAMP_HEADER, &stamp), (SIGNATURE_HEADER, &signature)])
    }

    /// A later copy, as Slack retries.
    pub fn retried(&self, now: Timestamp, nth: u32) -> Request<Body> {
        let mut request = self.signed(now);
        request.headers_mut().insert("x-slack-retry-num", nth.to_string().parse().unwrap());
        request.headers_mut().insert("x-slack-retry-reason", "http_timeout".parse().unwrap());
        request
    }

    /// With these headers and no others.
    pub fn with_headers(&self, headers: &[(&str, &str)]) -> Request<Body> {
        let mut request = Request::post(self.path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(Body::from(self.body.clone())).unwrap()
    }
}

fn event(slack: &Slack, event: &Value) -> Delivery {
    let body = json!({
        "type": "event_callback", "token": "legacy", "team_id": TEAM, "api_app_id": "A0VEND",
        "event_id": slack.fresh("Ev"), "event_time": 1_763_715_600, "event": event,
        "authorizations": [{ "team_id": TEAM, "user_id": BOT, "is_bot": true }],
    });
    Delivery { path: "/slack/events", body: body.to_string() }
}

/// A direct message.
pub fn direct(slack: &Slack, user: &str, text: &str) -> Delivery {
    let ts = slack.fresh("1763715600.");
    event(
        slack,
        &json!({
            "type": "message", "channel_type": "im", "channel": format!("D{user}"), "user": user, "text": text, "ts": ts,
        }),
    )
}

/// A message in a channel, in a thread if one is given.
pub fn in_channel(slack: &Slack, user: &str, text: &str, thread: Option<&str>) -> Delivery {
    let ts = slack.fresh("1763715600.");
    message_in_channel(slack, user, text, (&ts, thread))
}

fn message_in_channel(slack: &Slack, user: &str, text: &str, (ts, thread): (&str, Option<&str>)) -> Delivery {
    let mut message = json!({ "type": "message", "channel_type": "channel", "channel": "CTEAM", "user": user, "text": text, "ts": ts });
    if let Some(thread) = thread {
        message["thread_ts"] = thread.into();
    }
    event(slack, &message)
}

/// A mention in a joined channel: Slack sends it twice, as two events.
pub fn mention(slack: &Slack, user: &str, text: &str) -> (String, [Delivery; 2]) {
    let ts = slack.fresh("1763715600.");
    let text = format!("<@{BOT}> {text}");
    let mention = event(
        slack,
        &json!({
            "type": "app_mention", "channel": "CTEAM", "user": user, "text": text, "ts": ts,
        }),
    );
    let message = message_in_channel(slack, user, &text, (&ts, None));
    (ts, [mention, message])
}

/// A message event with extra fields, like `bot_id` or a subtype.
pub fn odd_message(slack: &Slack, extra: &Value) -> Delivery {
    let ts = slack.fresh("1763715600.");
    let mut message = json!({
        "type": "message", "channel_type": "im", "channel": "DUADA", "user": "UADA",
        "text": "Hi, I would like a new account please!", "ts": ts,
    });
    message.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    event(slack, &message)
}

/// Somebody opened the home page.
pub fn home_opened(slack: &Slack, user: &str) -> Delivery {
    event(slack, &json!({ "type": "app_home_opened", "user": user, "channel": format!("D{user}"), "tab": "home" }))
}

/// `/account <text>`.
pub fn command(slack: &Slack, user: &str, text: &str) -> Delivery {
    let body = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("token", "legacy")
        .append_pair("team_id", TEAM)
        .append_pair("channel_id", "CTEAM")
        .append_pair("user_id", user)
        .append_pair("command", "/account")
        .append_pair("text", text)
        .append_pair("response_url", &slack.response_url(user))
        .append_pair("trigger_id", &slack.pass())
        .finish();
    Delivery { path: "/slack/commands", body }
}

/// A press of the button with this label on a message.
pub fn press(slack: &Slack, user: &str, message: &Message, label: &str) -> Delivery {
    let (action_id, value) = message.button(label);
    let mut container = json!({ "type": "message", "channel_id": message.channel, "message_ts": message.ts });
    if let Some(thread) = &message.thread {
        container["thread_ts"] = thread.clone().into();
    }
    interaction(&json!({
        "type": "block_actions",
        "team": { "id": TEAM }, "user": { "id": user, "team_id": TEAM }, "api_app_id": "A0VEND",
        "channel": { "id": message.channel }, "container": container,
        "trigger_id": slack.pass(), "response_url": slack.response_url(user),
        "actions": [{ "type": "button", "block_id": message.row_of(label), "action_id": action_id, "value": value, "action_ts": "1.2" }],
    }))
}

/// A press of a button on the home page.
pub fn press_at_home(slack: &Slack, user: &str, action_id: &str) -> Delivery {
    interaction(&json!({
        "type": "block_actions",
        "team": { "id": TEAM }, "user": { "id": user, "team_id": TEAM }, "api_app_id": "A0VEND",
        "container": { "type": "view", "view_id": "V1" }, "trigger_id": slack.pass(),
        "actions": [{ "type": "button", "block_id": "b1", "action_id": action_id, "value": "home", "action_ts": "1.2" }],
    }))
}

/// A sent form: `fields` by block id; a value in brackets is a choice.
pub fn submit(user: &str, view: &Value, fields: &[(&str, &str)]) -> Delivery {
    let values: serde_json::Map<String, Value> = fields.iter().map(|(block, value)| field(block, value)).collect();
    interaction(&json!({
        "type": "view_submission",
        "team": { "id": TEAM }, "user": { "id": user, "team_id": TEAM }, "api_app_id": "A0VEND",
        "view": {
            "id": view["id"], "type": "modal", "callback_id": view["callback_id"],
            "private_metadata": view["private_metadata"], "hash": "1.abc", "state": { "values": values },
        },
        "response_urls": [],
    }))
}

fn field(block: &str, value: &str) -> (String, Value) {
    let element = match value.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(chosen) => json!({ "type": "static_select", "selected_option": { "value": chosen } }),
        None if value.is_empty() => json!({ "type": "plain_text_input", "value": null }),
        None => json!({ "type": "plain_text_input", "value": value }),
    };
    (block.to_owned(), json!({ "value": element }))
}

fn interaction(payload: &Value) -> Delivery {
    let body =
        url::form_urlencoded::Serializer::new(String::new()).append_pair("payload", &payload.to_string()).finish();
    Delivery { path: "/slack/interactions", body }
}
