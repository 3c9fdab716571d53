//! Fills prompts: `[attribute]` of the session and `{Slot}` values. One pass, so a
//! value can never smuggle in another placeholder.

use crate::domain::text::shortened;

/// Longer values are cut with an ellipsis, in characters; a prompt is read, not processed.
const SHOWN: usize = 200;

/// Fills the placeholders of a template. One without a value is dropped together
/// with the blank before it: `Hi [UserName], …` becomes `Hi, …`.
#[must_use]
pub fn fill(
    template: &str,
    attribute: impl Fn(&str) -> Option<String>,
    slot: impl Fn(&str) -> Option<String>,
) -> String {
    let mut said = String::with_capacity(template.len());
    let mut rest = template;
    while let Some(at) = rest.find(['[', '{']) {
        said.push_str(&rest[..at]);
        rest = &rest[at..];
        let Some((name, behind)) = placeholder(rest) else {
            said.push_str(&rest[..1]);
            rest = &rest[1..];
            continue;
        };
        let value = if rest.starts_with('[') { attribute(name) } else { slot(name) };
        match value.map(|value| shortened(&value, SHOWN)).filter(|value| !value.is_empty()) {
            Some(value) => said.push_str(&value),
            None => said.truncate(said.trim_end_matches(' ').len()),
        }
        rest = behind;
    }
    said.push_str(rest);
    said.trim().to_owned()
}

/// The placeholders of a template by name: those in brackets, and those in braces.
#[must_use]
pub fn names(template: &str) -> (Vec<&str>, Vec<&str>) {
    let (mut attributes, mut slots) = (Vec::new(), Vec::new());
    let mut rest = template;
    while let Some(at) = rest.find(['[', '{']) {
        rest = &rest[at..];
        match placeholder(rest) {
            Some((name, _)) if rest.starts_with('[') => attributes.push(name),
            Some((name, _)) => slots.push(name),
            None => {}
        }
        rest = &rest[1..];
    }
    (attributes, slots)
}

/// The name between the bracket `text` begins with and its partner, and the text behind.
fn placeholder(text: &str) -> Option<(&str, &str)> {
    let close = if text.starts_with('[') { ']' } else { '}' };
    let (name, behind) = text.get(1..)?.split_once(close)?;
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    is_name.then_some((name, behind))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn greet(name: Option<&str>) -> String {
        fill("Hi [UserName], {Thing}? [Odd text] {", |_| name.map(str::to_owned), |slot| Some(slot.to_lowercase()))
    }

    #[test]
    fn placeholders_are_filled_once_and_dropped_gracefully() {
        assert_eq!(greet(Some("Jane")), "Hi Jane, thing? [Odd text] {");
        assert_eq!(greet(None), "Hi, thing? [Odd text] {");
        assert_eq!(greet(Some("{Thing}\n[UserName]")), "Hi {Thing} [UserName], thing? [Odd text] {");
        assert_eq!(names("Hi [UserName], {Thing}?"), (vec!["UserName"], vec!["Thing"]));
    }
}
