//! From the text of `cdk-app.yml` to a [`CdkApp`], or every fault in it. Regions
//! are inherited before any name is made from them.

use std::collections::BTreeMap;

use super::reader::{Fault, Found, Reader, Section};
use super::{
    AccountSet, CdkApp, Environment, ExecutionPolicy, Pipeline, PolicyFiles, Repository, Stage, StageName,
    default_policy_file, default_profile, partition, values,
};
use crate::domain::text::shortened;
use crate::domain::yaml::{self, Node, Value};

const CONFIG: [&str; 3] = ["app_prefix", "pipeline", "deployments"];
const PIPELINE: [&str; 4] = ["account", "region", "bootstrap", "code_commit"];
const BOOTSTRAP: [&str; 4] = ["enabled", "execution_policy_filepath", "execution_policy_arn", "aws_profile"];
const CODE_COMMIT: [&str; 2] = ["infra", "project_template"];
const REPOSITORY: [&str; 2] = ["repo_name", "branch_name"];
const SET: [&str; 4] = ["set_name", "enabled", "default_region", "stages"];
const STAGE: [&str; 5] = ["stage_name", "account", "region", "enabled", "bootstrap"];

/// The fault is noted already.
struct Told;

/// What was seen so far and must not come twice, with where it was seen first.
struct Reading<'f> {
    reader: Reader,
    files: &'f PolicyFiles<'f>,
    accounts: BTreeMap<String, String>,
    sets: BTreeMap<String, String>,
}

/// Reads the whole file.
pub fn cdk_app(yaml: &str, files: &PolicyFiles<'_>) -> Result<CdkApp, Vec<Fault>> {
    let mut reading = Reading { reader: Reader::default(), files, accounts: BTreeMap::new(), sets: BTreeMap::new() };
    let read = match yaml::parse(yaml) {
        Ok(root) => reading.file(&root),
        Err((line, said)) => {
            let sentence = format!("cannot be read as YAML ({said}). Check indentation, quotes and colons.");
            reading.reader.fault("the file", line, sentence);
            None
        }
    };
    let faults = reading.reader.into_faults();
    match read {
        Some(app) if faults.is_empty() => Ok(app),
        _ => Err(faults),
    }
}

impl Reading<'_> {
    fn file(&mut self, root: &Node) -> Option<CdkApp> {
        let top = self.reader.section(root, ("", 1), &["cdk_app_config"]);
        let Some((line, node)) = top.get("cdk_app_config") else {
            if matches!(root.value, Value::Map(_)) && !top.has("cdk_app_config") {
                self.reader.fault("cdk_app_config", 1, "is missing. Put everything below this key.");
            }
            return None;
        };
        // Paths are told from here on: everything stands below this one key.
        let place = if matches!(node.value, Value::Map(_)) { "" } else { "cdk_app_config" };
        let config = self.reader.section(node, (place, line), &CONFIG);
        let app_prefix = self.or_default(&config, "app_prefix", "mlops-cdk");
        let pipeline = self.pipeline(&config);
        let home = pipeline.as_ref().map(|pipeline| pipeline.environment.region.as_str());
        let items = self.reader.items(&config, "deployments");
        let sets: Vec<_> = items.iter().map(|(path, node)| self.set(node, path, home)).collect();
        Some(CdkApp { app_prefix, pipeline: pipeline?, sets: sets.into_iter().collect::<Option<_>>()? })
    }

    fn pipeline(&mut self, config: &Section<'_>) -> Option<Pipeline> {
        if !config.has("pipeline") {
            let sentence = "is missing. Add the governance account: pipeline with account and region.";
            self.reader.fault("pipeline", config.line, sentence);
        }
        let section = self.reader.below(config, "pipeline", &PIPELINE)?;
        let account = self.account(&section);
        let region = self.reader.needed(&section, "region", "the region of the pipelines, like eu-west-1");
        let region = region.and_then(|found| self.read(&found, values::region));
        let code = self.reader.below(&section, "code_commit", &CODE_COMMIT);
        let infra = self.repository(code.as_ref(), "infra", "mlops-infra");
        let project_template = self.repository(code.as_ref(), "project_template", "mlops-sm-project-template");
        let environment = self.environment(&section, account, region)?;
        Some(Pipeline { environment, infra, project_template })
    }

    fn repository(&mut self, code: Option<&Section<'_>>, key: &str, name: &str) -> Repository {
        let Some(section) = code.and_then(|code| self.reader.below(code, key, &REPOSITORY)) else {
            return Repository { repo_name: name.to_owned(), branch_name: "main".to_owned() };
        };
        Repository {
            repo_name: self.or_default(&section, "repo_name", name),
            branch_name: self.or_default(&section, "branch_name", "main"),
        }
    }

    fn set(&mut self, node: &Node, path: &str, home: Option<&str>) -> Option<AccountSet> {
        let section = self.reader.section(node, (path, node.line), &SET);
        let name = self.set_name(&section);
        let enabled = self.reader.flag(&section, "enabled", true);
        let default_region = match self.reader.text(&section, "default_region") {
            Some(found) => self.read(&found, values::region),
            None => home.map(ToOwned::to_owned),
        };
        if !section.has("stages") {
            self.reader.fault(section.path_of("stages"), section.line, "is missing. Add dev, preprod and prod.");
        }
        let items = self.reader.items(&section, "stages");
        let mut written = BTreeMap::new();
        let stages: Vec<_> = items
            .iter()
            .map(|(path, node)| self.stage((node, path), &mut written, default_region.as_deref()))
            .collect();
        if section.get("stages").is_some() {
            self.all_three(&section, &written);
        }
        let mut stages: Vec<Stage> = stages.into_iter().collect::<Option<_>>()?;
        stages.sort_by_key(|stage| stage.stage_name);
        Some(AccountSet { set_name: name?, enabled, default_region: default_region?, stages })
    }

    fn set_name(&mut self, section: &Section<'_>) -> Option<String> {
        let found = self.reader.needed(section, "set_name", "a name for this set of accounts")?;
        let name = self.read(&found, |text| values::written_set_name(text, found.plain))?;
        if let Some(first) = self.sets.get(&name) {
            let sentence = format!("`{name}` is the name of {first} already. Choose another.");
            self.reader.wrong(&found, sentence);
            return None;
        }
        self.sets.insert(name.clone(), section.path.clone());
        Some(name)
    }

    /// Each stage once, none missing.
    fn all_three(&mut self, section: &Section<'_>, written: &BTreeMap<StageName, String>) {
        for name in StageName::ALL.into_iter().filter(|name| !written.contains_key(name)) {
            let sentence = format!("{} is missing. Add an entry with stage_name: {0}.", name.word());
            let line = section.get("stages").map_or(section.line, |(line, _)| line);
            self.reader.fault(section.path_of("stages"), line, sentence);
        }
    }

    fn stage(
        &mut self,
        (node, path): (&Node, &str),
        written: &mut BTreeMap<StageName, String>,
        default_region: Option<&str>,
    ) -> Option<Stage> {
        let section = self.reader.section(node, (path, node.line), &STAGE);
        let name = self.stage_name(&section, written);
        let enabled = self.reader.flag(&section, "enabled", true);
        if !enabled && name == Some(StageName::Dev) {
            let line = section.get("enabled").map_or(section.line, |(line, _)| line);
            let sentence =
                "is false for dev, which preprod and prod are deployed from. Disable the set, or remove the line.";
            self.reader.fault(section.path_of("enabled"), line, sentence);
        }
        let account = self.account(&section);
        let region = match self.reader.text(&section, "region") {
            Some(found) => self.read(&found, values::region),
            None => default_region.map(ToOwned::to_owned),
        };
        let environment = self.environment(&section, account, region);
        Some(Stage { stage_name: name?, enabled, environment: environment? })
    }

    fn stage_name(&mut self, section: &Section<'_>, written: &mut BTreeMap<StageName, String>) -> Option<StageName> {
        let found = self.reader.needed(section, "stage_name", "dev, preprod or prod")?;
        let Some(name) = StageName::ALL.into_iter().find(|name| name.word() == found.text) else {
            let sentence = format!("`{}` is no stage. Write dev, preprod or prod.", shortened(found.text, 40));
            self.reader.wrong(&found, sentence);
            return None;
        };
        if let Some(first) = written.get(&name) {
            let sentence = format!("{} is {first} already. Keep one of them.", name.word());
            self.reader.wrong(&found, sentence);
            return None;
        }
        written.insert(name, section.path.clone());
        Some(name)
    }

    /// One account has one place in the file: its toolkit stack has one list of trusted accounts.
    fn account(&mut self, section: &Section<'_>) -> Option<String> {
        let found = self.reader.needed(section, "account", "the account's 12 digits, in quotes")?;
        let account = self.read(&found, |text| values::written_account_id(text, found.plain))?;
        if let Some(first) = self.accounts.get(&account) {
            let sentence = format!("{account} is the account of {first} already. Give every stage its own.");
            self.reader.wrong(&found, sentence);
            return None;
        }
        self.accounts.insert(account.clone(), section.path.clone());
        Some(account)
    }

    /// Bootstrap of a section whose account and region are known by now.
    fn environment(
        &mut self,
        section: &Section<'_>,
        account: Option<String>,
        region: Option<String>,
    ) -> Option<Environment> {
        let bootstrap = self.reader.below(section, "bootstrap", &BOOTSTRAP);
        let enabled = bootstrap.as_ref().is_none_or(|b| self.reader.flag(b, "enabled", true));
        let profile = bootstrap.as_ref().and_then(|b| self.reader.text(b, "aws_profile"));
        let profile = profile.map(|found| self.read(&found, values::profile));
        let file = bootstrap.as_ref().and_then(|b| self.reader.text(b, "execution_policy_filepath"));
        let arn = bootstrap.as_ref().and_then(|b| self.reader.text(b, "execution_policy_arn"));
        let (account, region) = (account?, region?);
        let place = (section.path_of("bootstrap"), section.line);
        let execution_policy = self.policy(file, arn, (&account, &region), place)?;
        let aws_profile = profile.unwrap_or_else(|| Some(default_profile(&account, &region)))?;
        Some(Environment { account, region, bootstrap: enabled, aws_profile, execution_policy })
    }

    /// What was named, else the file under the usual name, else everything.
    fn policy(
        &mut self,
        file: Option<Found<'_>>,
        arn: Option<Found<'_>>,
        (account, region): (&str, &str),
        (path, line): (String, u64),
    ) -> Option<ExecutionPolicy> {
        let usual = default_policy_file(account, region);
        match (file, arn) {
            (Some(_), Some(arn)) => {
                let sentence =
                    "stands beside execution_policy_filepath, and only one can count. Remove one of the two.";
                self.reader.wrong(&arn, sentence);
                None
            }
            (Some(file), None) => {
                let json = self.document(file.text, &file.path, file.line).ok()?;
                if json.is_none() {
                    let sentence =
                        format!("there is no file {}. Add it, or correct the name.", shortened(file.text, 80));
                    self.reader.wrong(&file, sentence);
                }
                Some(ExecutionPolicy::Document { file: file.text.to_owned(), json: json? })
            }
            (None, Some(arn)) => {
                if self.document(&usual, &arn.path, arn.line).ok()?.is_some() {
                    let sentence = format!("is named, and the file {usual} is there too. Remove one of the two.");
                    self.reader.wrong(&arn, sentence);
                    return None;
                }
                self.read(&arn, |text| values::policy_arn(text, account, partition(region))).map(ExecutionPolicy::Arn)
            }
            (None, None) => Some(match self.document(&usual, &path, line).ok()? {
                Some(json) => ExecutionPolicy::Document { file: usual, json },
                None => ExecutionPolicy::AdministratorAccess,
            }),
        }
    }

    /// The text of a policy file; `None` when there is no such file.
    fn document(&mut self, name: &str, path: &str, line: u64) -> Result<Option<String>, Told> {
        let shown = shortened(name, 80);
        match (self.files)(name) {
            Ok(None) => Ok(None),
            Ok(Some(text)) => match values::policy_document(&text) {
                Ok(()) => Ok(Some(text)),
                Err(clause) => {
                    self.reader.fault(path, line, format!("the file {shown} {clause}"));
                    Err(Told)
                }
            },
            Err(why) => {
                self.reader.fault(path, line, format!("the file {shown} cannot be read ({why}). Make it readable."));
                Err(Told)
            }
        }
    }

    fn or_default(&mut self, section: &Section<'_>, key: &str, default: &str) -> String {
        self.reader.text(section, key).map_or(default, |found| found.text).to_owned()
    }

    fn read<T>(&mut self, found: &Found<'_>, read: impl Fn(&str) -> Result<T, String>) -> Option<T> {
        read(found.text).map_err(|clause| self.reader.wrong(found, clause)).ok()
    }
}
