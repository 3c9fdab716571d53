//! The four operations of Lex V2 that are used, each with the retries that are safe
//! for it, and what their errors mean. Knows no manifest.

use aws_sdk_lexruntimev2::Client;
use aws_sdk_lexruntimev2::config::retry::RetryConfig;
use aws_sdk_lexruntimev2::config::{Builder, Config};
use aws_sdk_lexruntimev2::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_lexruntimev2::operation::recognize_text::RecognizeTextError;
use aws_sdk_lexruntimev2::types::{Message, SessionState};
use aws_smithy_runtime_api::client::interceptors::context::InterceptorContext;
use aws_smithy_runtime_api::client::retries::classifiers::{ClassifyRetry, RetryAction};
use std::time::Duration;

use super::mending::MendingClient;
use crate::adapters::aws::connection::Connection;
use crate::ports::dialogue::{DialogueError, SessionKey};

/// `PutSession` would answer with speech otherwise.
const TEXT_ANSWER: &str = "text/plain;charset=utf-8";
/// A person waits for the answer: shorter than the SDK's second.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// Times a turn is sent while Lex says that it took nothing of it.
const TRIES: u32 = 3;

/// Which bot, in which language.
#[derive(Debug, Clone)]
pub struct LexBot {
    /// Its id, 10 characters.
    pub id: String,
    /// The alias's id.
    pub alias_id: String,
    /// The locale, like `en_US`.
    pub locale_id: String,
}

/// What Lex keeps or answers.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Seen {
    pub(super) state: Option<SessionState>,
    pub(super) messages: Vec<Message>,
}

/// What stands in the way of an answer.
#[derive(Debug)]
pub(super) enum Trouble {
    /// Nothing was taken: another turn is under way, or there are too many.
    Busy,
    /// It may have been taken or not.
    Unknown(String),
    /// Asking again will not help.
    Final(String),
}

impl From<Trouble> for DialogueError {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Busy => Self::Busy,
            Trouble::Unknown(why) | Trouble::Final(why) => Self::Unavailable(why),
        }
    }
}

/// The client, and which bot it talks to.
pub(super) struct Calls {
    client: Client,
    bot: LexBot,
}

impl Calls {
    pub(super) fn new(connection: &Connection, bot: LexBot) -> Self {
        let mending = MendingClient::around(connection.sdk().http_client());
        let config = Builder::from(connection.sdk()).http_client(mending).build();
        Self { client: Client::from_conf(config), bot }
    }

    /// Takes a turn. Repeated only when Lex says that nothing was taken.
    pub(super) async fn recognize(
        &self,
        session: &SessionKey,
        text: &str,
        state: SessionState,
    ) -> Result<Seen, Trouble> {
        let call = self.client.recognize_text();
        let call = call.bot_id(&self.bot.id).bot_alias_id(&self.bot.alias_id).locale_id(&self.bot.locale_id);
        let call = call.session_id(&session.0).text(text).session_state(state);
        let answer = call.customize().config_override(unless_taken()).send().await.map_err(|e| trouble(&e))?;
        Ok(Seen { state: answer.session_state, messages: answer.messages.unwrap_or_default() })
    }

    /// What Lex keeps of the session; `None` when there is none.
    pub(super) async fn look(&self, session: &SessionKey) -> Result<Option<Seen>, Trouble> {
        let call = self.client.get_session();
        let call = call.bot_id(&self.bot.id).bot_alias_id(&self.bot.alias_id).locale_id(&self.bot.locale_id);
        match call.session_id(&session.0).send().await {
            Ok(kept) => Ok(Some(Seen { state: kept.session_state, messages: kept.messages.unwrap_or_default() })),
            Err(error) if is_missing(&error) => Ok(None),
            Err(error) => Err(trouble(&error)),
        }
    }

    /// Makes the session wait for what the state says. Twice is as good as once.
    pub(super) async fn put(&self, session: &SessionKey, state: SessionState) -> Result<(), Trouble> {
        let call = self.client.put_session();
        let call = call.bot_id(&self.bot.id).bot_alias_id(&self.bot.alias_id).locale_id(&self.bot.locale_id);
        let call = call.session_id(&session.0).session_state(state).response_content_type(TEXT_ANSWER);
        call.send().await.map(drop).map_err(|error| trouble(&error))
    }

    /// Ends the session; one that is gone already is ended.
    pub(super) async fn delete(&self, session: &SessionKey) -> Result<(), Trouble> {
        let call = self.client.delete_session();
        let call = call.bot_id(&self.bot.id).bot_alias_id(&self.bot.alias_id).locale_id(&self.bot.locale_id);
        match call.session_id(&session.0).send().await {
            Ok(_) => Ok(()),
            Err(error) if is_missing(&error) => Ok(()),
            Err(error) => Err(trouble(&error)),
        }
    }
}

fn unless_taken() -> Builder {
    let retries = RetryConfig::standard().with_max_attempts(TRIES).with_initial_backoff(FIRST_PAUSE);
    Config::builder().retry_config(retries).retry_classifier(NothingTaken)
}

/// Forbids to send a turn again unless Lex said that it took nothing of it.
#[derive(Debug)]
struct NothingTaken;

impl ClassifyRetry for NothingTaken {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let error = context.output_or_error().and_then(Result::err).and_then(|error| error.as_operation_error());
        match error.and_then(|error| error.downcast_ref::<RecognizeTextError>()) {
            Some(RecognizeTextError::ThrottlingException(_) | RecognizeTextError::ConflictException(_)) => {
                RetryAction::throttling_error()
            }
            _ => RetryAction::RetryForbidden,
        }
    }

    fn name(&self) -> &'static str {
        "nothing taken"
    }
}

/// No such session. A bot that does not exist answers the same; the turn itself then says so.
fn is_missing<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> bool {
    error.code() == Some("ResourceNotFoundException")
}

/// The errors of the runtime, by the names its API reference lists.
fn trouble<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> Trouble {
    let code = error.code().unwrap_or_default();
    let said = error.message().unwrap_or_default();
    match (error, code) {
        (SdkError::ServiceError(_), "ConflictException" | "ThrottlingException") => Trouble::Busy,
        (SdkError::ServiceError(_), "ValidationException" | "AccessDeniedException" | "ResourceNotFoundException") => {
            Trouble::Final(format!("{code}: {said}"))
        }
        (SdkError::ServiceError(_), _) => Trouble::Unknown(format!("{code}: {said}")),
        (SdkError::ConstructionFailure(_), _) => Trouble::Final("the call cannot be made".to_owned()),
        (SdkError::TimeoutError(_), _) => Trouble::Unknown("no answer in time".to_owned()),
        (SdkError::DispatchFailure(failure), _) if failure.is_user() => {
            Trouble::Final("the call cannot be made: is the region right?".to_owned())
        }
        _ => Trouble::Unknown("the connection failed".to_owned()),
    }
}
