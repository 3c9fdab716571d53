//! One file per rule, written from the schema document. In a bad one a comment
//! `#! path: words` stands on the line a fault must name.

use std::path::PathBuf;

use vend::domain::cdk_app::{
    BootstrapOf, CdkApp, Environment, ExecutionPolicy, Fault, StageName, bootstrap_plan, trusts,
};

use super::{fixtures, good, read};

fn files(kind: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(fixtures(kind)).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = entries.filter(|path| path.extension().is_some_and(|e| e == "yml")).collect();
    files.sort();
    files
}

/// What the comments of a bad file promise: line, path, words.
fn promised(text: &str) -> Vec<(u64, String, String)> {
    let marked = (1..).zip(text.lines()).filter_map(|(number, line)| Some((number, line.split_once("#! ")?.1)));
    let each = marked.flat_map(|(number, all)| all.split(" ;; ").map(move |one| (number, one)));
    each.map(|(number, one)| {
        let (path, words) = one.split_once(": ").unwrap();
        (number, path.to_owned(), words.to_owned())
    })
    .collect()
}

#[test]
fn every_bad_file_is_refused_with_exactly_the_faults_it_has() {
    let files = files("bad");
    assert!(files.len() > 40, "the vectors are there");
    for file in files {
        let promised = promised(&std::fs::read_to_string(&file).unwrap());
        let mut faults = read(&file).expect_err(&file.display().to_string());
        for (line, path, words) in promised {
            let found = faults.iter().position(|f| f.line == line && f.path == path && f.sentence.contains(&words));
            let Some(found) = found else { panic!("{}:{line} lacks {path}: {words}\n{faults:#?}", file.display()) };
            faults.remove(found);
        }
        assert_eq!(faults, [], "{}", file.display());
    }
}

#[test]
fn every_fault_is_one_line_that_names_its_line_and_path() {
    for file in files("bad") {
        for fault in read(&file).unwrap_err() {
            let Fault { path, line, sentence } = &fault;
            assert_eq!(fault.to_string(), format!("line {line}: {path}: {sentence}"));
            assert_eq!(fault.to_string().lines().count(), 1);
            assert!(sentence.ends_with('.') || sentence.ends_with('?') || sentence.contains("in quotes"), "{sentence}");
        }
    }
}

#[test]
fn every_good_file_is_read() {
    for file in files("good") {
        read(&file).unwrap_or_else(|faults| panic!("{}: {faults:#?}", file.display()));
    }
}

fn environments(app: &CdkApp) -> Vec<&Environment> {
    let stages = app.sets.iter().flat_map(|set| &set.stages);
    std::iter::once(&app.pipeline.environment).chain(stages.map(|stage| &stage.environment)).collect()
}

fn regions(app: &CdkApp) -> Vec<&str> {
    environments(app).iter().map(|environment| environment.region.as_str()).collect()
}

#[test]
fn a_stage_takes_its_region_from_itself_its_set_or_the_pipeline() {
    assert_eq!(regions(&good("one-set-region-of-the-pipeline")), ["us-east-1"; 4]);
    assert_eq!(regions(&good("set-in-another-region")), ["us-east-1", "eu-west-1", "eu-west-1", "eu-west-1"]);
    assert_eq!(regions(&good("stages-in-three-regions")), ["us-east-1", "eu-west-1", "eu-west-2", "eu-central-1"]);
}

#[test]
fn profiles_are_named_after_the_region_that_was_inherited() {
    let app = good("set-in-another-region");
    let profiles: Vec<_> = environments(&app).iter().map(|e| e.aws_profile.as_str()).collect();
    assert_eq!(
        profiles,
        [
            "cdk_111111111111_us-east-1",
            "cdk_222222222222_eu-west-1",
            "cdk_333333333333_eu-west-1",
            "cdk_444444444444_eu-west-1"
        ]
    );
    let app = good("one-set-region-of-the-pipeline");
    assert_eq!(environments(&app)[3].aws_profile, "mlops-prod");
}

#[test]
fn what_is_not_given_has_the_documented_defaults() {
    let app = good("pipeline-alone");
    assert_eq!((app.app_prefix.as_str(), app.sets.len()), ("mlops-cdk", 0));
    let repository = |r: &vend::domain::cdk_app::Repository| (r.repo_name.clone(), r.branch_name.clone());
    assert_eq!(repository(&app.pipeline.infra), ("mlops-infra".into(), "main".into()));
    assert_eq!(repository(&app.pipeline.project_template), ("mlops-sm-project-template".into(), "main".into()));
    let governance = &app.pipeline.environment;
    assert!(governance.bootstrap);
    assert_eq!(governance.execution_policy, ExecutionPolicy::AdministratorAccess);
}

#[test]
fn everything_that_is_given_is_kept() {
    let app = good("everything-written-out");
    assert_eq!(app.app_prefix, "fraud-ml");
    assert_eq!(app.pipeline.infra.branch_name, "release");
    assert!(!app.pipeline.environment.bootstrap);
    let fraud = &app.sets[0];
    assert_eq!(fraud.stages.iter().map(|stage| stage.stage_name).collect::<Vec<_>>(), StageName::ALL);
    assert_eq!(fraud.stages[0].environment.account, "022222222222");
    assert!(!fraud.stages[1].enabled);
    assert_eq!(fraud.stages[2].environment.aws_profile, "fraud prod");
    assert!(!app.sets[1].enabled);
}

#[test]
fn a_policy_is_what_was_named_else_the_file_of_the_usual_name_else_everything() {
    let app = good("policy-files");
    let policies: Vec<_> = environments(&app).iter().map(|e| e.execution_policy.in_words()).collect();
    assert_eq!(
        policies,
        ["own.json", "execution_policy_888888888888_eu-west-1.json", "own.json", "ADMINISTRATOR ACCESS"]
    );
    let ExecutionPolicy::Document { json, .. } = &environments(&app)[0].execution_policy else { panic!("a document") };
    assert!(json.contains("sagemaker:*"));
    let app = good("policy-arns");
    assert_eq!(
        environments(&app)[1].execution_policy,
        ExecutionPolicy::Arn("arn:aws:iam::222222222222:policy/cdk".into())
    );
}

#[test]
fn dev_trusts_governance_and_the_later_stages_trust_dev_of_their_own_set_too() {
    let app = good("two-sets");
    let trusts = |set: usize, stage| trusts("111111111111", &app.sets[set], stage);
    assert_eq!(trusts(0, StageName::Dev), ["111111111111"]);
    assert_eq!(trusts(0, StageName::Preprod), ["111111111111", "222222222222"]);
    assert_eq!(trusts(0, StageName::Prod), ["111111111111", "222222222222"]);
    assert_eq!(trusts(1, StageName::Dev), ["111111111111"]);
    assert_eq!(trusts(1, StageName::Preprod), ["111111111111", "555555555555"]);
    assert_eq!(trusts(1, StageName::Prod), ["111111111111", "555555555555"]);
}

#[test]
fn governance_is_bootstrapped_first_and_then_each_set_in_the_order_of_its_stages() {
    let plan = bootstrap_plan(&good("two-sets"));
    let order: Vec<_> = plan.iter().map(|bootstrap| bootstrap.of.to_string()).collect();
    let sets = ["first-example", "second-example"].map(|set| ["dev", "preprod", "prod"].map(|s| format!("{set} {s}")));
    assert_eq!(order, [vec!["governance".to_owned()], sets.concat()].concat());
    assert!(plan.iter().all(|bootstrap| bootstrap.qualifier == "hnb659fds"));
    assert_eq!(plan[0].trusts, Vec::<String>::new());
    assert!(plan.iter().all(|bootstrap| bootstrap.only_if_missing == (bootstrap.of == BootstrapOf::Governance)));
}

#[test]
fn what_is_disabled_is_not_bootstrapped() {
    let plan = bootstrap_plan(&good("everything-written-out"));
    let order: Vec<_> = plan.iter().map(|bootstrap| bootstrap.of.to_string()).collect();
    assert_eq!(order, ["fraud dev"]);
}
