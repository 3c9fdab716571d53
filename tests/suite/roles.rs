//! The roles in `deploy/` allow what the adapters call, and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use regex::Regex;
use serde_json::Value;
use vend::adapters::aws::permissions::{Caller, RULES, Side};

/// What is called in the new account, as its own role (`blueprints.role_name`).
const INSIDE: [&str; 18] = [
    "create_budget",
    "create_policy",
    "create_policy_version",
    "create_stack",
    "delete_policy_version",
    "delete_stack",
    "describe_stack_events",
    "describe_stacks",
    "get_parameter",
    "get_policy",
    "get_policy_version",
    "get_resource_collection",
    "list_policy_versions",
    "put_alternate_contact",
    "rollback_stack",
    "update_budget",
    "update_resource_collection",
    "update_stack",
];

/// What a person calls on the command line, as themselves.
const BY_HAND: [&str; 9] = [
    "confirm_subscription",
    "create_table",
    "describe_time_to_live",
    "get_subscription_attributes",
    "list_subscriptions_by_topic",
    "set_subscription_attributes",
    "subscribe",
    "unsubscribe",
    "update_time_to_live",
];

fn template(text: &str) -> Value {
    serde_saphyr::from_str(text).expect("a template")
}

/// The actions each resource of the template allows, roles and managed policies alike.
fn allowed(template: &Value) -> BTreeMap<String, BTreeSet<String>> {
    let actions = |resource: &Value| -> BTreeSet<String> {
        let properties = &resource["Properties"];
        let own = &properties["PolicyDocument"];
        let policy = if own.is_object() { own } else { &properties["Policies"][0]["PolicyDocument"] };
        let statements = policy["Statement"].as_array().expect("statements").iter();
        let all = statements.flat_map(|statement| statement["Action"].as_array().expect("a list of actions"));
        all.map(|action| action.as_str().unwrap().to_owned()).collect()
    };
    let resources = template["Resources"].as_object().unwrap().iter();
    resources.map(|(name, resource)| (name.clone(), actions(resource))).collect()
}

fn ruled(side: Side, caller: Caller) -> BTreeSet<String> {
    let ours = |other: Caller| other == Caller::Both || other == caller;
    let rules = RULES.iter().filter(|rule| rule.side == side && ours(rule.caller));
    rules.flat_map(|rule| rule.actions).map(|action| (*action).to_owned()).collect()
}

#[test]
fn the_roles_allow_what_is_called_and_nothing_else() {
    let own = allowed(&template(include_str!("../../deploy/roles.yaml")));
    let management = allowed(&template(include_str!("../../deploy/management-roles.yaml")));
    for (role, caller) in [("GatewayRole", Caller::Gateway), ("WorkerRole", Caller::Worker)] {
        let mut wanted = ruled(Side::Own, caller);
        wanted.insert("ssm:GetParameter".to_owned()); // secrets written as `ssm:NAME`
        assert_eq!(own[role], wanted, "{role}");
        assert_eq!(management[&format!("Management{role}")], ruled(Side::Management, caller), "Management{role}");
    }
    let mut looks = [&own["Doctor"], &management["Doctor"]].into_iter().flatten();
    let changes_nothing =
        |action: &str| ["Describe", "List", "Get", "Simulate"].iter().any(|verb| action.contains(verb));
    assert!(looks.all(|action| changes_nothing(action)), "the doctor only looks");
    assert_eq!((own.len(), management.len()), (3, 3));
}

/// Who we are, anybody may ask.
const FREE: &str = "get_caller_identity";

#[test]
fn what_the_doctor_looks_up_with_is_allowed() {
    let mut looks = String::new();
    sources(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/doctor"), &mut looks);
    let templates = [include_str!("../../deploy/roles.yaml"), include_str!("../../deploy/management-roles.yaml")];
    let actions: BTreeSet<String> =
        templates.iter().flat_map(|text| allowed(&template(text)).into_values().flatten()).collect();
    let asked: Vec<String> = called(&looks).into_iter().filter(|name| name != FREE).collect();
    assert!(asked.len() > 8, "{asked:?}");
    for operation in asked {
        let word = |word: &str| word[..1].to_uppercase() + &word[1..];
        let action: String = operation.split('_').map(word).collect();
        assert!(actions.iter().any(|known| known.ends_with(&format!(":{action}"))), "no role allows {action}");
    }
}

#[test]
fn the_gateway_cannot_vend() {
    let mut all = ruled(Side::Own, Caller::Gateway);
    all.extend(ruled(Side::Management, Caller::Gateway));
    for action in ["servicecatalog:ProvisionProduct", "servicecatalog:TerminateProvisionedProduct"] {
        assert!(!all.contains(action), "{action}");
    }
    assert!(!all.iter().any(|action| action.starts_with("controltower:") || action.contains(":Create")), "{all:?}");
}

/// The SDK operations a text calls, by their names.
fn called(text: &str) -> BTreeSet<String> {
    let verbs = "describe|list|get|batch_get|simulate|transact|create|update|delete|put|tag|provision|terminate|confirm|\
                 recognize|assume|rollback|set|execute|search|add|attach|detach|remove";
    let alone = "publish|query|scan|subscribe|unsubscribe";
    let operation = Regex::new(&format!(r"\.((?:{verbs})_[a-z_]+|{alone})\(\)")).unwrap();
    operation.captures_iter(text).map(|found| found[1].to_owned()).collect()
}

fn sources(folder: &std::path::Path, text: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        if entry.path().is_dir() {
            sources(&entry.path(), text);
        } else {
            *text += &std::fs::read_to_string(entry.path()).unwrap();
        }
    }
}

#[test]
fn every_operation_an_adapter_calls_is_ruled_and_every_rule_is_called() {
    let ruled: BTreeSet<&str> = RULES.iter().map(|rule| rule.operation).filter(|name| !name.is_empty()).collect();
    let mut adapters = String::new();
    sources(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/adapters/aws"), &mut adapters);
    let called = called(&adapters);
    // Methods of ours and of builders that look like an operation's.
    let others = ["create_date", "get_mut", "get_ref", "list_units"];
    let known = |name: &str| {
        ruled.contains(name) || INSIDE.contains(&name) || BY_HAND.contains(&name) || others.contains(&name)
    };
    let unruled: Vec<_> = called.iter().filter(|name| !known(name)).collect();
    assert!(unruled.is_empty(), "say in src/adapters/aws/permissions.rs who calls these: {unruled:?}");
    let uncalled: Vec<_> = ruled.iter().filter(|name| !called.contains(**name)).collect();
    assert!(uncalled.is_empty(), "nothing calls these any more: {uncalled:?}");
}
