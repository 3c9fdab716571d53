//! Whether a condition holds for an item. A missing attribute equals nothing.

use std::cmp::Ordering;

use super::condition::{Condition, Operand};
use super::number::Number;
use super::value::{Attribute, Item};

impl Condition {
    pub fn holds(&self, item: &Item) -> bool {
        match self {
            Self::Compare(left, sign, right) => compare(left.of(item).as_ref(), sign, right.of(item).as_ref()),
            Self::Between(value, low, high) => {
                let value = value.of(item);
                compare(value.as_ref(), ">=", low.of(item).as_ref())
                    && compare(value.as_ref(), "<=", high.of(item).as_ref())
            }
            Self::In(value, list) => {
                let value = value.of(item);
                value.is_some() && list.iter().any(|one| one.of(item) == value)
            }
            Self::Exists(path) => path.find(item).is_some(),
            Self::NotExists(path) => path.find(item).is_none(),
            Self::IsOfType(path, kind) => {
                path.find(item).is_some_and(|value| Attribute::S(value.kind().to_owned()) == *kind)
            }
            Self::BeginsWith(value, prefix) => match (value.of(item), prefix.of(item)) {
                (Some(Attribute::S(text)), Some(Attribute::S(prefix))) => text.starts_with(&prefix),
                (Some(Attribute::B(bytes)), Some(Attribute::B(prefix))) => bytes.starts_with(&prefix),
                _ => false,
            },
            Self::Contains(value, part) => {
                value.of(item).zip(part.of(item)).is_some_and(|(value, part)| contains(&value, &part))
            }
            Self::And(a, b) => a.holds(item) && b.holds(item),
            Self::Or(a, b) => a.holds(item) || b.holds(item),
            Self::Not(a) => !a.holds(item),
        }
    }
}

impl Operand {
    fn of(&self, item: &Item) -> Option<Attribute> {
        match self {
            Self::Value(value) => Some(value.clone()),
            Self::Path(path) => path.find(item).cloned(),
            Self::Size(path) => path.find(item).and_then(size).map(|size| Attribute::N(Number::from(size))),
        }
    }
}

fn compare(left: Option<&Attribute>, sign: &str, right: Option<&Attribute>) -> bool {
    match sign {
        "=" => left.is_some() && left == right,
        "<>" => left.is_none() || left != right,
        _ => {
            let (Some(left), Some(right)) = (left, right) else { return false };
            if left.kind() != right.kind() || !left.has_order() {
                return false;
            }
            matches!(
                (sign, left.cmp(right)),
                ("<", Ordering::Less)
                    | ("<=", Ordering::Less | Ordering::Equal)
                    | (">", Ordering::Greater)
                    | (">=", Ordering::Greater | Ordering::Equal)
            )
        }
    }
}

fn contains(value: &Attribute, part: &Attribute) -> bool {
    match (value, part) {
        (Attribute::S(text), Attribute::S(part)) => text.contains(part.as_str()),
        (Attribute::L(list), part) => list.contains(part),
        (Attribute::Ss(set), Attribute::S(one)) => set.contains(one),
        (Attribute::Ns(set), Attribute::N(one)) => set.contains(one),
        (Attribute::Bs(set), Attribute::B(one)) => set.contains(one),
        _ => false,
    }
}

/// What `size()` answers; nothing for numbers and truths.
fn size(value: &Attribute) -> Option<usize> {
    match value {
        Attribute::S(text) => Some(text.chars().count()),
        Attribute::B(bytes) => Some(bytes.len()),
        Attribute::L(list) => Some(list.len()),
        Attribute::M(map) => Some(map.len()),
        Attribute::Ss(set) => Some(set.len()),
        Attribute::Ns(set) => Some(set.len()),
        Attribute::Bs(set) => Some(set.len()),
        Attribute::N(_) | Attribute::Bool(_) | Attribute::Null => None,
    }
}
