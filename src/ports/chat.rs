//! Team chat as the bot speaks in it. The adapter (Slack) renders the messages.

use std::collections::BTreeMap;

use async_trait::async_trait;

use crate::domain::person::SlackUser;
use crate::domain::set::StageName;
use crate::domain::spec::OrganizationalUnit;
use crate::say::view::RequestView;

/// Where a message goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A conversation by id, in a thread when `thread` is given.
    Channel {
        /// Conversation id, like `C0123` or `D0123`.
        id: String,
        /// Timestamp of the thread's first message.
        thread: Option<String>,
    },
    /// A direct message to a user.
    User(SlackUser),
    /// A direct message to whoever has this e-mail address.
    Email(String),
}

/// A posted message, to edit it later.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct MessageRef {
    /// Conversation id.
    pub channel: String,
    /// The message's timestamp, its id within the conversation.
    pub ts: String,
}

/// A file to download.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileLink {
    /// Its name, like `cdk-app.yml`.
    pub name: String,
    /// Where it is; whoever has the address can download it for some days.
    pub url: String,
}

/// What is said.
#[derive(Debug, Clone, PartialEq)]
pub enum Message {
    /// Everything an approver needs, with buttons while it is undecided.
    ApproverCard(Box<RequestView>),
    /// The requester's own message, edited through every stage.
    RequesterCard {
        /// The request.
        view: Box<RequestView>,
        /// The files of a finished set, by links that are the requester's alone.
        files: Vec<FileLink>,
    },
    /// Words, with buttons where the answer is one of a few.
    Words {
        /// Plain text; the adapter escapes it.
        text: String,
        /// Answers offered as buttons; a click says the word.
        choices: Vec<String>,
        /// Whether a button that opens the request form stands below.
        form: bool,
        /// The name of the question that `choices` answer; it comes back with the press.
        question: Option<String>,
    },
}

/// What the request form offers to choose from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Offer {
    /// The organizational units the live product offers; empty when it does not answer.
    pub organizational_units: Vec<OrganizationalUnit>,
    /// The blueprints.
    pub blueprints: Vec<BlueprintOffer>,
    /// What the chosen blueprint needs to know.
    pub questions: Option<Questions>,
    /// What was filled in before, by field.
    pub given: BTreeMap<String, String>,
}

/// What the form for an account set offers to choose from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SetOffer {
    /// The organizational units the live product offers; empty when it does not answer.
    pub organizational_units: Vec<OrganizationalUnit>,
    /// The blueprints that fit each account.
    pub blueprints: BTreeMap<StageName, Vec<BlueprintOffer>>,
    /// What the chosen blueprints need to know, by account.
    pub questions: BTreeMap<StageName, Questions>,
    /// What stands in the fields at first.
    pub given: BTreeMap<String, String>,
}

/// How a form remembers that it asks what this blueprint needs to know for an account of a set: a word.
#[must_use]
pub fn questions_of_stage(stage: StageName, blueprint: &str) -> String {
    format!("{}={blueprint}", stage.word())
}

/// What a blueprint needs to know from people.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Questions {
    /// The blueprint's id; comes back with the form.
    pub blueprint: String,
    /// What is said above them.
    pub lead: String,
    /// In the order they are asked.
    pub questions: Vec<Question>,
}

/// One parameter of a blueprint as a field of the form.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Question {
    /// The field, `blueprint_parameters.<name>`, as in a checklist.
    pub field: String,
    /// The parameter's name.
    pub label: String,
    /// What it is for.
    pub hint: String,
    /// The only answers there are; empty for any.
    pub choices: Vec<String>,
    /// Whether it may stay empty.
    pub optional: bool,
}

/// One blueprint to choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlueprintOffer {
    /// Catalogue id.
    pub id: String,
    /// One line for people.
    pub title: String,
}

/// A form that opens over the chat.
#[derive(Debug, Clone, PartialEq)]
pub enum Form {
    /// Asks for an account.
    Request(Offer),
    /// Asks for an account set.
    Set(SetOffer),
    /// Asks why a request is denied.
    Reason(Box<RequestView>),
}

/// One person's own page.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Home {
    /// Their requests, newest first.
    pub mine: Vec<RequestView>,
    /// Requests they may decide.
    pub waiting: Vec<RequestView>,
}

/// Where an answer goes that one person alone can see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Aside {
    /// The one-time address that came with a command or click, if one did.
    pub response_url: Option<String>,
    /// The conversation it belongs to.
    pub channel: String,
    /// Who sees it.
    pub user: SlackUser,
}

/// What a pressed button means: the names under which presses come back.
pub mod button {
    /// Say yes; the value is the request's id, as with all that start with `request.`.
    pub const APPROVE: &str = "request.approve";
    /// Open the form that asks why not.
    pub const DENY: &str = "request.deny";
    /// Take a request back.
    pub const CANCEL: &str = "request.cancel";
    /// Run the failed step again.
    pub const RETRY: &str = "request.retry";
    /// Give a failed request up.
    pub const ABANDON: &str = "request.abandon";
    /// Open the request form.
    pub const FORM: &str = "form.open";
    /// Open the form for an account set.
    pub const SET_FORM: &str = "form.open_set";
    /// A link to a file; a number follows. Slack tells of the press, and nothing is to be done.
    pub const FILE: &str = "file.";
    /// Say the value in the conversation; a number follows.
    pub const SAY: &str = "say.";
}

/// The names of forms and of their fields, as they come back when sent.
pub mod form {
    use crate::domain::set::StageName;

    /// Asking for an account.
    pub const REQUEST: &str = "form.request";
    /// Asking for an account set.
    pub const SET: &str = "form.set";
    /// Saying why not.
    pub const REASON: &str = "form.reason";
    /// The one field of [`REASON`].
    pub const WHY_NOT: &str = "reason";
    /// The fields of [`REQUEST`], in order: the JSON names, so that a fault of
    /// the pre-flight finds its field.
    pub const FIELDS: [&str; 7] =
        ["account_type", "root_email", "organizational_unit", "blueprint", "purpose", "account_name", "cost_centre"];
    /// The fields of [`SET`] that are for all three accounts, as the JSON names them.
    pub const SET_FIELDS: [&str; 11] = [
        "account_set.name",
        "account_set.pipeline.account",
        "account_set.pipeline.region",
        "account_set.default_region",
        "account_set.root_email",
        "account_set.organizational_unit",
        "account_set.blueprint",
        "account_set.execution_policy",
        "account_set.pipeline.execution_policy",
        "purpose",
        "cost_centre",
    ];
    /// The fields of [`SET`] that each of the accounts has.
    pub const STAGE_FIELDS: [&str; 6] =
        ["root_email", "organizational_unit", "region", "account_name", "blueprint", "execution_policy"];

    /// A field of one account of a set, as the JSON names it.
    #[must_use]
    pub fn stage_field(stage: StageName, name: &str) -> String {
        format!("account_set.stages.{}.{name}", stage.word())
    }

    /// Every field of [`SET`].
    pub fn set_fields() -> impl Iterator<Item = String> {
        let of_stage = |stage| STAGE_FIELDS.iter().map(move |name| stage_field(stage, name));
        SET_FIELDS.into_iter().map(str::to_owned).chain(StageName::ALL.into_iter().flat_map(of_stage))
    }
}

/// The name behind a chat user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// Profile e-mail; not proof of an AWS identity.
    pub email: String,
    /// Given name.
    pub first_name: String,
    /// Family name.
    pub last_name: String,
}

/// Why the chat did not take it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChatError {
    /// Wait this many seconds.
    #[error("slow down for {0} s")]
    Throttled(u64),
    /// No answer; it may or may not have happened.
    #[error("the chat does not answer: {0}")]
    Unavailable(String),
    /// Refused for good, with the chat's error word (`channel_not_found`, `not_in_channel`).
    #[error("the chat refused: {0}")]
    Refused(String),
    /// The click or command that allowed this is too long ago: the person must click again.
    #[error("too long after the click")]
    Stale,
}

/// Speaks in team chat.
#[async_trait]
pub trait Chat: Send + Sync {
    /// Posts a message and marks it with `key`, so that [`Chat::find`] finds it after a lost answer.
    async fn post(&self, key: &str, place: &Place, message: &Message) -> Result<MessageRef, ChatError>;

    /// Where a message of that key stands already, as far as the chat lets us look.
    async fn find(&self, key: &str, place: &Place) -> Result<Option<MessageRef>, ChatError>;

    /// Replaces a message's content.
    async fn edit(&self, message_ref: &MessageRef, message: &Message) -> Result<(), ChatError>;

    /// A digest of how a message looks: one that already looks so need not be edited.
    fn look(&self, message: &Message) -> String;

    /// Who a user is.
    async fn profile(&self, user: &SlackUser) -> Result<Profile, ChatError>;

    /// Says something that one person alone sees. MUST try the next way where one is
    /// closed or does not answer (Slack: the response URL, the conversation, directly),
    /// so that nobody waits for an address that is gone.
    async fn whisper(&self, aside: &Aside, message: &Message) -> Result<(), ChatError>;

    /// Opens a form for whoever just clicked; `trigger` is their click's one-time pass.
    /// MUST answer `Stale` when the pass has run out (Slack: 3 s, once).
    async fn open_form(&self, trigger: &str, form: &Form) -> Result<(), ChatError>;

    /// A form in the chat's own JSON, as the answer to one that was sent.
    fn in_answer(&self, form: &Form) -> serde_json::Value;

    /// Shows a person their own page.
    async fn publish_home(&self, user: &SlackUser, home: &Home) -> Result<(), ChatError>;

    /// The channel where all approvers are asked, if there is one.
    fn approvals(&self) -> Option<Place>;

    /// The user the bot itself speaks as, to tell its own messages from people's.
    async fn myself(&self) -> Result<SlackUser, ChatError>;

    /// The user ids in a user group (`S0123` or its handle).
    async fn group_members(&self, group: &str) -> Result<Vec<String>, ChatError>;
}
