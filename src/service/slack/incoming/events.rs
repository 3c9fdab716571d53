//! What the Events API sends: messages, mentions, the home page.

use serde::Deserialize;
use serde_json::Value;

use super::{Incoming, Unreadable};
use crate::domain::person::SlackUser;

/// A message of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// Who.
    pub user: SlackUser,
    /// Where.
    pub channel: String,
    /// The message's timestamp, its id within the channel.
    pub ts: String,
    /// The thread it stands in, if any.
    pub thread: Option<String>,
    /// As Slack wrote it.
    pub text: String,
    /// Whether it is a direct message.
    pub direct: bool,
    /// Whether Slack says it mentions the bot.
    pub mention: bool,
    /// Names the delivery.
    pub event_id: String,
}

#[derive(Deserialize)]
struct Envelope {
    #[serde(rename = "type")]
    kind: String,
    challenge: Option<String>,
    team_id: Option<String>,
    event_id: Option<String>,
    event: Option<Event>,
}

#[derive(Deserialize)]
struct Event {
    #[serde(rename = "type")]
    kind: String,
    subtype: Option<String>,
    user: Option<String>,
    /// The sender's own workspace, in channels shared between companies.
    user_team: Option<String>,
    bot_id: Option<String>,
    text: Option<String>,
    ts: Option<String>,
    thread_ts: Option<String>,
    channel: Option<Value>,
    channel_type: Option<String>,
    tab: Option<String>,
}

pub(super) fn read(body: &str) -> Result<Incoming<'static>, Unreadable> {
    let envelope: Envelope = serde_json::from_str(body).map_err(|_| Unreadable)?;
    match envelope.kind.as_str() {
        "url_verification" => envelope.challenge.map(Incoming::Challenge).ok_or(Unreadable),
        "event_callback" => {
            let event = envelope.event.ok_or(Unreadable)?;
            let (Some(team), Some(event_id)) = (envelope.team_id, envelope.event_id) else { return Err(Unreadable) };
            Ok(happened(event, team, event_id))
        }
        _ => Ok(Incoming::Nothing),
    }
}

/// Subtypes that are still a person's own words.
const SPOKEN: [&str; 2] = ["file_share", "thread_broadcast"];

fn happened(event: Event, team: String, event_id: String) -> Incoming<'static> {
    let by_a_bot = event.bot_id.is_some();
    let spoken = event.subtype.as_deref().is_none_or(|subtype| SPOKEN.contains(&subtype));
    let Some(user) = event.user.filter(|_| spoken && !by_a_bot) else { return Incoming::Nothing };
    let user = SlackUser { team: event.user_team.unwrap_or(team), user };
    if event.kind == "app_home_opened" {
        // The messages tab opens with a conversation, not with a page to fill.
        let page = event.tab.as_deref().is_none_or(|tab| tab == "home");
        return if page { Incoming::HomeOpened(user) } else { Incoming::Nothing };
    }
    let mention = event.kind == "app_mention";
    let channel = event.channel.as_ref().and_then(Value::as_str).map(str::to_owned);
    match (channel, event.ts, event.text) {
        (Some(channel), Some(ts), Some(text)) if mention || event.kind == "message" => {
            let direct = event.channel_type.as_deref() == Some("im") || (!mention && channel.starts_with('D'));
            Incoming::Said(Said { user, channel, ts, thread: event.thread_ts, text, direct, mention, event_id })
        }
        _ => Incoming::Nothing,
    }
}

pub(super) fn event_id(body: &str) -> Option<String> {
    serde_json::from_str::<Envelope>(body).ok()?.event_id.filter(|id| !id.is_empty())
}
