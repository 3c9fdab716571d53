//! The headers every page leaves with. Mail scanners open links and run what they
//! find: pages are not cached, not indexed, leak no address and run no script but
//! the live page's own file.

use axum::body::Body;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderValue, Response as HttpResponse, StatusCode};
use axum::response::Response;
use maud::Markup;

use super::pages::layout::Upkeep;

/// No script, no frame, no image, no foreign form target.
const STILL: &str = "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
/// The same, and our own script may ask our own server.
const LIVE: &str = "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; \
                    script-src 'self'; connect-src 'self'";

const COMMON: [(HeaderName, &str); 3] = [
    (REFERRER_POLICY, "no-referrer"),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (HeaderName::from_static("x-robots-tag"), "noindex"),
];

/// A page that shows one moment.
#[must_use]
pub fn html(status: StatusCode, page: Markup) -> Response {
    html_kept(status, page, Upkeep::Still)
}

/// A page with the rights its upkeep needs.
#[must_use]
pub fn html_kept(status: StatusCode, page: Markup, upkeep: Upkeep) -> Response {
    let policy = if upkeep == Upkeep::Live { LIVE } else { STILL };
    let mut response = with_common(status, page.into_string());
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// A file the pages use: the same for everyone, so it may be kept a while.
#[must_use]
pub fn file(content_type: &'static str, content: &'static str) -> Response {
    let mut response = with_common(StatusCode::OK, content.to_owned());
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"));
    response
}

fn with_common(status: StatusCode, body: String) -> Response {
    let mut response = HttpResponse::new(Body::from(body));
    *response.status_mut() = status;
    for (name, value) in COMMON {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_live_page_may_run_our_script() {
        for (upkeep, may) in [(Upkeep::Still, false), (Upkeep::Live, true)] {
            let page = html_kept(StatusCode::OK, Markup::default(), upkeep);
            let policy = page.headers()[CONTENT_SECURITY_POLICY].to_str().unwrap();
            assert!(policy.starts_with("default-src 'none'; ") && !policy.contains("unsafe"));
            assert_eq!(policy.contains("script-src"), may);
            assert_eq!(page.headers()[CACHE_CONTROL], "no-store");
            assert_eq!(page.headers()["x-robots-tag"], "noindex");
        }
    }
}
