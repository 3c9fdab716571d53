//! The files of a finished set for a browser, which carries no bearer token: a personal link
//! opens one where tokens are required. A GET or HEAD changes nothing (P12).

use axum::extract::{RawQuery, State};
use axum::http::header::{CACHE_CONTROL, REFERRER_POLICY};
use axum::http::{HeaderName, HeaderValue};
use axum::response::Response;

use crate::domain::set_artefacts::Artefact;
use crate::http::api::{NameOfFile, file};
use crate::http::state::AppState;

use super::access::{Visitor, linked, parameter, sorry};

/// One file.
#[utoipa::path(
    get, path = "/requests/{id}/files/{name}", tag = "pages", summary = "Download a file of a finished set by personal link", security(("bearer" = []), ("session" = [])),
    description = "The links stand on the set's page and on its card in Slack. Programs use `/api/v1/requests/{id}/artefacts/{name}`.",
    params(
        ("id" = String, Path, description = "Full or short id of a set"),
        ("name" = String, Path, description = "The file", example = "cdk-app.yml"),
        ("t" = Option<String>, Query, description = "The personal token of the link"),
    ),
    responses(
        (status = 200, description = "The file", body = String, content_type = "application/yaml"),
        (status = "4XX", description = "A page that says what is wrong", content_type = "text/html"),
    )
)]
pub async fn download(
    State(state): State<AppState>,
    NameOfFile(id, name): NameOfFile,
    RawQuery(query): RawQuery,
    visitor: Visitor,
) -> Response {
    match wanted(&state, (&id, &name), query.as_deref(), &visitor).await {
        Ok(artefact) => kept_private(file(artefact)),
        Err(page) => page,
    }
}

async fn wanted(
    state: &AppState,
    (id, name): (&str, &str),
    query: Option<&str>,
    visitor: &Visitor,
) -> Result<Artefact, Response> {
    // Where people sign in, a link says which file, and the session who may have it.
    if let Some(token) = parameter(query, "t").filter(|_| state.sign_in.is_none()) {
        let id = linked(state, id).await?;
        return state.service.open_file(id, &token, name).await.map_err(|error| sorry(error, &id.short()));
    }
    let caller = visitor.known()?;
    let found = async {
        let request = state.service.find_for(&caller.viewer(state).await, id).await?;
        state.service.artefact(&request, name).await
    };
    found.await.map_err(|error| sorry(error, "the request"))
}

/// No proxy keeps it, no search engine lists it, no other site learns the address.
fn kept_private(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(HeaderName::from_static("x-robots-tag"), HeaderValue::from_static("noindex"));
    response
}
