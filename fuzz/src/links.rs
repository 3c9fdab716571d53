//! The tokens of approvers' links.

use jiff::Timestamp;
use ulid::Ulid;
use vend::domain::ids::RequestId;
use vend::domain::link::{LinkError, LinkKey, Opened, issue, keyed_name, open};
use vend::domain::spec::SpecHash;

use super::Feed;

const KEY: LinkKey = LinkKey([7; 32]);
const END: i64 = 2_000_000_000;

/// Of all texts only the one that was issued opens, for what it was issued for.
pub fn links(data: &[u8]) {
    let mut feed = Feed(data);
    let approver: String = feed.text().chars().take(60).collect();
    let (id, hash) = (request(feed.number()), spec_hash(&feed.text()));
    let (place, by) = (feed.number(), feed.number());
    let token = issue(&KEY, id, &approver, &hash, at(END));
    assert_eq!(open(&KEY, &token, id, &hash, at(END - 1)), Ok(Opened { approver: approver.clone() }));
    let late = LinkError::Expired { approver: approver.clone(), at: at(END) };
    assert_eq!(open(&KEY, &token, id, &hash, at(END)), Err(late));

    let opens = |text: &str| open(&KEY, text, id, &hash, at(1)) != Err(LinkError::NotGenuine);
    let rest = String::from_utf8_lossy(feed.rest());
    assert!(rest == token || !opens(&rest), "{rest}");
    let mut bytes = token.clone().into_bytes();
    let place = place % bytes.len();
    bytes[place] = b' ' + u8::try_from(by % 95).unwrap();
    let changed = String::from_utf8(bytes).unwrap();
    assert!(changed == token || !opens(&changed), "{changed}");
    assert!(!opens(&token[..place]) && !opens(&format!("{token}{changed}")) && !opens(&format!("{token}=")));

    let (other, another) = (request(place + by), spec_hash(&rest));
    assert!(other == id || open(&KEY, &token, other, &hash, at(1)).is_err());
    assert!(another == hash || open(&KEY, &token, id, &another, at(1)).is_err());
    assert!(open(&KEY.for_use(&rest), &token, id, &hash, at(1)).is_err());

    // Names of sessions: two lists have one name when they are one list.
    let lists = [vec![approver.as_str(), &rest], vec![&rest, &approver], vec![&rest], vec![&approver, &rest, ""]];
    for one in &lists {
        for other in &lists {
            assert_eq!(one == other, keyed_name(&KEY, one) == keyed_name(&KEY, other));
        }
    }
}

fn request(number: usize) -> RequestId {
    RequestId::new(Ulid(u128::try_from(number).unwrap()))
}

fn spec_hash(text: &str) -> SpecHash {
    serde_json::from_value(text.into()).unwrap()
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}
