//! `POST /account/confirm/{id}` from a program, as the original bot's clients send it:
//! an empty body approves, JSON may deny. The bearer token says who decides.

use axum::Json;
use axum::response::{IntoResponse as _, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::config::Scope;
use crate::domain::request::Verdict;
use crate::http::auth::Caller;
use crate::http::body;
use crate::http::problem::Problem;
use crate::http::state::AppState;
use crate::say::view::RequestView;
use crate::service::Decide;

/// A program's word; both fields may be left out.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Word {
    /// `approve` (when absent) or `deny`.
    #[serde(default)]
    #[schema(value_type = Option<String>, pattern = "^(approve|deny)$")]
    decision: Option<Verdict>,
    /// Why; needed to deny.
    #[serde(default)]
    reason: Option<String>,
}

/// How it ended.
#[derive(Debug, Serialize, ToSchema)]
#[expect(clippy::struct_field_names, reason = "clients read `outcome`")]
pub struct Outcome {
    /// Whether this call changed anything; if not, somebody was first.
    changed: bool,
    /// The outcome in a sentence.
    outcome: String,
    /// The request now.
    request: RequestView,
}

/// Decides as the caller.
pub async fn decide(state: &AppState, caller: &Caller, text: &str, body: &str) -> Response {
    let decided = async {
        caller.must(Scope::Approve)?;
        let word = word(body)?;
        let id = state.service.find_for(&caller.viewer(state).await, text).await?.id;
        Ok::<_, Problem>(state.service.decide(id, &caller.actor, word).await?)
    };
    match decided.await {
        Ok(done) => Json(Outcome { changed: done.changed, outcome: done.said, request: done.view }).into_response(),
        Err(problem) => problem.into_response(),
    }
}

const FORM: &str = "Send no body to approve, or JSON like {\"decision\":\"deny\",\"reason\":\"…\"}.";

fn word(text: &str) -> Result<Decide, Problem> {
    let word = match text.trim_start().chars().next() {
        None => Word::default(),
        Some('{') => body::json(text)?,
        // An array would fit the struct by position, and an empty one would approve.
        Some(_) => return Err(Problem::bad_request(FORM)),
    };
    match word.decision {
        None | Some(Verdict::Approve) => Ok(Decide::Approve { reason: word.reason }),
        Some(Verdict::Deny) => Ok(Decide::Deny { reason: word.reason.unwrap_or_default() }),
        Some(Verdict::Cancel | Verdict::Expire) => {
            Err(Problem::bad_request("`decision` is \"approve\" or \"deny\"; the requester cancels by other means."))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_body_approves_and_nothing_unclear_does() {
        assert_eq!(word(" \n").ok(), Some(Decide::Approve { reason: None }));
        assert_eq!(word("{}").ok(), Some(Decide::Approve { reason: None }));
        let deny = word(r#"{"decision":"deny","reason":"too dear"}"#).ok();
        assert_eq!(deny, Some(Decide::Deny { reason: "too dear".into() }));
        for unclear in ["decision=deny", "deny", "null", "[]", r#"{"decison":"deny"}"#, r#"{"decision":"cancel"}"#] {
            assert!(word(unclear).is_err(), "{unclear}");
        }
    }
}
