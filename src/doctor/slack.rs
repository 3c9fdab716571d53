//! The Slack token: Slack knows it, and it has the scopes of the app manifest.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::Value;

use super::finding::Finding;
use super::surroundings::Surroundings;
use crate::adapters::slack::method::Method;

const TOKEN: &str = "slack token";
const SCOPES: &str = "slack scopes";

pub(super) async fn check(place: &Surroundings<'_>) -> Vec<Finding> {
    let Some(slack) = &place.config.slack else { return Vec::new() };
    let Ok(url) = slack.api_url.join(Method::AuthTest.name()) else {
        return vec![Finding::ill(TOKEN, "slack.api_url is no address to ask", "leave slack.api_url out")];
    };
    let Ok(answer) = place.http.post(url).bearer_auth(slack.bot_token.reveal()).send().await else {
        return vec![Finding::unseen(TOKEN, "Slack does not answer", "look at the network and slack.api_url")];
    };
    let header = answer.headers().get("x-oauth-scopes").and_then(|value| value.to_str().ok()).map(str::to_owned);
    let body: Value = answer.json().await.unwrap_or_default();
    let token = judge_token(&body, &slack.team_ids);
    let known = body["ok"] == true;
    let scopes = known.then(|| judge_scopes(header.as_deref()));
    std::iter::once(token).chain(scopes).collect()
}

fn judge_token(body: &Value, teams: &[String]) -> Finding {
    let word = |name: &str| body[name].as_str().unwrap_or("unknown").to_owned();
    if body["ok"] != true {
        let fix = "copy the bot token (xoxb-…) from the app's OAuth page into slack.bot_token";
        return match body["error"].as_str() {
            Some("ratelimited") | None => Finding::unseen(TOKEN, "Slack's answer is unclear", "run this again"),
            Some(_) => Finding::ill(TOKEN, format!("Slack does not take it ({})", word("error")), fix),
        };
    }
    let team = word("team_id");
    if !teams.is_empty() && !teams.contains(&team) {
        let fix = format!("add \"{team}\" to slack.team_ids, or use that workspace's token");
        return Finding::ill(TOKEN, format!("it is for workspace {team}, which slack.team_ids leaves out"), fix);
    }
    Finding::well(TOKEN, format!("{} in {} ({team})", word("user"), word("team")))
}

fn judge_scopes(header: Option<&str>) -> Finding {
    let Some(header) = header else {
        return Finding::unseen(SCOPES, "Slack does not tell them", "compare the app with slack/app-manifest.yaml");
    };
    let given: BTreeSet<&str> = header.split(',').map(str::trim).collect();
    let wanted = wanted();
    let missing: Vec<_> = wanted.iter().filter(|scope| !given.contains(scope.as_str())).map(String::as_str).collect();
    if missing.is_empty() {
        return Finding::well(SCOPES, format!("all {} of the app manifest", wanted.len()));
    }
    let fix = "update the app from slack/app-manifest.yaml, then reinstall it to the workspace";
    Finding::ill(SCOPES, format!("missing: {}", missing.join(", ")), fix)
}

#[derive(Deserialize)]
struct Manifest {
    oauth_config: OauthConfig,
}

#[derive(Deserialize)]
struct OauthConfig {
    scopes: Scopes,
}

#[derive(Deserialize)]
struct Scopes {
    bot: BTreeSet<String>,
}

/// The scopes the shipped manifest asks for; a test proves that it can be read.
fn wanted() -> BTreeSet<String> {
    let manifest: Result<Manifest, _> = serde_saphyr::from_str(include_str!("../../slack/app-manifest.yaml"));
    manifest.map(|manifest| manifest.oauth_config.scopes.bot).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::finding::State;
    use super::*;

    #[test]
    fn the_shipped_manifest_names_what_every_method_needs() {
        let wanted = wanted();
        assert!(
            Method::ALL.iter().flat_map(|method| method.scopes()).all(|scope| wanted.contains(*scope)),
            "{wanted:?}"
        );
        assert_eq!(judge_scopes(Some("chat:write")).state, State::Red);
        let all = wanted.into_iter().collect::<Vec<_>>().join(", ");
        assert_eq!(judge_scopes(Some(&all)).state, State::Green);
    }

    #[test]
    fn another_workspace_is_told() {
        let body = serde_json::json!({ "ok": true, "team_id": "T1", "team": "Corp", "user": "vend" });
        assert_eq!(judge_token(&body, &[]).state, State::Green);
        assert_eq!(judge_token(&body, &["T2".into()]).state, State::Red);
    }
}
