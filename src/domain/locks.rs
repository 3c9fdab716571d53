//! The names only one request may hold, and when each is given back.

use ipnet::Ipv4Net;

use super::event::Event;
use super::ids::RequestId;
use super::request::Request;
use super::spec::AccountSpec;

/// Prefix of the account-operation slots.
pub const SLOTS: &str = "slot/";

/// One root e-mail address, one request.
#[must_use]
pub fn email(root_email: &str) -> String {
    format!("email/{}", root_email.to_ascii_lowercase())
}

/// One account name, one request.
#[must_use]
pub fn account_name(name: &str) -> String {
    format!("name/{}", name.to_ascii_lowercase())
}

/// One set name, one set that is open or ready.
#[must_use]
pub fn set_name(name: &str) -> String {
    format!("set/{name}")
}

/// One account-operation slot, from 0.
#[must_use]
pub fn slot(number: u32) -> String {
    format!("{SLOTS}{number}")
}

/// Prefix of the ranges that accounts hold.
pub const RANGES: &str = "cidr/";
/// Passed on from each request that takes ranges to the next: unequal ranges may
/// overlap, so that nobody may take one without having seen the one before.
pub const RANGES_TURN: &str = "turn/cidr";

/// Passed on from each request of a person to their next: nobody may make one without having
/// counted the one before, so that the limit of open requests holds.
#[must_use]
pub fn requests_turn(requester: &str) -> String {
    format!("turn/requests/{}", requester.trim().to_ascii_lowercase())
}

/// One range, one request.
#[must_use]
pub fn range(range: Ipv4Net) -> String {
    format!("{RANGES}{range}")
}

/// The range in a lock name, if it is one.
#[must_use]
pub fn held_range(name: &str) -> Option<Ipv4Net> {
    name.strip_prefix(RANGES)?.parse().ok()
}

/// Whether a lock name is about ranges.
#[must_use]
pub fn is_about_ranges(name: &str) -> bool {
    name == RANGES_TURN || name.starts_with(RANGES)
}

/// One idempotent call of one caller.
#[must_use]
pub fn once(caller: &str, key: &str) -> String {
    format!("once/{}/{key}", caller.to_ascii_lowercase())
}

/// What `event` (already applied to `request`) gives back.
///
/// A root e-mail, an account name and ranges return only when Account Factory was never
/// about to be called: after that they may be burnt. A slot returns when the
/// account operation is known to be over.
#[must_use]
pub fn released_by(request: &Request, event: &Event) -> Vec<String> {
    let slot_of = |request: &Request| request.slot.map(slot);
    match event {
        // Its set holds its names, and keeps them.
        Event::Abandoned { .. } if request.membership().is_some() => Vec::new(),
        Event::Denied { .. } | Event::Cancelled { .. } | Event::Expired => given_back(request),
        Event::Abandoned { .. } if !request.creation_was_started() => given_back(request),
        // The accounts it has made may exist; another set may be made under its name.
        Event::Abandoned { .. } => request.set().map(|set| set_name(&set.name)).into_iter().collect(),
        Event::AccountCreated { .. } | Event::OperationEnded { .. } => slot_of(request).into_iter().collect(),
        Event::Failed(failure) if !failure.still_running => slot_of(request).into_iter().collect(),
        _ => Vec::new(),
    }
}

/// The names a request takes when it is made; ranges are taken apart from them.
#[must_use]
pub fn names(spec: &AccountSpec) -> Vec<String> {
    let Some(set) = &spec.set else { return vec![email(&spec.root_email), account_name(&spec.account_name)] };
    let accounts = set.stages.values().flat_map(|stage| names(&stage.account));
    std::iter::once(set_name(&set.name)).chain(accounts).collect()
}

fn given_back(request: &Request) -> Vec<String> {
    let spec = &request.submission.spec;
    names(spec).into_iter().chain(ranges(spec)).collect()
}

/// Not every range among the values is held; giving back what is not held changes nothing.
fn ranges(spec: &AccountSpec) -> Vec<String> {
    let read = |values: &mut dyn Iterator<Item = &String>| -> Vec<String> {
        values.filter_map(|text| text.parse().ok()).map(range).collect()
    };
    let own = read(&mut spec.blueprint.iter().flat_map(|choice| choice.parameters.values()));
    let stages = spec.set.iter().flat_map(|set| set.stages.values());
    let of_stages = stages.flat_map(|stage| {
        let mut held = read(&mut std::iter::once(&stage.vpc_cidr));
        held.extend(ranges(&stage.account));
        held
    });
    own.into_iter().chain(of_stages).collect()
}

/// The slot number in a lock name, if it is one.
#[must_use]
pub fn slot_number(name: &str) -> Option<u32> {
    name.strip_prefix(SLOTS)?.parse().ok()
}

/// Who waits and who works: the first requests in line and the slots they may take.
/// `held` are the slots in use.
#[must_use]
pub fn admit(queue: &[RequestId], held: &[u32], most: u32) -> Vec<(RequestId, u32)> {
    let room = (most as usize).saturating_sub(held.len());
    let free = (0..most).filter(|slot| !held.contains(slot)).take(room);
    queue.iter().copied().zip(free).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ulid::Ulid;

    fn id(n: u128) -> RequestId {
        RequestId::new(Ulid::from(n))
    }

    #[test]
    fn the_first_in_line_get_the_free_slots() {
        let admitted = admit(&[id(1), id(2), id(3), id(4)], &[0, 2], 5);
        assert_eq!(admitted, [(id(1), 1), (id(2), 3), (id(3), 4)]);
    }

    #[test]
    fn a_lowered_limit_counts_operations_above_it() {
        assert_eq!(admit(&[id(1)], &[3, 4, 5], 3), []);
        assert_eq!(admit(&[id(1), id(2)], &[3, 4], 3), [(id(1), 0)]);
    }
}
