//! `auth.mode = "oidc"`: programs with tokens of an issuer, people with a session, and everybody
//! who would like to be one of them. The issuer is played, and does wrong on demand.

mod browser;
mod configuring;
mod deciding;
mod programs;
mod signing_in;
mod tokens;

use crate::fakes::clock::TestClock;
use crate::fakes::issuer::PlayedIssuer;
use crate::fakes::pages;
use crate::fakes::world::{Setup, World};

/// An installation that believes a played issuer.
async fn world() -> (World, PlayedIssuer) {
    let clock = TestClock::default();
    let issuer = PlayedIssuer::start(&clock).await;
    let setup = Setup { clock, ..Setup::default() };
    (setup.with_issuer(issuer.config()).build().await, issuer)
}

/// The link in the approver's mail, and its token.
fn link(world: &World) -> (String, String) {
    let (path, token) = pages::link(world);
    (format!("{path}?t={token}"), token)
}
