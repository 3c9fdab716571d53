//! The blueprints a person may choose from, in words.

use std::collections::BTreeMap;

use crate::domain::blueprint::{Blueprint, Catalogue};

/// A question with the blueprints that fit, a line each.
#[must_use]
pub fn with_blueprints(question: &str, ids: &[String], catalogue: &Catalogue) -> String {
    let lines = ids.iter().map(|id| line(id, catalogue.get(id)));
    std::iter::once(question.to_owned()).chain(lines).collect::<Vec<_>>().join("\n")
}

/// Every blueprint, a line each, and how to hear more.
#[must_use]
pub fn blueprints(catalogue: &Catalogue, configured: &BTreeMap<String, String>) -> String {
    let all = catalogue.all();
    let Some(first) = all.first() else { return "There are no blueprints here; an account stays empty.".to_owned() };
    let here = |blueprint: &Blueprint| if blueprint.is_set_up(configured) { "" } else { " (not set up here)" };
    let lines: Vec<_> =
        all.iter().map(|blueprint| format!("{}{}", line(&blueprint.id, Some(blueprint)), here(blueprint))).collect();
    format!(
        "These blueprints can be deployed into an account:\n{}\nAsk \"what is {}\" to hear more of one.",
        lines.join("\n"),
        first.id
    )
}

/// One blueprint: what it is, whom it is for, what it costs.
#[must_use]
pub fn about_blueprint(id: &str, blueprint: Option<&Blueprint>) -> String {
    let Some(blueprint) = blueprint else {
        return format!("{id}: nothing is deployed, and the account stays as Control Tower made it.");
    };
    let types: Vec<_> = blueprint.accepts_account_types.iter().map(|account_type| account_type.word()).collect();
    let description = blueprint.description.trim_end_matches('.');
    format!(
        "{id} ({}): {description}. It is for {} accounts and costs {}.",
        blueprint.title,
        types.join(" and "),
        super::monthly_cost(blueprint)
    )
}

fn line(id: &str, blueprint: Option<&Blueprint>) -> String {
    match blueprint {
        Some(blueprint) => format!("- {id}: {} (about ${} a month)", blueprint.title, blueprint.monthly_cost_usd.base),
        None => format!("- {id}: an empty account"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapters::embedded::catalogue;

    #[test]
    fn a_blueprint_is_told_with_what_it_is_for_and_costs() {
        let shipped = catalogue::load("manifests/blueprints".as_ref()).unwrap();
        let about = about_blueprint("mlops-ecs", shipped.get("mlops-ecs"));
        assert!(about.starts_with("mlops-ecs (MLOps on ECS): A VPC with an ECS cluster"), "{about}");
        assert!(about.contains("It is for Production and Sandbox accounts and costs about $53 a month ("), "{about}");
        assert!(about_blueprint("none", None).contains("stays as Control Tower made it"));
    }
}
