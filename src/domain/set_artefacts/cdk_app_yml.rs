//! `cdk-app.yml` of a finished set, alone or added to a file that has others.
//! Nothing is left to be inherited: a file that says everything means the same
//! wherever it is copied.

use std::fmt::Write as _;

use super::{FinishedSet, FinishedStage, PolicyChoice, least_privilege, quoted};
use crate::domain::cdk_app::{self, AccountSet, CdkApp, Environment, ExecutionPolicy, Fault, PolicyFiles, Stage};
use crate::domain::yaml::{self, Node, Value};

/// The governance account as the file says it.
pub(super) fn governance(set: &FinishedSet) -> Environment {
    let profile = cdk_app::default_profile(&set.pipeline.account, &set.pipeline.region);
    environment(&set.pipeline.account, &set.pipeline.region, &set.pipeline.policy, profile)
}

/// The set as the file says it.
pub(super) fn account_set(set: &FinishedSet) -> AccountSet {
    let stage = |of: &FinishedStage| Stage {
        stage_name: of.stage,
        enabled: true,
        environment: environment(&of.account_id, &of.region, &of.policy, of.profile_name()),
    };
    let mut stages: Vec<_> = set.stages.iter().map(stage).collect();
    stages.sort_by_key(|stage| stage.stage_name);
    AccountSet { set_name: set.set_name.clone(), enabled: true, default_region: set.default_region.clone(), stages }
}

fn environment(account: &str, region: &str, policy: &PolicyChoice, aws_profile: String) -> Environment {
    Environment {
        account: account.to_owned(),
        region: region.to_owned(),
        bootstrap: true,
        aws_profile,
        execution_policy: match policy {
            PolicyChoice::AdministratorAccess => ExecutionPolicy::AdministratorAccess,
            PolicyChoice::Arn(arn) => ExecutionPolicy::Arn(arn.clone()),
            PolicyChoice::LeastPrivilege => ExecutionPolicy::Document {
                file: cdk_app::default_policy_file(account, region),
                json: least_privilege(account, region),
            },
        },
    }
}

/// The whole file for this set alone.
pub(super) fn file(set: &FinishedSet) -> String {
    let governance = governance(set);
    format!(
        "cdk_app_config:
  app_prefix: mlops-cdk
  pipeline:
    account: {account}
    region: {region}
{bootstrap}    code_commit:
      infra:
        repo_name: mlops-infra
        branch_name: main
      project_template:
        repo_name: mlops-sm-project-template
        branch_name: main

  deployments:
{entry}",
        account = quoted(&governance.account),
        region = governance.region,
        bootstrap = indented(&bootstrap(&governance), 4),
        entry = entry(&account_set(set), 4),
    )
}

/// A set's entry in the list of deployments, indented, with everything it inherits written out.
fn entry(set: &AccountSet, indent: usize) -> String {
    let AccountSet { set_name, enabled, default_region, stages } = set;
    let set_name = quoted(set_name);
    let mut text =
        format!("- set_name: {set_name}\n  enabled: {enabled}\n  default_region: {default_region}\n  stages:\n");
    for Stage { stage_name, enabled, environment } in stages {
        let (name, account, region) = (stage_name.word(), quoted(&environment.account), &environment.region);
        let _ = write!(
            text,
            "    - stage_name: {name}\n      account: {account}\n      region: {region}\n      enabled: {enabled}\n{}",
            indented(&bootstrap(environment), 6)
        );
    }
    indented(&text, indent)
}

fn bootstrap(at: &Environment) -> String {
    let policy = match &at.execution_policy {
        ExecutionPolicy::AdministratorAccess => arn(&cdk_app::administrator_access(&at.region)),
        ExecutionPolicy::Arn(named) => arn(named),
        ExecutionPolicy::Document { file, .. } => format!("execution_policy_filepath: {}", quoted(file)),
    };
    let (enabled, profile) = (at.bootstrap, quoted(&at.aws_profile));
    format!("bootstrap:\n  enabled: {enabled}\n  {policy}\n  aws_profile: {profile}\n")
}

fn arn(arn: &str) -> String {
    format!("execution_policy_arn: {}", quoted(arn))
}

fn indented(text: &str, by: usize) -> String {
    text.lines().fold(String::new(), |all, line| all + &" ".repeat(by) + line + "\n")
}

/// Adds the sets of one `cdk-app.yml` to the text of another, whose policy files are
/// looked up in `files`; every other line stays as it is. A set that is in it already,
/// just so, is not added again.
///
/// # Errors
/// The faults of the text or of what would become of it, what is in a set's way, or
/// where the text is written in a form that cannot be added to.
pub fn add_sets(existing: &str, from: &CdkApp, files: &PolicyFiles<'_>) -> Result<String, Vec<Fault>> {
    let before = CdkApp::read(existing, files)?;
    if let Some((path, sentence)) = stranger(&before.pipeline.environment, &from.pipeline.environment) {
        return Err(vec![fault(path, existing, "pipeline:", &sentence)]);
    }
    let unusual = || {
        vec![fault(
            "deployments",
            existing,
            "deployments",
            "is not written line by line, so nothing can be added. Write each set as an entry that begins with `- `.",
        )]
    };
    let missing: Vec<_> = from.sets.iter().filter(|set| !before.sets.iter().any(|known| same(known, set))).collect();
    let mut added = existing.to_owned();
    for set in &missing {
        added = inserted(&added, set).ok_or_else(unusual)?;
    }
    let after = CdkApp::read(&added, files)?;
    let (kept, new) = after.sets.split_at(before.sets.len().min(after.sets.len()));
    let whole = new.len() == missing.len() && new.iter().zip(missing).all(|(new, set)| same(new, set));
    if kept == before.sets && whole { Ok(added) } else { Err(unusual()) }
}

/// Whether two sets say the same, however much of it they leave to be inherited.
fn same(one: &AccountSet, other: &AccountSet) -> bool {
    entry(one, 0) == entry(other, 0)
}

/// What tells two governance accounts apart. A file has one, and it is bootstrapped once:
/// the policy that was approved with the set must be the one the file says.
fn stranger(says: &Environment, approved: &Environment) -> Option<(&'static str, String)> {
    if (&says.account, &says.region) != (&approved.account, &approved.region) {
        let sentence = "is another governance account or region than the set's. Add the set to its own file.";
        return Some(("pipeline", sentence.to_owned()));
    }
    let words = |at: &Environment| at.execution_policy.in_words();
    let differ = words(says) != words(approved);
    differ.then(|| {
        let (says, approved) = (words(says), words(approved));
        let sentence =
            format!("has the execution policy {says}, and with this set {approved} was approved. Agree on one of them there first.");
        ("pipeline.bootstrap", sentence)
    })
}

fn fault(path: &str, text: &str, begins: &str, sentence: &str) -> Fault {
    let line = text.lines().position(|line| line.trim_start().starts_with(begins)).map_or(1, |index| index + 1);
    Fault { path: path.to_owned(), line: u64::try_from(line).unwrap_or(1), sentence: sentence.to_owned() }
}

/// The text with the set's entry behind the last one; `None` when the list is not in block style.
fn inserted(existing: &str, set: &AccountSet) -> Option<String> {
    let root = yaml::parse(existing).ok()?;
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
