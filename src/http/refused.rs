//! Refusals in the form their reader can read: a problem for a program, a page for a
//! browser. Knows which one asks by what it accepts.

use axum::extract::Request;
use axum::http::header::{ACCEPT, ALLOW, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use super::problem::Problem;
use super::web;

/// Turns the problems a browser would be shown as JSON into pages.
pub async fn for_its_reader(request: Request, next: Next) -> Response {
    let in_person = reads_pages(request.headers());
    let response = next.run(request).await;
    if in_person { as_page(response) } else { response }
}

/// The answer where no route is.
pub async fn no_such_page(uri: Uri) -> Problem {
    let detail = format!("There is nothing at {}. See /openapi.json for what there is.", path(&uri));
    Problem::new(StatusCode::NOT_FOUND, "no-such-page", "Nothing here", detail)
}

/// The answer to a method the route does not take.
pub async fn wrong_method(uri: Uri, headers: HeaderMap) -> Response {
    let detail = format!("{} does not take this method. See /openapi.json for what it takes.", path(&uri));
    let problem = Problem::new(StatusCode::METHOD_NOT_ALLOWED, "wrong-method", "Wrong method", detail).into_response();
    if reads_pages(&headers) { as_page(problem) } else { problem }
}

fn path(uri: &Uri) -> String {
    uri.path().chars().take(100).collect()
}

/// Browsers name `text/html`; a program that also names JSON gets that.
fn reads_pages(headers: &HeaderMap) -> bool {
    let accepted: Vec<_> = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok()).collect();
    let names = |kind: &str| accepted.iter().any(|value| value.to_ascii_lowercase().contains(kind));
    names("text/html") && !names("json")
}

fn as_page(response: Response) -> Response {
    let Some(problem) = response.extensions().get::<Problem>() else { return response };
    let mut page = web::told(problem);
    for name in [ALLOW, RETRY_AFTER, WWW_AUTHENTICATE] {
        if let Some(value) = response.headers().get(&name) {
            page.headers_mut().insert(name, value.clone());
        }
    }
    page
}
