//! `vend cdk-app check`, as the real binary.

use vend::domain::cdk_app::StageName;
use vend::domain::set_artefacts::{FinishedSet, FinishedStage, PipelineAccount, PolicyChoice, artefacts};

use crate::cli::run::Vend;

use super::fixtures;

fn check(kind: &str, name: &str, more: &[&str]) -> crate::cli::run::Ended {
    let file = fixtures(kind).join(format!("{name}.yml"));
    Vend::new(&[]).run(&[&["cdk-app", "check", file.to_str().unwrap()], more].concat())
}

#[test]
fn a_good_file_is_printed_as_it_is_resolved() {
    insta::assert_snapshot!(check("good", "policy-files", &[]).with_code(0).out);
}

#[test]
fn a_program_reads_values_trusts_and_order() {
    let ended = check("good", "stages-in-three-regions", &["--json"]).with_code(0);
    let read: serde_json::Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!(read["valid"], true);
    assert_eq!(read["app"]["deployments"][0]["stages"][2]["region"], "eu-central-1");
    assert_eq!(read["bootstraps"][3]["trusts"], serde_json::json!(["111111111111", "222222222222"]));
    assert_eq!(read["bootstraps"][3]["execution_policy"], "administrator_access");
}

#[test]
fn a_bad_file_ends_with_2_and_a_line_for_each_fault() {
    let ended = check("bad", "stage-region-bad", &[]).with_code(2);
    assert!(ended.err.contains("stage-region-bad.yml:22: deployments[1].stages[2].region: `Frankfurt`"), "{ended:?}");
    assert_eq!(ended.out, "");
    let ended = check("bad", "unknown-keys", &["--json"]).with_code(2);
    let read: serde_json::Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!(read["valid"], false);
    assert_eq!(read["faults"][1]["path"], "pipeline.profile");
    assert_eq!(read["faults"][1]["line"], 4);
}

#[test]
fn a_file_that_is_not_there_ends_with_2() {
    assert!(check("good", "nothing", &[]).with_code(2).err.contains("cannot be read"));
}

fn as_set(name: &str, accounts: [&str; 3]) -> FinishedSet {
    let stage = |(stage, account): (StageName, &str)| FinishedStage {
        stage,
        account_id: account.repeat(12),
        region: "eu-west-1".into(),
        policy: PolicyChoice::LeastPrivilege,
        profile: None,
        availability_zones: Vec::new(),
        vpc_cidr: None,
    };
    FinishedSet {
        set_name: name.into(),
        pipeline: PipelineAccount {
            account: "111111111111".into(),
            region: "eu-west-1".into(),
            policy: PolicyChoice::LeastPrivilege,
        },
        default_region: "eu-west-1".into(),
        stages: StageName::ALL.into_iter().zip(accounts).map(stage).collect(),
    }
}

#[test]
fn a_finished_set_is_added_to_the_file_of_another_which_then_is_good() {
    let vend = Vend::new(&[]);
    let lay = |folder: &str, set: &FinishedSet| {
        std::fs::create_dir_all(vend.path().join(folder)).unwrap();
        for artefact in artefacts(set) {
            std::fs::write(vend.path().join(folder).join(&artefact.name), &artefact.body).unwrap();
        }
    };
    lay("config", &as_set("fraud", ["2", "3", "4"]));
    lay("new", &as_set("churn", ["5", "6", "7"]));
    let config = |name: &str| vend.path().join("config").join(name);
    let before = std::fs::read_to_string(config("cdk-app.yml")).unwrap();
    let add = ["cdk-app", "add", "config/cdk-app.yml", "new/cdk-app.yml"];
    let ended = vend.run(&add).with_code(2);
    assert!(ended.err.contains("there is no file execution_policy_555555555555_eu-west-1.json"), "{ended:?}");
    assert_eq!(std::fs::read_to_string(config("cdk-app.yml")).unwrap(), before, "what would be faulty is not written");
    for digit in ["5", "6", "7"] {
        let name = format!("execution_policy_{}_eu-west-1.json", digit.repeat(12));
        std::fs::rename(vend.path().join("new").join(&name), config(&name)).unwrap();
        std::fs::copy(config(&name), vend.path().join("new").join(&name)).unwrap();
    }
    assert_eq!(vend.run(&add).with_code(0).out, "config/cdk-app.yml has churn now.\n");
    let checked = vend.run(&["cdk-app", "check", "config/cdk-app.yml"]).with_code(0).out;
    assert!(checked.contains("governance, fraud dev, fraud preprod, fraud prod, churn dev, churn preprod, churn prod"));
    let after = std::fs::read_to_string(config("cdk-app.yml")).unwrap();
    assert!(after.starts_with(&before), "every other line is kept");
    assert_eq!(vend.run(&add).with_code(0).out, "config/cdk-app.yml has churn already; nothing was changed.\n");
    assert_eq!(std::fs::read_to_string(config("cdk-app.yml")).unwrap(), after);
}
