//! `/account`, as Slack sends it.

use std::borrow::Cow;

use super::super::urlencoded::{self, Encoded};
use super::{Incoming, Unreadable};
use crate::domain::person::SlackUser;

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
    /// The workspace it was typed in.
    #[must_use]
    pub fn team(&self) -> Cow<'a, str> {
        self.team.decoded()
    }

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

pub(super) fn read(body: &str) -> Result<Incoming<'_>, Unreadable> {
    let wanted = ["team_id", "user_id", "command", "channel_id", "text", "trigger_id", "response_url", "ssl_check"];
    let [team, user, command, channel, text, trigger, response_url, ssl_check] = urlencoded::fields(body, wanted);
    if ssl_check.is_some_and(Encoded::is_set) {
        return Ok(Incoming::Nothing);
    }
    let (Some(team), Some(user), Some(_)) = (team, user, command) else { return Err(Unreadable) };
    Ok(Incoming::Commanded(Commanded { team, user, channel, text, trigger, response_url }))
}
