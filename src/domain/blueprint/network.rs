//! IPv4 ranges for VPCs: which ones AWS takes, which ones go together, and the
//! next free one of a pool. Pure arithmetic; who holds which range is the
//! store's to know.

use ipnet::Ipv4Net;

/// The largest VPC range AWS takes.
/// <https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html>
pub const VPC_LARGEST: u8 = 16;
/// The smallest VPC range AWS takes.
pub const VPC_SMALLEST: u8 = 28;

const fn net(a: u8, b: u8, c: u8, d: u8, prefix: u8) -> Ipv4Net {
    Ipv4Net::new_assert(std::net::Ipv4Addr::new(a, b, c, d), prefix)
}

const TEN: Ipv4Net = net(10, 0, 0, 0, 8);
const ONE_SEVENTY_TWO: Ipv4Net = net(172, 16, 0, 0, 12);
const ONE_NINETY_TWO: Ipv4Net = net(192, 168, 0, 0, 16);
/// Shared address space, RFC 6598: private for our purposes, and the one AWS
/// takes as a secondary range beside any RFC 1918 primary.
const SHARED: Ipv4Net = net(100, 64, 0, 0, 10);
const BENCHMARK: Ipv4Net = net(198, 19, 0, 0, 16);

/// The three ranges of RFC 1918.
const RFC_1918: [Ipv4Net; 3] = [TEN, ONE_SEVENTY_TWO, ONE_NINETY_TWO];

/// Reads a private range whose prefix length lies within `bounds` (largest, smallest).
///
/// # Errors
/// A sentence for the person who gave it.
pub fn read(text: &str, bounds: (u8, u8)) -> Result<Ipv4Net, String> {
    let range: Ipv4Net = text.parse().map_err(|_| {
        format!(
            "`{text}` is not an IPv4 range. Write four numbers from 0 to 255, a slash and a length, like 10.20.0.0/16."
        )
    })?;
    let (largest, smallest) = bounds;
    if range.prefix_len() < largest {
        return Err(format!("{range} is too large: give a range from /{largest} to /{smallest}."));
    }
    if range.prefix_len() > smallest {
        return Err(format!("{range} is too small: give a range from /{largest} to /{smallest}."));
    }
    if range.addr() != range.network() {
        return Err(format!("{range} does not start at the beginning of its range: did you mean {}?", range.trunc()));
    }
    if !is_private(range) {
        return Err(format!(
            "{range} is not a private range: choose one inside 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 or 100.64.0.0/10."
        ));
    }
    Ok(range)
}

fn is_private(range: Ipv4Net) -> bool {
    RFC_1918.iter().chain([&SHARED]).any(|private| private.contains(&range))
}

/// Whether two ranges share an address.
#[must_use]
pub fn overlap(a: Ipv4Net, b: Ipv4Net) -> bool {
    a.contains(&b) || b.contains(&a)
}

/// Whether AWS takes `secondary` beside `primary` in one VPC.
///
/// # Errors
/// A sentence that says why not and what to choose instead. The table is from
/// <https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html#add-cidr-block-restrictions>.
pub fn goes_with(primary: Ipv4Net, secondary: Ipv4Net) -> Result<(), String> {
    if overlap(primary, secondary) {
        return Err(format!("{secondary} overlaps the VPC's own range {primary}: choose a range outside it."));
    }
    match refused_beside(primary).into_iter().find(|refused| overlap(*refused, secondary)) {
        Some(refused) => Err(format!(
            "AWS refuses {secondary} beside {primary} (nothing from {refused} may be added to it): choose one inside {}.",
            suggestion(primary)
        )),
        None => Ok(()),
    }
}

/// The ranges AWS refuses to add to a VPC with this primary range.
fn refused_beside(primary: Ipv4Net) -> Vec<Ipv4Net> {
    let home = RFC_1918.into_iter().find(|private| private.contains(&primary));
    let mut refused: Vec<Ipv4Net> = RFC_1918.into_iter().filter(|private| Some(*private) != home).collect();
    if !BENCHMARK.contains(&primary) {
        refused.push(BENCHMARK);
    }
    if net(10, 0, 0, 0, 15).contains(&primary) {
        refused.push(net(10, 0, 0, 0, 16));
    }
    if home == Some(ONE_SEVENTY_TWO) {
        refused.push(net(172, 31, 0, 0, 16));
    }
    refused
}

fn suggestion(primary: Ipv4Net) -> String {
    match RFC_1918.into_iter().find(|private| private.contains(&primary)) {
        Some(home) => format!("{home} or {SHARED}"),
        None => SHARED.to_string(),
    }
}

/// The first range of length `prefix` in `pool` that overlaps none of `taken`.
/// One pass over `taken`, however many ranges the pool has.
#[must_use]
pub fn next_free(pool: Ipv4Net, prefix: u8, taken: &[Ipv4Net]) -> Option<Ipv4Net> {
    if prefix < pool.prefix_len() || prefix > 32 {
        return None;
    }
    let ends = |net: Ipv4Net| (u64::from(u32::from(net.network())), u64::from(u32::from(net.broadcast())));
    let size = 1_u64 << (32 - prefix);
    let mut busy: Vec<(u64, u64)> = taken.iter().filter(|held| overlap(**held, pool)).map(|held| ends(*held)).collect();
    busy.sort_unstable();
    let (mut start, last) = ends(pool);
    for (first_taken, last_taken) in busy {
        if first_taken >= start + size {
            break;
        }
        if last_taken >= start {
            start = (last_taken / size + 1) * size;
        }
    }
    let start = u32::try_from(start).ok().filter(|_| start + size - 1 <= last)?;
    Ipv4Net::new(start.into(), prefix).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const VPC: (u8, u8) = (VPC_LARGEST, VPC_SMALLEST);

    fn range(text: &str) -> Ipv4Net {
        text.parse().unwrap()
    }

    #[test]
    fn what_is_no_private_vpc_range_is_refused_with_a_sentence() {
        for (text, part) in [
            ("999.1.1.1/99", "is not an IPv4 range"),
            ("10.0.0.0", "is not an IPv4 range"),
            ("10.0.0.0/8", "is too large"),
            ("10.0.0.0/29", "is too small"),
            ("10.0.0.5/16", "did you mean 10.0.0.0/16?"),
            ("8.8.0.0/16", "is not a private range"),
            ("172.32.0.0/16", "is not a private range"),
        ] {
            let sentence = read(text, VPC).unwrap_err();
            assert!(sentence.contains(part), "{text}: {sentence}");
        }
        assert_eq!(read("100.64.4.0/22", VPC), Ok(range("100.64.4.0/22")));
    }

    #[test]
    fn a_secondary_range_is_held_against_the_table_of_aws() {
        for (primary, secondary, taken) in [
            ("10.16.0.0/16", "100.64.0.0/24", true),
            ("10.16.0.0/16", "10.17.0.0/24", true),
            ("10.16.0.0/16", "10.16.1.0/24", false),
            ("10.16.0.0/16", "172.16.0.0/16", false),
            ("10.16.0.0/16", "192.168.1.0/24", false),
            ("10.16.0.0/16", "198.19.0.0/24", false),
            ("10.1.0.0/16", "10.0.4.0/24", false),
            ("10.2.0.0/16", "10.0.4.0/24", true),
            ("172.16.0.0/16", "172.31.0.0/24", false),
            ("172.16.0.0/16", "172.20.0.0/24", true),
            ("192.168.0.0/20", "10.0.0.0/16", false),
            ("100.64.0.0/16", "10.0.0.0/16", false),
            ("100.64.0.0/16", "100.65.0.0/16", true),
        ] {
            assert_eq!(goes_with(range(primary), range(secondary)).is_ok(), taken, "{primary} and {secondary}");
        }
    }

    #[test]
    fn the_next_free_range_steps_over_everything_that_is_taken() {
        let pool = range("10.16.0.0/14");
        assert_eq!(next_free(pool, 16, &[]), Some(range("10.16.0.0/16")));
        let taken = [range("10.16.8.0/24"), range("10.17.0.0/16")];
        assert_eq!(next_free(pool, 16, &taken), Some(range("10.18.0.0/16")));
        assert_eq!(next_free(pool, 16, &[pool]), None);
        assert_eq!(next_free(pool, 8, &[]), None);
    }

    fn ranges() -> impl Strategy<Value = Ipv4Net> {
        (0..=u16::MAX, 18_u8..=28).prop_map(|(low, prefix)| {
            Ipv4Net::new((0x0A10_0000 + (u32::from(low) << 2)).into(), prefix).unwrap().trunc()
        })
    }

    proptest! {
        #[test]
        fn the_next_free_range_is_the_first_that_touches_nothing(
            taken in proptest::collection::vec(ranges(), 0..40),
            prefix in 18_u8..=28,
        ) {
            let pool = range("10.16.0.0/15");
            let free = |candidate: &Ipv4Net| !taken.iter().any(|held| overlap(*held, *candidate));
            prop_assert_eq!(next_free(pool, prefix, &taken), pool.subnets(prefix).unwrap().find(free));
        }

        #[test]
        fn ranges_handed_out_one_after_the_other_never_overlap_and_fill_the_pool(
            prefixes in proptest::collection::vec(18_u8..=24, 1..60),
        ) {
            let pool = range("10.16.0.0/16");
            let mut held: Vec<Ipv4Net> = Vec::new();
            for prefix in prefixes {
                let Some(next) = next_free(pool, prefix, &held) else {
                    prop_assert!(pool.subnets(prefix).unwrap().all(|one| held.iter().any(|h| overlap(*h, one))));
                    continue;
                };
                prop_assert!(pool.contains(&next) && !held.iter().any(|h| overlap(*h, next)));
                held.push(next);
            }
        }
    }
}
