//! What post steps and the bootstrap's version meet, played: SSM, Budgets, `DevOps` Guru,
//! Account, and Organizations in the management account.

use serde_json::{Value, json};
use vend::domain::blueprint::Template;

use super::super::wire::{Answer, Call};
use super::{Caller, World};

pub(super) fn management(world: &mut World, action: &str, call: &Call) -> Answer {
    assert_eq!(action, "TagResource", "the management account is only asked for tags");
    let body = call.json();
    let account = body["ResourceId"].as_str().unwrap().to_owned();
    let tags = world.tags.entry(account).or_default();
    for tag in body["Tags"].as_array().unwrap() {
        tags.insert(tag["Key"].as_str().unwrap().to_owned(), tag["Value"].as_str().unwrap().to_owned());
    }
    world.changes.push(action.to_owned());
    Answer::Json(json!({}))
}

pub(super) fn answer(world: &mut World, caller: &Caller, action: &str, call: &Call) -> Answer {
    let body = if call.method == "GET" { Value::Null } else { call.json() };
    match (caller.service.as_str(), action) {
        ("ssm", "GetParameter") => version(world, caller, &body),
        ("budgets", "CreateBudget" | "UpdateBudget") => budget(world, caller, action, &body),
        ("devops-guru", _) => guru(world, caller, action, &body),
        ("account", "POST /putAlternateContact") => {
            let kind = body["AlternateContactType"].as_str().unwrap().to_owned();
            assert!(body.get("AccountId").is_none(), "the account speaks for itself");
            world.contacts.entry(caller.account.clone()).or_default().insert(kind, body);
            world.changes.push(action.to_owned());
            Answer::Json(json!({}))
        }
        other => panic!("our deployer never calls {other:?}"),
    }
}

/// Readable once `CDKToolkit` is complete, with the value its template says.
fn version(world: &World, caller: &Caller, body: &Value) -> Answer {
    assert_eq!(body["Name"], "/cdk-bootstrap/hnb659fds/version");
    let stack = world.stacks.get(&(caller.place(), "CDKToolkit".to_owned()));
    let Some(stack) = stack.filter(|stack| stack.there.contains("CdkBootstrapVersion")) else {
        return Answer::refused("ParameterNotFound", "");
    };
    let template = Template::parse(&stack.template).unwrap();
    let value = template.tree()["Resources"]["CdkBootstrapVersion"]["Properties"]["Value"].clone();
    Answer::Json(json!({ "Parameter": { "Name": body["Name"], "Type": "String", "Value": value } }))
}

fn budget(world: &mut World, caller: &Caller, action: &str, body: &Value) -> Answer {
    assert_eq!(body["AccountId"], caller.account.as_str());
    let there = world.budgets.contains_key(&caller.account);
    if action == "CreateBudget" && there {
        return Answer::refused("DuplicateRecordException", "the budget already exists");
    }
    world.changes.push(action.to_owned());
    if action == "CreateBudget" {
        world.budgets.insert(caller.account.clone(), body.clone());
    } else {
        let budget = world.budgets.get_mut(&caller.account).expect("a budget that is there");
        budget["Budget"] = body["NewBudget"].clone();
    }
    Answer::Json(json!({}))
}

fn guru(world: &mut World, caller: &Caller, action: &str, body: &Value) -> Answer {
    let watched = world.watched.entry(caller.place()).or_default();
    match action {
        "GET /resource-collections/AWS_CLOUD_FORMATION" if watched.is_empty() => {
            Answer::Error { status: 404, kind: "ResourceNotFoundException", message: "no collection".into() }
        }
        "GET /resource-collections/AWS_CLOUD_FORMATION" => {
            Answer::Json(json!({ "ResourceCollection": { "CloudFormation": { "StackNames": watched } } }))
        }
        "PUT /resource-collections" => {
            assert_eq!(body["Action"], "ADD");
            let names = body["ResourceCollection"]["CloudFormation"]["StackNames"].as_array().unwrap();
            watched.extend(names.iter().map(|name| name.as_str().unwrap().to_owned()));
            world.changes.push(action.to_owned());
            Answer::Json(json!({}))
        }
        other => panic!("our deployer never calls DevOps Guru's {other}"),
    }
}
