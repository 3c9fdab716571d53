//! Where people sign in: whether the issuer answers as it must, what it must know of this server,
//! and whether whoever signed in can decide.

use std::sync::Arc;

use super::finding::Finding;
use super::surroundings::Surroundings;
use crate::adapters::oidc::{OidcIssuer, Seen};
use crate::adapters::system::SystemClock;
use crate::config::{Config, OidcConfig, manifests};
use crate::domain::person::Channel;
use crate::http::session::redirect_url;

const ISSUER: &str = "issuer";
const SIGN_IN: &str = "sign-in";

pub(super) async fn check(place: &Surroundings<'_>) -> Vec<Finding> {
    let config = place.config;
    let Some(oidc) = &config.auth.oidc else { return Vec::new() };
    let way_back = redirect_url(&config.server.base_url(config.server.listen));
    let issuer = OidcIssuer::new(oidc, way_back.clone(), Arc::new(SystemClock));
    let mut findings = vec![judge(oidc, issuer.look().await), known_way_back(config, oidc, &way_back)];
    // A policy that cannot be read has a line of its own.
    if manifests::policy(config).is_ok_and(|policy| !policy.decides_by(Channel::Web)) {
        let fix = "add web to channels in the policy, or let people decide in Slack or with a token";
        findings.push(Finding::ill(SIGN_IN, "the policy's channels leave out web, so nobody decides on the page", fix));
    }
    findings
}

fn judge(oidc: &OidcConfig, seen: Result<Seen, String>) -> Finding {
    let issuer = &oidc.issuer;
    match seen {
        Ok(Seen { pkce: Some(false), .. }) => Finding::ill(
            ISSUER,
            format!("{issuer} takes no S256 challenges (PKCE)"),
            "turn PKCE with S256 on at the issuer; sign-in does not work without it",
        ),
        Ok(Seen { keys, .. }) => Finding::well(ISSUER, format!("{issuer}: discovery is in order, {keys} keys")),
        Err(why) => Finding::ill(
            ISSUER,
            format!("{issuer}: {why}"),
            "correct auth.issuer, letter by letter; check DNS, certificate and firewall from this machine to the issuer",
        ),
    }
}

fn known_way_back(config: &Config, oidc: &OidcConfig, way_back: &str) -> Finding {
    if config.server.public_url.is_none() && config.server.listen.port() == 0 {
        let found = "the port changes with every start, and no redirect URL can be registered";
        return Finding::ill(SIGN_IN, found, "set server.public_url, or a port");
    }
    Finding::well(SIGN_IN, registration(oidc, way_back))
}

/// What an operator does at the issuer.
#[must_use]
pub fn registration(oidc: &OidcConfig, way_back: &str) -> String {
    format!("register {way_back} at the issuer as redirect URL of the client {}", oidc.client_id)
}

#[cfg(test)]
mod tests {
    use super::super::finding::State;
    use super::*;

    #[test]
    fn an_issuer_without_pkce_is_told_and_one_that_does_not_say_is_tried() {
        let oidc = OidcConfig {
            issuer: "https://login.example.com".into(),
            audience: "vend".into(),
            client_id: "vend".into(),
            client_secret: None,
        };
        for (pkce, state) in [(Some(true), State::Green), (None, State::Green), (Some(false), State::Red)] {
            assert_eq!(judge(&oidc, Ok(Seen { keys: 2, pkce })).state, state);
        }
        assert_eq!(judge(&oidc, Err("no connection".into())).state, State::Red);
    }
}
