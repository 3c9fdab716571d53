//! The few fields we read of Slack's answers.

use serde::Deserialize;

/// Anything that went well.
#[derive(Deserialize)]
pub(super) struct Done {}

/// `auth.test`.
#[derive(Deserialize)]
pub(super) struct Myself {
    pub(super) user_id: String,
    #[serde(default)]
    pub(super) team_id: String,
}

/// `chat.postMessage`.
#[derive(Deserialize)]
pub(super) struct Posted {
    pub(super) channel: String,
    pub(super) ts: String,
}

/// `conversations.open`.
#[derive(Deserialize)]
pub(super) struct Opened {
    pub(super) channel: Conversation,
}

#[derive(Deserialize)]
pub(super) struct Conversation {
    pub(super) id: String,
}

/// `conversations.history` with metadata.
#[derive(Deserialize)]
pub(super) struct Past {
    #[serde(default)]
    pub(super) messages: Vec<PastMessage>,
}

#[derive(Deserialize)]
pub(super) struct PastMessage {
    pub(super) ts: String,
    pub(super) metadata: Option<Metadata>,
}

#[derive(Deserialize)]
pub(super) struct Metadata {
    pub(super) event_type: String,
    pub(super) event_payload: Payload,
}

#[derive(Deserialize)]
pub(super) struct Payload {
    pub(super) key: Option<String>,
}

/// `users.info` and `users.lookupByEmail`.
#[derive(Deserialize)]
pub(super) struct Found {
    pub(super) user: User,
}

#[derive(Deserialize)]
pub(super) struct User {
    pub(super) id: String,
    pub(super) team_id: Option<String>,
    #[serde(default)]
    pub(super) deleted: bool,
    #[serde(default)]
    pub(super) is_bot: bool,
    /// Somebody of another company, in a shared channel.
    #[serde(default)]
    pub(super) is_stranger: bool,
    /// Absent for a bot's view of some plans; then Slack vouches for nothing less than usual.
    pub(super) is_email_confirmed: Option<bool>,
    #[serde(rename = "enterprise_user")]
    pub(super) enterprise: Option<EnterpriseUser>,
    pub(super) profile: UserProfile,
}

#[derive(Deserialize)]
pub(super) struct EnterpriseUser {
    #[serde(default)]
    pub(super) teams: Vec<String>,
}

#[derive(Default, Deserialize)]
pub(super) struct UserProfile {
    pub(super) email: Option<String>,
    pub(super) first_name: Option<String>,
    pub(super) last_name: Option<String>,
    pub(super) real_name: Option<String>,
}

/// `usergroups.list`.
#[derive(Deserialize)]
pub(super) struct Groups {
    #[serde(default)]
    pub(super) usergroups: Vec<Group>,
}

#[derive(Deserialize)]
pub(super) struct Group {
    pub(super) id: String,
    #[serde(default)]
    pub(super) handle: String,
}

/// `usergroups.users.list`.
#[derive(Deserialize)]
pub(super) struct Members {
    #[serde(default)]
    pub(super) users: Vec<String>,
}
