//! `vend cdk-app check`, as the real binary.

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
