//! Rules about IAM: no wildcard without a reason, no action AWS does not know,
//! no role name Control Tower forbids, and the capabilities the stack needs.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::Value;

use super::super::Blueprint;
use super::Breach;
use super::reading::{actions, explained, many, statements, text};

/// The actions AWS knows; see the head of the file.
const KNOWN: &str = include_str!("iam_actions.txt");

/// Each service with its actions, separated by blanks.
static SERVICES: LazyLock<BTreeMap<&str, &str>> = LazyLock::new(|| {
    KNOWN.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(':')).collect()
});

/// An allowed action or resource is a wildcard only where the resource explains it.
pub fn wildcards(blueprint: &Blueprint) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for (id, body) in blueprint.template.section("Resources") {
        for statement in statements(&body["Properties"]).into_iter().filter(|s| s["Effect"] == "Allow") {
            if !statement["NotAction"].is_null() || !statement["NotResource"].is_null() {
                breaches.push((id.clone(), "allows by exclusion: list what is allowed instead.".to_owned()));
            }
            let everything = many(&statement["Resource"]).into_iter().any(|r| text(r) == "*");
            let wide = |action: &String| everything || action.contains('*');
            for action in actions(statement).into_iter().filter(wide).filter(|a| explained(body, a).is_none()) {
                let what = if everything { format!("{action} on every resource") } else { action.clone() };
                let sentence =
                    format!("allows {what}: narrow it, or say why under Metadata.Explained with the key `{action}`.");
                breaches.push((id.clone(), sentence));
            }
        }
    }
    breaches
}

/// Every action exists; `kms:ReEncrypt`, say, does not.
pub fn unknown_action(blueprint: &Blueprint) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for (id, body) in blueprint.template.section("Resources") {
        let named = statements(&body["Properties"]).into_iter().flat_map(actions);
        for action in named.filter(|action| !is_known(action)) {
            breaches.push((id.clone(), format!("names the action {action}, which AWS does not know: correct it.")));
        }
    }
    breaches
}

/// Whether AWS knows an action, which may hold `*`.
pub fn is_known(action: &str) -> bool {
    let action = action.to_ascii_lowercase();
    let Some((service, verb)) = action.split_once(':') else {
        return action == "*";
    };
    let Some(verbs) = SERVICES.get(service) else {
        return false;
    };
    verbs.is_empty() || verbs.split_whitespace().any(|known| fits(known, verb))
}

/// Whether `name` fits a pattern with `*`.
fn fits(name: &str, pattern: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else {
        return name == pattern;
    };
    let Some(mut left) = name.strip_prefix(start) else {
        return false;
    };
    let mut parts: Vec<&str> = rest.split('*').collect();
    let end = parts.pop().unwrap_or_default();
    for part in parts {
        let Some(at) = left.find(part) else {
            return false;
        };
        left = &left[at + part.len()..];
    }
    left.ends_with(end)
}

/// Control Tower's guardrail forbids these role names.
/// <https://docs.aws.amazon.com/controltower/latest/controlreference/mandatory-controls.html#iam-disallow-changes>
pub fn forbidden_role_name(blueprint: &Blueprint) -> Vec<Breach> {
    let forbidden = |name: &str| {
        let name = name.to_ascii_lowercase();
        name.contains("awscontroltower") || name.starts_with("aws-controltower-") || name.starts_with("stacksets-exec-")
    };
    let roles = blueprint.template.of_type("AWS::IAM::Role");
    let named = roles.map(|(id, body)| (id, text(&body["Properties"]["RoleName"])));
    named
        // Without a RoleName, the logical id becomes part of the role's name.
        .map(|(id, name)| (id, if name.is_empty() { id.to_owned() } else { name }))
        .filter(|(_, name)| forbidden(name))
        .map(|(id, name)| (id.to_owned(), format!("is called {name}, which Control Tower forbids: rename it.")))
        .collect()
}

/// `blueprint.yaml` lists the capabilities the stack needs, and no more.
pub fn capabilities(blueprint: &Blueprint) -> Vec<Breach> {
    let iam = |body: &Value| {
        body["Type"].as_str().is_some_and(|kind| kind.starts_with("AWS::IAM::") && kind != "AWS::IAM::OIDCProvider")
    };
    let named = |body: &Value| {
        ["RoleName", "ManagedPolicyName", "UserName", "GroupName"].iter().any(|p| !body["Properties"][p].is_null())
    };
    let roles: Vec<&Value> = blueprint.template.section("Resources").map(|(_, body)| body).filter(|b| iam(b)).collect();
    let wanted = match (roles.is_empty(), roles.iter().any(|b| named(b))) {
        (true, _) => Vec::new(),
        (false, false) => vec!["CAPABILITY_IAM"],
        (false, true) => vec!["CAPABILITY_NAMED_IAM"],
    };
    if blueprint.capabilities == wanted {
        return Vec::new();
    }
    vec![(String::new(), format!("blueprint.yaml must say `capabilities: [{}]`.", wanted.join(", ")))]
}
