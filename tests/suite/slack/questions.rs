//! The form asks what the chosen blueprint needs to know, as the conversation does.

use serde_json::{Value, json};
use vend::domain::request::State;

use super::house::House;
use super::payloads;
use crate::fakes::slack::APPROVALS;

const FIELD: &str = "blueprint_parameters.VpcSecondaryCidr";

/// A production account as Ada fills the form.
fn production<'a>(blueprint: &'a str, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let first = [
        ("account_type", "[Production]"),
        ("root_email", "fraud-root@corp.example"),
        ("organizational_unit", "[ou-ab12-3c4d5e6f]"),
        ("blueprint", blueprint),
        ("purpose", "Scoring payments"),
    ];
    first.into_iter().chain(more.iter().copied()).collect()
}

fn block<'a>(view: &'a Value, id: &str) -> Option<&'a Value> {
    view["blocks"].as_array().unwrap().iter().find(|block| block["block_id"] == id)
}

/// The form that Ada opened, and what comes back when she sends it with this blueprint.
async fn sent(house: &House, blueprint: &str) -> (Value, Value) {
    house.deliver(&payloads::command(&house.slack, "UADA", "")).await;
    let form = house.slack.form();
    let answer = house.deliver(&payloads::submit("UADA", &form, &production(blueprint, &[]))).await;
    (form, answer)
}

/// The view of an answer, as Slack sends it back: the same form.
fn asked(form: &Value, answer: &Value) -> Value {
    assert_eq!(answer["response_action"], "update", "{answer}");
    let mut view = answer["view"].clone();
    view["id"] = form["id"].clone();
    view
}

#[tokio::test]
async fn a_blueprint_that_needs_more_is_asked_about_and_nothing_is_typed_twice() {
    let house = House::new().await;
    let (form, answer) = sent(&house, "[ml-workload-prod]").await;
    let view = asked(&form, &answer);
    assert!(block(&form, FIELD).is_none());
    let question = block(&view, FIELD).expect("a question");
    assert_eq!(question["label"]["text"], "VpcSecondaryCidr");
    assert!(question["hint"]["text"].as_str().unwrap().contains("your network team hands it out"));
    assert_eq!(question["optional"], json!(false));
    assert_eq!(block(&view, "purpose").unwrap()["element"]["initial_value"], "Scoring payments");
    assert_eq!(block(&view, "root_email").unwrap()["element"]["initial_value"], "fraud-root@corp.example");
    for (field, chosen) in [("account_type", "Production"), ("blueprint", "ml-workload-prod")] {
        assert_eq!(block(&view, field).unwrap()["element"]["initial_option"]["value"], chosen);
    }
    assert_eq!(house.requests().await.len(), 0);

    let wrong = production("[ml-workload-prod]", &[(FIELD, "999.1.1.1/99")]);
    let answer = house.deliver(&payloads::submit("UADA", &view, &wrong)).await;
    assert!(answer["errors"][FIELD].as_str().unwrap().contains("is not an IPv4 range"), "{answer}");
    let right = production("[ml-workload-prod]", &[(FIELD, "100.64.0.0/24")]);
    let answer = house.deliver_times(&payloads::submit("UADA", &view, &right), 3).await;
    assert_eq!(answer, json!(null), "an empty answer closes the form");
    let request = house.the_request(State::Pending).await;
    assert_eq!(request.blueprint_parameters["VpcSecondaryCidr"], "100.64.0.0/24");
    house.slack.read("DUADA");
    house.slack.read(APPROVALS);
}

#[tokio::test]
async fn faults_of_the_form_come_first_and_a_question_only_when_there_are_none() {
    let house = House::new().await;
    house.deliver(&payloads::command(&house.slack, "UADA", "")).await;
    let form = house.slack.form();
    let mut fields = production("[ml-workload-prod]", &[]);
    fields[1].1 = "no address";
    let answer = house.deliver(&payloads::submit("UADA", &form, &fields)).await;
    let faulty: Vec<_> = answer["errors"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(faulty, ["root_email"]);
}

#[tokio::test]
async fn whoever_chooses_another_blueprint_is_asked_its_own_questions_or_none() {
    let house = House::new().await;
    let (form, answer) = sent(&house, "[ml-workload-prod]").await;
    let view = asked(&form, &answer);
    let other = production("[ml-shared-services-prod]", &[]);
    let answer = house.deliver(&payloads::submit("UADA", &view, &other)).await;
    let second = asked(&form, &answer);
    let domain = block(&second, "blueprint_parameters.StudioDomainName").expect("a question");
    assert_eq!(
        (&domain["element"]["initial_value"], &domain["optional"]),
        (&json!("ML-Shared-Services-Domain"), &json!(true))
    );
    let none = production("[none]", &[(FIELD, "100.64.0.0/24")]);
    assert_eq!(house.deliver(&payloads::submit("UADA", &second, &none)).await, json!(null));
    assert_eq!(house.the_request(State::Pending).await.blueprint, None);
    house.slack.read("DUADA");
    house.slack.read(APPROVALS);
}
