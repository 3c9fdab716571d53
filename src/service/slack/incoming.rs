//! What a signed Slack body says, in this program's terms. Pure. Reads only the
//! few fields that are needed, so that a new field of Slack's breaks nothing.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::domain::person::SlackUser;
use crate::domain::spec::hex;

use super::urlencoded::{self, Encoded};

/// Which of the three addresses a body came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Surface {
    /// Messages, mentions, the home page.
    Events,
    /// `/account`.
    Commands,
    /// Buttons and forms.
    Interactions,
}

impl Surface {
    /// The word kept with the job.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Events => "events",
            Self::Commands => "commands",
            Self::Interactions => "interactions",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Events, Self::Commands, Self::Interactions].into_iter().find(|surface| surface.word() == word)
    }
}

/// What happened in Slack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Incoming<'a> {
    /// Slack asks whether this address is ours; the challenge is the answer.
    Challenge(String),
    /// Nothing for us: our own posts, edits, certificate checks, unknown events.
    Nothing,
    /// Somebody said something.
    Said(Said),
    /// Somebody opened the home page.
    HomeOpened(SlackUser),
    /// Somebody typed `/account`.
    Commanded(Commanded<'a>),
    /// Somebody pressed a button.
    Pressed(Pressed),
    /// Somebody sent a form.
    Submitted(Submitted),
}

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

/// A slash command, as it stands in the body: what takes a delivery needs the fewest of its fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Commanded<'a> {
    team: Encoded<'a>,
    user: Encoded<'a>,
    channel: Option<Encoded<'a>>,
    text: Option<Encoded<'a>>,
    trigger: Option<Encoded<'a>>,
    response_url: Option<Encoded<'a>>,
}

impl<'a> Commanded<'a> {
    /// Who.
    #[must_use]
    pub fn user(&self) -> SlackUser {
        SlackUser { team: self.team.text(), user: self.user.text() }
    }

    /// Where.
    #[must_use]
    pub fn channel(&self) -> Cow<'a, str> {
        self.channel.map(Encoded::decoded).unwrap_or_default()
    }

    /// What follows the command.
    #[must_use]
    pub fn text(&self) -> Cow<'a, str> {
        self.text.map(Encoded::decoded).unwrap_or_default()
    }

    /// One-time pass for opening a form, 3 s long.
    #[must_use]
    pub fn trigger(&self) -> Cow<'a, str> {
        self.trigger.map(Encoded::decoded).unwrap_or_default()
    }

    /// One-time address for answers.
    #[must_use]
    pub fn response_url(&self) -> Option<String> {
        self.response_url.map(Encoded::text)
    }
}

/// A pressed button.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pressed {
    /// Who.
    pub user: SlackUser,
    /// Where; empty on the home page.
    pub channel: String,
    /// The thread the message stands in, if any.
    pub thread: Option<String>,
    /// What the button means.
    pub action: String,
    /// What it is about.
    pub value: String,
    /// One-time pass for opening a form, 3 s long.
    pub trigger: String,
    /// One-time address for answers.
    pub response_url: Option<String>,
}

/// A form that was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submitted {
    /// Who.
    pub user: SlackUser,
    /// Names the form that was opened; one request at most comes of it.
    pub view_id: String,
    /// Which form.
    pub callback: String,
    /// What we wrote into it unseen.
    pub metadata: String,
    /// The fields, by block id; empty ones are absent.
    pub fields: BTreeMap<String, String>,
}

/// The body is not what Slack sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a body Slack sends to this address")]
pub struct Unreadable;

/// Reads a body.
///
/// # Errors
/// When it does not have the shape Slack documents for this address.
pub fn read(surface: Surface, body: &str) -> Result<Incoming<'_>, Unreadable> {
    match surface {
        Surface::Events => event(body),
        Surface::Commands => command(body),
        Surface::Interactions => interaction(body),
    }
}

/// Names a delivery for ever: every copy of one delivery has the same name. Names
/// begin with what Slack counts up, so that a store's index grows at its end: a
/// durable acknowledgement costs half of what it does under random names.
#[must_use]
pub fn delivery_key(surface: Surface, body: &str, incoming: &Incoming<'_>) -> String {
    let (counted, unique) = match incoming {
        // An event id is unique over all of Slack; hashed, so that its length is ours.
        Incoming::Said(said) if !said.event_id.is_empty() => (Cow::from(&said.ts), digest(&said.event_id)),
        Incoming::Said(said) => (Cow::from(&said.ts), digest(body)),
        // Commands and clicks carry a trigger id, so two clicks never have one body.
        Incoming::Commanded(commanded) => (commanded.trigger(), digest(body)),
        Incoming::Pressed(pressed) => (Cow::from(&pressed.trigger), digest(body)),
        Incoming::HomeOpened(_) => (Cow::default(), event_id(body).map_or_else(|| digest(body), |id| digest(&id))),
        Incoming::Submitted(_) | Incoming::Challenge(_) | Incoming::Nothing => (Cow::default(), digest(body)),
    };
    let digits = counted.bytes().take_while(u8::is_ascii_digit).take(15).count();
    let leading = &counted[..digits];
    format!("slack/{}/{leading:0>15}/{unique}", surface.word())
}

fn event_id(body: &str) -> Option<String> {
    serde_json::from_str::<Envelope>(body).ok()?.event_id.filter(|id| !id.is_empty())
}

/// 128 bits of SHA-256 in hex: enough to tell deliveries apart.
fn digest(text: &str) -> String {
    hex(&Sha256::digest(text)[..16])
}

/// The workspace a body came from, for the allow list.
#[must_use]
pub fn team<'a>(incoming: &'a Incoming<'_>) -> Option<Cow<'a, str>> {
    let user = match incoming {
        Incoming::Challenge(_) | Incoming::Nothing => return None,
        Incoming::Said(said) => &said.user,
        Incoming::HomeOpened(user) => user,
        Incoming::Commanded(commanded) => return Some(commanded.team.decoded()),
        Incoming::Pressed(pressed) => &pressed.user,
        Incoming::Submitted(submitted) => &submitted.user,
    };
    Some(Cow::from(&user.team))
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

fn event(body: &str) -> Result<Incoming<'static>, Unreadable> {
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

fn command(body: &str) -> Result<Incoming<'_>, Unreadable> {
    let wanted = ["team_id", "user_id", "command", "channel_id", "text", "trigger_id", "response_url", "ssl_check"];
    let [team, user, command, channel, text, trigger, response_url, ssl_check] = urlencoded::fields(body, wanted);
    if ssl_check.is_some_and(Encoded::is_set) {
        return Ok(Incoming::Nothing);
    }
    let (Some(team), Some(user), Some(_)) = (team, user, command) else { return Err(Unreadable) };
    Ok(Incoming::Commanded(Commanded { team, user, channel, text, trigger, response_url }))
}

#[derive(Deserialize)]
struct Interaction {
    #[serde(rename = "type")]
    kind: String,
    team: Option<Named>,
    user: Option<Person>,
    channel: Option<Named>,
    message: Option<Threaded>,
    container: Option<Threaded>,
    trigger_id: Option<String>,
    response_url: Option<String>,
    #[serde(default)]
    actions: Vec<Action>,
    view: Option<View>,
}

#[derive(Deserialize)]
struct Named {
    id: String,
}

#[derive(Deserialize)]
struct Person {
    id: String,
    team_id: Option<String>,
}

#[derive(Deserialize)]
struct Threaded {
    thread_ts: Option<String>,
}

#[derive(Deserialize)]
struct Action {
    action_id: String,
    value: Option<String>,
}

#[derive(Deserialize)]
struct View {
    id: String,
    #[serde(default)]
    callback_id: String,
    #[serde(default)]
    private_metadata: String,
    state: Option<ViewState>,
}

#[derive(Deserialize)]
struct ViewState {
    values: BTreeMap<String, BTreeMap<String, Value>>,
}

fn interaction(body: &str) -> Result<Incoming<'static>, Unreadable> {
    let [payload, ssl_check] = urlencoded::fields(body, ["payload", "ssl_check"]);
    if ssl_check.is_some_and(Encoded::is_set) {
        return Ok(Incoming::Nothing);
    }
    let it: Interaction = serde_json::from_str(&payload.ok_or(Unreadable)?.decoded()).map_err(|_| Unreadable)?;
    let person = it.user.ok_or(Unreadable)?;
    let team = person.team_id.or(it.team.map(|team| team.id)).ok_or(Unreadable)?;
    let user = SlackUser { team, user: person.id };
    match (it.kind.as_str(), it.actions.into_iter().next(), it.view) {
        ("block_actions", Some(action), _) => Ok(Incoming::Pressed(Pressed {
            user,
            channel: it.channel.map(|channel| channel.id).unwrap_or_default(),
            thread: [it.message, it.container].into_iter().flatten().find_map(|place| place.thread_ts),
            action: action.action_id,
            value: action.value.unwrap_or_default(),
            trigger: it.trigger_id.unwrap_or_default(),
            response_url: it.response_url,
        })),
        ("view_submission", _, Some(view)) => Ok(Incoming::Submitted(submitted(user, view))),
        _ => Ok(Incoming::Nothing),
    }
}

fn submitted(user: SlackUser, view: View) -> Submitted {
    let values = view.state.map(|state| state.values).unwrap_or_default();
    let filled = |(block, elements): (String, BTreeMap<String, Value>)| {
        let value = elements.values().find_map(entered)?;
        Some((block, value))
    };
    Submitted {
        user,
        view_id: view.id,
        callback: view.callback_id,
        metadata: view.private_metadata,
        fields: values.into_iter().filter_map(filled).collect(),
    }
}

/// What was written into or chosen in one field.
fn entered(element: &Value) -> Option<String> {
    let text = element.get("value").or_else(|| element.pointer("/selected_option/value"))?.as_str()?.trim();
    (!text.is_empty()).then(|| text.to_owned())
}
