//! The approval page where people sign in. The session says who decides; a link only says on
//! what, and must be their own. Whatever decides comes from the page of that very session.

use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use subtle::ConstantTimeEq as _;

use crate::config::Scope;
use crate::domain::ids::RequestId;
use crate::domain::person::Channel;
use crate::http::auth::Caller;
use crate::http::problem::Problem;
use crate::http::session::{Session, SignIn};
use crate::http::state::AppState;
use crate::service::{ComeTo, ServiceError};

use super::access::{linked, named, sign_in_first, sorry, told};
use super::confirm::word;
use super::form::DecisionForm;
use super::headers::html;
use super::pages::approval::{Entered, Proof, Visit, approval, decided};

const OVER: &str = "You are not signed in (any more), so nothing was decided.";
const FOREIGN: &str =
    "This did not come from the approval page, so nothing was decided. Open the request here and decide on it again.";
const STALE: &str = "This page was shown to another sign-in, or is too old, so nothing was decided. Open the request again and decide on what it shows now.";
const NO_SCOPE: &str = "Your sign-in does not let you decide (it lacks the scope `approve`).";

/// Somebody at the approval page of the request that `text` names.
#[derive(Clone, Copy)]
pub(super) struct Arrived<'a> {
    pub(super) state: &'a AppState,
    pub(super) sign_in: &'a SignIn,
    pub(super) headers: &'a HeaderMap,
    pub(super) text: &'a str,
}

/// The same, once it is known who they are and what they came to.
struct Approver {
    id: RequestId,
    session: Session,
    caller: Caller,
    found: ComeTo,
    /// What the page's form carries.
    form: String,
}

impl Arrived<'_> {
    /// The page; changes nothing.
    pub(super) async fn ask(self, token: &str, here: &Uri) -> Result<Response, Response> {
        let Some(session) = self.session() else {
            return Err(sign_in_first(here.path_and_query().map_or("/", |path| path.as_str()), ""));
        };
        let approver = self.approver(session, token).await?;
        let either = approver.caller.must_one_of(&[Scope::Read, Scope::Approve]);
        either.map_err(|problem| told(&problem))?;
        Ok(self.shown(StatusCode::OK, &approver, token, &Entered::default()))
    }

    /// Decides as who is signed in.
    pub(super) async fn decide(self, body: &str) -> Result<Response, Response> {
        let form = DecisionForm::read(body.as_bytes()).map_err(|problem| told(&problem))?;
        let session = self.session().ok_or_else(|| sign_in_first(&format!("/account/confirm/{}", self.text), OVER))?;
        if !self.sign_in.is_from_own_page(self.headers) {
            return Err(told(&Problem::forbidden(FOREIGN)));
        }
        let approver = self.approver(session, &form.token).await?;
        if !bool::from(form.form.as_bytes().ct_eq(approver.form.as_bytes())) {
            return Err(told(&Problem::forbidden(STALE)));
        }
        approver.caller.must(Scope::Approve).map_err(|problem| told(&problem))?;
        let say = word(&form).map_err(|problem| told(&problem))?;
        let id = approver.id;
        match self.state.service.decide(id, &approver.caller.actor, say).await {
            Ok(done) => {
                let visit = self.visit(&approver, &form.token);
                Ok(html(StatusCode::OK, decided(&done.view, &done.said, done.changed, visit)))
            }
            Err(ServiceError::Invalid(checklist)) => {
                let reason_fault = checklist.faults().next().map(|fault| fault.text.clone());
                let entered = Entered { reason: form.reason.clone(), reason_fault, ..Entered::default() };
                Ok(self.shown(StatusCode::UNPROCESSABLE_ENTITY, &approver, &form.token, &entered))
            }
            Err(error) => Err(sorry(error, &id.short())),
        }
    }

    fn session(&self) -> Option<Session> {
        self.sign_in.session(self.headers, self.state.service.clock.now())
    }

    async fn approver(&self, session: Session, token: &str) -> Result<Approver, Response> {
        let id =
            if token.is_empty() { named(self.state, self.text).await? } else { linked(self.state, self.text).await? };
        let caller = Caller::person(&session.email, session.scopes(), Channel::Web);
        let viewer = caller.viewer(self.state).await;
        let found = self.state.service.come_to(&viewer, id, token).await.map_err(|error| sorry(error, &id.short()))?;
        let form = self.sign_in.form_token(&session, &found.view.id, &found.view.parameters_hash);
        Ok(Approver { id, session, caller, found, form })
    }

    fn shown(&self, status: StatusCode, approver: &Approver, token: &str, entered: &Entered) -> Response {
        html(status, approval(&approver.found.view, self.visit(approver, token), entered))
    }

    fn visit<'v>(&self, approver: &'v Approver, token: &'v str) -> Visit<'v> {
        let lacks = approver.caller.must(Scope::Approve).is_err().then_some(NO_SCOPE);
        let refusal = approver.found.refusal.as_deref().or(lacks);
        let proof = Proof::Session { form: &approver.form, refusal };
        Visit { approver: &approver.session.email, token, proof, now: self.state.service.clock.now() }
    }
}
