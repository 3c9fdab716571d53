//! The account names a draft stands for. A derived name depends on the draft
//! alone, so every channel derives the same one.

use crate::domain::spec::{AccountType, Draft};
use crate::domain::validate;

/// How many derived names are tried before a person is asked for one.
const CANDIDATES: usize = 20;

/// Parts of a root address that say nothing about what the account is for.
const FILLERS: [&str; 10] =
    ["root", "aws", "account", "accounts", "admin", "cloud", "sandbox", "production", "prod", "mail"];

/// What must be looked up before a draft can be checked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NamesToLookUp {
    /// The root address as it would be used, if it is one.
    pub root_email: Option<String>,
    /// The account name, or the names to be tried in this order.
    pub account_names: Vec<String>,
}

/// Says which names must be looked up for this draft.
#[must_use]
pub fn names_to_look_up(draft: &Draft) -> NamesToLookUp {
    let root_email = draft.root_email.as_deref().and_then(|text| validate::root_email(text).ok());
    let own = super::given(draft.account_name.as_ref()).and_then(|text| validate::account_name(text).ok());
    // Derived names are looked up even where the name given is unusable: the
    // address is looked up along with a name, and its fault is wanted too.
    let account_names = own.map_or_else(|| derived(draft), |name| vec![name]);
    NamesToLookUp { root_email, account_names }
}

/// `fraud-sandbox`, `fraud-sandbox-2` and so on; empty without a usable root address.
pub(super) fn derived(draft: &Draft) -> Vec<String> {
    let Some(email) = draft.root_email.as_deref().and_then(|text| validate::root_email(text).ok()) else {
        return Vec::new();
    };
    let account_type = draft.account_type.as_deref().and_then(AccountType::parse);
    let suffix = account_type.map(|t| format!("-{}", t.word().to_lowercase())).unwrap_or_default();
    let stem = stem(email.split('@').next().unwrap_or_default());
    let numbered = |n: usize| {
        let end = if n == 1 { suffix.clone() } else { format!("{suffix}-{n}") };
        let room = validate::ACCOUNT_NAME_MAX - end.len();
        let cut: String = stem.chars().take(room).collect();
        format!("{}{end}", cut.trim_end_matches('-'))
    };
    (1..=CANDIDATES).map(numbered).collect()
}

/// The telling words of an address' local part, joined by hyphens.
fn stem(local: &str) -> String {
    let lower = local.to_ascii_lowercase();
    let words: Vec<&str> = lower.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let telling: Vec<&str> = words.iter().copied().filter(|word| !FILLERS.contains(word)).collect();
    match (telling.is_empty(), words.is_empty()) {
        (false, _) => telling.join("-"),
        (true, false) => words.join("-"),
        (true, true) => "account".to_owned(),
    }
}
