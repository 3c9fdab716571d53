//! What a person is told about the parameters they gave, or could not give.

use std::collections::BTreeMap;

use vend::domain::blueprint::Catalogue;

type Values<'a> = &'a [(&'a str, &'a str)];

fn map(values: Values<'_>) -> BTreeMap<String, String> {
    values.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
}

fn resolve(
    id: &str,
    given: Values<'_>,
    configured: Values<'_>,
) -> Result<BTreeMap<String, String>, Vec<(String, String)>> {
    Catalogue::shipped().get(id).unwrap().resolve(&map(given), &map(configured))
}

/// The one sentence about `VpcSecondaryCidr` in an otherwise complete request.
fn told_about(secondary: &str) -> String {
    let configured = [("TransitGatewayId", "tgw-0123456789abcdef0"), ("VpcCidr", "10.1.0.0/16")];
    let faults = resolve("ml-workload-prod", &[("VpcSecondaryCidr", secondary)], &configured).unwrap_err();
    let [(name, sentence)] = <[_; 1]>::try_from(faults).unwrap();
    assert_eq!(name, "VpcSecondaryCidr");
    sentence
}

#[test]
fn the_nonprod_workload_needs_nothing_but_a_range() {
    let resolved = resolve("ml-workload-nonprod", &[], &[("VpcCidr", "10.16.0.0/16")]).unwrap();
    assert_eq!(resolved["WithStudio"], "false");
    assert_eq!(resolved["AzCount"], "2");
}

#[test]
fn a_range_is_never_the_default_of_all() {
    let faults = resolve("ml-workload-nonprod", &[], &[]).unwrap_err();
    let sentence = "No free range is left for VpcCidr: an administrator widens `blueprints.pools.ml` in vend.toml.";
    assert_eq!(faults, [("VpcCidr".to_owned(), sentence.to_owned())]);
}

#[test]
fn a_range_of_ones_own_wins_over_the_one_handed_out() {
    let resolved = resolve("ml-workload-nonprod", &[("VpcCidr", "10.9.0.0/16")], &[("VpcCidr", "10.40.0.0/16")]);
    assert_eq!(resolved.unwrap()["VpcCidr"], "10.9.0.0/16");
}

#[test]
fn an_allocated_range_wins_over_the_default() {
    let resolved = resolve("ml-workload-nonprod", &[], &[("VpcCidr", "10.40.0.0/16")]).unwrap();
    assert_eq!(resolved["VpcCidr"], "10.40.0.0/16");
}

#[test]
fn production_says_which_configuration_key_is_missing() {
    let faults = resolve("ml-workload-prod", &[("VpcSecondaryCidr", "100.64.0.0/24")], &[("VpcCidr", "10.1.0.0/16")]);
    let faults = faults.unwrap_err();
    let [(name, sentence)] = <[_; 1]>::try_from(faults).unwrap();
    assert_eq!(name, "TransitGatewayId");
    assert!(sentence.contains("`blueprints.values.TransitGatewayId` in vend.toml"), "{sentence}");
}

#[test]
fn everything_that_is_missing_is_told_at_once() {
    let faults = resolve("ml-workload-prod", &[], &[]).unwrap_err();
    let names: Vec<&str> = faults.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["VpcSecondaryCidr", "VpcCidr", "TransitGatewayId"]);
}

#[test]
fn a_range_that_cannot_work_is_told_before_anyone_is_asked_to_approve() {
    for (secondary, part) in [
        ("999.1.1.1/99", "is not an IPv4 range"),
        ("100.64.0.0/8", "is too large"),
        ("100.64.0.0/28", "is too small"),
        ("100.64.0.1/24", "did you mean 100.64.0.0/24?"),
        ("8.8.8.0/24", "is not a private range"),
        ("10.1.7.0/24", "overlaps the VPC's own range 10.1.0.0/16"),
        ("192.168.0.0/24", "AWS refuses 192.168.0.0/24 beside 10.1.0.0/16"),
        ("10.0.7.0/24", "AWS refuses 10.0.7.0/24 beside 10.1.0.0/16"),
    ] {
        let sentence = told_about(secondary);
        assert!(sentence.contains(part), "{secondary}: {sentence}");
    }
}

#[test]
fn what_the_installation_sets_cannot_be_given() {
    let given = [("TransitGatewayId", "tgw-0123456789abcdef0"), ("VpcSecondaryCidr", "100.64.0.0/24")];
    let faults = resolve("ml-workload-prod", &given, &[("VpcCidr", "10.1.0.0/16")]).unwrap_err();
    let sentence = "TransitGatewayId is set by this installation: leave it out.";
    assert_eq!(faults, [("TransitGatewayId".to_owned(), sentence.to_owned())]);
}

#[test]
fn a_misspelt_parameter_is_recognised() {
    let faults = resolve("ml-workload-nonprod", &[("withstudo", "yes")], &[("VpcCidr", "10.1.0.0/16")]).unwrap_err();
    assert_eq!(faults[0].1, "ml-workload-nonprod has no parameter `withstudo`: did you mean WithStudio?");
    let faults = resolve("ml-workload-nonprod", &[("x", "yes")], &[]).unwrap_err();
    let choices = "It takes WithStudio, VpcCidr, AzCount, StudioDomainName, S3BucketName.";
    assert!(faults[0].1.ends_with(choices), "{}", faults[0].1);
}

#[test]
fn a_wrong_value_from_the_configuration_is_for_the_administrator() {
    let faults = resolve("mlops-stage", &[], &[("GovernanceAccountId", "12")]).unwrap_err();
    assert!(faults[0].1.contains("It comes from `blueprints.values.GovernanceAccountId`"), "{}", faults[0].1);
}

#[test]
fn the_template_gets_its_own_names_and_only_what_it_knows() {
    let catalogue = Catalogue::shipped();
    let eks = catalogue.get("mlops-eks").unwrap();
    let resolved = eks.resolve(&map(&[("environment", "prod")]), &map(&[("cidr_block", "10.155.48.0/20")])).unwrap();
    assert_eq!(resolved["region"], "eu-west-2");
    let stack = eks.stack_parameters(&resolved);
    assert_eq!(stack["Environment"], "prod");
    assert_eq!(stack["CidrBlock"], "10.155.48.0/20");
    assert!(!stack.contains_key("Region"));
}
