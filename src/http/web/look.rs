//! The pages that only show. A GET or HEAD changes nothing (P12).

use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};

use crate::domain::request::State as Stage;
use crate::http::api::{Name, follow_blindly, wants_stream};
use crate::http::problem::Problem;
use crate::http::state::AppState;
use crate::service::Wanted;

use super::access::{Seen, Visitor, parameter, sorry, told, visible};
use super::headers::{file, html, html_kept};
use super::pages::{landing::landing, live, requests::requests};

/// Requests on one page of the list.
const PAGE: usize = 25;

/// What to try next.
#[utoipa::path(
    get, path = "/", tag = "pages", summary = "What to try next", security(()),
    responses((status = 200, description = "A page", content_type = "text/html"))
)]
pub async fn begin(State(state): State<AppState>) -> Response {
    html(StatusCode::OK, landing(&state.service.settings.public_url))
}

/// The list, by state, page by page.
#[utoipa::path(
    get, path = "/requests", tag = "pages", summary = "Requests as a page", security(("bearer" = []), ("session" = [])),
    params(("state" = Option<Stage>, Query), ("before" = Option<String>, Query, pattern = "^([0-7][0-9A-HJKMNP-TV-Z]{25})?$")),
    responses((status = 200, description = "A page", content_type = "text/html"), (status = "4XX", description = "A page that says what is wrong", content_type = "text/html"))
)]
pub async fn list(State(state): State<AppState>, visitor: Visitor, RawQuery(query): RawQuery) -> Response {
    let caller = match visitor.known() {
        Ok(caller) => caller,
        Err(page) => return page,
    };
    let page = match wanted(query.as_deref()) {
        Ok(page) => page,
        Err(problem) => return told(&problem),
    };
    let listing = if state.sign_in.is_some() {
        // Whoever signed in sees what waits for them, too.
        state.service.list_for(&caller.viewer(&state).await, page.clone()).await
    } else {
        let requester = (!caller.sees_everything()).then(|| caller.actor.email.clone());
        state.service.list(Wanted { requester, ..page.clone() }).await
    };
    match listing {
        Ok(listing) => html(StatusCode::OK, requests(&listing.requests, page.state, listing.next, visitor.signed_in())),
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
#[utoipa::path(
    get, path = "/requests/{id}", tag = "pages", summary = "A request as a page, live", security(("bearer" = []), ("session" = [])),
    params(("id" = String, Path, description = "Full or short id"), ("t" = Option<String>, Query, description = "An approver's personal token")),
    responses((status = 200, description = "A page", content_type = "text/html"), (status = "4XX", description = "A page that says what is wrong", content_type = "text/html"))
)]
pub async fn follow(
    State(state): State<AppState>,
    Name(text): Name,
    RawQuery(query): RawQuery,
    visitor: Visitor,
) -> Response {
    let shown = async {
        let token = parameter(query.as_deref(), "t");
        let id = visitor.named(&state, &text, token.as_deref()).await?;
        visible(&state, id, &visitor, token.as_deref()).await
    };
    match shown.await {
        Ok(Seen { view, way }) => {
            let way = live::Way { person: visitor.signed_in().map(str::to_owned), ..way };
            html_kept(StatusCode::OK, live::live(&view, &way), live::upkeep(&view))
        }
        Err(page) => page,
    }
}

/// Says that something happened to a request, for its page to look again.
#[utoipa::path(
    get, path = "/requests/{id}/live", tag = "pages", summary = "What keeps a request's page up to date", security(("bearer" = []), ("session" = [])),
    description = "Server-sent events without content: `change` when something happened to the request, `member` when \
                   something happened to an account of a set. Programs follow `/api/v1/requests/{id}/events`.",
    params(("id" = String, Path, description = "Full or short id"), ("t" = Option<String>, Query, description = "The personal token of the page's link")),
    responses(
        (status = 200, description = "The stream", body = String, content_type = "text/event-stream"),
        (status = 204, description = "Nothing more happens by itself, or no stream was asked for by `Accept: text/event-stream`"),
        (status = "4XX", description = "A page that says what is wrong", content_type = "text/html"),
    )
)]
pub async fn hints(
    State(state): State<AppState>,
    Name(text): Name,
    RawQuery(query): RawQuery,
    visitor: Visitor,
    headers: HeaderMap,
) -> Response {
    let followed = async {
        let token = parameter(query.as_deref(), "t");
        let id = visitor.named(&state, &text, token.as_deref()).await?;
        visible(&state, id, &visitor, token.as_deref()).await?;
        // Whoever follows every link, like a mail scanner, holds no stream open.
        if !wants_stream(&headers) {
            return Ok(StatusCode::NO_CONTENT.into_response());
        }
        let request = state.service.store.load(id).await.map_err(|error| sorry(error.into(), &id.short()))?;
        follow_blindly(&state, &request).map_err(|problem| told(&problem))
    };
    followed.await.unwrap_or_else(|page| page)
}

/// The stylesheet.
#[utoipa::path(
    get, path = "/assets/vend.css", tag = "pages", summary = "The pages' stylesheet", security(()),
    responses((status = 200, description = "The stylesheet", content_type = "text/css"))
)]
pub async fn stylesheet() -> Response {
    file("text/css; charset=utf-8", include_str!("assets/vend.css"))
}

/// The live page's script.
#[utoipa::path(
    get, path = "/assets/live.js", tag = "pages", summary = "The live page's script", security(()),
    responses((status = 200, description = "The script", content_type = "text/javascript"))
)]
pub async fn script() -> Response {
    file("text/javascript; charset=utf-8", include_str!("assets/live.js"))
}
