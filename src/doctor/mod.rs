//! `vend doctor`: looks at everything an installation stands on and says what is well,
//! what is not, and how to cure it. One file a check; each looks first and judges
//! then, in a function that does no I/O. Checks run side by side, each with its own
//! time limit, and only those that the configured backends need. Nothing is changed,
//! but for one value written to the store that expires by itself.

mod aws;
mod bot;
mod clock;
mod finding;
mod identity;
pub mod issuer;
mod mail;
mod manifests;
mod organization;
mod permissions;
mod product;
mod public_url;
mod slack;
mod store;
mod surroundings;
mod topic;

use std::future::ready;
use std::time::Duration;

use futures::future::{BoxFuture, FutureExt as _, join_all};

use crate::config::{Config, DialogueBackend, FactoryBackend, MailBackend};
use crate::domain::dialogue::Bot;

pub use self::finding::{Finding, Report, State};
use self::surroundings::Surroundings;

/// The longest time for one check, look-ups and the SDK's own retries included.
const PATIENCE: Duration = Duration::from_secs(8);

type Check<'a> = (&'static str, BoxFuture<'a, Vec<Finding>>);

/// Looks at everything this configuration needs, in the order it should be cured.
pub async fn examine(config: &Config) -> Report {
    let place = Surroundings::of(config).await;
    all(checks(&place)).await
}

/// Looks at the deployed bot alone: whether it is there, built, and what this manifest gives.
/// `units` are those its template was made for, where that is known.
pub async fn examine_bot(config: &Config, manifest: &Bot, units: Option<Vec<String>>) -> Report {
    let place = Surroundings::of(config).await;
    let wanted = bot::Wanted::of(config, manifest, units);
    all(vec![("bot", bot::look(&place, wanted).boxed())]).await
}

async fn all(checks: Vec<Check<'_>>) -> Report {
    let checks = checks.into_iter().map(|(name, check)| async move {
        match tokio::time::timeout(PATIENCE, check).await {
            Ok(findings) => findings,
            Err(_) => {
                vec![Finding::unseen(name, "no answer within 8 seconds", "look at the network, then run this again")]
            }
        }
    });
    Report::of(join_all(checks).await.into_iter().flatten().collect())
}

fn checks<'a>(place: &'a Surroundings<'a>) -> Vec<Check<'a>> {
    let config = place.config;
    let mut checks: Vec<Check<'a>> = vec![
        ("policy", ready(manifests::policy(config)).boxed()),
        ("bot manifest", ready(manifests::bot(config)).boxed()),
        ("blueprints", ready(manifests::blueprints(config)).boxed()),
        ("store", store::check(place).boxed()),
    ];
    if place.uses_aws() {
        checks.push(("identity", identity::own(place).boxed()));
        checks.push(("permissions", permissions::own(place).boxed()));
    }
    if place.has_management_role() {
        checks.push(("management role", identity::management(place).boxed()));
        checks.push(("management permissions", permissions::management(place).boxed()));
    }
    if config.factory.backend == FactoryBackend::ServiceCatalog {
        checks.push(("product", product::check(place).boxed()));
        checks.push(("organization", organization::check(place).boxed()));
    }
    if config.dialogue.backend == DialogueBackend::Lex {
        checks.push(("bot", bot::check(place).boxed()));
    }
    checks.push(match config.mail.backend {
        MailBackend::Sns => ("topic", topic::check(place).boxed()),
        MailBackend::Outbox | MailBackend::Smtp => ("mail", mail::check(place).boxed()),
    });
    if config.slack.is_some() {
        checks.push(("slack", slack::check(place).boxed()));
    }
    if config.auth.oidc.is_some() {
        checks.push(("issuer", issuer::check(place).boxed()));
    }
    if place.uses_aws() || config.slack.is_some() {
        checks.push(("clock", clock::check(place).boxed()));
    }
    if public_url::is_needed(config) {
        checks.push(("public url", public_url::check(place).boxed()));
    }
    checks
}
