//! Signing in: off to the issuer, back with a code, and out again. All that is remembered
//! stands in the browser's own cookies: a GET changes nothing in the store (P12).

use axum::extract::{OriginalUri, RawQuery, State};
use axum::http::header::{LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use url::Url;

use crate::http::problem::Problem;
use crate::http::refused::no_such_page;
use crate::http::session::{Begun, SignIn};
use crate::http::state::AppState;
use crate::ports::issuer::{IssuerError, Refused};

use super::access::{parameter, told};
use super::headers::html;
use super::pages::notice;

/// Where somebody goes who named no page, or none of ours.
const HOME: &str = "/requests";
/// The longest page address that is kept while somebody signs in; one with a personal token is far shorter.
const LONGEST_WAY: usize = 1024;
/// The longest code that is passed on. RFC 6749 names no limit; a whole request head is hardly longer.
const LONGEST_CODE: usize = 4096;

const NOT_BEGUN: &str = "This sign-in was not begun in this browser, was begun again in another window, or took longer \
                         than ten minutes. Begin again; you may find that the issuer still knows you.";
const NOT_DONE: &str = "The issuer did not sign you in, so you are not signed in here.";

/// Off to the issuer.
#[utoipa::path(
    get, path = "/sign-in", tag = "pages", summary = "Sign in at the issuer", security(()),
    params(("to" = Option<String>, Query, description = "The page to go on to: a path on this server")),
    responses(
        (status = 303, description = "Off to the issuer"),
        (status = "4XX", description = "People do not sign in here", content((Problem = "application/problem+json"), (String = "text/html"))),
        (status = 503, description = "The issuer does not answer", content_type = "text/html"),
    )
)]
pub async fn begin(State(state): State<AppState>, uri: OriginalUri, RawQuery(query): RawQuery) -> Response {
    let Some(sign_in) = &state.sign_in else { return no_such_page(uri.0).await.into_response() };
    let to = parameter(query.as_deref(), "to").and_then(|to| page_of_ours(&to)).unwrap_or_else(|| HOME.to_owned());
    let begun = Begun::new(|| state.service.ids.nonce(), to);
    match sign_in.issuer.sign_in_at(begun.errand()).await {
        Ok(address) => sent_on(&address, [sign_in.beginning(&begun, state.service.clock.now())]),
        Err(error) => not_now(&error),
    }
}

/// Back from the issuer.
#[utoipa::path(
    get, path = "/sign-in/callback", tag = "pages", summary = "Come back from the issuer", security(()),
    description = "Only for a browser that began at `/sign-in`: the cookie it was given there must fit `state`.",
    params(
        ("code" = Option<String>, Query, description = "What the issuer gives for a sign-in"),
        ("state" = Option<String>, Query, description = "What the sign-in is known by"),
        ("error" = Option<String>, Query, description = "Why there is no code"),
        ("iss" = Option<String>, Query, description = "Who says so (RFC 9207)"),
    ),
    responses(
        (status = 303, description = "Signed in; on to the page that was asked for"),
        (status = "4XX", description = "Why not", content((Problem = "application/problem+json"), (String = "text/html"))),
        (status = 503, description = "The issuer does not answer", content_type = "text/html"),
    )
)]
pub async fn come_back(
    State(state): State<AppState>,
    uri: OriginalUri,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let Some(sign_in) = &state.sign_in else { return no_such_page(uri.0).await.into_response() };
    let mut answer = returned(&state, sign_in, query.as_deref(), &headers).await.unwrap_or_else(|page| page);
    // One way out is good for one way back, however it ended.
    answer.headers_mut().append(SET_COOKIE, sign_in.ended());
    answer
}

async fn returned(
    state: &AppState,
    sign_in: &SignIn,
    query: Option<&str>,
    headers: &HeaderMap,
) -> Result<Response, Response> {
    let given = |name: &str| parameter(query, name);
    let now = state.service.clock.now();
    let begun = sign_in.begun(headers, now).filter(|begun| begun.is_back_with(&given("state").unwrap_or_default()));
    let begun = begun.ok_or_else(|| not_signed_in(NOT_BEGUN))?;
    if given("iss").is_some_and(|issuer| issuer != sign_in.issuer.name()) {
        return Err(not_signed_in(NOT_DONE));
    }
    let code = given("code").filter(|code| given("error").is_none() && code.len() <= LONGEST_CODE);
    let code = code.ok_or_else(|| not_signed_in(NOT_DONE))?;
    let vouched = sign_in.issuer.redeem(&code, begun.errand()).await.map_err(|error| not_now(&error))?;
    Ok(sent_on(&begun.to, [sign_in.signed_in(&vouched, state.service.ids.nonce(), now)]))
}

/// Out again.
#[utoipa::path(
    post, path = "/sign-out", tag = "pages", summary = "Sign out of this server", security(()),
    responses(
        (status = 200, description = "A page; the session is out of the browser", content_type = "text/html"),
        (status = "4XX", description = "What is wrong", content((Problem = "application/problem+json"), (String = "text/html"))),
    )
)]
pub async fn leave(State(state): State<AppState>, uri: OriginalUri, headers: HeaderMap) -> Response {
    let Some(sign_in) = &state.sign_in else { return no_such_page(uri.0).await.into_response() };
    if !sign_in.is_from_own_page(&headers) {
        return told(&Problem::forbidden("Sign out on a page of this server; nothing was changed."));
    }
    let sentence =
        "You are signed out here. Your issuer may still know you: sign out there, too, on a machine that is not yours.";
    let mut page = html(StatusCode::OK, notice::notice("Signed out", sentence));
    page.headers_mut().append(SET_COOKIE, sign_in.signed_out());
    page
}

/// The page behind a text from an address, if it is one of ours: path and query, nothing else.
fn page_of_ours(text: &str) -> Option<String> {
    // A backslash is a slash to browsers, and they drop control characters.
    if text.len() > LONGEST_WAY || !text.starts_with('/') || text.contains(|c: char| c == '\\' || c.is_control()) {
        return None;
    }
    let here = Url::parse("https://here.invalid/").ok()?;
    let url = here.join(text).ok().filter(|url| url.origin() == here.origin())?;
    let path = url.path();
    let ours = ["/", HOME].contains(&path) || path.starts_with("/requests/") || path.starts_with("/account/confirm/");
    let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
    ours.then(|| format!("{path}{query}"))
}

fn not_signed_in(sentence: &str) -> Response {
    html(StatusCode::BAD_REQUEST, notice::not_signed_in(sentence))
}

fn not_now(error: &IssuerError) -> Response {
    match error {
        IssuerError::Unavailable(why) => {
            tracing::warn!(%why, "nobody can sign in now");
            told(&Problem::issuer_unavailable())
        }
        IssuerError::Refused(why) => {
            tracing::info!(%why, "a sign-in was refused");
            let sentence = match why {
                Refused::NoEmail => {
                    "The issuer names no e-mail address for you, so this server does not know who you are. Ask those who run it."
                }
                Refused::Unverified => {
                    "The issuer has not verified your e-mail address. Have it verified there, then begin again."
                }
                Refused::Code => "This sign-in was used already, or took too long.",
                _ => NOT_DONE,
            };
            not_signed_in(sentence)
        }
    }
}

/// On to another address, with these cookies.
fn sent_on<const N: usize>(address: &str, cookies: [HeaderValue; N]) -> Response {
    let Ok(location) = HeaderValue::try_from(address) else { return not_signed_in(NOT_DONE) };
    let mut answer = html(StatusCode::SEE_OTHER, notice::notice("One moment", "You are being sent on."));
    answer.headers_mut().insert(LOCATION, location);
    for cookie in cookies {
        answer.headers_mut().append(SET_COOKIE, cookie);
    }
    answer
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nobody_is_sent_anywhere_but_to_pages_of_ours() {
        for good in ["/", "/requests", "/requests?state=pending", "/requests/01J?t=AQ", "/account/confirm/01J?t=AQ-_"] {
            assert_eq!(page_of_ours(good).as_deref(), Some(good));
        }
        for bad in [
            "https://evil.example/",
            "//evil.example/requests",
            "/\\evil.example/requests",
            "\\\\evil.example",
            "/\t/evil.example/requests",
            "/requests/..//evil.example",
            "/.//evil.example",
            "/%2e//evil.example",
            "/requests/../api/v1/requests",
            "/sign-out",
            "/requestsx",
            "requests",
            "javascript:alert(1)",
            "",
            "/requests\r\nset-cookie: a=b",
        ] {
            assert_eq!(page_of_ours(bad), None, "{bad:?}");
        }
        assert_eq!(page_of_ours("/requests/x/../../requests#//evil.example").as_deref(), Some("/requests"));
        assert_eq!(page_of_ours(&format!("/requests/{}", "x".repeat(2000))), None);
    }

    proptest! {
        #[test]
        fn whatever_is_asked_for_stays_here(text in "[/\\\\.:@a-z%0-9?#\\t ]{0,40}") {
            if let Some(way) = page_of_ours(&text) {
                let there = Url::parse("https://vend.example.com/sign-in").unwrap().join(&way).unwrap();
                prop_assert_eq!(there.host_str(), Some("vend.example.com"));
            }
        }
    }
}
