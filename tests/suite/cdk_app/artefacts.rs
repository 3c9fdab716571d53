//! The files of a finished set: what they say, and that our own check and IAM's
//! rules find them good.

use serde_json::Value;
use vend::domain::blueprint::check::is_known_action;
use vend::domain::cdk_app::{self, CdkApp, ExecutionPolicy, Fault, StageName, bootstrap_plan};
use vend::domain::set_artefacts::{
    Artefact, FinishedSet, FinishedStage, PipelineAccount, PolicyChoice, add_sets, artefacts, least_privilege,
};

use super::{fixtures, read};

fn stage(stage: StageName, account: &str, region: &str, policy: PolicyChoice) -> FinishedStage {
    let network = format!("10.{}.0.0/16", 20 + stage as u8);
    FinishedStage {
        stage,
        account_id: account.to_owned(),
        region: region.to_owned(),
        policy,
        profile: None,
        availability_zones: ["a", "b", "c"].iter().map(|zone| format!("{region}{zone}")).collect(),
        vpc_cidr: Some(network.parse().unwrap()),
    }
}

/// A set with every choice in it, its stages out of order.
fn fraud() -> FinishedSet {
    let named = PolicyChoice::Arn("arn:aws:iam::033333333333:policy/team/cdk".to_owned());
    FinishedSet {
        set_name: "fraud".to_owned(),
        pipeline: PipelineAccount {
            account: "011111111111".to_owned(),
            region: "us-east-1".to_owned(),
            policy: PolicyChoice::LeastPrivilege,
        },
        default_region: "eu-west-1".to_owned(),
        stages: vec![
            stage(StageName::Prod, "044444444444", "eu-central-1", PolicyChoice::LeastPrivilege),
            stage(StageName::Dev, "022222222222", "eu-west-1", PolicyChoice::AdministratorAccess),
            stage(StageName::Preprod, "033333333333", "eu-west-1", named),
        ],
    }
}

/// The same in other accounts, next to [`fraud`].
fn churn() -> FinishedSet {
    let mut set = fraud();
    "churn".clone_into(&mut set.set_name);
    for (number, stage) in (5..).zip(&mut set.stages) {
        stage.account_id = number.to_string().repeat(12);
        stage.policy = PolicyChoice::AdministratorAccess;
    }
    set
}

fn named<'a>(all: &'a [Artefact], name: &str) -> &'a Artefact {
    all.iter().find(|artefact| artefact.name == name).unwrap_or_else(|| panic!("no {name}"))
}

/// A policy, if the text names it.
fn policy_in(text: &str, name: &str) -> Option<String> {
    text.contains(name).then(|| least_privilege("111111111111", "us-east-1"))
}

/// Reads a file beside which every policy lies that it names.
fn alone(text: &str) -> Result<CdkApp, Vec<Fault>> {
    CdkApp::read(text, &|name| Ok(policy_in(text, name)))
}

#[test]
fn the_files_of_a_finished_set() {
    for artefact in artefacts(&fraud()) {
        insta::assert_snapshot!(artefact.name.clone(), format!("{}\n\n{}", artefact.media_type, artefact.body));
    }
}

#[test]
fn our_own_check_finds_no_fault_in_the_emitted_file_and_reads_what_was_approved() {
    let folder = tempfile::tempdir().unwrap();
    for artefact in artefacts(&fraud()) {
        std::fs::write(folder.path().join(&artefact.name), &artefact.body).unwrap();
    }
    let app = read(&folder.path().join("cdk-app.yml")).unwrap();
    let stages = &app.sets[0].stages;
    let accounts: Vec<_> = stages.iter().map(|stage| stage.environment.account.as_str()).collect();
    assert_eq!(accounts, ["022222222222", "033333333333", "044444444444"]);
    assert_eq!(app.pipeline.environment.account, "011111111111");
    let policies: Vec<_> = stages.iter().map(|stage| stage.environment.execution_policy.in_words()).collect();
    let file = "execution_policy_044444444444_eu-central-1.json";
    assert_eq!(policies, ["ADMINISTRATOR ACCESS", "arn:aws:iam::033333333333:policy/team/cdk", file]);
    let ExecutionPolicy::Document { json, .. } = &stages[2].environment.execution_policy else { panic!("a document") };
    assert_eq!(*json, least_privilege("044444444444", "eu-central-1"));
}

#[test]
fn governance_keeps_the_policy_that_was_approved() {
    let arn = "arn:aws:iam::011111111111:policy/pipelines";
    let file = "execution_policy_011111111111_us-east-1.json";
    let everything = cdk_app::administrator_access("us-east-1");
    let document = least_privilege("011111111111", "us-east-1");
    let expected = [
        (PolicyChoice::LeastPrivilege, ExecutionPolicy::Document { file: file.to_owned(), json: document }),
        (PolicyChoice::Arn(arn.to_owned()), ExecutionPolicy::Arn(arn.to_owned())),
        (PolicyChoice::AdministratorAccess, ExecutionPolicy::Arn(everything)),
    ];
    for (choice, policy) in expected {
        let folder = tempfile::tempdir().unwrap();
        let mut set = fraud();
        set.pipeline.policy = choice;
        for artefact in artefacts(&set) {
            std::fs::write(folder.path().join(&artefact.name), &artefact.body).unwrap();
        }
        let app = read(&folder.path().join("cdk-app.yml")).unwrap();
        assert_eq!(app.pipeline.environment.execution_policy, policy);
        assert_eq!(bootstrap_plan(&app)[0].environment.execution_policy, policy);
        assert_eq!(folder.path().join(file).exists(), set.pipeline.policy == PolicyChoice::LeastPrivilege);
    }
}

#[test]
fn nothing_in_the_emitted_file_is_left_to_be_inherited() {
    let body = named(&artefacts(&fraud()), "cdk-app.yml").body.clone();
    let stages = &alone(&body).unwrap().sets[0].stages;
    let moved = body
        .replace("region: us-east-1", "region: sa-east-1")
        .replace("default_region: eu-west-1", "default_region: sa-east-1");
    assert_eq!(alone(&moved).unwrap().sets[0].stages, *stages);
}

#[test]
fn the_same_set_gives_the_same_bytes() {
    assert_eq!(artefacts(&fraud()), artefacts(&fraud()));
    let mut sorted = fraud();
    sorted.stages.sort_by_key(|stage| stage.stage);
    assert_eq!(artefacts(&sorted), artefacts(&fraud()));
}

#[test]
fn each_stage_has_a_range_of_its_own_and_unknown_zones_and_ranges_give_no_file() {
    let body = named(&artefacts(&fraud()), "cdk-infra-app.yml").body.clone();
    let ranges: Vec<_> = body.lines().filter_map(|line| line.trim().strip_prefix("vpc_cidr: ")).collect();
    assert_eq!(ranges, ["\"10.20.0.0/16\"", "\"10.21.0.0/16\"", "\"10.22.0.0/16\""]);
    let mut bare = fraud();
    for stage in &mut bare.stages {
        stage.availability_zones.clear();
        stage.vpc_cidr = None;
    }
    let names: Vec<_> = artefacts(&bare).into_iter().map(|artefact| artefact.name).collect();
    assert!(!names.iter().any(|name| name == "cdk.context.json" || name == "cdk-infra-app.yml"), "{names:?}");
}

#[test]
fn a_set_named_like_a_boolean_stays_a_text() {
    let mut set = fraud();
    "no".clone_into(&mut set.set_name);
    let body = named(&artefacts(&set), "cdk-app.yml").body.clone();
    assert_eq!(alone(&body).unwrap().sets[0].set_name, "no");
}

// ---- Adding to a file that has others ----

/// Adds a set's own file to another, beside which every policy lies that is named.
fn add_set(existing: &str, set: &FinishedSet) -> Result<String, Vec<Fault>> {
    let own = named(&artefacts(set), "cdk-app.yml").body.clone();
    add_sets(existing, &alone(&own).unwrap(), &|name| Ok(policy_in(existing, name).or_else(|| policy_in(&own, name))))
}

/// The policy a file gives its governance account.
fn governance(existing: &str) -> PolicyChoice {
    match alone(existing).unwrap().pipeline.environment.execution_policy {
        ExecutionPolicy::AdministratorAccess => PolicyChoice::AdministratorAccess,
        ExecutionPolicy::Arn(arn) => PolicyChoice::Arn(arn),
        ExecutionPolicy::Document { .. } => PolicyChoice::LeastPrivilege,
    }
}

#[test]
fn adding_a_set_keeps_every_other_line() {
    for name in ["two-sets", "pipeline-alone", "policy-files", "set-in-another-region"] {
        let existing = std::fs::read_to_string(fixtures("good").join(format!("{name}.yml"))).unwrap();
        // The first policy named is the governance account's.
        let existing = existing.replacen("own.json", "execution_policy_111111111111_us-east-1.json", 1);
        let existing = format!("# Ours, ünïcode and all.\n{existing}\n# The end.\n");
        let mut set = churn();
        set.pipeline.account = "111111111111".to_owned();
        set.pipeline.policy = governance(&existing);
        for (stage, digits) in set.stages.iter_mut().zip(["0123", "0456", "0789"]) {
            stage.account_id = digits.repeat(3);
        }
        let added = add_set(&existing, &set).unwrap();
        let mut left = added.lines();
        for line in existing.lines() {
            assert!(left.any(|other| other == line), "{name} lost {line:?}:\n{added}");
        }
        let (before, after) = (alone(&existing).unwrap(), alone(&added).unwrap());
        assert!(after.sets.starts_with(&before.sets));
        assert_eq!(after.sets.last().unwrap().set_name, "churn");
        assert_eq!(add_set(&added, &set).unwrap(), added, "a set that is there is not added again");
    }
}

#[test]
fn a_set_is_added_before_what_follows_the_list() {
    let existing = named(&artefacts(&fraud()), "cdk-app.yml").body.replace("  app_prefix: mlops-cdk\n", "");
    let existing = existing + "\n  # Names.\n  app_prefix: fraud\n";
    let added = add_set(&existing, &churn()).unwrap();
    assert!(added.ends_with("\n\n  # Names.\n  app_prefix: fraud\n"), "{added}");
    assert_eq!(alone(&added).unwrap().app_prefix, "fraud");
}

#[test]
fn what_is_in_the_way_of_a_set_is_told() {
    let file = |set: &FinishedSet| named(&artefacts(set), "cdk-app.yml").body.clone();
    let told = |existing: &str, set: &FinishedSet| add_set(existing, set).unwrap_err()[0].to_string();
    let mut other = churn();
    "fraud".clone_into(&mut other.set_name);
    assert!(told(&file(&fraud()), &other).contains("is the name of deployments[0] already"));
    let mut shared = churn();
    shared.stages[0].account_id = "022222222222".to_owned();
    assert!(told(&file(&fraud()), &shared).contains("is the account of deployments[0].stages[0] already"));
    let mut elsewhere = churn();
    elsewhere.pipeline.account = "999999999999".to_owned();
    assert!(told(&file(&fraud()), &elsewhere).starts_with("line 3: pipeline: is another governance account"));
    let mut stronger = churn();
    stronger.pipeline.policy = PolicyChoice::AdministratorAccess;
    assert_eq!(
        told(&file(&fraud()), &stronger),
        "line 3: pipeline.bootstrap: has the execution policy execution_policy_011111111111_us-east-1.json, and with \
         this set ADMINISTRATOR ACCESS was approved. Agree on one of them there first."
    );
    assert!(told("cdk_app_config: {}", &churn()).contains("pipeline: is missing"));
    let flow = "cdk_app_config:\n  pipeline: {account: \"011111111111\", region: us-east-1}\n  deployments: []\n";
    assert!(told(flow, &churn()).starts_with("line 3: deployments: is not written line by line"));
}

// ---- The policy ----

fn statements() -> Vec<Value> {
    let policy: Value = serde_json::from_str(&least_privilege("044444444444", "eu-central-1")).unwrap();
    policy["Statement"].as_array().unwrap().clone()
}

fn many(value: &Value) -> Vec<&str> {
    value
        .as_array()
        .map_or_else(|| vec![value.as_str().unwrap()], |all| all.iter().map(|v| v.as_str().unwrap()).collect())
}

#[test]
fn the_policy_fits_into_a_managed_policy() {
    let text = least_privilege("044444444444", "ap-southeast-2");
    let size = text.chars().filter(|c| !c.is_whitespace()).count();
    assert!(size <= 6144, "{size} characters, and IAM takes 6144");
}

#[test]
fn the_policy_names_only_actions_aws_knows_and_none_that_is_everything() {
    for statement in statements() {
        for action in many(&statement["Action"]) {
            assert!(is_known_action(action), "{action}");
            let denies = statement["Effect"] == "Deny";
            assert!(denies || !action.ends_with(":*"), "{action} is a whole service");
        }
    }
}

#[test]
fn the_policy_holds_in_one_account_and_one_region() {
    for statement in statements().iter().filter(|statement| statement["Effect"] == "Allow") {
        let bound = many(&statement["Resource"]).iter().all(|resource| {
            let here = resource.contains("044444444444");
            here || resource.starts_with("arn:aws:s3:::") || !statement["Condition"]["StringEquals"].is_null()
        });
        assert!(bound, "{statement:#}");
        let global = many(&statement["Resource"]).contains(&"*");
        assert!(
            !global || statement["Condition"]["StringEquals"]["aws:RequestedRegion"] == "eu-central-1",
            "{statement:#}"
        );
    }
}

#[test]
fn the_policy_keeps_hands_off_users_and_the_roles_of_others() {
    let all: Vec<Value> = statements();
    let allowed = all.iter().filter(|statement| statement["Effect"] == "Allow").flat_map(|s| many(&s["Action"]));
    for action in allowed {
        for never in ["iam:CreateUser", "iam:CreateAccessKey", "organizations:", "account:", "sts:"] {
            assert!(!action.starts_with(never), "{action}");
        }
    }
    let denied = all.iter().find(|statement| statement["Effect"] == "Deny").unwrap();
    for role in ["cdk-hnb659fds-*", "*AWSControlTower*", "aws-reserved/*"] {
        assert!(
            many(&denied["Resource"]).contains(&format!("arn:aws:iam::044444444444:role/{role}").as_str()),
            "{role}"
        );
    }
}
