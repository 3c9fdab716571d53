//! The hash chain of the audit trail.

use std::collections::BTreeMap;

use jiff::Timestamp;
use ulid::Ulid;
use vend::domain::event::{Event, Head, Recorded, verify_chain};
use vend::domain::ids::RequestId;
use vend::domain::person::{Actor, Channel};
use vend::domain::request::Request;

use super::Feed;

/// A chain as it was written holds; with an event altered, left out or moved it does not.
pub fn audit(data: &[u8]) {
    let mut feed = Feed(data);
    let (which, place, by) = (feed.number(), feed.number(), feed.number());
    let chain = chain(&mut feed);
    assert_eq!(verify_chain(&chain), Ok(()));
    let _ = Request::fold(&chain);
    let texts: Vec<String> = chain.iter().map(|event| serde_json::to_string(event).unwrap()).collect();
    let again: Vec<Recorded> = texts.iter().map(|text| serde_json::from_str(text).unwrap()).collect();
    assert_eq!(again, chain);

    let nth = which % chain.len();
    let mut bytes = texts[nth].clone().into_bytes();
    let place = place % bytes.len();
    bytes[place] = b' ' + u8::try_from(by % 95).unwrap();
    if let Some(event) = String::from_utf8(bytes).ok().and_then(|text| serde_json::from_str(&text).ok()) {
        holds_only_as_it_was(&chain, nth, event);
    }
    // Or any event at all in its place.
    if let Ok(event) = serde_json::from_slice(feed.rest()) {
        holds_only_as_it_was(&chain, nth, event);
    }
    let mut moved = chain.clone();
    moved.swap(nth, place % chain.len());
    assert!(moved == chain || verify_chain(&moved).is_err());
    let mut shorter = chain;
    shorter.remove(nth);
    assert!(nth == shorter.len() || verify_chain(&shorter).is_err());
}

fn holds_only_as_it_was(chain: &[Recorded], nth: usize, event: Recorded) {
    let again: Recorded = serde_json::from_str(&serde_json::to_string(&event).unwrap()).unwrap();
    assert_eq!(again.computed_hash(), event.computed_hash(), "one event has one hash");
    let mut altered = chain.to_vec();
    altered[nth] = event;
    assert_eq!(verify_chain(&altered).is_ok(), altered == chain, "{:?} for {:?}", altered[nth], chain[nth]);
}

fn chain(feed: &mut Feed<'_>) -> Vec<Recorded> {
    let actor = Actor::person(&feed.text(), Channel::Slack);
    let (one, other) = (feed.text(), feed.text());
    let outputs = BTreeMap::from([(one.clone(), other.clone()), (other.clone(), one.clone())]);
    let events = [
        Event::ApprovalGiven { reason: Some(one.clone()), rule: other.clone(), last: true, needed: None },
        Event::Progressed { phase: one, done: Some(1), total: None },
        Event::BlueprintDeployed { outputs },
        Event::Denied { reason: other, rule: String::new() },
    ];
    let mut chain: Vec<Recorded> = Vec::new();
    for event in events {
        let head = chain.last().map(|last| Head { seq: last.seq, hash: last.hash.clone() });
        let at = Timestamp::from_second(1_763_715_600 + i64::try_from(chain.len()).unwrap()).unwrap();
        chain.push(Recorded::link(RequestId::new(Ulid(5)), head.as_ref(), at, actor.clone(), event));
    }
    chain
}
