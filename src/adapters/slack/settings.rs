//! What an installation says about its Slack app. Must not know where the
//! values came from.

use std::fmt;

use url::Url;

use crate::config::is_loopback;

/// Slack's own API address.
pub const SLACK_API: &str = "https://slack.com/api/";

/// Everything about one Slack app. `Debug` shows no secret.
#[derive(Clone)]
pub struct SlackSettings {
    /// Signs what Slack sends us.
    pub signing_secret: String,
    /// The signing secret before the last rotation, still accepted.
    pub previous_signing_secret: Option<String>,
    /// Authorises what we send (`xoxb-…`).
    pub bot_token: String,
    /// Where the Web API lives; anything but [`SLACK_API`] is for tests.
    pub api_url: Url,
    /// Channel where approvers are asked; without it each gets a direct message.
    pub approvals_channel: Option<String>,
    /// Workspaces whose people are served, beside the one the app is installed in.
    pub team_ids: Vec<String>,
}

impl fmt::Debug for SlackSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SlackSettings")
            .field("api_url", &self.api_url.as_str())
            .field("approvals_channel", &self.approvals_channel)
            .field("team_ids", &self.team_ids)
            .finish_non_exhaustive()
    }
}

impl SlackSettings {
    /// The signing secrets in force, newest first. Empty ones would let anybody
    /// sign, so they never count.
    #[must_use]
    pub fn signing_secrets(&self) -> Vec<String> {
        std::iter::once(&self.signing_secret)
            .chain(&self.previous_signing_secret)
            .filter(|secret| !secret.is_empty())
            .cloned()
            .collect()
    }

    /// Whether the Web API is a fake on this machine (tests, demonstrations).
    #[must_use]
    pub fn api_is_local(&self) -> bool {
        is_loopback(&self.api_url)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_output_shows_no_secret_and_an_empty_secret_signs_nothing() {
        let settings = SlackSettings {
            signing_secret: String::new(),
            previous_signing_secret: Some("canary-secret".into()),
            bot_token: "xoxb-canary".into(),
            api_url: SLACK_API.parse().unwrap(),
            approvals_channel: None,
            team_ids: Vec::new(),
        };
        assert!(!format!("{settings:?}").contains("canary"));
        assert_eq!(settings.signing_secrets(), ["canary-secret"]);
        assert!(!settings.api_is_local());
    }
}
