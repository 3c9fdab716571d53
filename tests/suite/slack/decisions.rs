//! Who may press what, and what everyone else is told.

use vend::domain::policy::Policy;
use vend::domain::request::State;
use vend::service::Decide;

use super::house::{House, Setup};
use super::payloads;
use crate::fakes::slack::APPROVALS;

#[tokio::test]
async fn an_approval_pressed_four_times_is_one_decision() {
    let house = House::new().await;
    let (mine, card) = house.a_pending_request().await;
    house.deliver_times(&payloads::press(&house.slack, "UGRACE", &card, "Approve"), 4).await;
    assert!(house.slack.read_aside("UGRACE").words().contains("is approved"));
    let request = house.requests().await.remove(0);
    assert_eq!(request.decisions.len(), 1);
    assert_eq!(request.decisions[0].by, "approver@example.com");
    // The buttons are gone from the card, so nobody is invited to press again.
    assert!(!house.slack.look_at(&card).words().contains("[Approve]"));
    house.live(600).await;
    house.slack.look_at(&mine);
    house.slack.look_at(&card);
}

#[tokio::test]
async fn whoever_comes_second_is_told_who_decided_and_when() {
    let house = House::new().await;
    let (mine, card) = house.a_pending_request().await;
    let late = payloads::press(&house.slack, "UGRACE", &card, "Approve");
    house.deliver(&payloads::command(&house.slack, "UGRACE", &deny(&card, "too expensive"))).await;
    assert!(house.slack.read_aside("UGRACE").words().contains("is denied"));
    house.deliver(&late).await;
    let words = house.slack.read_aside("UGRACE").words();
    assert!(words.contains("Already denied by approver@example.com"), "{words}");
    let mine = house.slack.look_at(&mine).words();
    assert!(mine.contains("⛔") && mine.contains("too expensive"), "{mine}");
    house.the_request(State::Denied).await;
}

fn deny(card: &crate::fakes::slack::Message, reason: &str) -> String {
    format!("deny {} {reason}", card.button("Approve").1)
}

#[tokio::test]
async fn neither_the_requester_nor_a_bystander_can_approve() {
    let house = House::new().await;
    let (_, card) = house.a_pending_request().await;
    house.press("UADA", &card, "Approve").await;
    assert!(house.slack.read_aside("UADA").words().contains("own request"));
    house.press("UBOB", &card, "Approve").await;
    let words = house.slack.read_aside("UBOB").words();
    assert!(!words.contains("is approved"), "{words}");
    house.the_request(State::Pending).await;
}

#[tokio::test]
async fn a_profile_of_another_company_or_with_an_unconfirmed_address_decides_nothing() {
    let house = House::new().await;
    let (_, card) = house.a_pending_request().await;
    house.slack.person("UEVE", "approver@example.com", "Eve Outside");
    house.slack.change_person("UEVE", "/team_id", "T0OTHER".into());
    house.press("UEVE", &card, "Approve").await;
    assert!(house.slack.read_aside("UEVE").words().contains("people of this workspace only"));
    house.slack.person("UMAL", "approver@example.com", "Mallory New");
    house.slack.change_person(
        "UMAL",
        "",
        serde_json::json!({
            "id": "UMAL", "team_id": crate::fakes::slack::TEAM, "is_email_confirmed": false,
            "profile": { "email": "approver@example.com", "real_name": "Mallory" },
        }),
    );
    house.press("UMAL", &card, "Approve").await;
    assert!(house.slack.read_aside("UMAL").words().contains("confirmed e-mail address"));
    house.the_request(State::Pending).await;
}

#[tokio::test]
async fn denying_asks_for_a_reason_that_the_requester_is_told() {
    let house = House::new().await;
    let (mine, card) = house.a_pending_request().await;
    house.press("UGRACE", &card, "Deny…").await;
    let form = house.slack.form();
    let empty = house.deliver(&payloads::submit("UGRACE", &form, &[("reason", "")])).await;
    assert_eq!(empty["response_action"], "errors");
    assert!(empty["errors"]["reason"].is_string());
    let sent = payloads::submit("UGRACE", &form, &[("reason", "Please use the shared sandbox")]);
    assert!(house.deliver_times(&sent, 4).await.is_null());
    assert!(house.slack.look_at(&mine).words().contains("Please use the shared sandbox"));
    house.slack.look_at(&card);
    assert_eq!(house.the_request(State::Denied).await.decisions.len(), 1);
}

#[tokio::test]
async fn members_of_a_slack_group_of_the_policy_may_decide_and_are_asked_directly() {
    let yaml = include_str!("../../../manifests/policy.yaml")
        .replace("approvers: [approver@example.com]", "slack_groups: [S0PLATFORM]");
    let policy = Policy::parse(&yaml).expect("a valid policy");
    let house = House::with(Setup { policy, approvals_channel: false, ..Setup::default() }).await;
    house.slack.group("S0PLATFORM", &["UADA", "UBOB"]);
    house.submit_form().await;
    let mine = house.slack.read("DUADA");
    let card = house.slack.read("DUBOB");
    house.press("UGRACE", &card, "Approve").await;
    assert!(!house.slack.read_aside("UGRACE").words().contains("is approved"));
    house.press("UBOB", &card, "Approve").await;
    assert!(house.slack.read_aside("UBOB").words().contains("is approved"));
    house.live(600).await;
    assert!(house.slack.look_at(&mine).words().contains("✅"));
    house.slack.look_at(&card);
    house.the_request(State::Ready).await;
}

#[tokio::test]
async fn a_decision_made_elsewhere_shows_on_the_cards() {
    let house = House::new().await;
    let (mine, card) = house.a_pending_request().await;
    let id = card.button("Approve").1.parse().unwrap();
    let grace = vend::domain::person::Actor::person("approver@example.com", vend::domain::person::Channel::Mail);
    house.world.service.decide(id, &grace, Decide::Deny { reason: "Not now".into() }).await.unwrap();
    house.work().await;
    for message in [&mine, &card] {
        let words = house.slack.look_at(message).words();
        assert!(words.contains("Not now") && !words.contains('['), "{words}");
    }
    assert_eq!(house.slack.count_in(APPROVALS), 1, "one card, edited in place");
}

#[tokio::test]
async fn the_requester_may_cancel_and_nobody_else() {
    let house = House::new().await;
    let (mine, card) = house.a_pending_request().await;
    house.press("UBOB", &mine, "Cancel request").await;
    assert!(house.slack.read_aside("UBOB").words().contains("no such request"));
    house.press("UADA", &mine, "Cancel request").await;
    assert!(house.slack.read_aside("UADA").words().contains("Cancelled by ada@example.com"));
    house.slack.look_at(&mine);
    house.slack.look_at(&card);
    house.the_request(State::Cancelled).await;
}

#[tokio::test]
async fn the_card_goes_to_no_bot_and_to_nobody_of_another_company_whatever_their_address() {
    for (team, is_bot, deleted) in
        [("T0OTHER", false, false), (crate::fakes::slack::TEAM, true, false), (crate::fakes::slack::TEAM, false, true)]
    {
        let house = House::with(Setup { approvals_channel: false, ..Setup::default() }).await;
        let user = serde_json::json!({
            "id": "UGRACE", "team_id": team, "is_bot": is_bot, "deleted": deleted,
            "profile": { "email": "approver@example.com", "real_name": "Grace Hopper" },
        });
        house.slack.change_person("UGRACE", "", user);
        house.submit_form().await;
        house.slack.read("DUADA");
        assert_eq!(house.slack.count_in("DUGRACE"), 0);
        house.the_request(State::Pending).await;
    }
}
