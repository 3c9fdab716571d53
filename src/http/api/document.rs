//! The `OpenAPI` document, made from the handlers themselves. A test holds it against
//! the routes and against the committed `openapi.json`.

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use utoipa::openapi::schema::SchemaType;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Object, RefOr, Schema, Type};
use utoipa::{IntoParams, IntoResponses, Modify, OpenApi, ToSchema};

use super::{artefacts, catalogue, create, decide, history, list, show};
use crate::http::problem::Problem;
use crate::http::slack::intake;
use crate::http::web::{confirm, files, look, sign_in};
use crate::http::{account, ops};

/// The whole surface.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "vend",
        description = "Ask for AWS accounts, decide on them and follow them. Errors are `application/problem+json` \
                       (RFC 9457) with a stable `type`, a sentence that says what to do next, and every wrong field.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    paths(
        account::take_turn, confirm::ask, confirm::decide,
        create::create, create::preflight, list::list, show::show, history::events,
        artefacts::list, artefacts::download,
        decide::approve, decide::deny, decide::cancel, decide::retry, decide::rollback,
        catalogue::blueprints, catalogue::blueprint, catalogue::organizational_units,
        intake::events, intake::commands, intake::interactions,
        look::begin, look::list, look::follow, look::hints, files::download, look::stylesheet, look::script,
        sign_in::begin, sign_in::come_back, sign_in::leave,
        ops::livez, ops::readyz, ops::metrics, openapi_document,
    ),
    tags(
        (name = "conversation", description = "The bot, as the original spoke over HTTP"),
        (name = "requests", description = "Ask, decide, follow"),
        (name = "catalogue", description = "What can be asked for"),
        (name = "slack", description = "What Slack delivers, signed"),
        (name = "pages", description = "Pages for people"),
        (name = "operations", description = "For operators and load balancers"),
    ),
    security(("bearer" = [])),
    modifiers(&Callers, &OneObject, &LeftOut),
)]
struct Document;

/// The ways to say who calls: one for programs, one for people who signed in.
struct Callers;

impl Modify for Callers {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let text = "A token of the configuration's `auth.tokens`, or, while `auth.mode` is `oidc`, a signed token (JWT) of \
                    the configured issuer. Not needed while `auth.mode` is `none`.";
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some(text)).build();
        let text = "While `auth.mode` is `oidc`: what `/sign-in` leaves in the browser. Opens pages, and nothing of the API. \
                    Without the prefix where the server is not reached over https.";
        let cookie = ApiKey::Cookie(ApiKeyValue::with_description("__Host-vend-session", text));
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("bearer", SecurityScheme::Http(scheme));
        components.add_security_scheme("session", SecurityScheme::ApiKey(cookie));
    }
}

/// Makes one object of a request's parts. As `allOf`, the part that allows no further
/// fields would forbid those of the other: nothing at all would be valid.
struct OneObject;

impl Modify for OneObject {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let schemas = &mut document.components.get_or_insert_default().schemas;
        let Some(RefOr::T(request)) = schemas.get_mut("NewRequest") else { return };
        let Schema::AllOf(parts) = request else { return };
        let mut whole = Object::new();
        (whole.description, whole.example) = (parts.description.take(), parts.example.take());
        for part in std::mem::take(&mut parts.items) {
            let RefOr::T(Schema::Object(part)) = part else { continue };
            whole.properties.extend(part.properties);
            whole.required.extend(part.required);
            whole.additional_properties = whole.additional_properties.or(part.additional_properties);
        }
        *request = Schema::Object(whole);
    }
}

/// What may be left out of a request is not there, and never `null`: the server refuses that.
struct LeftOut;

impl Modify for LeftOut {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let items = document.paths.paths.values_mut();
        for operation in items.flat_map(|item| [&mut item.get, &mut item.post]).flatten() {
            for parameter in operation.parameters.iter_mut().flatten() {
                let RefOr::T(parameter) = parameter else { continue };
                parameter.schema.as_mut().map(never_null);
            }
            let Some(RefOr::T(body)) = &mut operation.request_body else { continue };
            for content in body.content.values_mut() {
                let RefOr::T(content) = content else { continue };
                if content.schema.as_mut().is_some_and(never_null) {
                    body.required = None;
                }
            }
        }
    }
}

/// Takes `null` out of what a schema allows; answers whether it was there.
fn never_null(schema: &mut RefOr<Schema>) -> bool {
    match schema {
        RefOr::T(Schema::OneOf(either)) if either.items.len() == 2 => {
            let Some(nothing) = either.items.iter().position(is_null) else { return false };
            *schema = either.items.swap_remove(1 - nothing);
            true
        }
        RefOr::T(Schema::Object(object)) => match &object.schema_type {
            SchemaType::Array(kinds) if kinds.len() == 2 && kinds.contains(&Type::Null) => {
                let kind = kinds.iter().find(|kind| **kind != Type::Null).cloned();
                object.schema_type = SchemaType::Type(kind.unwrap_or_default());
                true
            }
            _ => false,
        },
        _ => false,
    }
}

fn is_null(schema: &RefOr<Schema>) -> bool {
    matches!(schema, RefOr::T(Schema::Object(object)) if object.schema_type == SchemaType::Type(Type::Null))
}

/// The request a path names.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "it describes what `Name` reads")]
pub(in crate::http) struct OfRequest {
    /// Full or short id
    id: String,
}

/// What every route answers to what it does not take.
#[derive(IntoResponses)]
#[response(status = "4XX", description = "What is wrong and what to do", content_type = "application/problem+json")]
#[expect(dead_code, reason = "it describes what `Problem` becomes")]
pub(in crate::http) struct Wrong(Problem);

/// The fields a person gives, as they are posted.
#[derive(ToSchema)]
#[schema(as = NewRequest, example = json!({
    "account_type": "Sandbox",
    "root_email": "fraud-root@corp.example",
    "organizational_unit": "Sandbox",
    "blueprint": "ml-workload-nonprod",
    "purpose": "Trying out a fraud model",
    "requester": {"email": "ada@corp.example", "first_name": "Ada", "last_name": "Lovelace"},
}))]
#[expect(dead_code, reason = "it describes what `reading` reads field by field")]
pub(super) struct NewRequest {
    #[schema(inline)]
    #[serde(flatten)]
    draft: crate::domain::spec::Draft,
    /// Three accounts under one approval, instead of one; says then what the fields of one account say.
    account_set: Option<crate::domain::set::draft::SetDraft>,
    /// Whom the account is for. With a bearer token `email` may be left out and is the token's own.
    requester: crate::say::view::RequesterView,
}

/// A word with a decision.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Reason, example = json!({"reason": "The shared account has room for this"}))]
#[expect(dead_code, reason = "it describes what `reading` reads field by field")]
pub(super) struct ReasonBody {
    /// Why; the requester gets to read it. Needed to deny.
    reason: Option<String>,
}

/// What a retry changes.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Retry, example = json!({"blueprint_parameters": {"AzCount": "3"}}))]
#[expect(dead_code, reason = "it describes what `reading` reads field by field")]
pub(super) struct RetryBody {
    /// Blueprint parameters to change where a blueprint failed; those left out stay. Only an approver
    /// other than the requester may, and stands for the change. The account's own ranges cannot change.
    blueprint_parameters: Option<std::collections::BTreeMap<String, String>>,
    /// Taken as `cancel` takes it, and not kept.
    reason: Option<String>,
}

/// What a rollback is for.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Rollback, example = json!({"stage": "preprod"}))]
#[expect(dead_code, reason = "it describes what `reading` reads field by field")]
pub(super) struct RollbackBody {
    /// Of an account set: the account whose blueprint failed. Left out for a single account.
    stage: Option<crate::domain::set::StageName>,
    /// Taken as `cancel` takes it, and not kept.
    reason: Option<String>,
}

/// The document.
#[must_use]
pub fn openapi() -> utoipa::openapi::OpenApi {
    Document::openapi()
}

/// The document as it is served and committed.
#[must_use]
pub fn openapi_json() -> String {
    // Plain data; a document that cannot be written would be caught by the test that reads it.
    let mut text = openapi().to_pretty_json().unwrap_or_default();
    text.push('\n');
    text
}

/// This document.
#[utoipa::path(
    get, path = "/openapi.json", tag = "operations", summary = "Read this document", security(()),
    responses((status = 200, description = "The OpenAPI document", content_type = "application/json"))
)]
pub async fn openapi_document() -> Response {
    ([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], openapi_json()).into_response()
}
