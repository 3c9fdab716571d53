//! Buttons of a question that is over change nothing, wherever the conversation went since.

use vend::domain::request::State;
use vend::domain::spec::AccountType;

use super::house::House;
use super::payloads;
use crate::fakes::slack::{APPROVALS, Fault, Message};

/// Ada says these, one after the other; answers the last answer.
async fn says(house: &House, lines: &[&str]) -> Message {
    let mut answer = None;
    for line in lines {
        answer = Some(house.say("UADA", line).await);
    }
    answer.expect("a line")
}

/// She presses it and reads, alone, that it is over.
async fn is_over(house: &House, message: &Message, label: &str) {
    house.press("UADA", message, label).await;
    let words = house.slack.read_aside("UADA").words();
    assert!(words.contains("That question is over"), "{words}");
}

const SANDBOX: &str = "sandbox account in Demos with fay1@example.com, no blueprint";
const PRODUCTION: &str = "I need a production account in Demos with fay2@example.com, no blueprint";

#[tokio::test]
async fn the_yes_of_a_dropped_request_does_not_send_the_next_one() {
    let house = House::new().await;
    let sandbox = says(&house, &[SANDBOX, "Trying out a training job"]).await;
    assert!(sandbox.words().contains("[Yes]"), "{}", sandbox.words());
    house.press("UADA", &sandbox, "No").await;
    house.slack.read("DUADA");
    is_over(&house, &sandbox, "Yes").await;
    let production = says(&house, &[PRODUCTION, "Scoring payments"]).await;
    is_over(&house, &sandbox, "Yes").await;
    assert_eq!(house.requests().await.len(), 0);
    house.press("UADA", &production, "Yes").await;
    assert_eq!(house.the_request(State::Pending).await.account_type, AccountType::Production);
    for channel in ["DUADA", "DUADA", APPROVALS] {
        house.slack.read(channel);
    }
    is_over(&house, &production, "Yes").await;
}

#[tokio::test]
async fn an_old_button_is_neither_a_purpose_nor_another_unit() {
    let house = House::new().await;
    let first = says(&house, &["Hi, I would like a new account please!"]).await;
    let unit = says(&house, &["Sandbox", "fay1@example.com"]).await;
    let purpose = says(&house, &["Demos", "none"]).await;
    is_over(&house, &first, "Production").await;
    let confirm = says(&house, &["Trying out a training job"]).await;
    assert!(confirm.words().contains("Demos") && purpose.words() != confirm.words());
    let label = ["Sandbox", "Workloads"].into_iter().find(|label| unit.words().contains(&format!("[{label}]")));
    is_over(&house, &unit, label.expect("another unit")).await;
    house.press("UADA", &confirm, "Yes").await;
    let request = house.the_request(State::Pending).await;
    assert!(request.organizational_unit.starts_with("Demos"), "{}", request.organizational_unit);
    assert_eq!(request.purpose, "Trying out a training job");
    house.slack.read_everything();
}

#[tokio::test]
async fn an_answer_in_between_leaves_the_buttons_of_the_open_question_alive() {
    let house = House::new().await;
    let blueprint = says(&house, &["sandbox account in Demos with fay1@example.com"]).await;
    assert!(blueprint.words().contains("[mlops-ecs]"), "{}", blueprint.words());
    says(&house, &["what is mlops-ecs?"]).await;
    house.press("UADA", &blueprint, "none").await;
    let next = house.slack.read("DUADA").words();
    assert!(!next.contains("is over"), "{next}");
}

#[tokio::test]
async fn a_press_that_is_worked_through_again_is_not_over() {
    let house = House::new().await;
    let first = says(&house, &["Hi, I would like a new account please!"]).await;
    house.slack.fail_next("chat.postMessage", Fault::Down);
    house.deliver_times(&payloads::press(&house.slack, "UADA", &first, "Sandbox"), 2).await;
    house.live(10).await;
    assert!(house.slack.read("DUADA").words().contains("root e-mail"));
}

/// What a question looks like now.
fn now(house: &House, message: &Message) -> String {
    house.slack.look_at(message).words()
}

#[tokio::test]
async fn an_answered_question_shows_the_answer_in_place_of_its_buttons() {
    let house = House::new().await;
    let first = says(&house, &["Hi, I would like a new account please!"]).await;
    house.deliver_times(&payloads::press(&house.slack, "UADA", &first, "Sandbox"), 3).await;
    house.slack.read("DUADA");
    let pressed = house.slack.look_at(&first);
    let question = "Hi Ada, what account type do you want? Production or Sandbox?";
    assert_eq!((pressed.words(), pressed.edits), (format!("{question}\nAnswered: Sandbox"), 1));

    let unit = says(&house, &["fay1@example.com"]).await;
    says(&house, &["<@UBOT> Demos\nplease"]).await;
    let typed = now(&house, &unit);
    assert!(typed.ends_with("\nAnswered: Demos please") && !typed.contains("[Demos]"), "{typed}");
}

#[tokio::test]
async fn a_question_that_stands_twice_loses_its_buttons_in_both_places() {
    let house = House::new().await;
    let blueprint = says(&house, &["sandbox account in Demos with fay1@example.com"]).await;
    let again = says(&house, &["what is mlops-ecs?"]).await;
    assert!(again.words().contains("[mlops-ecs]") && now(&house, &blueprint).contains("[mlops-ecs]"));
    house.press("UADA", &blueprint, "none").await;
    house.slack.read("DUADA");
    for message in [&blueprint, &again] {
        let words = now(&house, message);
        assert!(words.ends_with("\nAnswered: none") && !words.contains("[mlops-ecs]"), "{words}");
    }
}

#[tokio::test]
async fn a_question_of_the_command_loses_its_buttons_in_direct_messages() {
    let house = House::new().await;
    house.deliver(&payloads::command(&house.slack, "UADA", "new I would like a new account please")).await;
    house.slack.read_aside("UADA");
    let question = house.slack.read("DUADA");
    house.deliver(&payloads::command(&house.slack, "UADA", "Sandbox")).await;
    house.slack.read_aside("UADA");
    house.slack.read("DUADA");
    assert!(now(&house, &question).ends_with("\nAnswered: Sandbox"), "{}", now(&house, &question));
}

#[tokio::test]
async fn an_answer_stands_whatever_becomes_of_the_edit() {
    let house = House::new().await;
    let first = says(&house, &["Hi, I would like a new account please!"]).await;
    house.slack.fail_next("chat.update", Fault::Down);
    house.press("UADA", &first, "Sandbox").await;
    assert!(house.slack.read("DUADA").words().contains("root e-mail"));
    assert!(now(&house, &first).contains("[Sandbox]"), "not yet");
    house.live(10).await;
    assert!(now(&house, &first).ends_with("Answered: Sandbox"), "{}", now(&house, &first));

    let unit = says(&house, &["fay1@example.com"]).await;
    house.slack.fail_next("chat.update", Fault::Word("message_not_found"));
    assert!(says(&house, &["Demos"]).await.words().contains("blueprint"));
    house.live(10).await;
    assert_eq!(house.slack.look_at(&unit).edits, 0, "somebody deleted it: it is left alone");
}

#[tokio::test]
async fn a_question_that_was_answered_while_it_was_posted_loses_its_buttons_as_well() {
    let house = House::new().await;
    house.slack.fail_next("chat.postMessage", Fault::AnswerLost);
    house.deliver(&payloads::direct(&house.slack, "UADA", "Hi, I would like a new account please!")).await;
    assert!(says(&house, &["Sandbox"]).await.words().contains("[Sandbox]"), "the post whose answer was lost");
    assert!(house.slack.read("DUADA").words().contains("root e-mail"));
    house.live(10).await;
    let again = house.slack.read("DUADA");
    assert!(!again.words().contains("[Sandbox]"), "{}", again.words());
}
