//! Pressed buttons and sent forms.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::super::urlencoded::{self, Encoded};
use super::{Incoming, Unreadable};
use crate::domain::person::SlackUser;

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
    /// The name of the row it stands in: of an answer, that of its question.
    pub row: String,
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
    #[serde(rename = "action_id")]
    id: String,
    #[serde(default, rename = "block_id")]
    row: String,
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

pub(super) fn read(body: &str) -> Result<Incoming<'static>, Unreadable> {
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
            action: action.id,
            value: action.value.unwrap_or_default(),
            row: action.row,
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
