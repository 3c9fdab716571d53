//! Whole journeys in Slack, as their users see them.

use serde_json::json;
use vend::domain::request::State;

use super::house::{FILLED, House};
use super::payloads;
use crate::fakes::slack::APPROVALS;

#[tokio::test]
async fn ada_asks_in_a_direct_message_grace_approves_and_the_account_is_vended() {
    let house = House::new().await;
    let answer = house.say("UADA", "Hi, I would like a new account please!").await;
    assert_eq!(answer.words(), "Hi Ada, what account type do you want? Production or Sandbox?\n[Production] [Sandbox]");

    house.press("UADA", &answer, "Sandbox").await;
    println!("{}", house.slack.read("DUADA").words());
    for text in ["fraud-root@corp.example", "Sandbox", "none", "Trying out a training job"] {
        println!("> {text}\n{}", house.say("UADA", text).await.words());
    }
    house.deliver(&payloads::direct(&house.slack, "UADA", "yes")).await;
    println!("> yes\n{}", house.slack.read("DUADA").words());
    let mine = house.slack.read("DUADA");
    println!("{}", mine.words());
    let card = house.slack.read(APPROVALS);
    println!("{}", card.words());
    house.press("UGRACE", &card, "Approve").await;
    println!("{}", house.slack.read_aside("UGRACE").words());
    house.live(600).await;
    let mine = house.slack.look_at(&mine);
    println!("{}", mine.words());
    println!("{}", house.slack.look_at(&card).words());
    house.the_request(State::Ready).await;
}

#[tokio::test]
async fn the_form_makes_a_request_and_shows_faults_at_their_fields() {
    let house = House::new().await;
    house.deliver(&payloads::command(&house.slack, "UADA", "")).await;
    let form = house.slack.form();
    let wrong = [("account_type", "[Sandbox]"), ("root_email", "not an address"), ("purpose", "")];
    let answer = house.deliver(&payloads::submit("UADA", &form, &wrong)).await;
    println!("{answer:#}");
    assert_eq!(answer["response_action"], "errors");
    assert!(answer["errors"]["root_email"].is_string());
    assert_eq!(house.requests().await.len(), 0);

    let answer = house.deliver_times(&payloads::submit("UADA", &form, &FILLED), 3).await;
    assert_eq!(answer, json!(null));
    let request = house.the_request(State::Pending).await;
    println!("{} {}", request.organizational_unit, request.account_name);
    house.slack.read("DUADA");
    house.slack.read(APPROVALS);
}
