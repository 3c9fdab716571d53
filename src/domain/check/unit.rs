//! Finding the organizational unit a person means among those the live product offers.

use crate::domain::spec::OrganizationalUnit;
use crate::domain::text::shortened;

/// How alike two words must be to be suggested (Jaro–Winkler, 0 to 1).
const CLOSE: f64 = 0.85;
/// How many choices a sentence lists.
const LISTED: usize = 25;

/// Finds a unit by plain name where that is unambiguous, by full form `Name (ou-id)`, or by id.
pub(super) fn find<'a>(
    text: Option<&str>,
    offered: &'a [OrganizationalUnit],
) -> Result<&'a OrganizationalUnit, String> {
    if offered.is_empty() {
        return Err(
            "Account Factory offers no organizational units now. Try again later, or tell those who run it.".into()
        );
    }
    let choices = listed(choices(offered));
    let Some(text) = text else {
        return Err(format!("Say which organizational unit the account belongs to. Choose one of: {choices}."));
    };
    let exact =
        offered.iter().find(|unit| unit.id.eq_ignore_ascii_case(text) || unit.to_string().eq_ignore_ascii_case(text));
    if let Some(unit) = exact {
        return Ok(unit);
    }
    // People and tools fold blanks; the product's own names may hold several.
    let wanted = folded(text);
    let named: Vec<_> = offered.iter().filter(|unit| folded(&unit.name) == wanted).collect();
    match named.as_slice() {
        [unit] => Ok(unit),
        [] => {
            let hint = close_to(text, offered.iter().map(|unit| unit.name.as_str()));
            let named = shortened(text, 60);
            Err(format!("There is no organizational unit \"{named}\".{hint} Choose one of: {choices}."))
        }
        several => Err(format!(
            "{} organizational units are called {}. Say which in full: {}.",
            several.len(),
            several[0].name,
            several.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
        )),
    }
}

fn folded(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// What to call each unit so that it is found again: its name, or the full form where several share one.
#[must_use]
pub fn choices(offered: &[OrganizationalUnit]) -> Vec<String> {
    let alone = |name: &str| offered.iter().filter(|unit| unit.name == name).count() == 1;
    offered.iter().map(|unit| if alone(&unit.name) { unit.name.clone() } else { unit.to_string() }).collect()
}

/// The choices in the order offered; a long list is cut and says so.
fn listed(mut choices: Vec<String>) -> String {
    let more = choices.len().saturating_sub(LISTED);
    choices.truncate(LISTED);
    let text = choices.join(", ");
    if more > 0 { format!("{text} and {more} more") } else { text }
}

/// How alike what was said is to a choice, or to the last part of a path like `Workloads/Shared Services`.
fn likeness(wanted: &str, choice: &str) -> f64 {
    let whole = strsim::jaro_winkler(wanted, &folded(choice));
    let last = choice.rsplit_once('/').map(|(_, last)| strsim::jaro_winkler(wanted, &folded(last)));
    last.map_or(whole, |last| whole.max(last))
}

/// ` Did you mean A or B?`, or nothing when no choice is close to `text`; the closest first.
pub(super) fn close_to<'a>(text: &str, choices: impl Iterator<Item = &'a str>) -> String {
    let wanted = folded(text);
    let mut close: Vec<(f64, &str)> =
        choices.map(|choice| (likeness(&wanted, choice), choice)).filter(|(alike, _)| *alike >= CLOSE).collect();
    close.sort_by(|a, b| b.0.total_cmp(&a.0));
    close.dedup_by_key(|(_, choice)| *choice);
    close.truncate(3);
    if close.is_empty() {
        return String::new();
    }
    format!(" Did you mean {}?", close.iter().map(|(_, choice)| *choice).collect::<Vec<_>>().join(" or "))
}
