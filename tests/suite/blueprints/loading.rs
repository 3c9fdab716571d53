//! Faults in a catalogue folder name file, line and fix.

use std::fs;
use std::path::Path;

use vend::adapters::embedded::catalogue::load;

const GOOD: &str = "id: small\nversion: 1.1.0\ntitle: Small\ndescription: One queue\nowner: Us\n\
accepts_account_types: [Sandbox]\nmonthly_cost_usd: {base: 0, notes: nothing}\nprovides_ssm: [/queue/url]\n\
parameters:\n  Depth:\n    type: int\n    default: 3\n    description: How deep.\n";
const TEMPLATE: &str = "Parameters:\n  Depth: {Type: Number}\nResources:\n  Queue: {Type: AWS::SQS::Queue}\n";

fn put(dir: &Path, id: &str, metadata: &str, template: &str) {
    fs::create_dir_all(dir.join(id)).unwrap();
    fs::write(dir.join(id).join("blueprint.yaml"), metadata).unwrap();
    fs::write(dir.join(id).join("template.yaml"), template).unwrap();
}

/// The faults of a folder with one blueprint, each without the folder's own path.
fn faults(metadata: &str, template: &str) -> Vec<String> {
    let dir = tempfile::tempdir().unwrap();
    put(dir.path(), "small", metadata, template);
    let place = format!("{}/", dir.path().join("small").display());
    load(dir.path()).unwrap_err().into_iter().map(|line| line.replace(&place, "")).collect()
}

#[test]
fn a_good_folder_is_loaded_with_its_older_versions() {
    let dir = tempfile::tempdir().unwrap();
    put(dir.path(), "small", GOOD, TEMPLATE);
    put(dir.path(), "small/versions/1.0.0", &GOOD.replace("1.1.0", "1.0.0"), TEMPLATE);
    let catalogue = load(dir.path()).unwrap();
    assert_eq!(catalogue.all().len(), 1, "an older version is not offered");
    assert_eq!(catalogue.get("small").unwrap().version, "1.1.0");
    assert_eq!(catalogue.get_version("small", "1.0.0").unwrap().version, "1.0.0");
    assert!(catalogue.get_version("small", "0.9.0").is_none());
}

#[test]
fn every_fault_of_a_file_is_told_at_once_with_its_line() {
    let bad = GOOD
        .replace("id: small", "id: Small")
        .replace("1.1.0", "one")
        .replace("[Sandbox]", "[]")
        .replace("    default: 3\n", "    default: three\n");
    assert_eq!(
        faults(&bad, TEMPLATE),
        [
            "blueprint.yaml:1: the id `Small` differs from the folder `small`: make them the same.",
            "blueprint.yaml:1: the id `Small` may have lower-case letters, digits and dashes only.",
            "blueprint.yaml:2: `one` is no version: write three numbers, like 1.0.0.",
            "blueprint.yaml:6: nobody can choose it: list Production, Sandbox or both.",
            "blueprint.yaml:10: the default of Depth is wrong: `three` is not a whole number.",
            "template.yaml:2: Depth is not in blueprint.yaml: add it to `parameters`.",
        ]
    );
}

#[test]
fn an_unknown_key_names_its_line_and_the_keys_there_are() {
    let [line] = faults(&GOOD.replace("owner: Us", "owners: Us"), TEMPLATE).try_into().unwrap();
    assert!(line.starts_with("blueprint.yaml:5: unknown field `owners`"), "{line}");
    assert!(line.contains("description, owner, accepts_account_types"), "{line}");
    assert!(line.ends_with("subnets_per_zone."), "{line}");
}

#[test]
fn parameters_and_template_must_name_the_same_things() {
    let stranger = GOOD.to_owned() + "  Colour:\n    type: string\n    ask: true\n    description: Which.\n";
    assert_eq!(
        faults(&stranger, TEMPLATE),
        ["blueprint.yaml:14: the template has no parameter Colour: add it there, or set `in_template: false`."]
    );
    assert_eq!(
        faults(GOOD, &TEMPLATE.replace("Resources", "  Colour: {Type: String}\nResources")),
        ["template.yaml:3: Colour is not in blueprint.yaml: add it to `parameters`."]
    );
}

#[test]
fn a_parameter_without_a_value_or_with_two_sources_is_refused() {
    let nothing = GOOD.replace("    default: 3\n", "");
    let both = GOOD.replace("default: 3", "ask: true\n    source: config");
    let poolless = GOOD.replace("default: 3", "source: allocator");
    let circle = GOOD.replace("default: 3", "default: 3\n    secondary_of: Nobody");
    for (metadata, part) in [
        (nothing, "nothing gives Depth a value"),
        (both, "keep one of `ask` and `source`"),
        (poolless, "add `pool` and `prefix`"),
        (circle, "Depth is secondary to Nobody, which is no parameter"),
    ] {
        let [line] = &faults(&metadata, TEMPLATE)[..1] else { panic!() };
        assert!(line.starts_with("blueprint.yaml:10:") && line.contains(part), "{line}");
    }
}

#[test]
fn a_broken_template_and_a_missing_file_are_named() {
    let [line] = faults(GOOD, "Resources:\n  A: [\n").try_into().unwrap();
    assert!(line.starts_with("template.yaml:"), "{line}");
    assert_eq!(faults(GOOD, "Parameters: {}\n"), ["template.yaml: the template has no Resources: add at least one."]);

    let dir = tempfile::tempdir().unwrap();
    assert!(load(dir.path()).unwrap_err()[0].contains("there is no blueprint here"));
    assert!(load(&dir.path().join("absent")).unwrap_err()[0].contains("correct `blueprints.dir`"));
    fs::create_dir_all(dir.path().join("half")).unwrap();
    assert!(load(dir.path()).unwrap_err()[0].contains("half/blueprint.yaml: cannot be read"));
}

#[test]
fn one_id_at_one_version_is_there_once() {
    let dir = tempfile::tempdir().unwrap();
    put(dir.path(), "small", GOOD, TEMPLATE);
    put(dir.path(), "small/versions/1.1.0", GOOD, TEMPLATE);
    assert_eq!(
        load(dir.path()).unwrap_err(),
        ["small/blueprint.yaml: `small` version 1.1.0 is in the catalogue twice: raise the version of the newer one."]
    );
}
