//! `/account/confirm/{id}`: the approval page and both ways to decide. A link says who
//! was written to; the policy is asked again when they decide, and the account name
//! must be typed by hand, or the approver be signed in (`signed_in`).

use axum::extract::{FromRequestParts as _, RawQuery, Request, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};

use crate::http::api::Name;
use crate::http::auth::Caller;
use crate::http::body;
use crate::http::problem::Problem;
use crate::http::state::AppState;
use crate::service::{Decide, OpenedLink, ServiceError};

use super::access::{linked, parameter, sorry, told};
use super::form::DecisionForm;
use super::headers::html;
use super::pages::approval::{Entered, Proof, Visit, approval, decided};
use super::program;
use super::signed_in::Arrived;

const NEITHER: &str =
    "The form says neither approve nor deny, so nothing was decided. Open the link in your mail again.";

/// The page behind an approver's link.
#[utoipa::path(
    get, path = "/account/confirm/{id}", tag = "pages", summary = "The approval page; changes nothing", security(()),
    params(
        ("id" = String, Path, description = "Full or short id"),
        ("t" = String, Query, description = "The approver's personal token"),
    ),
    responses(
        (status = 200, description = "A page", content_type = "text/html"),
        (status = "4XX", description = "A page that says what is wrong", content_type = "text/html"),
    )
)]
pub async fn ask(
    State(state): State<AppState>,
    Name(text): Name,
    RawQuery(query): RawQuery,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let token = parameter(query.as_deref(), "t").unwrap_or_default();
    if let Some(sign_in) = &state.sign_in {
        let arrived = Arrived { state: &state, sign_in, headers: &headers, text: &text };
        return arrived.ask(&token, &uri).await.unwrap_or_else(|page| page);
    }
    match opened(&state, &text, &token).await {
        Ok(link) => shown(&state, StatusCode::OK, &link, &token, &Entered::default()),
        Err(page) => page,
    }
}

/// Decides: from the page by form, from a program by bearer token.
#[utoipa::path(
    post, path = "/account/confirm/{id}", tag = "conversation", summary = "Decide on a request",
    description = "From a program: a bearer token of an approver; no body approves. From the approval page: the form \
                   with the personal token `t` and the account name typed by hand, or, where people sign in, with the \
                   page's own token `f` and the session's cookie.",
    params(("id" = String, Path, description = "Full or short id")),
    request_body(content((Option<program::Word> = "application/json"), (DecisionForm = "application/x-www-form-urlencoded"))),
    responses(
        (status = 200, description = "The outcome; an already decided request tells who decided",
         content((program::Outcome = "application/json"), (String = "text/html"))),
        (status = "4XX", description = "What is wrong and what to do, to the form as a page",
         content((Problem = "application/problem+json"), (String = "text/html"))),
    )
)]
pub async fn decide(State(state): State<AppState>, Name(text): Name, request: Request) -> Response {
    let (mut parts, body) = request.into_parts();
    let body = match body::text(body).await {
        Ok(body) => body,
        Err(problem) => return problem.into_response(),
    };
    if DecisionForm::is_sent_by(&parts.headers, body.as_bytes()) {
        let decided = match &state.sign_in {
            Some(sign_in) => {
                let arrived = Arrived { state: &state, sign_in, headers: &parts.headers, text: &text };
                arrived.decide(&body).await
            }
            None => by_form(&state, &text, &body).await,
        };
        return decided.unwrap_or_else(|page| page);
    }
    match Caller::from_request_parts(&mut parts, &state).await {
        Ok(caller) => program::decide(&state, &caller, &text, &body).await,
        Err(problem) => problem.into_response(),
    }
}

async fn by_form(state: &AppState, text: &str, body: &str) -> Result<Response, Response> {
    let form = DecisionForm::read(body.as_bytes()).map_err(|problem| told(&problem))?;
    let link = opened(state, text, &form.token).await?;
    if link.expired {
        return Ok(shown(state, StatusCode::GONE, &link, &form.token, &Entered::default()));
    }
    let mut entered = form.entered(&link.view.account_name);
    if entered.name_fault.is_some() {
        return Ok(shown(state, StatusCode::UNPROCESSABLE_ENTITY, &link, &form.token, &entered));
    }
    let id = linked(state, text).await?;
    let say = word(&form).map_err(|problem| told(&problem))?;
    match state.service.decide(id, &link.approver, say).await {
        Ok(done) => {
            Ok(html(StatusCode::OK, decided(&done.view, &done.said, done.changed, visit(state, &link, &form.token))))
        }
        Err(ServiceError::Invalid(checklist)) => {
            entered.reason_fault = checklist.faults().next().map(|fault| fault.text.clone());
            Ok(shown(state, StatusCode::UNPROCESSABLE_ENTITY, &link, &form.token, &entered))
        }
        Err(error) => Err(sorry(error, &id.short())),
    }
}

/// What the pressed button says.
pub(super) fn word(form: &DecisionForm) -> Result<Decide, Problem> {
    let reason = form.reason.clone();
    match form.decision.as_str() {
        "approve" => Ok(Decide::Approve { reason: (!reason.is_empty()).then_some(reason) }),
        "deny" => Ok(Decide::Deny { reason }),
        _ => Err(Problem::bad_request(NEITHER)),
    }
}

/// The request behind a personal link.
async fn opened(state: &AppState, text: &str, token: &str) -> Result<OpenedLink, Response> {
    let id = linked(state, text).await?;
    state.service.open_link(id, token).await.map_err(|error| sorry(error, &id.short()))
}

fn shown(state: &AppState, status: StatusCode, link: &OpenedLink, token: &str, entered: &Entered) -> Response {
    html(status, approval(&link.view, visit(state, link, token), entered))
}

fn visit<'a>(state: &AppState, link: &'a OpenedLink, token: &'a str) -> Visit<'a> {
    Visit { approver: &link.approver.email, token, proof: Proof::Typing, now: state.service.clock.now() }
}
