//! Whether people can reach the server where its links point.

use super::finding::Finding;
use super::surroundings::Surroundings;
use crate::config::{Config, MailBackend};

const CHECK: &str = "public url";

/// Where somebody on another machine gets links: always once there is an address, or
/// where mail or Slack carries them out.
pub(super) fn is_needed(config: &Config) -> bool {
    config.server.public_url.is_some() || config.slack.is_some() || config.mail.backend != MailBackend::Outbox
}

pub(super) async fn check(place: &Surroundings<'_>) -> Vec<Finding> {
    let Some(url) = &place.config.server.public_url else {
        let found = format!("links point to http://{}, which only this machine can open", place.config.server.listen);
        return vec![Finding::ill(CHECK, found, "set server.public_url to where people reach this server")];
    };
    let livez = format!("{}/livez", url.as_str().trim_end_matches('/'));
    let answer = match place.http.get(&livez).send().await {
        Ok(answer) => Ok((answer.status().as_u16(), answer.text().await.unwrap_or_default())),
        Err(error) if error.is_timeout() => Err("no answer in time"),
        Err(error) if error.is_connect() => Err("no connection"),
        Err(_) => Err("the connection broke"),
    };
    vec![judge(&livez, answer)]
}

fn judge(livez: &str, answer: Result<(u16, String), &str>) -> Finding {
    match answer {
        Ok((200, body)) if body.trim() == "ok" => Finding::well(CHECK, format!("{livez} answers")),
        Ok((status, _)) => Finding::ill(
            CHECK,
            format!("{livez} answers {status}, and not as vend does"),
            "correct server.public_url, or what stands between it and the server (path, load balancer, sign-in page)",
        ),
        Err(why) => Finding::ill(
            CHECK,
            format!("{livez}: {why}"),
            "start `vend serve`; check DNS, certificate and firewall, and server.public_url",
        ),
    }
}
