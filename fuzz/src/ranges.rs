//! Ranges of addresses.

use ipnet::Ipv4Net;
use vend::domain::blueprint::network::{VPC_LARGEST, VPC_SMALLEST, goes_with, next_free, overlap, read};

use super::Feed;

const VPC: (u8, u8) = (VPC_LARGEST, VPC_SMALLEST);

/// A range is refused, or read so that it is read again; what the allocator gives lies in its pool, is the first that is
/// free, and overlaps nothing that was given before.
pub fn ranges(data: &[u8]) {
    let mut feed = Feed(data);
    let asked: Vec<Ipv4Net> = (0..3).filter_map(|_| read_back(&feed.text())).collect();
    for one in &asked {
        for other in &asked {
            let shared = one.hosts().any(|host| other.contains(&host));
            assert_eq!(overlap(*one, *other), shared, "{one} and {other}");
            assert!(goes_with(*one, *other).is_err() || !shared);
        }
    }
    let third = u8::try_from(feed.number() % 16).unwrap() * 16;
    let pool = Ipv4Net::new([10, 16, third, 0].into(), 20).unwrap();
    let mut held: Vec<Ipv4Net> = asked;
    for byte in feed.rest().iter().take(64) {
        let prefix = 18 + byte % 12;
        let free = |one: &Ipv4Net| !held.iter().any(|other| overlap(*one, *other));
        let first = pool.subnets(prefix).ok().and_then(|mut all| all.find(free));
        let next = next_free(pool, prefix, &held);
        assert_eq!(next, first.filter(|_| prefix >= pool.prefix_len()), "/{prefix} of {pool} beside {held:?}");
        held.extend(next);
    }
}

fn read_back(text: &str) -> Option<Ipv4Net> {
    match read(text, VPC) {
        Ok(range) => {
            assert_eq!(read(&range.to_string(), VPC), Ok(range));
            assert!((VPC.0..=VPC.1).contains(&range.prefix_len()) && range.addr() == range.network());
            assert!(range.addr().is_private() || range.addr().octets()[0] == 100, "{range}");
            Some(range)
        }
        Err(sentence) => {
            assert!(!sentence.is_empty());
            None
        }
    }
}
