//! Conversations that went wrong once: what was said, and what the bot makes of it now.

use serde_json::{Value, json};

use crate::fakes::world::{Setup, World};

/// Ada says something and hears the answer.
async fn say(world: &World, text: &str) -> String {
    turn(world, text).await["response"].as_str().expect("words").to_owned()
}

async fn turn(world: &World, text: &str) -> Value {
    let turn = json!({
        "UserEmail": "ada@example.com", "UserName": "Ada", "UserLastname": "Lovelace", "UserInput": text,
    });
    let answer = world.post("/account", &turn).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

async fn all(world: &World, texts: &[&str]) -> String {
    let mut last = String::new();
    for text in texts {
        last = say(world, text).await;
    }
    last
}

/// An installation that can offer the production blueprints.
async fn with_gateway() -> World {
    let values = [("TransitGatewayId".to_owned(), "tgw-0123456789abcdef0".to_owned())].into();
    Setup { blueprint_values: values, ..Setup::default() }.build().await
}

const EKS: [&str; 5] = ["new account", "Sandbox", "ada+eks@example.com", "Demos", "mlops-eks"];

#[tokio::test]
async fn a_purpose_sets_no_blueprint_parameters() {
    for purpose in [
        "Our project scores cards in the staging environment nightly",
        "Data science project for the fraud team",
        "project=cards",
        "the project is cards and the environment should be prod",
    ] {
        let world = World::new().await;
        all(&world, &EKS).await;
        let confirm = say(&world, purpose).await;
        assert!(confirm.contains("project is mlops. environment is test."), "{purpose}: {confirm}");
    }
}

#[tokio::test]
async fn a_parameter_that_is_set_at_the_confirmation_spends_no_attempt() {
    let world = World::new().await;
    all(&world, &EKS).await;
    say(&world, "Card scoring").await;
    for value in ["aaa", "bbb", "ccc", "ddd", "eee", "production"] {
        let confirm = say(&world, &format!("set project to {value}")).await;
        assert!(confirm.contains(&format!("project is {value}.")), "{confirm}");
        assert!(confirm.contains("Please check: a Sandbox account in Demos"), "{confirm}");
    }
    let both = say(&world, "change the environment to prod and the OU to Experiment").await;
    assert!(both.contains("environment is prod.") && both.contains("a Sandbox account in Experiment"), "{both}");
    let id = turn(&world, "yes").await["request-id"].as_str().expect("a request").to_owned();
    let given = world.request(&id).await["blueprint_parameters"].clone();
    assert_eq!((&given["project"], &given["environment"]), (&json!("production"), &json!("prod")));
}

#[tokio::test]
async fn the_question_for_a_parameter_is_a_question_like_any_other() {
    let world = with_gateway().await;
    let begun = ["new account", "Production", "ada+prod@example.com", "Demos", "ml-workload-prod"];
    all(&world, &begun).await;
    let asked = say(&world, "Scoring cards").await;
    let question = "The blueprint needs VpcSecondaryCidr.";
    assert!(asked.starts_with(question), "{asked}");
    let helped = say(&world, "help").await;
    assert!(helped.starts_with("I get you AWS accounts.") && helped.contains(&format!("\n\n{question}")), "{helped}");
    let status = say(&world, "status").await;
    assert!(status.starts_with("You have no requests yet.") && status.contains(question), "{status}");
    let about = say(&world, "what is mlops-eks?").await;
    assert!(about.starts_with("mlops-eks (MLOps on EKS)") && about.contains(question), "{about}");
    let changed = say(&world, "change the OU to Experiment").await;
    assert!(changed.starts_with(question), "{changed}");
    assert!(say(&world, "actually production").await.starts_with(question));
    for wrong in ["yes", "banana", "10.1.0.0/99", "whatever you think is best"] {
        let refused = say(&world, wrong).await;
        assert!(refused.contains(&format!("`{wrong}`")) && refused.contains(question), "{refused}");
    }
    let confirm = say(&world, "100.64.0.0/24 please").await;
    assert!(confirm.contains("VpcSecondaryCidr is 100.64.0.0/24.") && confirm.contains("in Experiment"), "{confirm}");
    assert!(say(&world, "never mind").await.contains("nothing was requested"));
    assert!(say(&world, "100.64.0.0/24").await.contains("I am the account bot"));
}

#[tokio::test]
async fn a_question_in_between_is_followed_by_the_open_question_with_its_choices() {
    let world = World::new().await;
    let first = turn(&world, "a sandbox account with ada+box@example.com for reports").await;
    let again = turn(&world, "status").await;
    assert_eq!(
        again["response"],
        format!(
            "You have no requests yet. Say \"I would like a new account\" to make one.\n\n{}",
            first["response"].as_str().expect("words")
        )
    );
    let confirm = all(&world, &["Demos", "none"]).await;
    assert!(confirm.starts_with("The account will be called"), "{confirm}");
    for between in ["status", "what is mlops-eks?", "help"] {
        let again = say(&world, between).await;
        assert!(again.ends_with(&format!("\n\n{confirm}")), "{between}: {again}");
    }
}

#[tokio::test]
async fn blueprints_this_installation_cannot_deploy_are_not_offered() {
    let begun = ["new account", "Production", "ada+prod@example.com", "Demos"];
    let offered = all(&World::new().await, &begun).await;
    assert!(offered.contains("mlops-eks") && !offered.contains("ml-workload-prod"), "{offered}");
    assert!(!offered.contains("mlops-stage"), "{offered}");
    assert!(all(&with_gateway().await, &begun).await.contains("ml-workload-prod"));
    let listed = say(&World::new().await, "which blueprints are there?").await;
    assert!(listed.contains("(about $1 a month) (not set up here)\n"), "{listed}");
}

#[tokio::test]
async fn a_name_that_does_not_exist_is_refused_with_what_was_meant() {
    let world = World::new().await;
    let refused = say(&world, "I need a sandbox account in Marketing with ada+box@example.com").await;
    assert!(refused.starts_with("There is no organizational unit \"Marketing\"."), "{refused}");
    let near = say(&world, "Shared Services").await;
    assert!(near.contains("Did you mean Workloads/Shared Services?"), "{near}");
    let refused = say(&world, "Demos, with the mlops-esk blueprint").await;
    assert!(refused.contains("There is no blueprint \"mlops-esk\". Did you mean mlops-e"), "{refused}");
}

#[tokio::test]
async fn a_blueprint_that_does_not_exist_is_refused_with_the_ones_like_it() {
    let refusal = "There is no blueprint \"mlops-esc\". Did you mean mlops-ecs or mlops-eks? Choose one of: ";
    for answer in ["mlops-esc", "mlops-esc please", "the blueprint mlops-esc"] {
        let world = World::new().await;
        all(&world, &EKS[..4]).await;
        let refused = say(&world, answer).await;
        assert!(refused.starts_with(refusal), "{answer}: {refused}");
        assert!(say(&world, "mlops-ecs").await.starts_with("What is the account for?"));
    }
    let whole = "a sandbox account in Demos with ada+box@example.com and blueprint mlops-esc for reports";
    let refused = say(&World::new().await, whole).await;
    assert!(refused.starts_with(refusal), "{refused}");
}

#[tokio::test]
async fn a_text_that_is_too_long_keeps_the_open_question() {
    let world = World::new().await;
    say(&world, "I need a sandbox account").await;
    let refused = say(&world, &"a".repeat(1025)).await;
    assert!(
        refused.starts_with("The text is longer than 1,024 characters; please say it in fewer words. Which root"),
        "{refused}"
    );
}

#[tokio::test]
async fn who_comes_back_too_late_is_told_that_the_conversation_ended() {
    let world = World::new().await;
    say(&world, "I need a sandbox account").await;
    world.clock.advance(std::time::Duration::from_hours(1));
    let told = say(&world, "ada+box@example.com").await;
    assert!(told.starts_with("Our conversation ended after 10 minutes of silence"), "{told}");
    assert!(say(&world, "ada+box@example.com").await.contains("I am the account bot"));
}

#[tokio::test]
async fn a_set_is_asked_for_its_addresses_with_one_sign_for_the_stage() {
    let world = World::new().await;
    let begun = ["account set", "fraud-models", "111122223333", "eu-west-1", "root@example.com"];
    let refused = all(&world, &begun).await;
    assert!(refused.contains("STAGE") && !refused.contains("{stage}"), "{refused}");
}
