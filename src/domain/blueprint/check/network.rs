//! Rules about networks: who may come in, and that every zone has its subnets.

use std::collections::BTreeMap;

use serde_json::Value;

use super::super::{Blueprint, Kind, Parameter};
use super::Breach;
use super::reading::{branches, explained, many, text};

const EVERYWHERE: [&str; 2] = ["0.0.0.0/0", "::/0"];

/// Nobody lets the whole internet in, except a load balancer that says why.
pub fn open_ingress(blueprint: &Blueprint) -> Vec<Breach> {
    let template = &blueprint.template;
    let inline = template.of_type("AWS::EC2::SecurityGroup").filter_map(|(id, body)| {
        let open = many(&body["Properties"]["SecurityGroupIngress"]).into_iter().flat_map(branches).any(is_open);
        open.then_some((id, id.to_owned(), body))
    });
    let apart = template.of_type("AWS::EC2::SecurityGroupIngress").filter_map(|(id, body)| {
        let group = text(&body["Properties"]["GroupId"]);
        let group = group.trim_start_matches("${").trim_end_matches('}').trim_end_matches(".GroupId").to_owned();
        is_open(&body["Properties"]).then_some((id, group, body))
    });
    inline
        .chain(apart)
        .filter(|(_, group, body)| {
            !(guards_load_balancer(blueprint, group) && explained(body, EVERYWHERE[0]).is_some())
        })
        .map(|(id, ..)| {
            let sentence = "lets in the whole internet (0.0.0.0/0): name a range, or, for a load balancer only, \
                            say why under Metadata.Explained.";
            (id.to_owned(), sentence.to_owned())
        })
        .collect()
}

fn is_open(rule: &Value) -> bool {
    let ranges = [&rule["CidrIp"], &rule["CidrIpv6"]];
    ranges.into_iter().flat_map(branches).any(|range| EVERYWHERE.contains(&text(range).as_str()))
}

fn guards_load_balancer(blueprint: &Blueprint, group: &str) -> bool {
    let names = [format!("${{{group}}}"), format!("${{{group}.GroupId}}")];
    let mut balancers = blueprint.template.of_type("AWS::ElasticLoadBalancingV2::LoadBalancer");
    balancers.any(|(_, body)| many(&body["Properties"]["SecurityGroups"]).iter().any(|g| names.contains(&text(g))))
}

/// Every tier has exactly its subnets, for every number of zones there can be.
pub fn subnet_count(blueprint: &Blueprint) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for (zones, parameters) in zone_choices(blueprint) {
        let created = blueprint.resources(&parameters);
        let subnets: Vec<&str> =
            created.iter().filter(|r| r.kind == "AWS::EC2::Subnet").map(|r| r.logical_id.as_str()).collect();
        for (tier, per_zone) in &blueprint.subnets_per_zone {
            let found = subnets.iter().filter(|id| id.starts_with(tier.as_str())).count();
            let wanted = usize::try_from(per_zone * zones).unwrap_or(usize::MAX);
            if found != wanted {
                breaches.push(format!(
                    "with {zones} zones there are {found} subnets called {tier}…, not {wanted}: correct the conditions."
                ));
            }
        }
        for id in
            subnets.iter().filter(|id| !blueprint.subnets_per_zone.keys().any(|tier| id.starts_with(tier.as_str())))
        {
            breaches.push(format!("the subnet {id} is in no tier: name its tier in `subnets_per_zone`."));
        }
    }
    breaches.dedup();
    breaches.into_iter().map(|sentence| (String::new(), sentence)).collect()
}

/// Each number of zones with the parameters that choose it.
fn zone_choices(blueprint: &Blueprint) -> Vec<(u32, BTreeMap<String, String>)> {
    let choose = |p: &Parameter, value: &str| BTreeMap::from([(p.name.clone(), value.to_owned())]);
    if let Some(count) = blueprint.parameter("AzCount") {
        let number = |text: &String| Some((text.parse().ok()?, choose(count, text)));
        return count.allowed.iter().filter_map(number).collect();
    }
    let list = blueprint.parameters.iter().find(|p| p.kind == Kind::List && p.name.contains("zones"));
    let fixed = list.and_then(|p| p.default.as_ref()).map_or(1, |zones| zones.split(',').count());
    vec![(u32::try_from(fixed).unwrap_or(1), BTreeMap::new())]
}
