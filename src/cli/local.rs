//! Commands that need no server: configuration, manifests, tokens.

use std::path::Path;

use serde_json::json;

use super::args::{BlueprintsCommand, CheckCommand, ConfigCommand, TokensCommand};
use super::exit::{Done, Exit, Failure};
use super::output::{self, safe};
use crate::config::{Config, DEFAULT_FILE, TokenHash, manifests, show};
use crate::domain::blueprint::Blueprint;
use crate::domain::dialogue::Bot;
use crate::domain::policy::Policy;
use crate::domain::spec::hex;

/// Reads the configuration of this process.
pub(super) fn load_config(file: Option<&Path>) -> Result<Config, Failure> {
    let text = |os: std::ffi::OsString| os.to_string_lossy().into_owned();
    let env = std::env::vars_os().map(|(name, value)| (text(name), text(value)));
    Config::load(file, env, Path::new(DEFAULT_FILE)).map_err(|faults| Failure::usage(faults.to_string()))
}

pub(super) fn config(file: Option<&Path>, command: &ConfigCommand) -> Result<Done, Failure> {
    match command {
        ConfigCommand::Check => {
            load_config(file)?;
            output::line("The configuration is good.")
        }
        ConfigCommand::Show(arg) => {
            let config = load_config(file)?;
            if arg.json { output::json(&config.shown) } else { output::line(show::effective(&config.shown).trim_end()) }
        }
        ConfigCommand::Sample => output::line(show::sample().trim_end()),
    }
}

pub(super) fn policy(file: Option<&Path>, command: &CheckCommand) -> Result<Done, Failure> {
    let CheckCommand::Check { file: manifest } = command;
    match manifest {
        Some(path) => check_text(path, |text| Policy::parse(text).map(|_| ()))?,
        None => drop(manifests::policy(&load_config(file)?).map_err(faulty)?),
    }
    output::line("The policy is good.")
}

pub(super) fn bot(file: Option<&Path>, command: &CheckCommand) -> Result<Done, Failure> {
    let CheckCommand::Check { file: manifest } = command;
    match manifest {
        Some(path) => check_text(path, |text| Bot::parse(text).map(|_| ()))?,
        None => drop(manifests::bot(&load_config(file)?).map_err(faulty)?),
    }
    output::line("The bot manifest is good.")
}

pub(super) fn blueprints(file: Option<&Path>, command: &BlueprintsCommand) -> Result<Done, Failure> {
    let config = load_config(file)?;
    let catalogue = manifests::catalogue(&config).map_err(faulty)?;
    match command {
        BlueprintsCommand::List(arg) if arg.json => {
            output::json(&catalogue.all().iter().map(summary).collect::<Vec<_>>())
        }
        BlueprintsCommand::List(_) => list_blueprints(catalogue.all()),
        BlueprintsCommand::Show { id, json } => {
            let unknown = || {
                Failure::new(
                    Exit::NotFound,
                    format!("there is no blueprint `{}`. `vend blueprints list` shows all.", safe(id)),
                )
            };
            let blueprint = catalogue.get(id).ok_or_else(unknown)?;
            if json.json { output::json(&details(blueprint)) } else { show_blueprint(blueprint) }
        }
        BlueprintsCommand::Check => output::line(&format!("{} blueprints, all good.", catalogue.all().len())),
    }
}

fn list_blueprints(all: &[Blueprint]) -> Result<Done, Failure> {
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

fn show_blueprint(blueprint: &Blueprint) -> Result<Done, Failure> {
    output::line(&format!("{} {}: {}", blueprint.id, blueprint.version, blueprint.title))?;
    output::line(&blueprint.description)?;
    output::line(&format!("Costs {}.", blueprint.monthly_cost_usd))?;
    output::line("")?;
    let row = |p: &crate::domain::blueprint::Parameter| {
        let asked = if p.ask { "asked" } else { "" };
        vec![p.name.clone(), asked.to_owned(), p.default.clone().unwrap_or_default(), p.description.clone()]
    };
    let rows: Vec<_> = blueprint.parameters.iter().map(row).collect();
    output::line(&output::table(&["PARAMETER", "ASKED", "DEFAULT", "MEANING"], &rows, &|_, _, cell| cell))
}

fn summary(blueprint: &Blueprint) -> serde_json::Value {
    json!({
        "id": blueprint.id, "version": blueprint.version, "title": blueprint.title,
        "description": blueprint.description, "account_types": blueprint.accepts_account_types,
        "monthly_cost_usd": blueprint.monthly_cost_usd,
    })
}

fn details(blueprint: &Blueprint) -> serde_json::Value {
    let parameter = |p: &crate::domain::blueprint::Parameter| {
        json!({
            "name": p.name, "kind": p.kind, "description": p.description, "default": p.default, "asked": p.ask,
            "allowed": p.allowed, "min": p.min, "max": p.max,
        })
    };
    let mut value = summary(blueprint);
    value["parameters"] = blueprint.parameters.iter().map(parameter).collect();
    value
}

/// A bearer token: 256 random bits behind a mark that the log's redactor knows.
fn new_token() -> String {
    format!("vendtok_{}", hex(&rand::random::<[u8; 32]>()))
}

pub(super) fn tokens(command: TokensCommand) -> Result<Done, Failure> {
    let TokensCommand::New { name, email, scopes } = command;
    let token = new_token();
    let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
    let scopes = scopes.iter().map(|scope| quoted(scope)).collect::<Vec<_>>().join(", ");
    output::remark("The token, shown only now; its holder sends it as `Authorization: Bearer …`:");
    output::line(&token)?;
    output::remark("\nThe entry for the configuration file, which keeps only the hash:");
    output::line(&format!(
        "[[auth.tokens]]\nname = {}\nemail = {}\nhash = \"{}\"\nscopes = [{scopes}]",
        quoted(&name),
        quoted(&email),
        TokenHash::of(&token)
    ))
}

fn check_text(path: &Path, check: impl Fn(&str) -> Result<(), Vec<String>>) -> Result<(), Failure> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::usage(format!("{} cannot be read: {error}", path.display())))?;
    let place = |fault: String| format!("{}: {fault}", path.display());
    check(&text).map_err(|faults| faulty(faults.into_iter().map(place).collect()))
}

/// A manifest's faults: all of them, as wrong configuration.
fn faulty(faults: Vec<String>) -> Failure {
    let count = if faults.len() == 1 { "one fault".to_owned() } else { format!("{} faults", faults.len()) };
    Failure::usage(format!("{count}:\n  {}", faults.join("\n  ")))
}
