//! The pages that only show. A GET or HEAD changes nothing (P12).

use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;

use crate::domain::request::State as Stage;
use crate::http::problem::Problem;
use crate::http::state::AppState;
use crate::service::Wanted;

use super::access::{Visitor, named, parameter, sorry, told, visible, who_are_you};
use super::headers::{file, html, html_kept};
use super::pages::{landing::landing, live, requests::requests};

/// Requests on one page of the list.
const PAGE: usize = 25;

/// What to try next.
pub async fn begin(State(state): State<AppState>) -> Response {
    html(StatusCode::OK, landing(&state.service.settings.public_url))
}

/// The list, by state, page by page.
pub async fn list(State(state): State<AppState>, visitor: Visitor, RawQuery(query): RawQuery) -> Response {
    let Ok(caller) = visitor else { return who_are_you() };
    let page = match wanted(query.as_deref()) {
        Ok(page) => page,
        Err(problem) => return told(&problem),
    };
    let requester = (!caller.sees_everything()).then(|| caller.actor.email.clone());
    match state.service.list(Wanted { requester, ..page.clone() }).await {
        Ok(listing) => html(StatusCode::OK, requests(&listing.requests, page.state, listing.next)),
        Err(error) => sorry(error, "the list"),
    }
}

fn wanted(query: Option<&str>) -> Result<Wanted, Problem> {
    let unknown = |what: &str| Problem::bad_request(format!("There is no such {what}. Begin again at /requests."));
    let state = parameter(query, "state").map(|word| Stage::parse(&word).ok_or_else(|| unknown("state")));
    let before = parameter(query, "before").map(|id| id.parse().map_err(|_| unknown("page")));
    Ok(Wanted { state: state.transpose()?, before: before.transpose()?, limit: PAGE, requester: None })
}

/// One request, followed to its end.
pub async fn follow(
    State(state): State<AppState>,
    Path(text): Path<String>,
    RawQuery(query): RawQuery,
    visitor: Visitor,
) -> Response {
    let shown = async {
        let id = named(&state, &text).await?;
        visible(&state, id, &visitor, parameter(query.as_deref(), "t").as_deref()).await
    };
    match shown.await {
        Ok(view) => html_kept(StatusCode::OK, live::live(&view), live::upkeep(&view)),
        Err(page) => page,
    }
}

/// The stylesheet.
pub async fn stylesheet() -> Response {
    file("text/css; charset=utf-8", include_str!("assets/vend.css"))
}

/// The live page's script.
pub async fn script() -> Response {
    file("text/javascript; charset=utf-8", include_str!("assets/live.js"))
}
