//! Calls to the issuer: bounded in time and size, without redirects. No error carries a
//! body, a code or a token.

use std::time::Duration;

use reqwest::{RequestBuilder, StatusCode};

use crate::adapters::outgoing::{self, Outgoing};

/// Time for a whole call: a person or a program waits for it.
const TIMEOUT: Duration = Duration::from_secs(5);
/// The largest answer read, in bytes.
const LARGEST_ANSWER: usize = 256 * 1024;

/// Speaks HTTP to one issuer.
pub(super) struct Wire(Outgoing);

/// What came back; nothing else of it is kept.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) body: Vec<u8>,
}

impl Wire {
    /// For an issuer; one on this machine is never reached through a proxy.
    pub(super) const fn new(local: bool) -> Self {
        Self(Outgoing::new(TIMEOUT, local))
    }

    pub(super) fn client(&self) -> Result<&reqwest::Client, String> {
        self.0.client()
    }

    /// The body of a GET that was answered with 200.
    pub(super) async fn get(&self, url: &str) -> Result<Vec<u8>, String> {
        let answer = sent(self.client()?.get(url)).await?;
        if answer.status == StatusCode::OK { Ok(answer.body) } else { Err(status(answer.status)) }
    }
}

/// Sends it and reads the answer, within the limits.
pub(super) async fn sent(request: RequestBuilder) -> Result<Answer, String> {
    let broken = |error: reqwest::Error| outgoing::kind(&error).to_owned();
    let response = request.send().await.map_err(broken)?;
    let status = response.status();
    let body = outgoing::body(response, LARGEST_ANSWER).await.map_err(broken)?;
    Ok(Answer { status, body: body.ok_or("its answer is too large")? })
}

pub(super) fn status(status: StatusCode) -> String {
    format!("it answered {}", status.as_u16())
}
