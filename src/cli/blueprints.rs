//! `vend blueprints`: what can be chosen, and whether every template keeps the
//! rules. Prints; the rules are the domain's.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::json;

use super::args::BlueprintsCommand;
use super::exit::{Done, Exit, Failure};
use super::local::{faulty, load_config};
use super::output::{self, safe};
use crate::adapters::embedded::cfn_lint;
use crate::config::manifests;
use crate::domain::blueprint::check::{self, Finding, Report};
use crate::domain::blueprint::portfolio;
use crate::domain::blueprint::report::ParameterView;
use crate::domain::blueprint::{Blueprint, Catalogue, Parameter};

pub(super) fn run(file: Option<&Path>, command: &BlueprintsCommand) -> Result<Done, Failure> {
    let config = load_config(file)?;
    let catalogue = manifests::catalogue(&config).map_err(faulty)?;
    match command {
        BlueprintsCommand::List(arg) if arg.json => {
            output::json(&catalogue.all().iter().map(summary).collect::<Vec<_>>())
        }
        BlueprintsCommand::List(_) => print_list(catalogue.all()),
        BlueprintsCommand::Show { id, json } => {
            let blueprint = catalogue.get(id).ok_or_else(|| unknown(id))?;
            if json.json { output::json(&details(blueprint)) } else { print_one(blueprint) }
        }
        BlueprintsCommand::Portfolio => output::line(portfolio::template(&catalogue).trim_end()),
        BlueprintsCommand::Check(arg) => {
            let report = examine(&catalogue)?;
            if arg.json {
                output::json(&report)?;
            } else {
                print_report(&report)?;
            }
            verdict(&report)
        }
    }
}

fn unknown(id: &str) -> Failure {
    Failure::new(Exit::NotFound, format!("there is no blueprint `{}`. `vend blueprints list` shows all.", safe(id)))
}

/// Our own rules, and cfn-lint's where it is installed.
fn examine(catalogue: &Catalogue) -> Result<Report, Failure> {
    let mut report = check::catalogue(catalogue);
    match cfn_lint::run(catalogue).map_err(Failure::failed)? {
        Some(findings) => report.add("cfn-lint", findings),
        None => output::remark(
            "cfn-lint is not installed, so AWS's own schema was not checked: `pip install cfn-lint` and run this again.",
        ),
    }
    Ok(report)
}

fn print_report(report: &Report) -> Result<Done, Failure> {
    for Finding { blueprint, line, rule, sentence } in &report.findings {
        let place = if *line == 0 { String::new() } else { format!(":{line}") };
        output::line(&format!("{blueprint}/template.yaml{place}: {} [{rule}]", safe(sentence)))?;
    }
    if !report.is_clean() {
        return Ok(());
    }
    output::line(&format!("{} blueprints keep all {} rules.", report.checked.len(), report.rules.len()))
}

fn verdict(report: &Report) -> Result<Done, Failure> {
    match report.findings.len() {
        0 => Ok(()),
        1 => Err(Failure::failed("1 rule is broken; see above.")),
        n => Err(Failure::failed(format!("rules are broken in {n} places; see above."))),
    }
}

fn print_list(all: &[Blueprint]) -> Result<Done, Failure> {
    let row = |b: &Blueprint| {
        let types: Vec<_> = b.accepts_account_types.iter().map(|t| t.word()).collect();
        vec![
            b.id.clone(),
            b.version.clone(),
            types.join(", "),
            format!("${}", b.monthly_cost_usd.base),
            b.title.clone(),
        ]
    };
    let rows: Vec<_> = all.iter().map(row).collect();
    output::line(&output::table(&["BLUEPRINT", "VERSION", "FOR", "A MONTH", "TITLE"], &rows, &|_, _, cell| cell))
}

fn print_one(blueprint: &Blueprint) -> Result<Done, Failure> {
    output::line(&format!("{} {}: {}", blueprint.id, blueprint.version, blueprint.title))?;
    output::line(&blueprint.description)?;
    output::line(&format!("Creates {}.", blueprint.in_words(&BTreeMap::new())))?;
    output::line(&format!("Costs {}.", blueprint.monthly_cost_usd))?;
    output::line("")?;
    let row = |p: &Parameter| {
        let p = ParameterView::from(p);
        vec![p.name, p.from, p.default.unwrap_or_default(), p.description]
    };
    let rows: Vec<_> = blueprint.parameters.iter().map(row).collect();
    output::line(&output::table(&["PARAMETER", "FROM", "DEFAULT", "MEANING"], &rows, &|_, _, cell| cell))
}

fn summary(blueprint: &Blueprint) -> serde_json::Value {
    json!({
        "id": blueprint.id, "version": blueprint.version, "title": blueprint.title,
        "description": blueprint.description, "account_types": blueprint.accepts_account_types,
        "monthly_cost_usd": blueprint.monthly_cost_usd,
    })
}

fn details(blueprint: &Blueprint) -> serde_json::Value {
    let parameter = |p: &Parameter| {
        json!({
            "name": p.name, "kind": p.kind, "description": p.description, "default": p.default, "asked": p.ask,
            "allowed": p.allowed, "min": p.min, "max": p.max,
        })
    };
    let mut value = summary(blueprint);
    value["creates"] = blueprint.in_words(&BTreeMap::new()).into();
    value["provides_ssm"] = json!(blueprint.provides_ssm);
    value["parameters"] = blueprint.parameters.iter().map(parameter).collect();
    value
}
