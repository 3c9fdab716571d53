//! `vend cdk-app`: whether a `cdk-app.yml` is good, and what it comes to once
//! everything is inherited and defaulted. Prints; the rules are the domain's.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use clap::Subcommand;
use serde_json::json;

use super::args::JsonArg;
use super::exit::{Done, Exit, Failure};
use super::local::faulty;
use super::output::{self, safe};
use crate::config::manifests::ManifestFaults;
use crate::domain::cdk_app::{self, CdkApp, Environment, Fault};
use crate::domain::set_artefacts::add_sets;

#[derive(Debug, Subcommand)]
pub(super) enum CdkAppCommand {
    /// Check a cdk-app.yml, report every fault, and print every value as it is resolved
    Check {
        /// The file; execution policies are looked up relative to it
        file: PathBuf,
        #[command(flatten)]
        json: JsonArg,
    },
    /// Add the sets of one cdk-app.yml to another; every other line of it stays as it is
    Add {
        /// The file to add to; execution policies must lie where it names them
        file: PathBuf,
        /// The file with the sets, as a finished set hands it over
        sets: PathBuf,
    },
}

pub(super) fn run(command: &CdkAppCommand) -> Result<Done, Failure> {
    match command {
        CdkAppCommand::Check { file, json } => check(file, json.json),
        CdkAppCommand::Add { file, sets } => add(file, sets),
    }
}

fn check(file: &Path, json: bool) -> Result<Done, Failure> {
    match (CdkApp::read(&text_of(file)?, &|name| policy_file(file, name)), json) {
        (Ok(app), false) => print(&app),
        (Ok(app), true) => {
            let bootstraps = cdk_app::bootstrap_plan(&app);
            output::json(&json!({ "file": file, "valid": true, "app": app, "bootstraps": bootstraps }))
        }
        (Err(faults), false) => Err(placed(file, faults)),
        (Err(faults), true) => {
            output::json(&json!({ "file": file, "valid": false, "faults": faults }))?;
            Err(Failure::new(Exit::Usage, ""))
        }
    }
}

fn add(file: &Path, sets: &Path) -> Result<Done, Failure> {
    let (existing, added) = (text_of(file)?, text_of(sets)?);
    let added = CdkApp::read(&added, &|name| policy_file(sets, name)).map_err(|faults| placed(sets, faults))?;
    let text = add_sets(&existing, &added, &|name| policy_file(file, name)).map_err(|faults| placed(file, faults))?;
    let names: Vec<_> = added.sets.iter().map(|set| set.set_name.as_str()).collect();
    let names = names.join(", ");
    if text == existing {
        return output::line(&format!("{} has {names} already; nothing was changed.", file.display()));
    }
    std::fs::write(file, text)
        .map_err(|error| Failure::failed(format!("{} cannot be written: {error}", file.display())))?;
    output::line(&format!("{} has {names} now.", file.display()))
}

fn text_of(file: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(file).map_err(|error| Failure::usage(format!("{} cannot be read: {error}", file.display())))
}

fn placed(file: &Path, faults: Vec<Fault>) -> Failure {
    let line = |Fault { path, line, sentence }| format!("{}:{line}: {path}: {sentence}", file.display());
    faulty(ManifestFaults(faults.into_iter().map(line).collect()))
}

/// A policy beside a file. One that is there and cannot be read is not the same as none.
fn policy_file(file: &Path, name: &str) -> Result<Option<String>, String> {
    match std::fs::read_to_string(file.parent().unwrap_or(Path::new("")).join(name)) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.to_string()),
    }
}

const HEAD: [&str; 9] =
    ["SET", "STAGE", "ACCOUNT", "REGION", "ENABLED", "BOOTSTRAP", "PROFILE", "EXECUTION POLICY", "TRUSTS"];

fn print(app: &CdkApp) -> Result<Done, Failure> {
    let governance = &app.pipeline.environment;
    let mut rows = vec![row(["", "governance"], true, governance, &[])];
    for set in &app.sets {
        for stage in &set.stages {
            let trusts = cdk_app::trusts(&governance.account, set, stage.stage_name);
            let names = [set.set_name.as_str(), stage.stage_name.word()];
            rows.push(row(names, set.enabled && stage.enabled, &stage.environment, &trusts));
        }
    }
    output::line(&output::table(&HEAD, &rows, &|_, _, cell| cell))?;
    output::line(&format!("\napp_prefix: {}", safe(&app.app_prefix)))?;
    for (name, repository) in [("infra", &app.pipeline.infra), ("project_template", &app.pipeline.project_template)] {
        let (repo, branch) = (safe(&repository.repo_name), safe(&repository.branch_name));
        output::line(&format!("code_commit.{name}: {repo}, branch {branch}"))?;
    }
    let order: Vec<_> = cdk_app::bootstrap_plan(app).iter().map(|bootstrap| bootstrap.of.to_string()).collect();
    let order = if order.is_empty() { "none".to_owned() } else { order.join(", ") };
    output::line(&format!("bootstraps, in this order (qualifier {}): {order}", cdk_app::QUALIFIER))?;
    output::line("The file is good.")
}

fn row(names: [&str; 2], enabled: bool, at: &Environment, trusts: &[String]) -> Vec<String> {
    let yes_or_no = |yes| if yes { "yes" } else { "no" }.to_owned();
    vec![
        names[0].to_owned(),
        names[1].to_owned(),
        at.account.clone(),
        at.region.clone(),
        yes_or_no(enabled),
        yes_or_no(at.bootstrap),
        safe(&at.aws_profile),
        safe(&at.execution_policy.in_words()),
        trusts.join(", "),
    ]
}
