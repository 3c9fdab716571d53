//! Whole journeys in Slack, as their users see them.

use serde_json::json;
use std::fmt::Write as _;
use vend::domain::request::State;

use super::house::{FILLED, House};
use super::payloads;
use crate::fakes::slack::{APPROVALS, Fault, Message};

#[tokio::test]
async fn ada_asks_in_a_direct_message_grace_approves_and_the_account_is_vended() {
    let house = House::new().await;
    let mut seen = String::new();
    let mut note = |what: &str, words: &str| write!(seen, "{what}:\n{words}\n\n").unwrap();
    let answer = house.say("UADA", "Hi, I would like a new account please!").await;
    assert_eq!(answer.words(), "Hi Ada, what account type do you want? Production or Sandbox?\n[Production] [Sandbox]");
    house.press("UADA", &answer, "Sandbox").await;
    assert!(house.slack.read("DUADA").words().contains("root e-mail"));
    // Slack turns addresses into links; the bot undoes that.
    for text in ["<mailto:fraud-root@corp.example|fraud-root@corp.example>", "Demos", "none"] {
        house.say("UADA", text).await;
    }
    let question = house.say("UADA", "Trying out a training job").await;
    assert!(question.words().contains("fraud-root@corp.example") && question.words().ends_with("[Yes] [No]"));
    house.press("UADA", &question, "Yes").await;
    assert!(house.slack.read("DUADA").words().contains("The approvers have been asked"));
    let mine = house.slack.read("DUADA");
    note("Ada's card", &mine.words());
    let card = house.slack.read(APPROVALS);
    note("the approvers' card", &card.words());
    house.press("UGRACE", &card, "Approve").await;
    note("Grace presses Approve and reads, alone", &house.slack.read_aside("UGRACE").words());
    house.live(600).await;
    note("Ada's card at the end", &house.slack.look_at(&mine).words());
    note("the approvers' card at the end", &house.slack.look_at(&card).words());
    let request = house.the_request(State::Ready).await;
    assert!(house.slack.look_at(&mine).edits >= 3, "edited through the stages");
    let needless = house.slack.look_at(&mine).needless + house.slack.look_at(&card).needless;
    // Two loops may bring one card up to date at once; without a memory of its look it were a dozen.
    assert!(needless <= 2, "left alone while nothing on them changes, but {needless} edits");
    assert_eq!((house.slack.count_in(APPROVALS), request.decisions.len()), (1, 1));
    insta::assert_snapshot!(seen.replace(request.account_id.as_deref().unwrap(), "[account id]"));
}

#[tokio::test]
async fn the_form_makes_one_request_and_shows_faults_at_their_fields() {
    let house = House::new().await;
    house.deliver(&payloads::command(&house.slack, "UADA", "")).await;
    let form = house.slack.form();
    let wrong = [("account_type", "[Sandbox]"), ("root_email", "not an address"), ("purpose", "")];
    let answer = house.deliver(&payloads::submit("UADA", &form, &wrong)).await;
    assert_eq!(answer["response_action"], "errors");
    let faulty: Vec<_> = answer["errors"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(faulty, ["organizational_unit", "purpose", "root_email"]);
    assert_eq!(house.requests().await.len(), 0);

    let answer = house.deliver_times(&payloads::submit("UADA", &form, &FILLED), 4).await;
    assert_eq!(answer, json!(null), "an empty answer closes the form");
    let request = house.the_request(State::Pending).await;
    assert_eq!(request.organizational_unit, "Sandbox (ou-ab12-3c4d5e6f)");
    assert_eq!(request.cost_centre.as_deref(), Some("CC-42"));
    house.slack.read("DUADA");
    house.slack.read(APPROVALS);
}

#[tokio::test]
async fn a_mention_that_arrives_as_two_events_four_times_each_is_answered_once_in_its_thread() {
    let house = House::new().await;
    let (ts, copies) = payloads::mention(&house.slack, "UADA", "I would like a new account please!");
    for delivery in &copies {
        house.deliver_times(delivery, 4).await;
    }
    let answer = house.slack.read("CTEAM");
    assert_eq!(answer.thread.as_deref(), Some(ts.as_str()));
    assert!(answer.words().starts_with("Hi Ada, what account type"));

    // The thread goes on without a mention, for Ada alone.
    house.deliver(&payloads::in_channel(&house.slack, "UBOB", "I am only watching", Some(&ts))).await;
    house.deliver(&payloads::in_channel(&house.slack, "UADA", "lunch, anyone?", None)).await;
    house.press("UBOB", &answer, "Sandbox").await;
    assert!(house.slack.read_aside("UBOB").words().contains("for somebody else"));
    house.deliver_times(&payloads::in_channel(&house.slack, "UADA", "Sandbox", Some(&ts)), 4).await;
    assert!(house.slack.read("CTEAM").words().contains("root e-mail"));
    house.press("UADA", &answer, "Production").await;
    assert!(house.slack.read_aside("UADA").words().contains("That question is over"));
}

#[tokio::test]
async fn two_people_and_two_places_never_share_a_conversation() {
    let house = House::new().await;
    house.say("UADA", "Hi, I would like a new account please!").await;
    let bob = house.say("UBOB", "Hi, I would like a new account please!").await;
    assert!(bob.words().starts_with("Hi Bob, what account type"));
    let ada = house.say("UADA", "Production").await;
    assert!(ada.words().contains("root e-mail"), "{}", ada.words());
    let (_, [mention, _]) = payloads::mention(&house.slack, "UADA", "I need an account");
    house.deliver(&mention).await;
    assert!(house.slack.read("CTEAM").words().starts_with("Hi Ada, what account type"));
}

#[tokio::test]
async fn the_bot_never_answers_itself_nor_its_own_edits() {
    let house = House::new().await;
    for extra in [
        json!({ "bot_id": "BBOT", "user": "UBOT" }),
        json!({ "user": "UBOT" }),
        json!({ "subtype": "message_changed" }),
        json!({ "subtype": "bot_message", "bot_id": "BOTHER" }),
    ] {
        house.deliver(&payloads::odd_message(&house.slack, &extra)).await;
    }
    assert_eq!(house.slack.calls("chat.postMessage"), 0);
}

#[tokio::test]
async fn words_behind_the_command_go_on_in_direct_messages() {
    let house = House::new().await;
    let command = payloads::command(&house.slack, "UADA", "new I would like a new account please");
    house.deliver_times(&command, 4).await;
    assert!(house.slack.read_aside("UADA").words().contains("direct messages"));
    let question = house.slack.read("DUADA");
    assert!(question.words().starts_with("Hi Ada, what account type"));
    let next = house.say("UADA", "Sandbox").await;
    assert!(next.words().contains("root e-mail"), "{}", next.words());
}

#[tokio::test]
async fn commands_tell_list_and_help() {
    let house = House::new().await;
    let ask = async |text: &str| {
        house.deliver(&payloads::command(&house.slack, "UADA", text)).await;
        house.slack.read_aside("UADA").words()
    };
    assert!(ask("help").await.contains("/account approve"));
    assert!(ask("list").await.contains("no requests yet"));
    assert!(ask("retry").await.contains("Which request?"));
    assert!(ask("status req-00000000").await.contains("no such request"));
    let (mine, _) = house.a_pending_request().await;
    let id = mine.button("Cancel request").1;
    assert!(ask(&format!("status {id}")).await.contains("Waiting for an approver"));
    assert!(ask(&format!("approve {id}")).await.contains("own request"));
    assert!(ask(&format!("retry {id}")).await.contains("still waits for a decision"));
    assert!(ask(&format!("cancel {id}")).await.contains("Cancelled by ada@example.com"));
    house.the_request(State::Cancelled).await;
    house.slack.look_at(&mine);
}

#[tokio::test]
async fn the_home_page_lists_my_requests_and_those_waiting_for_me() {
    let house = House::new().await;
    house.a_pending_request().await;
    house.deliver(&payloads::home_opened(&house.slack, "UADA")).await;
    let ada = house.slack.home_of("UADA");
    assert!(ada.contains("Nothing waits for you.") && ada.contains("fraud-sandbox: Waiting"), "{ada}");
    house.deliver(&payloads::home_opened(&house.slack, "UGRACE")).await;
    let grace = house.slack.home_of("UGRACE");
    assert!(grace.contains("[Approve] [Deny…]") && grace.contains("You have not asked"), "{grace}");
}

#[tokio::test]
async fn a_click_that_is_too_old_is_answered_with_please_try_again() {
    let house = House::new().await;
    house.slack.fail_next("views.open", Fault::Word("expired_trigger_id"));
    house.deliver(&payloads::command(&house.slack, "UADA", "")).await;
    assert!(house.slack.read_aside("UADA").words().contains("Please try again"));
}

/// Ada's request for an account that fails; answers her card and the approvers'.
async fn a_failed_request(house: &House) -> (Message, Message) {
    let mut fields = FILLED;
    fields[1].1 = "root+fail-quota@corp.example";
    house.deliver(&payloads::command(&house.slack, "UADA", "")).await;
    house.deliver(&payloads::submit("UADA", &house.slack.form(), &fields)).await;
    let (mine, card) = (house.slack.read("DUADA"), house.slack.read(APPROVALS));
    house.press("UGRACE", &card, "Approve").await;
    house.slack.read_aside("UGRACE");
    house.live(900).await;
    house.the_request(State::Failed).await;
    (house.slack.look_at(&mine), card)
}

#[tokio::test]
async fn a_failed_step_is_explained_and_retried_from_the_card() {
    let house = House::new().await;
    let (mine, card) = a_failed_request(&house).await;
    let words = mine.words();
    assert!(words.contains("What went wrong") && words.contains("What to do next"), "{words}");
    house.deliver_times(&payloads::press(&house.slack, "UADA", &mine, "Retry"), 4).await;
    assert!(house.slack.read_aside("UADA").words().contains("runs again"));
    house.live(900).await;
    house.the_request(State::Ready).await;
    assert!(house.slack.look_at(&mine).words().contains("How to sign in"));
    house.slack.look_at(&card);
}

#[tokio::test]
async fn a_failed_request_can_be_given_up_from_the_card() {
    let house = House::new().await;
    let (mine, card) = a_failed_request(&house).await;
    house.press("UADA", &mine, "Give up").await;
    assert!(house.slack.read_aside("UADA").words().contains("Given up"));
    house.the_request(State::Abandoned).await;
    let words = house.slack.look_at(&mine).words();
    assert!(!words.contains("[Retry]") && !words.contains("What to do next"), "{words}");
    assert!(words.contains("*What is left of it*\nNothing was created."), "{words}");
    house.slack.look_at(&card);
}
