//! The address a caller is counted by. What a trusted proxy says of it is good for counting
//! and for nothing else: it must not know who may do what, and whoever decides that must not ask here.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use axum::http::{HeaderMap, HeaderName};
use ipnet::IpNet;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The peer's own address; where it is a trusted proxy, the right-most of `X-Forwarded-For` that is none.
/// Every proxy appends whom it heard from, so what stands left of that one anybody may have made up.
/// An entry that cannot be read ends the walk at the proxy that wrote it.
pub(super) fn caller_address(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    // An IPv4 peer of a socket that listens on `::` looks like IPv6.
    let mut address = peer.to_canonical();
    let lines = headers.get_all(X_FORWARDED_FOR).iter().rev();
    for entry in lines.flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b',')) {
        if !trusted.iter().any(|range| range.contains(&address)) {
            break;
        }
        let Some(before) = read(entry) else { break };
        address = before;
    }
    address
}

/// Whom an address is counted with: one line has a whole /64 of IPv6, so its addresses are one caller.
pub(super) fn counted_as(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX))),
        address @ IpAddr::V4(_) => address,
    }
}

/// An address, with or without a port: `192.0.2.1`, `192.0.2.1:443`, `2001:db8::1`, `[2001:db8::1]:443`.
fn read(entry: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(entry).ok()?.trim();
    let bare = || text.parse::<IpAddr>().ok();
    let with_port = || text.parse::<SocketAddr>().ok().map(|address| address.ip());
    let in_brackets = || text.strip_prefix('[')?.strip_suffix(']')?.parse::<Ipv6Addr>().ok().map(IpAddr::V6);
    bare().or_else(with_port).or_else(in_brackets).map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    const TRUSTED: [&str; 3] = ["10.0.0.0/8", "192.0.2.10/32", "2001:db8:aaaa::/48"];

    fn seen(peer: &str, lines: &[&str]) -> String {
        let trusted = TRUSTED.map(|range| range.parse().unwrap());
        let values = lines.iter().map(|line| HeaderValue::from_bytes(line.as_bytes()).unwrap());
        let headers: HeaderMap = values.map(|value| (X_FORWARDED_FOR, value)).collect();
        caller_address(peer.parse().unwrap(), &headers, &trusted).to_string()
    }

    #[test]
    fn a_caller_is_counted_by_what_the_outermost_trusted_proxy_saw() {
        for (peer, lines, caller) in [
            ("10.0.0.1", &["198.51.100.7"][..], "198.51.100.7"),
            ("192.0.2.10", &["198.51.100.7"], "198.51.100.7"),
            ("2001:db8:aaaa::1", &["2001:db8:bbbb::7"], "2001:db8:bbbb::7"),
            // What the caller wrote itself stands left of what the proxy wrote.
            ("10.0.0.1", &["203.0.113.9, 198.51.100.7"], "198.51.100.7"),
            // Through two proxies of ours, and with an address of ours made up in front.
            ("10.0.0.1", &["203.0.113.9,198.51.100.7 ,\t10.0.0.2"], "198.51.100.7"),
            ("10.0.0.1", &["10.0.0.9, 198.51.100.7, 10.0.0.2"], "198.51.100.7"),
            // Several headers are one list, in their order.
            ("10.0.0.1", &["203.0.113.9", "198.51.100.7", "10.0.0.2"], "198.51.100.7"),
            ("10.0.0.1", &["203.0.113.9, 198.51.100.7", "10.0.0.3, 10.0.0.2"], "198.51.100.7"),
        ] {
            assert_eq!(seen(peer, lines), caller, "{peer} {lines:?}");
        }
    }

    #[test]
    fn nobody_else_is_listened_to() {
        for peer in ["198.51.100.1", "192.0.2.11", "2001:db8:aaab::1", "127.0.0.1"] {
            assert_eq!(seen(peer, &["198.51.100.7"]), peer);
        }
        assert_eq!(seen("10.0.0.1", &[]), "10.0.0.1");
        assert_eq!(seen("10.0.0.1", &["10.0.0.3, 10.0.0.2"]), "10.0.0.3", "a call from among the proxies");
    }

    #[test]
    fn addresses_are_read_in_every_form_proxies_write() {
        for (entry, caller) in [
            ("198.51.100.7:50123", "198.51.100.7"),
            ("[2001:db8:bbbb::7]:50123", "2001:db8:bbbb::7"),
            ("[2001:db8:bbbb::7]", "2001:db8:bbbb::7"),
            ("2001:DB8:BBBB:0::7", "2001:db8:bbbb::7"),
            ("::ffff:198.51.100.7", "198.51.100.7"),
        ] {
            assert_eq!(seen("10.0.0.1", &[entry]), caller, "{entry}");
        }
        assert_eq!(seen("::ffff:10.0.0.1", &["198.51.100.7, ::ffff:10.0.0.2"]), "198.51.100.7");
    }

    #[test]
    fn a_line_with_many_addresses_is_one_caller() {
        let counted = |address: &str| counted_as(address.parse().unwrap()).to_string();
        assert_eq!(counted("2001:db8:bbbb:1:2:3:4:5"), "2001:db8:bbbb:1::");
        assert_ne!(counted("2001:db8:bbbb:1::7"), counted("2001:db8:bbbb:2::7"));
        assert_eq!(counted("198.51.100.7"), "198.51.100.7");
    }

    #[test]
    fn the_walk_ends_at_what_cannot_be_read() {
        for odd in ["", " ", "unknown", "_hidden", "198.51.100.7:", "198.51.100.7:99999", "198.51.100", "[::1", "ä"] {
            assert_eq!(seen("10.0.0.1", &[odd]), "10.0.0.1", "{odd:?}");
            let list = format!("198.51.100.7, {odd}, 10.0.0.2");
            assert_eq!(seen("10.0.0.1", &[&list]), "10.0.0.2", "{odd:?}");
        }
    }
}
