//! HTTP to one peer: a client that is made at the first call, follows nobody elsewhere,
//! and reads no endless answer. Knows no peer.

use std::sync::OnceLock;
use std::time::Duration;

use reqwest::{Client, Response, redirect};

/// Time to connect.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// The client for one peer.
pub struct Outgoing {
    /// Made at the first call: reading the machine's certificates takes 3 ms of a start.
    client: OnceLock<Client>,
    time: Duration,
    local: bool,
}

impl Outgoing {
    /// For calls of `time` at most; a `local` peer, on this machine, is never reached through a proxy.
    #[must_use]
    pub const fn new(time: Duration, local: bool) -> Self {
        Self { client: OnceLock::new(), time, local }
    }

    /// The client.
    ///
    /// # Errors
    /// Why there is none; a text for the log.
    pub fn client(&self) -> Result<&Client, String> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let builder = Client::builder()
            .timeout(self.time)
            .connect_timeout(CONNECT_TIMEOUT)
            // A redirect would carry secrets, or a person's words, to where nobody configured.
            .redirect(redirect::Policy::none());
        let builder = if self.local { builder.no_proxy() } else { builder };
        let client = builder.build().map_err(|error| format!("no HTTP client: {error}"))?;
        Ok(self.client.get_or_init(|| client))
    }
}

/// The body of an answer; `None` when it has more than `largest` bytes.
///
/// # Errors
/// When it breaks off.
pub async fn body(mut response: Response, largest: usize) -> reqwest::Result<Option<Vec<u8>>> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        body.extend_from_slice(&chunk);
        if body.len() > largest {
            return Ok(None);
        }
    }
    Ok(Some(body))
}

/// The kind of trouble, without the address or what was sent: there may be a secret in either.
#[must_use]
pub fn kind(error: &reqwest::Error) -> &'static str {
    match (error.is_timeout(), error.is_connect()) {
        (true, _) => "no answer in time",
        (_, true) => "no connection",
        _ => "the connection broke",
    }
}
