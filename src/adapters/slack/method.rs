//! Every Web API method the bot calls, with the scopes it needs: the app
//! manifest is tested against this table. <https://docs.slack.dev/reference/methods>

/// A Web API method.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    /// Who the bot is.
    AuthTest,
    /// Post a message.
    PostMessage,
    /// Post a message that one person sees.
    PostEphemeral,
    /// Replace a message.
    Update,
    /// Open a direct message.
    OpenConversation,
    /// Look for a message after a lost answer.
    History,
    /// Who somebody is.
    UserInfo,
    /// Who has an e-mail address.
    LookupByEmail,
    /// The user groups, to find one by its handle.
    GroupList,
    /// Who is in a user group.
    GroupMembers,
    /// Open a form.
    OpenView,
    /// Show the home page.
    PublishView,
}

impl Method {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::AuthTest,
        Self::PostMessage,
        Self::PostEphemeral,
        Self::Update,
        Self::OpenConversation,
        Self::History,
        Self::UserInfo,
        Self::LookupByEmail,
        Self::GroupList,
        Self::GroupMembers,
        Self::OpenView,
        Self::PublishView,
    ];

    /// The last part of its address.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AuthTest => "auth.test",
            Self::PostMessage => "chat.postMessage",
            Self::PostEphemeral => "chat.postEphemeral",
            Self::Update => "chat.update",
            Self::OpenConversation => "conversations.open",
            Self::History => "conversations.history",
            Self::UserInfo => "users.info",
            Self::LookupByEmail => "users.lookupByEmail",
            Self::GroupList => "usergroups.list",
            Self::GroupMembers => "usergroups.users.list",
            Self::OpenView => "views.open",
            Self::PublishView => "views.publish",
        }
    }

    /// The bot scopes it needs here: the bot reads public channels and direct
    /// messages only, and opens direct messages with one person only.
    #[must_use]
    pub const fn scopes(self) -> &'static [&'static str] {
        match self {
            Self::AuthTest | Self::OpenView | Self::PublishView => &[],
            Self::PostMessage | Self::PostEphemeral | Self::Update => &["chat:write"],
            Self::OpenConversation => &["im:write"],
            Self::History => &["channels:history", "im:history"],
            Self::UserInfo | Self::LookupByEmail => &["users:read", "users:read.email"],
            Self::GroupList | Self::GroupMembers => &["usergroups:read"],
        }
    }
}
