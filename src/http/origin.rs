//! Whether a call without a token comes from this machine's own user. A loopback
//! address keeps other machines out, but any web page open in the operator's browser
//! could post to it, or reach it by a name of its own (DNS rebinding): browsers say
//! so in `Host` and `Origin`.

use std::net::IpAddr;

use axum::http::header::{HOST, HeaderName, ORIGIN};
use axum::http::request::Parts;
use url::Url;

/// Headers a proxy or tunnel adds: whoever is behind it is not on this machine.
const FORWARDED: [&str; 8] = [
    "forwarded",
    "via",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-real-ip",
    "cf-connecting-ip",
    "true-client-ip",
];
/// What browsers say of a call that a page of another site made.
const CROSS_SITE: &str = "cross-site";
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Whether the server was called by a local name, by no proxy, and by none but its own pages.
/// Its public name does not count: a tunnel would make every visitor the operator.
pub(super) fn is_local(parts: &Parts) -> bool {
    let header = |name| parts.headers.get(name).map(|value| value.to_str().unwrap_or("unreadable"));
    let host = header(HOST).or_else(|| parts.uri.authority().map(axum::http::uri::Authority::as_str));
    if FORWARDED.iter().any(|name| parts.headers.contains_key(*name)) || header(FETCH_SITE) == Some(CROSS_SITE) {
        return false;
    }
    // Browsers always name the host; a program that does not is no browser.
    let Some(host) = host else { return header(ORIGIN).is_none() };
    let own_page = header(ORIGIN).is_none_or(|origin| authority(origin).is_some_and(|a| a.eq_ignore_ascii_case(host)));
    is_loopback(host) && own_page
}

fn authority(url: &str) -> Option<String> {
    let url = Url::parse(url).ok()?;
    let host = url.host_str()?;
    Some(url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")))
}

fn is_loopback(host: &str) -> bool {
    // Only a bare name and port is a host.
    let Ok(url) = Url::parse(&format!("http://{host}/")) else { return false };
    let name = url.host_str().unwrap_or_default();
    let address = name.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    url.username().is_empty() && (name == "localhost" || address.is_ok_and(|address| address.is_loopback()))
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    fn local(host: &str, origin: &str) -> bool {
        let headers = [(HOST, host), (ORIGIN, origin)].into_iter().filter(|(_, value)| !value.is_empty());
        let request = headers.fold(Request::builder().uri("/"), |request, (name, value)| request.header(name, value));
        is_local(&request.body(()).unwrap().into_parts().0)
    }

    #[test]
    fn programs_and_own_pages_are_local() {
        for host in ["127.0.0.1:8080", "localhost:8080", "localhost", "[::1]:8080", ""] {
            assert!(local(host, ""), "{host}");
        }
        assert!(local("127.0.0.1:8080", "http://127.0.0.1:8080"));
    }

    #[test]
    fn whoever_comes_through_a_proxy_is_not() {
        for (name, value) in
            FORWARDED.map(|name| (name, "203.0.113.9")).into_iter().chain([("sec-fetch-site", "cross-site")])
        {
            let request = Request::builder().header(HOST, "127.0.0.1:8080").header(name, value);
            assert!(!is_local(&request.body(()).unwrap().into_parts().0), "{name}");
        }
        let own = Request::builder().header(HOST, "127.0.0.1:8080").header("sec-fetch-site", "same-origin");
        assert!(is_local(&own.body(()).unwrap().into_parts().0));
    }

    #[test]
    fn pages_of_other_sites_are_not() {
        for origin in ["https://evil.example", "null", "http://127.0.0.1:3000", "http://localhost:8080", "x"] {
            assert!(!local("127.0.0.1:8080", origin), "{origin}");
        }
        assert!(!local("vend.example.com", "https://vend.example.com"));
        for host in ["evil.example:8080", "127.0.0.1.evil.example", "localhost@evil.example", "evil.example/@localhost"]
        {
            assert!(!local(host, ""), "{host}");
        }
        assert!(!local("", "https://evil.example"));
    }
}
