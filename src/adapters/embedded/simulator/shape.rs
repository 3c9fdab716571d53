//! What a pretend stack consists of: the resources and outputs of the blueprint's
//! own template, where the catalogue has it. Pure.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use crate::domain::blueprint::{Blueprint, Catalogue};
use crate::domain::spec::{BlueprintChoice, hex};

/// A stack's parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shape {
    /// Logical ids, in the order they are created; never empty.
    pub resources: Vec<String>,
    /// Outputs by name.
    pub outputs: BTreeMap<String, String>,
}

/// Where stacks are made when nobody chose a region.
const DEFAULT_REGION: &str = "eu-west-1";

/// What every ML blueprint puts out.
const ALWAYS: [&str; 3] = ["VpcId", "PrivateSubnetIds", "SecurityGroupId"];

/// What stands in for a template the catalogue does not have: the network every ML blueprint builds on.
const PLAIN_NETWORK: [&str; 12] = [
    "Vpc",
    "InternetGateway",
    "InternetGatewayAttachment",
    "PublicSubnet1",
    "PrivateSubnet1",
    "PrivateSubnet2",
    "NatEip",
    "NatGateway",
    "PrivateRouteTable1",
    "PrivateRouteTable2",
    "SecurityGroup",
    "PrivateSubnetIdsParameter",
];

impl Shape {
    /// The shape of the chosen blueprint in this account.
    #[must_use]
    pub fn of(catalogue: &Catalogue, choice: &BlueprintChoice, account_id: &str) -> Self {
        Self::in_region(catalogue, choice, account_id, DEFAULT_REGION)
    }

    /// [`Self::of`], in this region.
    #[must_use]
    pub fn in_region(catalogue: &Catalogue, choice: &BlueprintChoice, account_id: &str, region: &str) -> Self {
        let blueprint = catalogue.get_version(&choice.id, &choice.version).or_else(|| catalogue.get(&choice.id));
        let names = blueprint.map(|blueprint| output_names(blueprint, &choice.parameters)).unwrap_or_default();
        let names = names.into_iter().chain(ALWAYS.map(String::from));
        let resources = blueprint.map(|blueprint| logical_ids(blueprint, &choice.parameters)).unwrap_or_default();
        let resources = if resources.is_empty() { PLAIN_NETWORK.map(String::from).to_vec() } else { resources };
        Self { resources, outputs: names.map(|name| (name.clone(), value(&name, account_id, region))).collect() }
    }
}

/// In the order of the template's lines, which is how its author thinks of them.
fn logical_ids(blueprint: &Blueprint, parameters: &BTreeMap<String, String>) -> Vec<String> {
    let mut ids: Vec<_> = blueprint.resources(parameters).into_iter().map(|resource| resource.logical_id).collect();
    ids.sort_by_cached_key(|id| blueprint.template.line_of(id));
    ids
}

fn output_names(blueprint: &Blueprint, parameters: &BTreeMap<String, String>) -> Vec<String> {
    let parameters = blueprint.stack_parameters(parameters);
    let holds = |condition: &str| blueprint.template.condition(condition, &parameters);
    let outputs = blueprint.template.section("Outputs");
    outputs.filter(|(_, body)| body["Condition"].as_str().is_none_or(holds)).map(|(name, _)| name.clone()).collect()
}

/// A value that looks like what the output's name says and follows from the account.
fn value(name: &str, account_id: &str, region: &str) -> String {
    let digest = hex(&Sha256::digest(format!("{account_id}/{name}")));
    let id = |prefix: &str, from: usize| format!("{prefix}-0{}", &digest[from..from + 16]);
    let lower = name.to_ascii_lowercase();
    let says = |word: &str| lower.contains(word);
    if says("subnetids") {
        format!("{},{}", id("subnet", 0), id("subnet", 16))
    } else if says("securitygroup") {
        id("sg", 0)
    } else if says("availabilityzones") {
        ["a", "b", "c"].map(|zone| format!("{region}{zone}")).join(",")
    } else if lower.ends_with("vpcid") {
        id("vpc", 0)
    } else if lower.ends_with("arn") {
        format!("arn:aws:simulator::{account_id}:{lower}")
    } else if says("url") || says("endpoint") {
        format!("https://{lower}.{account_id}.example.com")
    } else {
        format!("{lower}-{account_id}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_blueprint_has_the_resources_of_its_template() {
        let catalogue = Catalogue::shipped();
        for blueprint in catalogue.all() {
            let choice = BlueprintChoice {
                id: blueprint.id.clone(),
                version: blueprint.version.clone(),
                parameters: BTreeMap::new(),
            };
            let shape = Shape::of(&catalogue, &choice, "123456789012");
            assert_eq!(shape.resources.len(), blueprint.resources(&choice.parameters).len(), "{}", blueprint.id);
            assert!(ALWAYS.iter().all(|name| shape.outputs.contains_key(*name)), "{}", blueprint.id);
        }
    }

    #[test]
    fn an_unknown_blueprint_is_a_plain_network() {
        let choice = BlueprintChoice { id: "gone".into(), version: "1.0.0".into(), parameters: BTreeMap::new() };
        let shape = |account| Shape::of(&Catalogue::default(), &choice, account);
        assert_eq!(shape("123456789012").resources, PLAIN_NETWORK);
        assert_ne!(shape("123456789012").outputs, shape("210987654321").outputs, "accounts never share a network");
    }
}
