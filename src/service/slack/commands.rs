//! `/account`: the answers only the person who typed it can see.

use super::SlackTrouble;
use super::command::{Command, parse};
use super::desk::{Desk, Person, words};
use super::incoming::Commanded;
use crate::domain::ids::RequestId;
use crate::domain::person::{Requester, SlackUser};
use crate::domain::set::StageName;
use crate::ports::chat::{Aside, ChatError, Form, Message, Place};
use crate::say::{chat as say, talk};
use crate::service::{Decide, ServiceError, Wanted};

/// Requests shown by `list`.
const LISTED: usize = 10;

impl Desk<'_> {
    pub(super) async fn commanded(&self, it: Commanded<'_>) -> Result<(), SlackTrouble> {
        let aside = Aside { response_url: it.response_url(), channel: it.channel().into_owned(), user: it.user() };
        let trigger = it.trigger();
        match parse(&it.text()) {
            Command::Form => self.open_request_form(&trigger, &aside).await,
            Command::SetForm => self.open_set_form(&aside.user, &trigger, &aside).await,
            Command::Help => self.whisper(&aside, say::COMMANDS).await,
            Command::WhichOne(verb) => self.whisper(&aside, say::which_one(verb)).await,
            command => match self.person(&aside.user).await? {
                Ok(who) => self.obey(command, &who, &aside, &trigger).await,
                Err(sentence) => self.whisper(&aside, sentence).await,
            },
        }
    }

    async fn obey(&self, mut command: Command, who: &Person, aside: &Aside, trigger: &str) -> Result<(), SlackTrouble> {
        if let Some(id) = command.about() {
            // A short id may fit requests that are not theirs to know of; whole, it names the one that is.
            match self.seen(id, who).await {
                Ok(seen) => *id = seen.to_string(),
                Err(error) => return self.whisper(aside, self.sentence(error)?).await,
            }
        }
        let answer = match command {
            Command::New(text) => {
                let answer = self.turn_anew(who, self.session(&aside.user, None), &text).await?;
                return self.answer_aside(aside, answer).await;
            }
            Command::Talk(text) => return self.talk_aside(who, aside, &text).await,
            Command::Deny(id, None) => return self.ask_reason(&id, who, aside, trigger).await,
            Command::Deny(id, Some(reason)) => self.decide(&id, who, Decide::Deny { reason }).await,
            Command::Approve(id, reason) => self.decide(&id, who, Decide::Approve { reason }).await,
            Command::Cancel(id, reason) => self.take_back(&id, who, reason).await,
            Command::Retry(id) => self.run_again(&id, who).await,
            Command::Rollback(id, stage) => self.undo(&id, stage.as_deref(), who).await,
            Command::Status(Some(id)) => self.status(&id, who).await,
            Command::Status(None) => self.list(&who.requester, 1).await,
            Command::List => self.list(&who.requester, LISTED).await,
            Command::Form | Command::SetForm | Command::Help | Command::WhichOne(_) => Ok(say::COMMANDS.to_owned()),
        };
        let words = match answer {
            Ok(words) => words,
            Err(error) => self.sentence(error)?,
        };
        self.whisper(aside, words).await
    }

    /// Words behind `/account`: the answer is whispered, the conversation goes
    /// on in direct messages, where one can simply write back.
    pub(super) async fn talk_aside(&self, who: &Person, aside: &Aside, text: &str) -> Result<(), SlackTrouble> {
        let answer = self.turn(who, self.session(&aside.user, None), text).await?;
        self.answer_aside(aside, answer).await
    }

    async fn answer_aside(&self, aside: &Aside, answer: Message) -> Result<(), SlackTrouble> {
        let Message::Words { text, choices, form, question } = answer.clone() else { return Ok(()) };
        match self.say_directly(aside, &answer).await {
            Ok(()) => {
                // It was answered: a pointer that cannot be given must not have the answer posted again.
                if let Err(trouble) = self.whisper(aside, format!("{text}\n{}", say::GO_ON_DIRECTLY)).await {
                    tracing::info!(%trouble, "a turn was answered, but not where it was typed");
                }
                Ok(())
            }
            Err(ChatError::Refused(_)) => {
                let text = format!("{text}\n{}", say::GO_ON_BY_COMMAND);
                Ok(self.chat.whisper(aside, &Message::Words { text, choices, form, question }).await?)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Says an answer in direct messages, where the conversation goes on.
    async fn say_directly(&self, aside: &Aside, answer: &Message) -> Result<(), ChatError> {
        let session = self.session(&aside.user, None);
        self.say_to(&session, &Place::User(aside.user.clone()), answer).await
    }

    /// The request they name, if they may see it.
    async fn seen(&self, id: &str, who: &Person) -> Result<RequestId, ServiceError> {
        let viewer = self.service.viewer(&who.actor, false).await;
        Ok(self.service.find_for(&viewer, id).await?.id)
    }

    /// Records an approver's word; the answer says who was first if it was not this one.
    pub(super) async fn decide(&self, id: &str, who: &Person, say: Decide) -> Result<String, ServiceError> {
        let id = self.service.find(id).await?;
        let decided = self.service.decide(id, &who.actor, say).await?;
        Ok(decided.said)
    }

    pub(super) async fn take_back(
        &self,
        id: &str,
        who: &Person,
        reason: Option<String>,
    ) -> Result<String, ServiceError> {
        let id = self.service.find(id).await?;
        Ok(say::taken_back(&self.service.cancel(id, &who.actor, reason).await?))
    }

    pub(super) async fn run_again(&self, id: &str, who: &Person) -> Result<String, ServiceError> {
        let id = self.service.find(id).await?;
        Ok(say::retried(&self.service.retry(id, &who.actor).await?))
    }

    async fn undo(&self, id: &str, stage: Option<&str>, who: &Person) -> Result<String, ServiceError> {
        let id = self.service.find(id).await?;
        let named = stage.map(|word| StageName::parse(&word.to_ascii_lowercase()).ok_or(word)).transpose();
        let Ok(stage) = named else { return Ok(say::NO_SUCH_STAGE.to_owned()) };
        Ok(say::being_undone(&self.service.roll_back(id, stage, &who.actor).await?, stage))
    }

    async fn status(&self, id: &str, who: &Person) -> Result<String, ServiceError> {
        let viewer = self.service.viewer(&who.actor, false).await;
        Ok(talk::status_line(&self.service.show_to(&viewer, id).await?))
    }

    async fn list(&self, requester: &Requester, limit: usize) -> Result<String, ServiceError> {
        let wanted = Wanted { requester: Some(requester.email.clone()), limit, ..Wanted::default() };
        let lines: Vec<_> = self.service.list(wanted).await?.requests.iter().map(talk::status_line).collect();
        Ok(if lines.is_empty() { say::NOTHING_YET.to_owned() } else { lines.join("\n") })
    }

    /// Opens the form that asks why not, while there is something to decide.
    pub(super) async fn ask_reason(
        &self,
        id: &str,
        who: &Person,
        aside: &Aside,
        trigger: &str,
    ) -> Result<(), SlackTrouble> {
        let viewer = self.service.viewer(&who.actor, false).await;
        match self.service.show_to(&viewer, id).await {
            Ok(view) if view.state == crate::domain::request::State::Pending => {
                self.open(trigger, &Form::Reason(Box::new(view)), aside).await
            }
            Ok(view) => self.whisper(aside, talk::status_line(&view)).await,
            Err(error) => self.whisper(aside, self.sentence(error)?).await,
        }
    }

    pub(super) async fn open_request_form(&self, trigger: &str, aside: &Aside) -> Result<(), SlackTrouble> {
        let form = Form::Request(self.offer().await);
        self.open(trigger, &form, aside).await
    }

    /// Opens the form for an account set; where Slack takes no form any more, the conversation asks the same.
    pub(super) async fn open_set_form(
        &self,
        user: &SlackUser,
        trigger: &str,
        aside: &Aside,
    ) -> Result<(), SlackTrouble> {
        let form = Form::Set(self.set_offer().await);
        match self.chat.open_form(trigger, &form).await {
            Ok(()) => Ok(()),
            Err(ChatError::Stale) => match self.person(user).await? {
                Ok(who) => self.talk_instead(&who, aside).await,
                Err(sentence) => self.whisper(aside, sentence).await,
            },
            Err(error) => Err(error.into()),
        }
    }

    async fn talk_instead(&self, who: &Person, aside: &Aside) -> Result<(), SlackTrouble> {
        let answer = self.turn(who, self.session(&aside.user, None), say::SET_WORDS).await?;
        let Message::Words { text, choices, form, question } = answer else { return Ok(()) };
        let text = format!("{}\n{text}", say::LET_US_TALK);
        let answer = Message::Words { text, choices, form, question };
        match self.say_directly(aside, &answer).await {
            Ok(()) => Ok(()),
            Err(ChatError::Refused(_)) => Ok(self.chat.whisper(aside, &answer).await?),
            Err(error) => Err(error.into()),
        }
    }

    /// Opens a form, or says that it must be asked for again.
    async fn open(&self, trigger: &str, form: &Form, aside: &Aside) -> Result<(), SlackTrouble> {
        match self.chat.open_form(trigger, form).await {
            Ok(()) => Ok(()),
            // The pass is used up by the first try, whether or not its answer came.
            Err(ChatError::Stale) => self.whisper(aside, say::CLICK_AGAIN).await,
            Err(error) => Err(error.into()),
        }
    }

    /// Tells somebody at a place of their own.
    pub(super) async fn tell(&self, user: &SlackUser, text: String) -> Result<(), SlackTrouble> {
        self.chat.post(&self.delivery, &Place::User(user.clone()), &words(text)).await?;
        Ok(())
    }
}
