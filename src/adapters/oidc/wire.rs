//! Calls to the issuer: bounded in time and size, without redirects. No error carries a
//! body, a code or a token.

use std::sync::OnceLock;
use std::time::Duration;

use reqwest::{RequestBuilder, Response, StatusCode, redirect};

/// Time for a whole call: a person or a program waits for it.
const TIMEOUT: Duration = Duration::from_secs(5);
/// Time to connect.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// The largest answer read, in bytes.
const LARGEST_ANSWER: usize = 256 * 1024;

/// Speaks HTTP to one issuer.
pub(super) struct Wire {
    /// Made at the first call: reading the machine's certificates takes 3 ms of a start.
    http: OnceLock<reqwest::Client>,
    local: bool,
}

/// What came back; nothing else of it is kept.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) body: Vec<u8>,
}

impl Wire {
    /// For an issuer; one on this machine is never reached through a proxy.
    pub(super) const fn new(local: bool) -> Self {
        Self { http: OnceLock::new(), local }
    }

    pub(super) fn client(&self) -> Result<&reqwest::Client, String> {
        if let Some(http) = self.http.get() {
            return Ok(http);
        }
        let builder = reqwest::Client::builder()
            .timeout(TIMEOUT)
            .connect_timeout(CONNECT_TIMEOUT)
            // A redirect would take keys, or a secret, to where nobody configured.
            .redirect(redirect::Policy::none());
        let builder = if self.local { builder.no_proxy() } else { builder };
        let http = builder.build().map_err(|error| format!("no HTTP client: {error}"))?;
        Ok(self.http.get_or_init(|| http))
    }

    /// The body of a GET that was answered with 200.
    pub(super) async fn get(&self, url: &str) -> Result<Vec<u8>, String> {
        let answer = sent(self.client()?.get(url)).await?;
        if answer.status == StatusCode::OK { Ok(answer.body) } else { Err(status(answer.status)) }
    }
}

/// Sends it and reads the answer, within the limits.
pub(super) async fn sent(request: RequestBuilder) -> Result<Answer, String> {
    let mut response: Response = request.send().await.map_err(|error| kind(&error))?;
    let status = response.status();
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| kind(&error))? {
        body.extend_from_slice(&chunk);
        if body.len() > LARGEST_ANSWER {
            return Err("its answer is too large".to_owned());
        }
    }
    Ok(Answer { status, body })
}

pub(super) fn status(status: StatusCode) -> String {
    format!("it answered {}", status.as_u16())
}

/// The kind of trouble, without the address: there may be a secret in the body it was sent with.
fn kind(error: &reqwest::Error) -> String {
    let kind = match (error.is_timeout(), error.is_connect()) {
        (true, _) => "no answer in time",
        (_, true) => "no connection",
        _ => "the connection broke",
    };
    kind.to_owned()
}
