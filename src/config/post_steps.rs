//! Configuration of what happens to an account after its blueprint.

use std::collections::BTreeMap;

use super::parse;
use super::reader::Reader;

/// A post step by its name in the configuration and in a request's history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PostStepName {
    /// Tags on the account, through Organizations.
    Tags,
    /// A monthly budget with alerts.
    Budget,
    /// `DevOps` Guru for account and region.
    DevopsGuru,
    /// The account's alternate contacts.
    AlternateContacts,
}

impl PostStepName {
    /// The word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Tags => "tags",
            Self::Budget => "budget",
            Self::DevopsGuru => "devops-guru",
            Self::AlternateContacts => "alternate-contacts",
        }
    }
}

const WORDS: parse::Words<PostStepName> = &[
    ("tags", PostStepName::Tags),
    ("budget", PostStepName::Budget),
    ("devops-guru", PostStepName::DevopsGuru),
    ("alternate-contacts", PostStepName::AlternateContacts),
];

/// One alternate contact of every new account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactConfig {
    /// Their name.
    pub name: String,
    /// What they are.
    pub title: String,
    /// Their address.
    pub email: String,
    /// Their telephone number.
    pub phone: String,
}

/// The keys of `[blueprints]` about post steps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostStepsConfig {
    /// In the order they run.
    pub steps: Vec<PostStepName>,
    /// The monthly budget in US dollars; there when `budget` runs on AWS.
    pub budget_usd: Option<u32>,
    /// Who hears of the budget.
    pub budget_alert_emails: Vec<String>,
    /// By `billing`, `operations`, `security`.
    pub alternate_contacts: BTreeMap<String, ContactConfig>,
}

/// Addresses one budget alert takes
/// (<https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-best-practices.html>).
const MOST_ADDRESSES: usize = 10;

impl PostStepsConfig {
    pub(super) fn read(from: &mut Reader) -> Self {
        let on_aws = from.text_of("blueprints.backend") == "cloudformation";
        let given = from.is_given("blueprints.post_steps");
        let mut steps = from.list("blueprints.post_steps", &|text| parse::word(text, WORDS));
        if !given {
            steps = if on_aws { vec![PostStepName::Tags] } else { vec![PostStepName::Tags, PostStepName::Budget] };
        }
        let read = Self {
            steps,
            budget_usd: from.optional("blueprints.budget_usd", &|text| parse::whole(text, 1, 10_000_000)),
            budget_alert_emails: from.list("blueprints.budget_alert_emails", &parse::email),
            alternate_contacts: contacts(from),
        };
        if on_aws {
            read.check(from);
        }
        read
    }

    fn check(&self, from: &mut Reader) {
        let runs = |step| self.steps.contains(&step);
        if runs(PostStepName::Budget) && self.budget_usd.is_none() {
            from.fault("blueprints.post_steps", "`budget` needs blueprints.budget_usd, for example 500.");
        }
        if runs(PostStepName::AlternateContacts) && self.alternate_contacts.is_empty() {
            from.fault("blueprints.post_steps", "`alternate-contacts` needs blueprints.alternate_contacts.");
        }
        if self.budget_alert_emails.len() > MOST_ADDRESSES {
            from.fault("blueprints.budget_alert_emails", "AWS takes at most 10 addresses.");
        }
        let twice = |(nth, step): (usize, &PostStepName)| self.steps[..nth].contains(step);
        if self.steps.iter().enumerate().any(twice) {
            from.fault("blueprints.post_steps", "a step is there twice: name each once.");
        }
    }
}

fn contacts(from: &mut Reader) -> BTreeMap<String, ContactConfig> {
    let mut contacts = BTreeMap::new();
    for (kind, text) in from.table("blueprints.alternate_contacts") {
        let key = format!("blueprints.alternate_contacts.{kind}");
        if !["billing", "operations", "security"].contains(&kind.as_str()) {
            from.fault(&key, "AWS knows `billing`, `operations` and `security`.");
        }
        match contact(&text) {
            Some(contact) => drop(contacts.insert(kind, contact)),
            None => from.fault(&key, "give name, title, e-mail and telephone, separated by commas."),
        }
    }
    contacts
}

fn contact(text: &str) -> Option<ContactConfig> {
    let parts: Vec<_> = text.split(',').map(str::trim).filter(|part| !part.is_empty()).collect();
    let [name, title, email, phone] = parts.as_slice() else { return None };
    let email = parse::email(email).ok()?;
    Some(ContactConfig { name: (*name).into(), title: (*title).into(), email, phone: (*phone).into() })
}
