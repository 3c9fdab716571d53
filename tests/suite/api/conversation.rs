//! `POST /account`, in the original bot's JSON.

use serde_json::{Value, json};

use crate::fakes::world::World;

async fn say(world: &World, text: &str) -> Value {
    let turn = json!({
        "UserEmail": "ada@example.com", "UserName": "Ada", "UserLastname": "Lovelace", "UserInput": text,
    });
    let answer = world.post("/account", &turn).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let answer = answer.json();
    assert_eq!(answer["initial-params"], turn.to_string());
    answer
}

#[tokio::test]
async fn a_conversation_ends_in_a_request_and_a_mail_to_the_approver() {
    let world = World::new().await;
    let first = say(&world, "Hi, I would like a new account please!").await;
    assert_eq!(first["response"], "Hi Ada, what account type do you want? Production or Sandbox?");
    for text in ["Sandbox", "ada+sandbox@example.com", "Sandbox", "none", "Trying out a training job"] {
        assert_eq!(say(&world, text).await["request-id"], Value::Null);
    }
    let last = say(&world, "yes").await;
    let id = last["request-id"].as_str().expect("a request");

    world.settle().await;
    let mails = world.mails();
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].to, "approver@example.com");
    assert!(mails[0].link().contains(id));
    assert_eq!(world.history(id).await.len(), 1);
}
