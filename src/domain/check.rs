//! Turns a draft into a pre-flight checklist and, when it is clear, into a pinned
//! spec: every field in one pass, in a fixed order, all faults at once. It must
//! not know the channel, and looks nothing up: facts come in.

mod names;
#[cfg(test)]
mod tests;
mod unit;

pub use self::unit::choices as unit_choices;

use std::collections::{BTreeMap, BTreeSet};

use ipnet::Ipv4Net;

pub use self::names::{NamesToLookUp, names_to_look_up};
use super::blueprint::resolve::ParameterFault;
use super::blueprint::{Blueprint, Catalogue};
use super::person::Requester;
use super::policy::{Asked, Policy};
use super::preflight::Checklist;
use super::spec::{AccountSpec, AccountType, BlueprintChoice, Draft, OrganizationalUnit};
use super::text::shortened;
use super::validate;

/// The word for "no blueprint".
pub const NO_BLUEPRINT: &str = "none";

/// What was looked up for a draft.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// What the live product offers now.
    pub organizational_units: &'a [OrganizationalUnit],
    /// Every blueprint that can be chosen.
    pub blueprints: &'a Catalogue,
    /// Who may do what.
    pub policy: &'a Policy,
    /// Addresses in use, lower case.
    pub taken_emails: &'a BTreeSet<String>,
    /// Account names in use, lower case.
    pub taken_names: &'a BTreeSet<String>,
    /// How many requests of this requester are under way.
    pub open_requests: usize,
    /// How many more accounts the organization may have, when known.
    pub headroom: Option<u32>,
    /// Blueprint parameters this installation sets or hands out, by name.
    pub blueprint_values: &'a BTreeMap<String, String>,
    /// Ranges of other accounts and requests, near those that were given.
    pub held_ranges: &'a [Ipv4Net],
}

/// Checks everything. The spec is there exactly when the checklist is clear.
#[must_use]
pub fn check(draft: &Draft, requester: &Requester, facts: &Facts<'_>) -> (Checklist, Option<AccountSpec>) {
    let mut checking = Checking { draft, requester, facts, list: Checklist::default() };
    let spec = checking.spec();
    let Checking { list, .. } = checking;
    let spec = spec.ok().filter(|_| list.is_clear());
    (list, spec)
}

/// A fault stands in the checklist; there is no value to go on with.
struct Faulty;

/// A field's checked value. `Passed<Option<_>>`: a field that may be left out.
type Passed<T> = Result<T, Faulty>;

struct Checking<'a> {
    draft: &'a Draft,
    requester: &'a Requester,
    facts: &'a Facts<'a>,
    list: Checklist,
}

/// What a person gave for a field; blanks count as nothing.
fn given(field: Option<&String>) -> Option<&str> {
    field.map(|text| text.trim()).filter(|text| !text.is_empty())
}

impl Checking<'_> {
    /// Runs every check before it looks at any outcome, so that all faults are told at once.
    fn spec(&mut self) -> Passed<AccountSpec> {
        let asked_type = given(self.draft.account_type.as_ref()).and_then(AccountType::parse);
        self.requester(asked_type);
        let account_type = self.account_type(asked_type);
        let root_email = self.root_email();
        let organizational_unit = self.organizational_unit();
        let account_name = self.account_name();
        let blueprint = self.blueprint(asked_type);
        let purpose = self.purpose();
        let cost_centre = self.cost_centre();
        let tags = self.tags();
        self.headroom();
        if let (Ok(account_type), Ok(unit), Ok(blueprint)) = (&account_type, &organizational_unit, &blueprint) {
            self.approval(*account_type, unit, blueprint.as_ref());
        }
        Ok(AccountSpec {
            account_type: account_type?,
            account_name: account_name?,
            root_email: root_email?,
            organizational_unit: organizational_unit?,
            blueprint: blueprint?,
            region: None,
            purpose: purpose?,
            cost_centre: cost_centre?,
            tags: tags?,
            set: None,
        })
    }

    /// Notes the outcome of one check: its fact or its fault.
    fn note<T>(&mut self, field: &str, outcome: Result<(T, String), String>) -> Passed<T> {
        match outcome {
            Ok((value, fact)) => {
                self.list.pass(field, fact);
                Ok(value)
            }
            Err(fault) => {
                self.list.fail(field, fault);
                Err(Faulty)
            }
        }
    }

    fn requester(&mut self, asked: Option<AccountType>) {
        let person = self.requester;
        let wrong = [
            validate::person_email(&person.email).err().map(|fault| format!("The requester's address: {fault}")),
            validate::person_name("first name", &person.first_name).err(),
            validate::person_name("last name", &person.last_name).err(),
        ];
        let faults: Vec<String> = wrong.into_iter().flatten().collect();
        if !faults.is_empty() {
            for fault in faults {
                self.list.fail("requester", fault);
            }
            return;
        }
        let may = |account_type| self.facts.policy.may_request(person, account_type, self.facts.open_requests);
        let outcome = match asked {
            Some(account_type) => may(account_type),
            // Without a type only what holds for every type can be said.
            None => match AccountType::ALL.map(may) {
                [Err(fault), Err(_)] => Err(fault),
                _ => return,
            },
        };
        let _ = self.note("requester", outcome.map(|fact| ((), fact)));
    }

    fn account_type(&mut self, parsed: Option<AccountType>) -> Passed<AccountType> {
        let outcome = match (parsed, given(self.draft.account_type.as_ref())) {
            (Some(account_type), _) => Ok((account_type, format!("Account type is {}", account_type.word()))),
            (None, Some(text)) => {
                Err(format!("\"{}\" is not an account type. Choose Production or Sandbox.", shortened(text, 40)))
            }
            (None, None) => Err("Say which account type you want: Production or Sandbox.".to_owned()),
        };
        self.note("account_type", outcome)
    }

    fn root_email(&mut self) -> Passed<String> {
        let outcome = match given(self.draft.root_email.as_ref()) {
            None => Err("Give the root e-mail address for the account, like fraud-root@corp.example.".to_owned()),
            Some(text) => validate::root_email(text).and_then(|email| self.unused(email)),
        };
        self.note("root_email", outcome)
    }

    fn unused(&self, email: String) -> Result<(String, String), String> {
        if self.facts.taken_emails.contains(&email.to_ascii_lowercase()) {
            return Err(format!(
                "{email} is already in use by an AWS account or another request. Give another root e-mail address."
            ));
        }
        let fact = format!("Root e-mail {email} is well-formed and not in use here");
        Ok((email, fact))
    }

    fn organizational_unit(&mut self) -> Passed<OrganizationalUnit> {
        let text = given(self.draft.organizational_unit.as_ref());
        let outcome = unit::find(text, self.facts.organizational_units)
            .map(|found| (found.clone(), format!("Organizational unit {found} is offered by Account Factory")));
        self.note("organizational_unit", outcome)
    }

    fn account_name(&mut self) -> Passed<String> {
        let outcome = if let Some(text) = given(self.draft.account_name.as_ref()) {
            validate::account_name(text).and_then(|name| self.free(name))
        } else {
            // Without an address there is nothing to derive from; that fault is told at the address.
            let candidates = names::derived(self.draft);
            self.first_free(candidates.first().ok_or(Faulty)?, &candidates)
        };
        self.note("account_name", outcome)
    }

    fn is_taken(&self, name: &str) -> bool {
        self.facts.taken_names.contains(&name.to_ascii_lowercase())
    }

    fn free(&self, name: String) -> Result<(String, String), String> {
        if self.is_taken(&name) {
            return Err(format!("An account or request named {name} exists. Choose another name, or leave it out."));
        }
        let fact = format!("Account name {name} is free");
        Ok((name, fact))
    }

    fn first_free(&self, first: &str, candidates: &[String]) -> Result<(String, String), String> {
        match candidates.iter().find(|name| !self.is_taken(name)) {
            Some(name) => Ok((name.clone(), format!("Account name {name} was derived and is free"))),
            None => Err(format!("{first} and the names like it are taken. Give the account a name.")),
        }
    }

    fn blueprint(&mut self, account_type: Option<AccountType>) -> Passed<Option<BlueprintChoice>> {
        let id = given(self.draft.blueprint.as_ref()).filter(|id| !id.eq_ignore_ascii_case(NO_BLUEPRINT));
        let Some(id) = id else { return self.without_blueprint() };
        let found = find_blueprint(id, account_type, self.facts);
        let blueprint =
            self.note("blueprint", found.map(|b| (b, format!("Blueprint {} is {} {}", b.title, b.id, b.version))))?;
        match self.parameters(blueprint) {
            Ok(parameters) => {
                self.list.pass("blueprint", format!("It creates {}", blueprint.in_words(&parameters)));
                if !self.draft.blueprint_parameters.is_empty() {
                    self.list.pass("blueprint_parameters", "Blueprint parameters are valid");
                }
                for parameter in blueprint.to_allocate() {
                    let name = &parameter.name;
                    let range = parameters.get(name).map(String::as_str).unwrap_or_default();
                    let fact = format!("{name} is {range}, which no other account has");
                    self.list.pass(&format!("blueprint_parameters.{name}"), fact);
                }
                Ok(Some(BlueprintChoice { id: blueprint.id.clone(), version: blueprint.version.clone(), parameters }))
            }
            Err(faults) => {
                for (name, sentence) in faults {
                    self.list.fail(&format!("blueprint_parameters.{}", shortened(&name, 64)), sentence);
                }
                Err(Faulty)
            }
        }
    }

    fn parameters(&self, blueprint: &Blueprint) -> Result<BTreeMap<String, String>, Vec<ParameterFault>> {
        let given = &self.draft.blueprint_parameters;
        let in_use = blueprint.ranges_in_use(given, self.facts.held_ranges);
        match blueprint.resolve(given, self.facts.blueprint_values) {
            Ok(parameters) if in_use.is_empty() => Ok(parameters),
            Ok(_) => Err(in_use),
            Err(faults) => Err(faults.into_iter().chain(in_use).collect()),
        }
    }

    fn without_blueprint(&mut self) -> Passed<Option<BlueprintChoice>> {
        self.list.pass("blueprint", "No blueprint: the account starts empty");
        for name in self.draft.blueprint_parameters.keys() {
            let field = format!("blueprint_parameters.{}", shortened(name, 64));
            self.list.fail(&field, "Parameters need a blueprint. Choose one, or leave the parameter out.");
        }
        if self.draft.blueprint_parameters.is_empty() { Ok(None) } else { Err(Faulty) }
    }

    fn purpose(&mut self) -> Passed<String> {
        let outcome = validate::purpose(self.draft.purpose.as_deref().unwrap_or_default());
        self.note("purpose", outcome.map(|purpose| (purpose, "The purpose is given".to_owned())))
    }

    fn cost_centre(&mut self) -> Passed<Option<String>> {
        let Some(text) = given(self.draft.cost_centre.as_ref()) else { return Ok(None) };
        let outcome = validate::cost_centre(text);
        self.note("cost_centre", outcome.map(|c| (Some(c.clone()), format!("Cost centre is {c}"))))
    }

    fn tags(&mut self) -> Passed<BTreeMap<String, String>> {
        if self.draft.tags.is_empty() {
            return Ok(BTreeMap::new());
        }
        match validate::tags(&self.draft.tags) {
            Ok(tags) => {
                self.list.pass("tags", format!("{} follow the rules of AWS", counted(tags.len(), "tag")));
                Ok(tags)
            }
            Err(faults) => {
                for fault in faults {
                    self.list.fail("tags", fault);
                }
                Err(Faulty)
            }
        }
    }

    fn headroom(&mut self) {
        match self.facts.headroom {
            None => {}
            Some(0) => self.list.fail(
                "account_quota",
                "The organization has reached its number of accounts. Ask the people who run it to raise the quota.",
            ),
            Some(room) => self.list.pass(
                "account_quota",
                format!("The organization has room for {}", counted(room as usize, "more account")),
            ),
        }
    }

    fn approval(&mut self, account_type: AccountType, unit: &OrganizationalUnit, choice: Option<&BlueprintChoice>) {
        let blueprint = choice.map(|choice| choice.id.as_str());
        let asked = Asked {
            account_type,
            organizational_unit: unit,
            blueprint,
            requester: self.requester,
            submitter: None,
            set: None,
        };
        match self.facts.policy.can_be_approved(&asked) {
            Ok(rule) => self.list.pass("approval", rule),
            Err(fault) => self.list.fail("approval", fault),
        }
    }
}

fn counted(n: usize, noun: &str) -> String {
    if n == 1 { format!("{n} {noun}") } else { format!("{n} {noun}s") }
}

fn find_blueprint<'a>(id: &str, account_type: Option<AccountType>, facts: &Facts<'a>) -> Result<&'a Blueprint, String> {
    let catalogue = facts.blueprints;
    let ids: Vec<&str> = catalogue.offered(account_type, facts.blueprint_values).map(|b| b.id.as_str()).collect();
    let offered = ids.iter().copied().chain([NO_BLUEPRINT]).collect::<Vec<_>>().join(", ");
    let Some(blueprint) = catalogue.get(&id.to_ascii_lowercase()) else {
        let hint = unit::close_to(id, ids.into_iter());
        return Err(format!("There is no blueprint \"{}\".{hint} Choose one of: {offered}.", shortened(id, 40)));
    };
    match account_type {
        Some(t) if !blueprint.accepts_account_types.contains(&t) => {
            Err(format!("Blueprint {} is not for {} accounts. Choose one of: {offered}.", blueprint.id, t.word()))
        }
        _ => Ok(blueprint),
    }
}
