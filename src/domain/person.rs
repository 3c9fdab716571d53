//! The people a request knows: who asks, who acts, and through which channel.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Who the account is for. Becomes the account's first administrator (SSO user).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Requester {
    /// Work e-mail address; also the SSO user of the new account.
    pub email: String,
    /// Given name.
    pub first_name: String,
    /// Family name.
    pub last_name: String,
    /// The Slack user, when the request came from Slack.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(ignore)]
    pub slack: Option<SlackUser>,
}

/// A Slack user within one workspace.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SlackUser {
    /// Workspace id, like `T0123`.
    pub team: String,
    /// User id, like `U0123`.
    pub user: String,
}

/// Where an action came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Channel {
    /// A Slack message, command, button or form.
    Slack,
    /// The REST API or `POST /account`.
    Api,
    /// The approval page behind a personal mail link.
    Mail,
    /// The approval page, signed in at the issuer (`auth.mode = oidc`).
    Web,
    /// The command line on the host itself.
    Cli,
    /// `vend` itself: timers, the worker, auto-approval.
    System,
}

impl Channel {
    /// The word shown to people and used in the policy file.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Slack => "slack",
            Self::Api => "api",
            Self::Mail => "mail",
            Self::Web => "web",
            Self::Cli => "cli",
            Self::System => "system",
        }
    }
}

/// Somebody doing something: authenticated by the edge, judged by the policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// E-mail address the channel vouches for, compared without regard to case.
    pub email: String,
    /// The Slack user, when the action came from Slack.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slack: Option<SlackUser>,
    /// Where the action came from.
    pub channel: Channel,
    /// The operator of a loopback-only server (`auth.mode = none`): counts as an
    /// approver and may ask on behalf of others, but never decides their own request.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub local_operator: bool,
    /// Holds an operator's token: may retry, cancel or give up requests of others.
    /// Decides nothing by it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub admin: bool,
}

/// The address recorded for the operator of a loopback-only server.
pub const LOCAL_OPERATOR: &str = "operator@localhost";

impl Actor {
    /// A person known by e-mail.
    #[must_use]
    pub fn person(email: &str, channel: Channel) -> Self {
        Self { email: email.to_owned(), slack: None, channel, local_operator: false, admin: false }
    }

    /// The operator of a loopback-only server.
    #[must_use]
    pub fn local_operator(channel: Channel) -> Self {
        Self { local_operator: true, ..Self::person(LOCAL_OPERATOR, channel) }
    }

    /// `vend` acting by itself.
    #[must_use]
    pub fn system() -> Self {
        Self::person("vend", Channel::System)
    }

    /// Whether they keep the installation running, and so may act on requests of others.
    #[must_use]
    pub const fn operates(&self) -> bool {
        self.local_operator || self.admin
    }

    /// Whether this may be somebody known by that address or as that Slack user, under another tag
    /// or in another workspace of one company, where a user keeps their id. Never a reason to allow.
    #[must_use]
    pub fn could_be(&self, email: &str, slack: Option<&SlackUser>) -> bool {
        let same_user = self.slack.as_ref().zip(slack).is_some_and(|(own, other)| own.user == other.user);
        same_user || same_mailbox(&self.email, email)
    }

    /// Whether this is the person the request is for (by e-mail or by Slack user).
    #[must_use]
    pub fn is(&self, requester: &Requester) -> bool {
        same_email(&self.email, &requester.email) || (self.slack.is_some() && self.slack == requester.slack)
    }
}

/// Whether two addresses are one, without regard to ASCII case. Plus tags make different
/// addresses: who may do something is told by this.
#[must_use]
pub fn same_email(a: &str, b: &str) -> bool {
    a.trim().eq_ignore_ascii_case(b.trim())
}

/// Whether mail to two addresses may reach one person: the same address, plus tags aside.
/// Who may *not* decide is told by this, so that a tag makes nobody a second person.
#[must_use]
pub fn same_mailbox(a: &str, b: &str) -> bool {
    same_email(&untagged(a), &untagged(b))
}

fn untagged(email: &str) -> String {
    let (local, domain) = email.trim().rsplit_once('@').unwrap_or((email.trim(), ""));
    let name = local.split_once('+').map_or(local, |(name, _)| name);
    format!("{name}@{domain}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plus_tag_makes_another_address_and_not_another_mailbox() {
        assert!(!same_email("ann+x@corp.example", "ann@corp.example"));
        for other in ["ann@corp.example", " ANN+y+z@Corp.example", "ann+@corp.example"] {
            assert!(same_mailbox("ann+x@corp.example", other), "{other}");
        }
        for other in ["anne@corp.example", "ann@other.example", "ann", ""] {
            assert!(!same_mailbox("ann+x@corp.example", other), "{other}");
        }
    }

    #[test]
    fn a_slack_user_is_the_same_person_in_another_workspace() {
        let user = |team: &str, user: &str| SlackUser { team: team.to_owned(), user: user.to_owned() };
        let actor = Actor { slack: Some(user("T2", "U1")), ..Actor::person("ann@corp.example", Channel::Slack) };
        assert!(actor.could_be("other@corp.example", Some(&user("T1", "U1"))));
        assert!(!actor.could_be("other@corp.example", Some(&user("T2", "U2"))));
        assert!(!actor.could_be("other@corp.example", None));
    }
}
