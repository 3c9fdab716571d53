//! `GET /api/v1/requests/{id}/artefacts` and each file there.

use axum::Json;
use axum::extract::{FromRequestParts, Path, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::Name;
use super::document::Wrong;
use crate::config::Scope;
use crate::domain::set_artefacts::Artefact;
use crate::http::auth::Caller;
use crate::http::problem::Problem;
use crate::http::state::AppState;

/// The files a finished set hands over.
#[derive(Debug, Serialize, ToSchema)]
pub struct ArtefactList {
    /// By name.
    artefacts: Vec<ArtefactLine>,
}

/// One file.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Artefact)]
pub struct ArtefactLine {
    /// Its name, like `cdk-app.yml`.
    name: String,
    /// Its media type.
    media_type: String,
    /// Its size.
    bytes: usize,
    /// Where it is downloaded.
    href: String,
}

/// Lists the files.
#[utoipa::path(
    get, path = "/api/v1/requests/{id}/artefacts", tag = "requests", summary = "List the files of a finished set",
    params(("id" = String, Path, description = "Full or short id of a set")),
    responses(
        (status = 200, description = "The files", body = ArtefactList),
        (status = 409, description = "The set is not ready yet", body = Problem, content_type = "application/problem+json"),
        Wrong,
    )
)]
pub async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Name(id): Name,
) -> Result<Json<ArtefactList>, Problem> {
    caller.must(Scope::Read)?;
    let request = state.service.find_for(&caller.viewer(&state).await, &id).await?;
    let all = state.service.artefacts(&request).await?;
    let line = |artefact: Artefact| ArtefactLine {
        href: format!("/api/v1/requests/{}/artefacts/{}", request.id, artefact.name),
        media_type: artefact.media_type.to_owned(),
        bytes: artefact.body.len(),
        name: artefact.name,
    };
    Ok(Json(ArtefactList { artefacts: all.into_iter().map(line).collect() }))
}

/// Downloads one file.
#[utoipa::path(
    get, path = "/api/v1/requests/{id}/artefacts/{name}", tag = "requests", summary = "Download a file of a finished set",
    params(
        ("id" = String, Path, description = "Full or short id of a set"),
        ("name" = String, Path, description = "The file", example = "cdk-app.yml"),
    ),
    responses(
        (status = 200, description = "The file", body = String, content_type = "application/yaml",
         headers(("Content-Disposition" = String))),
        (status = 409, description = "The set is not ready yet", body = Problem, content_type = "application/problem+json"),
        Wrong,
    )
)]
pub async fn download(
    State(state): State<AppState>,
    caller: Caller,
    NameOfFile(id, name): NameOfFile,
) -> Result<Response, Problem> {
    caller.must(Scope::Read)?;
    let request = state.service.find_for(&caller.viewer(&state).await, &id).await?;
    Ok(file(state.service.artefact(&request, &name).await?))
}

/// A file as a browser saves it. The names are our own: letters, digits, `-`, `_` and `.`.
pub(in crate::http) fn file(artefact: Artefact) -> Response {
    let disposition = format!("attachment; filename=\"{}\"", artefact.name);
    let mut response = artefact.body.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(artefact.media_type));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Ok(disposition) = HeaderValue::from_str(&disposition) {
        headers.insert(header::CONTENT_DISPOSITION, disposition);
    }
    response
}

/// The two names in the path of a file, as text that can be read.
pub struct NameOfFile(pub String, pub String);

impl<S: Send + Sync> FromRequestParts<S> for NameOfFile {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        if let Ok(Path((id, name))) = Path::<(String, String)>::from_request_parts(parts, state).await {
            return Ok(Self(id, name));
        }
        let detail = "The address holds bytes that are not UTF-8 text. Give the names as they were answered.";
        Err(Problem::new(StatusCode::NOT_FOUND, "not-an-id", "Not an id", detail))
    }
}
