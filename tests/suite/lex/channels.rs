//! Lex behind the channels: people and places apart, and what people are told when it is down.

use serde_json::{Value, json};
use vend::say::talk;

use super::Bench;
use crate::cli::run::Vend;
use crate::fakes::aws::lex::{ALIAS_ID, BOT_ID};
use crate::fakes::slack::APPROVALS;
use crate::fakes::world::{Setup, World};
use crate::slack::house::{self, House};
use crate::slack::payloads;

async fn world() -> (Bench, World) {
    let bench = Bench::start().await;
    let setup = Setup { dialogue: Some(bench.dialogue.clone()), clock: bench.clock.clone(), ..Setup::default() };
    let world = setup.build().await;
    (bench, world)
}

fn turn(email: &str, text: &str) -> Value {
    json!({"UserEmail": email, "UserName": "Ada", "UserLastname": "Lovelace", "UserInput": text})
}

async fn says(world: &World, email: &str, text: &str) -> String {
    let answer = world.post("/account", &turn(email, text)).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["response"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn two_people_have_two_sessions_whose_names_tell_nothing_about_them() {
    let (bench, world) = world().await;
    says(&world, "ada@example.com", "I need a sandbox account").await;
    says(&world, "eve@example.com", "I need a production account").await;
    assert!(says(&world, "ada@example.com", "a@corp.example").await.contains("organizational unit"));
    let names = bench.lex.sessions();
    assert_eq!(names.len(), 2);
    for name in names {
        assert!(name.len() == 32 && name.bytes().all(|b| b.is_ascii_hexdigit()), "{name}");
    }
}

#[tokio::test]
async fn one_person_in_two_channels_has_two_sessions() {
    let bench = Bench::start().await;
    let house = House::with(house::Setup { dialogue: Some(bench.dialogue.clone()), ..house::Setup::default() }).await;
    house.say("UADA", "I need a sandbox account").await;
    let over_api = says(&house.world, "ada@example.com", "a@corp.example").await;
    assert!(over_api.contains("I am the account bot"), "{over_api}");
    house.say("UADA", "a@corp.example").await;
    assert_eq!(bench.lex.sessions().len(), 2);
}

#[tokio::test]
async fn when_lex_is_down_a_person_is_told_and_offered_the_form() {
    let (bench, world) = world().await;
    says(&world, "ada@example.com", "I need a sandbox account").await;
    bench.lex.goes_down(true);
    let told = world.post("/account", &turn("ada@example.com", "ada+sandbox@example.com")).await;
    assert_eq!((told.status, &told.json()["detail"]), (503, &json!(talk::ENGINE_DOWN)));
    assert!(talk::ENGINE_DOWN.contains("`/account`"));
    let form = json!({
        "account_type": "Sandbox", "root_email": "ada+sandbox@example.com", "organizational_unit": "Sandbox",
        "purpose": "Trying out a training job",
        "requester": {"email": "ada@example.com", "first_name": "Ada", "last_name": "Lovelace"},
    });
    assert_eq!(world.post("/api/v1/requests", &form).await.status, 201, "the other ways stay open");
    bench.lex.goes_down(false);
    let answer = says(&world, "ada@example.com", "ada+other@example.com").await;
    assert!(answer.contains("organizational unit"), "it goes on where it was: {answer}");
}

#[tokio::test]
async fn when_lex_is_down_slack_says_so_and_the_form_works() {
    let bench = Bench::start().await;
    let house = House::with(house::Setup { dialogue: Some(bench.dialogue.clone()), ..house::Setup::default() }).await;
    bench.lex.goes_down(true);
    house.deliver(&payloads::direct(&house.slack, "UADA", "I need a sandbox account")).await;
    let told = house.slack.read("DUADA").words();
    assert!(told.contains("Nothing was lost") && told.contains("/account"), "{told}");
    house.submit_form().await;
    house.slack.read("DUADA");
    house.slack.read(APPROVALS);
    assert_eq!(house.requests().await.len(), 1);
}

#[tokio::test]
async fn the_program_as_it_ships_talks_through_the_bot_it_is_told_of() {
    let bench = Bench::start().await;
    let vend = Vend::new(&[
        ("VEND_SERVER__LISTEN", "127.0.0.1:0"),
        ("VEND_DIALOGUE__BACKEND", "lex"),
        ("VEND_DIALOGUE__BOT_ID", BOT_ID),
        ("VEND_DIALOGUE__BOT_ALIAS_ID", ALIAS_ID),
        ("VEND_DIALOGUE__REGION", "eu-west-1"),
        ("AWS_ENDPOINT_URL_LEX_RUNTIME_V2", bench.endpoint.url.as_str()),
        ("AWS_ACCESS_KEY_ID", "AKIDTEST"),
        ("AWS_SECRET_ACCESS_KEY", "made-up"),
    ]);
    let server = vend.serve();
    let client = reqwest::Client::new();
    let says = async |text: &str| {
        let answer = client.post(format!("{}/account", server.url)).json(&turn("ada@example.com", text));
        let answer: Value = answer.send().await.unwrap().json().await.unwrap();
        let words = answer.get("response").unwrap_or(&answer["detail"]);
        words.as_str().unwrap().to_owned()
    };
    let first = says("Hi, I would like a new account please!").await;
    assert_eq!(first, "Hi Ada, what account type do you want? Production or Sandbox?");
    assert!(says("Sandbox").await.starts_with("Which root e-mail"), "{}", vend.log());
    assert_eq!(bench.lex.count("text"), 2);
    bench.lex.goes_down(true);
    assert_eq!(says("fraud-root@corp.example").await, talk::ENGINE_DOWN);
    assert!(!vend.log().contains("corp.example"), "what people say stays out of the log: {}", vend.log());
}
