//! The ranges of an account's own network: where they are taken from, and that
//! no two accounts share an address. Who holds which range is the store's to know.

use std::collections::BTreeMap;

use ipnet::Ipv4Net;

use super::resolve::ParameterFault;
use super::{Blueprint, network};

/// The pools of the shipped blueprints. Together they leave 10.0.0.0/12,
/// 10.128.0.0/12, 172.16.0.0/12 and 192.168.0.0/16 to everybody else.
const SHIPPED: [(&str, &str); 2] = [
    ("ml", "10.16.0.0/12, 10.32.0.0/11, 10.64.0.0/10, 10.160.0.0/11, 10.192.0.0/10"),
    // Around the original's 10.155.48.0/20.
    ("eks", "10.144.0.0/12"),
];

/// What allocators hand out from, by the name blueprints use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pools(BTreeMap<String, Vec<Ipv4Net>>);

impl Default for Pools {
    fn default() -> Self {
        let read = |(name, text): (&str, &str)| Some((name.to_owned(), pool(text).ok()?));
        Self(SHIPPED.into_iter().filter_map(read).collect())
    }
}

impl Pools {
    /// The ranges of a pool, in the order they are used; none for an unknown name.
    #[must_use]
    pub fn ranges(&self, name: &str) -> &[Ipv4Net] {
        self.0.get(name).map_or(&[], Vec::as_slice)
    }

    /// Adds a pool, or replaces the one of that name.
    pub fn set(&mut self, name: String, ranges: Vec<Ipv4Net>) {
        self.0.insert(name, ranges);
    }
}

/// Reads the ranges of a pool, separated by commas.
///
/// # Errors
/// A sentence for whoever configured it.
pub fn pool(text: &str) -> Result<Vec<Ipv4Net>, String> {
    text.split(',').map(|range| network::read(range.trim(), (8, network::VPC_SMALLEST))).collect()
}

impl Blueprint {
    /// The ranges among these values that no other account may share.
    #[must_use]
    pub fn own_ranges(&self, values: &BTreeMap<String, String>) -> Vec<Ipv4Net> {
        let own = self.parameters.iter().filter(|p| p.is_own_range());
        own.filter_map(|p| p.read(values.get(&p.name)?).ok()?.parse().ok()).collect()
    }

    /// The ranges a person gave that share an address with one of `held`.
    pub(in crate::domain) fn ranges_in_use(
        &self,
        given: &BTreeMap<String, String>,
        held: &[Ipv4Net],
    ) -> Vec<ParameterFault> {
        let own = self.parameters.iter().filter(|p| p.is_own_range());
        own.filter_map(|p| {
            let range: Ipv4Net = p.read(p.given_in(given)?).ok()?.parse().ok()?;
            let other = held.iter().find(|other| network::overlap(**other, range))?;
            let leave_out = if p.ask { "." } else { ", or leave it out to get a free one." };
            let sentence = format!(
                "{range} shares addresses with {other}, which another account or request holds: choose another range{leave_out}"
            );
            Some((p.name.clone(), sentence))
        })
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_pools_have_room_for_the_shipped_blueprints_and_keep_apart() {
        let pools = Pools::default();
        let catalogue = crate::domain::blueprint::Catalogue::shipped();
        for parameter in catalogue.all().iter().flat_map(Blueprint::to_allocate) {
            let ranges = pools.ranges(parameter.pool.as_deref().unwrap());
            let room: usize = ranges.iter().map(|r| r.subnets(parameter.prefix.unwrap()).unwrap().count()).sum();
            assert!(room >= 200, "{} has room for {room}", parameter.name);
        }
        let all: Vec<Ipv4Net> = pools.0.into_values().flatten().collect();
        for (place, one) in all.iter().enumerate() {
            assert!(!all[..place].iter().any(|other| network::overlap(*one, *other)), "{one}");
        }
    }

    #[test]
    fn a_pool_that_cannot_be_is_refused_with_a_sentence() {
        assert_eq!(pool("10.0.0.0/9,172.16.0.0/12").unwrap().len(), 2);
        for (text, part) in
            [("", "not an IPv4 range"), ("10.0.0.0/9,", "not an IPv4 range"), ("8.0.0.0/8", "not a private range")]
        {
            assert!(pool(text).unwrap_err().contains(part), "{text}");
        }
    }
}
