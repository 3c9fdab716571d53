//! What must stand together: partners that are missing and pairs that are unsafe.

use super::keys;
use super::reader::Reader;
use super::{AuthMode, Config, is_loopback};

/// When the first key has this value, the second must be given too.
const PARTNERS: &[(&str, &str, &str)] = &[
    ("store.backend", "dynamodb", "store.table"),
    ("dialogue.backend", "lex", "dialogue.bot_id"),
    ("dialogue.backend", "lex", "dialogue.bot_alias_id"),
    ("mail.backend", "smtp", "mail.smtp_url"),
    ("mail.backend", "smtp", "mail.from"),
    ("mail.backend", "sns", "mail.topic_arn"),
    ("auth.mode", "tokens", "auth.tokens"),
    ("auth.mode", "oidc", "auth.issuer"),
    ("auth.mode", "oidc", "auth.audience"),
];

/// When the first key is given at all, the second must be given too.
const COMPANIONS: &[(&str, &str)] = &[
    ("slack.bot_token", "slack.signing_secret"),
    ("slack.signing_secret", "slack.bot_token"),
    ("slack.previous_signing_secret", "slack.signing_secret"),
    ("slack.approvals_channel", "slack.bot_token"),
    ("slack.team_ids", "slack.signing_secret"),
    ("auth.client_id", "auth.issuer"),
    ("auth.client_secret", "auth.issuer"),
];

/// Notes what does not fit together.
pub(super) fn check(config: &Config, from: &mut Reader) {
    for (key, value, partner) in PARTNERS {
        if from.text_of(key) == *value && !from.is_given(partner) {
            from.fault(key, format!("`{value}` needs {}.", how_to_give(partner)));
        }
    }
    for (key, partner) in COMPANIONS {
        if from.is_given(key) && !from.is_given(partner) {
            from.fault(key, format!("it needs {}.", how_to_give(partner)));
        }
    }
    let open = config.auth.mode == AuthMode::None && from.text_of("auth.mode") == "none";
    if open && !config.server.listen.ip().is_loopback() {
        let text = "`auth.mode = none` lets every caller approve, so it is for loopback addresses only. \
                    Listen on 127.0.0.1, or set auth.mode = \"tokens\" and make a token with `vend tokens new`.";
        from.fault("server.listen", text);
    }
    if config.auth.mode == AuthMode::Oidc {
        reachable_for_browsers(config, from);
    }
    unique_tokens(config, from);
}

/// The issuer sends browsers back to the public address, and what they then hold must not travel in the open.
fn reachable_for_browsers(config: &Config, from: &mut Reader) {
    match &config.server.public_url {
        None if !config.server.listen.ip().is_loopback() => {
            from.fault("auth.mode", format!("`oidc` needs {}.", how_to_give("server.public_url")));
        }
        Some(url) if url.scheme() != "https" && !is_loopback(url) => {
            let text =
                "with auth.mode = \"oidc\" it must be https: whoever reads a session on its way decides with it.";
            from.fault("server.public_url", text);
        }
        Some(url) if url.path() != "/" => {
            let text =
                "with auth.mode = \"oidc\" it must have no path: sessions are for one host, and not for a part of it.";
            from.fault("server.public_url", text);
        }
        _ => {}
    }
}

fn unique_tokens(config: &Config, from: &mut Reader) {
    for (index, token) in config.auth.tokens.iter().enumerate() {
        let before = &config.auth.tokens[..index];
        if before.iter().any(|other| other.hash == token.hash || other.name == token.name) {
            let text = "another entry has the same name or hash. Give every token its own.";
            from.fault(&format!("auth.tokens[{index}]"), text);
        }
    }
}

fn how_to_give(key: &str) -> String {
    let Some(key) = keys::find(key) else { return key.to_owned() };
    format!("{} (or {}), for example {}", key.name, key.variable(), key.example.replace('\n', ""))
}
