//! `auth.mode = "oidc"`: programs with tokens of an issuer, people with a session, and everybody
//! who would like to be one of them. The issuer is played, and does wrong on demand.

mod browser;
mod configuring;
mod deciding;
mod programs;
mod signing_in;
mod tokens;

use vend::domain::person::{Actor, Channel};

use crate::fakes::clock::TestClock;
use crate::fakes::issuer::PlayedIssuer;
use crate::fakes::requests::ada;
use crate::fakes::world::{Setup, World};

/// An installation that believes a played issuer.
async fn world() -> (World, PlayedIssuer) {
    let clock = TestClock::default();
    let issuer = PlayedIssuer::start(&clock).await;
    let setup = Setup { clock, ..Setup::default() };
    (setup.with_issuer(issuer.config()).build().await, issuer)
}

/// Ada's request for the account `ada-sandbox`, its approver asked.
async fn asked(world: &World) -> String {
    let given = |text: &str| Some(text.to_owned());
    let draft = vend::domain::spec::Draft {
        account_type: given("Sandbox"),
        root_email: given("ada+sandbox@example.com"),
        organizational_unit: given("Sandbox"),
        account_name: given("ada-sandbox"),
        blueprint: given("none"),
        purpose: given("Trying out a training job"),
        ..Default::default()
    };
    let actor = Actor::person("ada@example.com", Channel::Api);
    let view = world.service.submit(&draft, &ada(), &actor, None).await.expect("a valid request");
    world.settle().await;
    view.id
}

/// The state as the store has it.
async fn state(world: &World, id: &str) -> &'static str {
    world.service.show(id.parse().unwrap()).await.unwrap().state.word()
}

/// The link in the approver's mail, and its token.
fn link(world: &World) -> (String, String) {
    let link = world.mails().iter().find(|mail| mail.to == "approver@example.com").expect("a mail").link();
    let token = link.split_once("?t=").expect("a token").1.to_owned();
    (link, token)
}
