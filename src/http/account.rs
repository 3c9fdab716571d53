//! `POST /account`: one turn of conversation, in the original bot's JSON.

use axum::Json;
use axum::extract::{FromRequestParts, Request, State};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::config::Scope;
use crate::domain::person::{Actor, Channel, Requester, same_email};
use crate::domain::preflight::Checklist;
use crate::domain::validate;
use crate::ports::dialogue::SessionKey;
use crate::service::slack::incoming::Surface;
use crate::service::{Said, Speaker};

use super::api::document::Wrong;
use super::auth::Caller;
use super::body;
use super::problem::Problem;
use super::slack;
use super::state::AppState;

/// What a person says, and who they are.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
#[expect(clippy::struct_field_names, reason = "the original bot's clients send these names")]
pub struct TurnRequest {
    /// Work e-mail address.
    #[serde(default)]
    user_email: String,
    /// Given name.
    #[serde(default)]
    user_name: String,
    /// Family name.
    #[serde(default)]
    user_lastname: String,
    /// What they say.
    #[serde(default)]
    user_input: String,
}

/// What the bot answers.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub struct TurnResponse {
    /// The bot's words.
    response: String,
    /// The request body, as a string.
    initial_params: String,
    /// The request this turn made, when it made one.
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
}

/// Takes one turn. A body signed by Slack is a Slack event (apps made for the original bot).
#[utoipa::path(
    post, path = "/account", tag = "conversation", request_body = TurnRequest,
    responses(
        (status = 200, description = "The bot's answer", body = TurnResponse),
        Wrong,
        (status = 503, description = "The turn was not taken; say it again", body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn take_turn(State(state): State<AppState>, mut request: Request) -> Response {
    if slack::is_signed(request.headers()) {
        return state.slack.take(Surface::Events, &mut request).await;
    }
    let (mut parts, body) = request.into_parts();
    let turn = async {
        let caller = Caller::from_request_parts(&mut parts, &state).await?;
        caller.must(Scope::Request)?;
        let text = body::text(body).await?;
        let turn: TurnRequest = body::json(&text)?;
        let said = answer(&state, &caller, turn).await?;
        let request_id = said.request.map(|id| id.to_string());
        Ok::<_, Problem>(Json(TurnResponse { response: said.text, initial_params: text, request_id }))
    };
    turn.await.into_response()
}

async fn answer(state: &AppState, caller: &Caller, turn: TurnRequest) -> Result<Said, Problem> {
    let requester = requester(&turn)?;
    caller.must_be_or_act_for(&requester)?;
    let session = session_key(state, &caller.actor.email, &requester.email);
    // The conversation is the requester's own on one's own machine; elsewhere it is on record who carried it to us.
    let own = caller.actor.local_operator || same_email(&caller.actor.email, &requester.email);
    let actor = if own { Actor::person(&requester.email, Channel::Api) } else { caller.actor.clone() };
    let speaker = Speaker { requester, actor, session, delivery: None };
    Ok(state.service.converse(&speaker, &turn.user_input).await?)
}

/// Who is talking, with every wrong field at once.
fn requester(turn: &TurnRequest) -> Result<Requester, Problem> {
    let mut checklist = Checklist::default();
    let mut take = |field: &str, value: Result<String, String>| {
        value.unwrap_or_else(|sentence| {
            checklist.fail(field, sentence);
            String::new()
        })
    };
    let requester = Requester {
        email: take("UserEmail", validate::person_email(&turn.user_email)),
        first_name: take("UserName", validate::person_name("first name", &turn.user_name)),
        last_name: take("UserLastname", validate::person_name("last name", &turn.user_lastname)),
        slack: None,
    };
    if turn.user_input.trim().is_empty() {
        checklist.fail("UserInput", "Say something, like \"Hi, I would like a new account please!\".");
    }
    if checklist.is_clear() { Ok(requester) } else { Err(Problem::invalid(&checklist)) }
}

fn session_key(state: &AppState, caller: &str, email: &str) -> SessionKey {
    state.service.session_key(&["api", &caller.to_ascii_lowercase(), &email.to_ascii_lowercase()])
}
