//! `vend blueprints`: what can be chosen, and whether every template keeps the
//! rules. Prints; the rules are the domain's.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use clap::{Args, Subcommand};

use super::args::JsonArg;
use super::exit::{Done, Exit, Failure};
use super::local::{faulty, load_config};
use super::output::{self, safe};
use crate::adapters::embedded::cfn_lint;
use crate::config::manifests;
use crate::domain::blueprint::check::{self, Finding, Report};
use crate::domain::blueprint::portfolio;
use crate::domain::blueprint::report::{self, BlueprintView, ParameterView};
use crate::domain::blueprint::{Blueprint, Catalogue, Parameter};

#[derive(Debug, Subcommand)]
pub(super) enum BlueprintsCommand {
    /// List the blueprints
    List(JsonArg),
    /// Show one blueprint with its parameters
    Show {
        /// Blueprint id
        id: String,
        #[command(flatten)]
        json: JsonArg,
    },
    /// Check every file and every rule, with cfn-lint where it is installed
    Check(BlueprintsCheckArgs),
    /// Print the catalogue as a template that makes it a Service Catalog portfolio
    Portfolio,
}

#[derive(Debug, Args)]
pub(super) struct BlueprintsCheckArgs {
    /// Blueprints meant for one account: no two may write one SSM name
    #[arg(long, value_name = "ID,ID", value_delimiter = ',')]
    pub together: Vec<String>,
    /// SSM names an application beside them writes (can be given several times)
    #[arg(long, value_name = "APPLICATION=/NAME,/NAME", value_parser = writer)]
    pub beside: Vec<(String, Vec<String>)>,
    #[command(flatten)]
    pub json: JsonArg,
}

pub(super) fn run(file: Option<&Path>, command: &BlueprintsCommand) -> Result<Done, Failure> {
    let config = load_config(file)?;
    let catalogue = manifests::catalogue(&config).map_err(faulty)?;
    match command {
        BlueprintsCommand::List(arg) if arg.json => output::json(&report::list(&catalogue)),
        BlueprintsCommand::List(_) => print_list(catalogue.all()),
        BlueprintsCommand::Show { id, json } => {
            let blueprint = catalogue.get(id).ok_or_else(|| unknown(id))?;
            if json.json { output::json(&BlueprintView::from(blueprint)) } else { print_one(blueprint) }
        }
        BlueprintsCommand::Portfolio => output::line(portfolio::template(&catalogue).trim_end()),
        BlueprintsCommand::Check(args) => {
            let together = together(&catalogue, args)?;
            let mut report = examine(&catalogue)?;
            report.findings.extend(together);
            if args.json.json {
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

/// Reads `mlops-infra=/vpc/id,/vpc/sg/id`.
fn writer(text: &str) -> Result<(String, Vec<String>), String> {
    let written = |names: &str| names.split(',').map(|name| name.trim().to_owned()).collect::<Vec<_>>();
    let read = text.split_once('=').map(|(application, names)| (application.trim().to_owned(), written(names)));
    let good = |(application, names): &(String, Vec<String>)| {
        !application.is_empty() && names.iter().all(|name| name.len() > 1 && name.starts_with('/'))
    };
    read.filter(good).ok_or_else(|| "write it like mlops-infra=/vpc/id,/vpc/sg/id".to_owned())
}

/// What the blueprints chosen together, and what is beside them, both write.
fn together(catalogue: &Catalogue, args: &BlueprintsCheckArgs) -> Result<Vec<Finding>, Failure> {
    let ids: BTreeSet<&str> = args.together.iter().map(|id| id.trim()).collect();
    let chosen: Vec<&Blueprint> =
        ids.iter().map(|id| catalogue.get(id).ok_or_else(|| unknown(id))).collect::<Result<_, _>>()?;
    Ok(check::together(&chosen, &args.beside.iter().cloned().collect()))
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
