//! The chat port over Slack's Web API.

use async_trait::async_trait;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::sync::OnceCell;

use super::SlackSettings;
use super::answers::{Done, Found, Groups, Members, Myself, Opened, Past, Posted, User};
use super::client::SlackClient;
use super::method::Method;
use super::render::{ModalView, home, reason_modal, render, request_modal, set_modal};
use crate::domain::person::SlackUser;
use crate::domain::spec::hex;
use crate::ports::chat::{Aside, Chat, ChatError, Form, Home, Message, MessageRef, Place, Profile};

/// The type of the metadata that marks our cards.
const MARK: &str = "vend_message";
/// How many messages are looked through for a card whose post had no answer.
const LOOKED_THROUGH: &str = "100";

/// Speaks in Slack.
pub struct SlackChat {
    client: SlackClient,
    team_ids: Vec<String>,
    approvals_channel: Option<String>,
    myself: OnceCell<SlackUser>,
}

impl SlackChat {
    /// The chat of these settings. Calls nothing yet.
    #[must_use]
    pub fn new(settings: &SlackSettings) -> Self {
        let client = SlackClient::new(settings);
        let (team_ids, approvals_channel) = (settings.team_ids.clone(), settings.approvals_channel.clone());
        Self { client, team_ids, approvals_channel, myself: OnceCell::new() }
    }

    async fn who_am_i(&self) -> Result<&SlackUser, ChatError> {
        let ask = || async {
            let Myself { user_id, team_id } = self.client.ask(Method::AuthTest, &[]).await?;
            Ok(SlackUser { team: team_id, user: user_id })
        };
        self.myself.get_or_try_init(ask).await
    }

    /// The conversation a place stands for, and the thread.
    async fn conversation(&self, place: &Place) -> Result<(String, Option<String>), ChatError> {
        match place {
            Place::Channel { id, thread } => Ok((id.clone(), thread.clone())),
            Place::User(user) => Ok((self.direct(&user.user).await?, None)),
            Place::Email(email) => {
                let Found { user } = self.client.ask(Method::LookupByEmail, &[("email", email)]).await?;
                self.must_be_served(&user).await?;
                Ok((self.direct(&user.id).await?, None))
            }
        }
    }

    async fn direct(&self, user: &str) -> Result<String, ChatError> {
        let opened: Opened = self.client.send(Method::OpenConversation, &json!({ "users": user })).await?;
        Ok(opened.channel.id)
    }

    /// Whether a user belongs to the workspaces served: somebody in a shared
    /// channel can put any address into the profile of their own workspace.
    async fn is_ours(&self, user: &User) -> Result<bool, ChatError> {
        let home = &self.who_am_i().await?.team;
        let known = |team: &String| team == home || self.team_ids.contains(team);
        let elsewhere = user.team_id.as_ref().is_some_and(|team| !known(team));
        let shared = user.enterprise.iter().flat_map(|enterprise| &enterprise.teams).any(known);
        Ok(!user.is_stranger && (!elsewhere || shared))
    }

    /// Refuses who has left, a bot, and somebody of another company.
    async fn must_be_served(&self, user: &User) -> Result<(), ChatError> {
        if user.deleted || user.is_bot {
            return Err(ChatError::Refused("user_not_active".to_owned()));
        }
        if !self.is_ours(user).await? {
            return Err(ChatError::Refused("user_of_another_workspace".to_owned()));
        }
        Ok(())
    }

    /// Answers at the one-time address of a command or click.
    async fn respond(&self, url: &str, message: &Message) -> Result<(), ChatError> {
        let mut body = body_of(message);
        body["response_type"] = "ephemeral".into();
        body["replace_original"] = false.into();
        self.client.respond(url, &body).await
    }

    /// Says it in the conversation it belongs to, to one person.
    async fn beside(&self, aside: &Aside, message: &Message) -> Result<(), ChatError> {
        if aside.channel.is_empty() {
            return Err(ChatError::Refused("no_channel".to_owned()));
        }
        let mut body = body_of(message);
        body["channel"] = aside.channel.clone().into();
        body["user"] = aside.user.user.clone().into();
        let Done {} = self.client.send(Method::PostEphemeral, &body).await?;
        Ok(())
    }

    async fn group_id(&self, group: &str) -> Result<String, ChatError> {
        let is_id = group.len() > 2 && group.starts_with('S') && group.bytes().all(|b| b.is_ascii_alphanumeric());
        if is_id && !group.bytes().any(|b| b.is_ascii_lowercase()) {
            return Ok(group.to_owned());
        }
        let handle = group.trim_start_matches('@');
        let Groups { usergroups } = self.client.ask(Method::GroupList, &[]).await?;
        let found = usergroups.into_iter().find(|known| known.handle == handle);
        found.map(|found| found.id).ok_or_else(|| ChatError::Refused("no_such_subteam".to_owned()))
    }
}

#[async_trait]
impl Chat for SlackChat {
    async fn post(&self, key: &str, place: &Place, message: &Message) -> Result<MessageRef, ChatError> {
        let (channel, thread) = self.conversation(place).await?;
        let mut body = body_of(message);
        body["channel"] = channel.into();
        body["metadata"] = json!({ "event_type": MARK, "event_payload": { "key": key } });
        if let Some(thread) = thread {
            body["thread_ts"] = thread.into();
        }
        let Posted { channel, ts } = self.client.send(Method::PostMessage, &body).await?;
        Ok(MessageRef { channel, ts })
    }

    async fn find(&self, key: &str, place: &Place) -> Result<Option<MessageRef>, ChatError> {
        let (channel, _) = self.conversation(place).await?;
        let fields = [("channel", channel.as_str()), ("limit", LOOKED_THROUGH), ("include_all_metadata", "true")];
        let Past { messages } = match self.client.ask(Method::History, &fields).await {
            // A private channel may be closed to us; then it cannot be told.
            Err(ChatError::Refused(_)) => return Ok(None),
            past => past?,
        };
        let ours = messages.into_iter().find(|message| {
            let mark = message.metadata.as_ref();
            mark.is_some_and(|mark| mark.event_type == MARK && mark.event_payload.key.as_deref() == Some(key))
        });
        Ok(ours.map(|message| MessageRef { channel, ts: message.ts }))
    }

    async fn edit(&self, message_ref: &MessageRef, message: &Message) -> Result<(), ChatError> {
        let mut body = body_of(message);
        body["channel"] = message_ref.channel.clone().into();
        body["ts"] = message_ref.ts.clone().into();
        let Done {} = self.client.send(Method::Update, &body).await?;
        Ok(())
    }

    fn look(&self, message: &Message) -> String {
        hex(&Sha256::digest(body_of(message).to_string())[..16])
    }

    async fn profile(&self, user: &SlackUser) -> Result<Profile, ChatError> {
        let Found { user } = self.client.ask(Method::UserInfo, &[("user", &user.user)]).await?;
        self.must_be_served(&user).await?;
        profile_of(user).ok_or_else(|| ChatError::Refused("no_email_in_profile".to_owned()))
    }

    async fn whisper(&self, aside: &Aside, message: &Message) -> Result<(), ChatError> {
        if let Some(url) = &aside.response_url {
            match self.respond(url, message).await {
                // Used up, run out or not to be reached: said in another way, which is
                // better heard twice than not at all.
                Err(ChatError::Refused(_) | ChatError::Unavailable(_)) => {}
                done => return done,
            }
        }
        match self.beside(aside, message).await {
            // Not in that conversation, or a private one: then to them directly.
            Err(ChatError::Refused(_)) => self.post("", &Place::User(aside.user.clone()), message).await.map(|_| ()),
            done => done,
        }
    }

    async fn open_form(&self, trigger: &str, form: &Form) -> Result<(), ChatError> {
        let view = view_of(form);
        let Done {} = self.client.send(Method::OpenView, &json!({ "trigger_id": trigger, "view": view })).await?;
        Ok(())
    }

    fn in_answer(&self, form: &Form) -> Value {
        json!({ "response_action": "update", "view": view_of(form) })
    }

    async fn publish_home(&self, user: &SlackUser, page: &Home) -> Result<(), ChatError> {
        let body = json!({ "user_id": user.user, "view": home(page) });
        let Done {} = self.client.send(Method::PublishView, &body).await?;
        Ok(())
    }

    fn approvals(&self) -> Option<Place> {
        self.approvals_channel.clone().map(|id| Place::Channel { id, thread: None })
    }

    async fn myself(&self) -> Result<SlackUser, ChatError> {
        self.who_am_i().await.cloned()
    }

    async fn group_members(&self, group: &str) -> Result<Vec<String>, ChatError> {
        let id = self.group_id(group).await?;
        let Members { users } = self.client.ask(Method::GroupMembers, &[("usergroup", &id)]).await?;
        Ok(users)
    }
}

fn body_of(message: &Message) -> Value {
    let rendered = render(message);
    // Links in people's words would be fetched and shown; ours need no preview.
    json!({ "text": rendered.text, "blocks": rendered.blocks, "unfurl_links": false, "unfurl_media": false })
}

/// The profile, if it has an address that Slack has not marked as unconfirmed.
fn profile_of(user: User) -> Option<Profile> {
    let confirmed = user.is_email_confirmed.unwrap_or(true);
    let profile = user.profile;
    let email = profile.email.filter(|email| confirmed && !email.trim().is_empty())?;
    let filled = |name: Option<String>| name.filter(|name| !name.trim().is_empty());
    let real = filled(profile.real_name).unwrap_or_default();
    let (first, last) = real.split_once(' ').unwrap_or((real.as_str(), ""));
    let local_part = email.split('@').next().unwrap_or_default().to_owned();
    let first_name = filled(profile.first_name).or_else(|| filled(Some(first.to_owned()))).unwrap_or(local_part);
    let last_name = filled(profile.last_name).or_else(|| filled(Some(last.to_owned())));
    // Account Factory wants both names; one-word names exist.
    let last_name = last_name.unwrap_or_else(|| first_name.clone());
    Some(Profile { email, first_name, last_name })
}

fn view_of(form: &Form) -> ModalView {
    match form {
        Form::Request(offer) => request_modal(offer),
        Form::Set(offer) => set_modal(offer),
        Form::Reason(request) => reason_modal(request),
    }
}
