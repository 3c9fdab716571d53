//! Talks to a running server over its REST surface.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use reqwest::{Method, RequestBuilder, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use url::Url;

use super::args::ServerArgs;
use super::exit::{Exit, Failure};
use super::local::load_listen;
use super::problem;
use crate::config::is_loopback;
use crate::domain::ids::RequestRef;

/// Longer than any answer takes; the server's own limit is 15 s unless configured.
const PATIENCE: Duration = Duration::from_mins(1);
/// Where a server listens unless configured.
const USUAL_PORT: u16 = 8080;

/// A server and who we are to it.
pub(super) struct Client {
    http: reqwest::Client,
    server: Url,
    token: Option<String>,
}

impl Client {
    /// The server that was named, or the one `file` (or what `serve` finds without it) configures.
    pub(super) fn new(file: Option<&Path>, args: &ServerArgs) -> Result<Self, Failure> {
        let address = match args.server.as_deref().filter(|given| !given.is_empty()) {
            Some(given) => given.to_owned(),
            None => seen_from_here(load_listen(file)?),
        };
        let wrong = || Failure::usage(format!("`{address}` is not a server address, like http://127.0.0.1:8080."));
        let server = Url::parse(&address).map_err(|_| wrong())?;
        if !matches!(server.scheme(), "http" | "https") || !server.has_host() {
            return Err(wrong());
        }
        let mut http = reqwest::Client::builder()
            .timeout(PATIENCE)
            .connect_timeout(Duration::from_secs(5))
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("vend/", env!("CARGO_PKG_VERSION")));
        if is_loopback(&server) {
            http = http.no_proxy();
        }
        let http = http.build().map_err(|error| Failure::failed(format!("no HTTP client: {error}")))?;
        Ok(Self { http, server, token: args.token.clone().filter(|token| !token.is_empty()) })
    }

    /// Reads what is at `path`.
    pub(super) async fn get<T: DeserializeOwned>(&self, path: &[&str], query: &[(&str, String)]) -> Result<T, Failure> {
        let mut url = self.url(path);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        self.answer(self.http.request(Method::GET, url)).await
    }

    /// Reads the text at `path` as it is.
    pub(super) async fn get_text(&self, path: &[&str]) -> Result<String, Failure> {
        let body = self.body(self.http.request(Method::GET, self.url(path))).await?;
        String::from_utf8(body).map_err(|_| Failure::failed("the server's answer is no text."))
    }

    /// Posts `body` to `path`.
    pub(super) async fn post<T: DeserializeOwned>(&self, path: &[&str], body: &impl Serialize) -> Result<T, Failure> {
        self.answer(self.http.request(Method::POST, self.url(path)).json(body)).await
    }

    /// Posts `body` to `path`; what cannot be done right now is not a failure, but words.
    pub(super) async fn post_to_converse<T: DeserializeOwned>(
        &self,
        path: &[&str],
        body: &impl Serialize,
    ) -> Result<Result<T, String>, Failure> {
        let request = self.http.request(Method::POST, self.url(path)).json(body);
        let (status, body) = self.send(request).await?;
        if status == StatusCode::SERVICE_UNAVAILABLE {
            return Ok(Err(problem::failure(status, &body).text));
        }
        Ok(Ok(read(&good(status, body)?)?))
    }

    /// Posts `body` to `path` so that a repetition with the same key has no further effect.
    pub(super) async fn post_once<T: DeserializeOwned>(
        &self,
        path: &[&str],
        body: &impl Serialize,
        key: &str,
    ) -> Result<T, Failure> {
        let request = self.http.request(Method::POST, self.url(path)).json(body);
        self.answer(request.header("Idempotency-Key", key)).await
    }

    fn url(&self, path: &[&str]) -> Url {
        let mut url = self.server.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        url
    }

    async fn answer<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, Failure> {
        read(&self.body(request).await?)
    }

    /// The body of a good answer.
    async fn body(&self, request: RequestBuilder) -> Result<Vec<u8>, Failure> {
        let (status, body) = self.send(request).await?;
        good(status, body)
    }

    async fn send(&self, request: RequestBuilder) -> Result<(StatusCode, Vec<u8>), Failure> {
        let request = match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        };
        let response = request.send().await.map_err(|error| self.unreachable(&error))?;
        let status = response.status();
        let body = response.bytes().await.map_err(|error| self.unreachable(&error))?;
        Ok((status, body.to_vec()))
    }

    fn unreachable(&self, error: &reqwest::Error) -> Failure {
        let server = self.server.as_str().trim_end_matches('/');
        let text = match (error.is_timeout(), is_loopback(&self.server)) {
            (true, _) => format!("the server at {server} takes too long to answer. Try again in a moment."),
            (_, true) => {
                format!(
                    "no server answers at {server}. Start it with `vend serve`, or say with --server where it listens."
                )
            }
            (_, false) => format!("no server answers at {server}. Check --server (VEND_SERVER) and the network."),
        };
        Failure::new(Exit::Unreachable, text)
    }
}

/// The address of a server on this machine that listens there.
fn seen_from_here(listen: SocketAddr) -> String {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    // Only who started it knows the port that was picked.
    let port = if listen.port() == 0 { USUAL_PORT } else { listen.port() };
    format!("http://{}", SocketAddr::new(ip, port))
}

fn good(status: StatusCode, body: Vec<u8>) -> Result<Vec<u8>, Failure> {
    if status.is_success() { Ok(body) } else { Err(problem::failure(status, &body)) }
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Failure> {
    let other = "the server's answer is not understood. Is this the address of a vend server of this version?";
    serde_json::from_slice(body).map_err(|_| Failure::failed(other))
}

/// Checks that `text` can be a request's name before a server is asked.
pub(super) fn request_id(text: &str) -> Result<String, Failure> {
    text.parse::<RequestRef>().map(|_| text.trim().to_owned()).map_err(|error| Failure::usage(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_listens_everywhere_is_reached_on_this_machine() {
        for (listen, address) in [
            ("127.0.0.1:9090", "http://127.0.0.1:9090"),
            ("0.0.0.0:9090", "http://127.0.0.1:9090"),
            ("[::]:9090", "http://[::1]:9090"),
            ("10.1.2.3:80", "http://10.1.2.3:80"),
            ("127.0.0.1:0", "http://127.0.0.1:8080"),
        ] {
            assert_eq!(seen_from_here(listen.parse().unwrap()), address);
        }
    }
}
