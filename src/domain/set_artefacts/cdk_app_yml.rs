//! `cdk-app.yml` of a finished set, alone or added to a file that has others.
//! Nothing is left to be inherited: a file that says everything means the same
//! wherever it is copied.

use std::fmt::Write as _;

use super::{FinishedSet, FinishedStage, PolicyChoice, quoted};
use crate::domain::cdk_app::tree::{self, Node, Value};
use crate::domain::cdk_app::{self, CdkApp, Fault};

/// The whole file for this set alone.
pub(super) fn file(set: &FinishedSet) -> String {
    let profile = cdk_app::default_profile(&set.pipeline.account, &set.pipeline.region);
    format!(
        "cdk_app_config:
  app_prefix: mlops-cdk
  pipeline:
    account: {account}
    region: {region}
    bootstrap:
      enabled: true
      aws_profile: {profile}
    code_commit:
      infra:
        repo_name: mlops-infra
        branch_name: main
      project_template:
        repo_name: mlops-sm-project-template
        branch_name: main

  deployments:
{entry}",
        account = quoted(&set.pipeline.account),
        region = set.pipeline.region,
        profile = quoted(&profile),
        entry = entry(set, 4),
    )
}

/// The set's entry in the list of deployments, indented.
fn entry(set: &FinishedSet, indent: usize) -> String {
    let mut text = format!(
        "- set_name: {}\n  enabled: true\n  default_region: {}\n  stages:\n",
        quoted(&set.set_name),
        set.default_region
    );
    let mut stages: Vec<&FinishedStage> = set.stages.iter().collect();
    stages.sort_by_key(|stage| stage.stage);
    for stage in stages {
        let _ = write!(
            text,
            "    - stage_name: {name}
      account: {account}
      region: {region}
      enabled: true
      bootstrap:
        enabled: true
        {policy}
        aws_profile: {profile}
",
            name = stage.stage.word(),
            account = quoted(&stage.account_id),
            region = stage.region,
            policy = policy(stage),
            profile = quoted(&stage.profile_name()),
        );
    }
    text.lines().fold(String::new(), |all, line| all + &" ".repeat(indent) + line + "\n")
}

fn policy(stage: &FinishedStage) -> String {
    let arn = |arn: &str| format!("execution_policy_arn: {}", quoted(arn));
    match &stage.policy {
        PolicyChoice::AdministratorAccess => arn(&cdk_app::administrator_access(&stage.region)),
        PolicyChoice::Arn(named) => arn(named),
        PolicyChoice::LeastPrivilege => format!("execution_policy_filepath: {}", quoted(&stage.policy_file())),
    }
}

/// Adds the set to the text of a `cdk-app.yml`; every other line stays as it is. A
/// set that is in it already, just so, changes nothing.
///
/// # Errors
/// The faults of the text, what is in the set's way, or where the text is written
/// in a form that cannot be added to.
pub fn add_set(existing: &str, set: &FinishedSet) -> Result<String, Vec<Fault>> {
    let before = CdkApp::read_alone(existing)?;
    let alone = CdkApp::read_alone(&file(set))?;
    if before.sets.iter().any(|known| alone.sets.contains(known)) {
        return Ok(existing.to_owned());
    }
    let stranger = (&before.pipeline.environment.account, &before.pipeline.environment.region)
        != (&set.pipeline.account, &set.pipeline.region);
    if stranger {
        let sentence = "is another governance account or region than the set's. Add the set to its own file.";
        return Err(vec![fault("pipeline", existing, "pipeline:", sentence)]);
    }
    let unusual = || {
        vec![fault(
            "deployments",
            existing,
            "deployments",
            "is not written line by line, so nothing can be added. Write each set as an entry that begins with `- `.",
        )]
    };
    let added = inserted(existing, set).ok_or_else(unusual)?;
    let after = CdkApp::read_alone(&added)?;
    let kept = after.sets.len() == before.sets.len() + 1 && after.sets.starts_with(&before.sets);
    if kept && after.sets.ends_with(&alone.sets) { Ok(added) } else { Err(unusual()) }
}

fn fault(path: &str, text: &str, begins: &str, sentence: &str) -> Fault {
    let line = text.lines().position(|line| line.trim_start().starts_with(begins)).map_or(1, |index| index + 1);
    Fault { path: path.to_owned(), line: u64::try_from(line).unwrap_or(1), sentence: sentence.to_owned() }
}

/// The text with the set's entry behind the last one; `None` when the list is not in block style.
fn inserted(existing: &str, set: &FinishedSet) -> Option<String> {
    let root = tree::parse(existing).ok()?;
    let Value::Map(top) = &root.value else { return None };
    let Value::Map(config) = &top.first()?.1.value else { return None };
    let lines: Vec<&str> = existing.lines().collect();
    let position = config.iter().position(|(key, _)| key.name == "deployments");
    let Some(position) = position else {
        let indent = usize::try_from(config.first()?.0.column).ok()?.checked_sub(1)?;
        let entry = format!("{0:indent$}deployments:\n{1}", "", entry(set, indent + 2));
        return Some(with_entry(&lines, lines.len(), &entry));
    };
    let indent = dash_column(&config[position].1, &lines)?;
    let next = config.get(position + 1).and_then(|(key, _)| usize::try_from(key.line).ok());
    Some(with_entry(&lines, next.map_or(lines.len(), |line| line - 1), &entry(set, indent)))
}

/// The column of the dash before the first entry, from 0.
fn dash_column(list: &Node, lines: &[&str]) -> Option<usize> {
    let Value::List(items) = &list.value else { return None };
    let line = lines.get(usize::try_from(items.first()?.line).ok()?.checked_sub(1)?)?;
    let blanks = line.len() - line.trim_start_matches(' ').len();
    line[blanks..].starts_with("- ").then_some(blanks)
}

/// Puts the entry before line `end` (from 0), above the blanks and comments there.
fn with_entry(lines: &[&str], mut end: usize, entry: &str) -> String {
    let is_apart = |line: &str| line.trim().is_empty() || line.trim_start().starts_with('#');
    while end > 0 && is_apart(lines[end - 1]) {
        end -= 1;
    }
    let (before, after) = lines.split_at(end);
    let whole = |lines: &[&str]| lines.iter().fold(String::new(), |all, line| all + line + "\n");
    whole(before) + "\n" + entry + &whole(after)
}
