//! Calls to the Web API and to response URLs. Reads Slack's errors in one
//! place. Never logs the token, and no error carries a body.

use std::time::Duration;

use reqwest::header::RETRY_AFTER;
use reqwest::{RequestBuilder, Response, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::Url;

use super::SlackSettings;
use super::method::Method;
use crate::adapters::outgoing::{self, Outgoing};
use crate::ports::chat::ChatError;

/// Time for a whole call; a form's pass lives 3 s, so waiting longer helps nobody.
const TIMEOUT: Duration = Duration::from_secs(8);
/// Time for a response URL: what stood there can be said in another way.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(3);
/// The largest answer read, in bytes.
const LARGEST_ANSWER: usize = 4 * 1024 * 1024;
/// The one host response URLs live on.
const RESPONSE_HOST: &str = "hooks.slack.com";

/// Speaks HTTP to Slack.
pub struct SlackClient {
    http: Outgoing,
    api_url: Url,
    token: String,
    local: bool,
}

impl SlackClient {
    /// A client for the app of these settings.
    #[must_use]
    pub fn new(settings: &SlackSettings) -> Self {
        let mut api_url = settings.api_url.clone();
        if !api_url.path().ends_with('/') {
            api_url.set_path(&format!("{}/", api_url.path()));
        }
        let local = settings.api_is_local();
        Self { http: Outgoing::new(TIMEOUT, local), api_url, token: settings.bot_token.clone(), local }
    }

    fn http(&self) -> Result<&reqwest::Client, ChatError> {
        self.http.client().map_err(ChatError::Unavailable)
    }

    /// Calls a method that takes JSON.
    pub async fn send<T: DeserializeOwned>(&self, method: Method, body: &Value) -> Result<T, ChatError> {
        let request = self.request(method)?.json(body);
        self.call(method, request).await
    }

    /// Calls a method that takes form fields; the reading ones take nothing else.
    pub async fn ask<T: DeserializeOwned>(&self, method: Method, fields: &[(&str, &str)]) -> Result<T, ChatError> {
        let request = self.request(method)?.form(fields);
        self.call(method, request).await
    }

    fn request(&self, method: Method) -> Result<RequestBuilder, ChatError> {
        let url = self.api_url.join(method.name()).map_err(|_| ChatError::Refused("bad_api_url".to_owned()))?;
        Ok(self.http()?.post(url).bearer_auth(&self.token))
    }

    async fn call<T: DeserializeOwned>(&self, method: Method, request: RequestBuilder) -> Result<T, ChatError> {
        let response = request.send().await.map_err(|error| unreachable(&error))?;
        let answer = sound(response).await?;
        let answer: Value = serde_json::from_slice(&answer).map_err(|_| unclear(method))?;
        match (answer["ok"].as_bool(), answer["error"].as_str()) {
            (Some(true), _) => serde_json::from_value(answer).map_err(|_| unclear(method)),
            (_, Some(word)) => Err(refused(word)),
            _ => Err(unclear(method)),
        }
    }

    /// Posts to a response URL.
    ///
    /// # Errors
    /// `Refused("response_url")` for an address that is not Slack's.
    pub async fn respond(&self, url: &str, body: &Value) -> Result<(), ChatError> {
        let refusal = || ChatError::Refused("response_url".to_owned());
        let url: Url = url.parse().map_err(|_| refusal())?;
        if !self.is_response_url(&url) {
            return Err(refusal());
        }
        let request = self.http()?.post(url).timeout(RESPONSE_TIMEOUT).json(body);
        let response = request.send().await.map_err(|error| unreachable(&error))?;
        sound(response).await.map(|_| ())
    }

    /// Slack's own host over TLS and nothing else. A signed body is trusted, but
    /// a wrong address here would send a user's words to whoever wrote it.
    fn is_response_url(&self, url: &Url) -> bool {
        let slack = url.scheme() == "https" && url.host_str() == Some(RESPONSE_HOST) && url.port().is_none();
        let test = self.local && url.origin() == self.api_url.origin();
        (slack || test) && url.username().is_empty() && url.password().is_none()
    }
}

/// The body of a good answer; everything else is an error without the body.
async fn sound(response: Response) -> Result<Vec<u8>, ChatError> {
    let status = response.status();
    if status == StatusCode::TOO_MANY_REQUESTS {
        let wait = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
        return Err(ChatError::Throttled(wait.unwrap_or(1)));
    }
    if status.is_server_error() {
        return Err(ChatError::Unavailable(format!("status {}", status.as_u16())));
    }
    if !status.is_success() {
        return Err(ChatError::Refused(format!("http_{}", status.as_u16())));
    }
    let body = outgoing::body(response, LARGEST_ANSWER).await.map_err(|error| unreachable(&error))?;
    body.ok_or_else(|| ChatError::Unavailable("the answer is too large".to_owned()))
}

fn unreachable(error: &reqwest::Error) -> ChatError {
    ChatError::Unavailable(outgoing::kind(error).to_owned())
}

fn unclear(method: Method) -> ChatError {
    ChatError::Unavailable(format!("{} answered something unreadable", method.name()))
}

/// What Slack's error words mean for us.
/// Learnt from <https://docs.slack.dev/reference/methods/chat.postMessage#errors> and `views.open`.
fn refused(word: &str) -> ChatError {
    match word {
        "ratelimited" | "rate_limited" | "message_limit_exceeded" => ChatError::Throttled(1),
        "expired_trigger_id"
        | "trigger_expired"
        | "exchanged_trigger_id"
        | "trigger_exchanged"
        | "invalid_trigger_id" => ChatError::Stale,
        "internal_error" | "fatal_error" | "service_unavailable" | "request_timeout" | "team_added_to_org"
        // The token is wrong or revoked: an operator cures it, and what was acknowledged waits until then.
        | "invalid_auth" | "not_authed" | "account_inactive" | "token_revoked" | "token_expired" => {
            ChatError::Unavailable(word.to_owned())
        }
        word if word.len() <= 80 && word.bytes().all(|b| b.is_ascii_lowercase() || b == b'_') => {
            ChatError::Refused(word.to_owned())
        }
        _ => ChatError::Refused("unknown_error".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(api_url: &str) -> SlackClient {
        let settings = SlackSettings {
            signing_secret: "s".into(),
            previous_signing_secret: None,
            bot_token: "xoxb-test".into(),
            api_url: api_url.parse().unwrap(),
            approvals_channel: None,
            team_ids: Vec::new(),
        };
        SlackClient::new(&settings)
    }

    #[test]
    fn answers_go_to_slack_and_nowhere_else() {
        let real = client("https://slack.com/api/");
        let fits = |client: &SlackClient, url: &str| client.is_response_url(&url.parse().unwrap());
        assert!(fits(&real, "https://hooks.slack.com/commands/T1/2/abc"));
        for url in [
            "http://hooks.slack.com/commands/T1",
            "https://hooks.slack.com.evil.example/x",
            "https://evil.example/hooks.slack.com",
            "https://user@hooks.slack.com/x",
            "https://hooks.slack.com:8443/x",
            "https://127.0.0.1/x",
            "http://169.254.169.254/latest/meta-data",
        ] {
            assert!(!fits(&real, url), "{url}");
        }
        let test = client("http://127.0.0.1:4000/api/");
        assert!(fits(&test, "http://127.0.0.1:4000/respond/1"));
        assert!(!fits(&test, "http://127.0.0.1:4001/respond/1"));
    }

    #[test]
    fn an_error_carries_slacks_word_and_never_a_sentence() {
        assert_eq!(refused("channel_not_found"), ChatError::Refused("channel_not_found".into()));
        assert_eq!(refused("xoxb-secret went wrong"), ChatError::Refused("unknown_error".into()));
        assert_eq!(refused("expired_trigger_id"), ChatError::Stale);
        assert_eq!(refused("invalid_auth"), ChatError::Unavailable("invalid_auth".into()));
    }
}
