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

#[tokio::test]
async fn a_parameter_with_a_default_is_told_with_the_last_question_and_changed_by_its_name() {
    let world = World::new().await;
    for text in ["I would like a new account", "Sandbox", "ada+studio@example.com", "Sandbox", "ml-workload-nonprod"] {
        say(&world, text).await;
    }
    let told = |answer: &Value| answer["response"].as_str().expect("words").to_owned();
    let asked = told(&say(&world, "Trying out Studio").await);
    assert!(asked.contains("Its blueprint creates 1 VPC, 4 subnets, 1 internet gateway"), "{asked}");
    assert!(asked.contains("WithStudio is false.") && !asked.contains("SageMaker domain"), "{asked}");
    let refused = told(&say(&world, "WithStudio should be maybe").await);
    assert!(refused.contains("maybe") && refused.contains("What should it be?"), "{refused}");
    let changed = told(&say(&world, "true").await);
    assert!(changed.contains("WithStudio is true.") && changed.contains("1 SageMaker domain"), "{changed}");
    let back = told(&say(&world, "no, set WithStudio to false").await);
    assert!(back.contains("WithStudio is false."), "{back}");
    assert!(told(&say(&world, "WithStudio = true").await).contains("WithStudio is true."));
    let id = say(&world, "yes").await["request-id"].as_str().expect("a request").to_owned();
    let request = world.request(&id).await;
    assert_eq!(request["blueprint_parameters"]["WithStudio"], "true");
    assert!(request["preflight"].to_string().contains("It creates 1 VPC, 4 subnets"), "{}", request["preflight"]);
}

#[tokio::test]
async fn blueprints_are_told_with_their_cost_and_asking_about_one_chooses_none() {
    let world = World::new().await;
    let told = |answer: &Value| answer["response"].as_str().expect("words").to_owned();
    let listed = told(&say(&world, "which blueprints are there?").await);
    assert!(listed.contains("\n- mlops-eks: MLOps on EKS (about $494 a month)\n"), "{listed}");
    let asked = told(&say(&world, "a production account in Demos with ada+prod@example.com for reports").await);
    assert!(asked.starts_with("Which blueprint should I deploy into it?\n- "), "{asked}");
    assert!(asked.contains("\n- mlops-ecs: MLOps on ECS (about $53 a month)\n"), "{asked}");
    assert!(asked.ends_with("\n- none: an empty account") && !asked.contains("nonprod"), "{asked}");
    let about = told(&say(&world, "what is mlops-ecs?").await);
    assert!(
        about.contains("behind a load balancer") && about.contains("for Production and Sandbox accounts"),
        "{about}"
    );
    assert!(about.ends_with(&format!("\n\n{asked}")), "{about}");
    let confirm = told(&say(&world, "I don't need a blueprint").await);
    assert!(confirm.contains("and blueprint none, for this purpose: reports."), "{confirm}");
    let still = told(&say(&world, "what does mlops-eks cost?").await);
    assert!(still.contains("$494") && still.contains("and blueprint none, for this purpose: reports."), "{still}");
    let helped = told(&say(&world, "help").await);
    assert!(
        helped.starts_with("I get you AWS accounts.") && helped.contains("\n\nThe account will be called"),
        "{helped}"
    );
}
