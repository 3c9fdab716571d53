//! Reads what a program posts: every wrong field at once, unknown ones included.
//! Knows JSON and names only; whether a value is right is pre-flight's business.

mod set;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::domain::person::Requester;
use crate::domain::preflight::Checklist;
use crate::domain::set::StageName;
use crate::domain::set::draft::SetDraft;
use crate::domain::spec::{Draft, hex};
use crate::domain::text::shortened;
use crate::domain::validate;
use crate::http::body;
use crate::http::problem::Problem;

/// Unknown fields that are named; more of them help nobody.
const MOST_UNKNOWN: usize = 20;

/// What somebody asks for, as far as it can be read.
pub(super) struct Asked {
    pub draft: Draft,
    /// The set, where one is asked for instead of one account.
    pub set: Option<SetDraft>,
    pub requester: Requester,
    /// What could not be read, field by field.
    pub faults: Checklist,
    /// The same for two bodies that say the same.
    pub fingerprint: String,
}

impl Asked {
    /// Reads a body. `own_email` stands in for a requester's address that is left out.
    ///
    /// # Errors
    /// 400 when the body is no JSON object.
    pub(super) fn read(text: &str, own_email: Option<&str>) -> Result<Self, Problem> {
        let mut fields = Fields::read(text)?;
        let fingerprint = hex(&Sha256::digest(Value::Object(fields.object.clone()).to_string()));
        let requester = requester(&mut fields, own_email);
        let draft = Draft {
            account_type: fields.text("account_type"),
            root_email: fields.text("root_email"),
            organizational_unit: fields.text("organizational_unit"),
            account_name: fields.text("account_name"),
            blueprint: fields.text("blueprint"),
            blueprint_parameters: fields.texts("blueprint_parameters"),
            purpose: fields.text("purpose"),
            cost_centre: fields.text("cost_centre"),
            tags: fields.texts("tags"),
        };
        let set = set::read(&mut fields, &draft);
        Ok(Self { draft, set, requester, faults: fields.end(), fingerprint })
    }

    /// The faults of reading, and those of checking for the fields that could be read.
    pub(super) fn all_faults(&self, checked: &Checklist) -> Checklist {
        let unread: BTreeSet<&str> = self.faults.faults().map(|fault| whole(&fault.field)).collect();
        let also = checked.0.iter().filter(|check| !unread.contains(whole(&check.field)));
        Checklist(self.faults.0.iter().chain(also).cloned().collect())
    }
}

/// The field a part like `requester.email` belongs to; those of a set stand for themselves.
fn whole(field: &str) -> &str {
    if field.starts_with("account_set.") {
        return field;
    }
    field.split('.').next().unwrap_or(field)
}

fn requester(fields: &mut Fields, own_email: Option<&str>) -> Requester {
    let Value::Object(object) = fields.take("requester") else {
        fields.fail("requester", "Say whom the account is for: give `email`, `first_name` and `last_name`.");
        return Requester { email: String::new(), first_name: String::new(), last_name: String::new(), slack: None };
    };
    let mut person = Fields::new(object, "requester.");
    let requester = Requester {
        email: person.checked("email", own_email, validate::person_email),
        first_name: person.checked("first_name", None, |text| validate::person_name("first name", text)),
        last_name: person.checked("last_name", None, |text| validate::person_name("last name", text)),
        slack: None,
    };
    fields.faults.0.extend(person.end().0);
    requester
}

/// The optional reason in the body of a decision.
///
/// # Errors
/// 400 for a body that is no JSON object, 422 for other fields than `reason`.
pub(super) fn reason(text: &str) -> Result<Option<String>, Problem> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    let mut fields = Fields::read(text)?;
    let reason = fields.text("reason").filter(|reason| !reason.trim().is_empty());
    if let Some(Err(sentence)) = reason.as_deref().map(validate::reason) {
        fields.faults.fail("reason", sentence);
    }
    let faults = fields.end();
    if faults.is_clear() { Ok(reason) } else { Err(Problem::invalid(&faults)) }
}

/// Reads the parameters a retry changes; an empty body changes none.
///
/// # Errors
/// 400 for a body that is no JSON object, 422 for other fields.
pub(super) fn retry(text: &str) -> Result<BTreeMap<String, String>, Problem> {
    if text.trim().is_empty() {
        return Ok(BTreeMap::new());
    }
    let mut fields = Fields::read(text)?;
    // Programs send what `cancel` takes here, too; a retry needs no reason.
    fields.text("reason");
    let changes = fields.texts("blueprint_parameters");
    let faults = fields.end();
    if faults.is_clear() { Ok(changes) } else { Err(Problem::invalid(&faults)) }
}

/// Reads which account of a set a rollback is for; an empty body names none.
///
/// # Errors
/// 400 for a body that is no JSON object, 422 for other fields and for what is no stage.
pub(super) fn rollback(text: &str) -> Result<Option<StageName>, Problem> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    let mut fields = Fields::read(text)?;
    fields.text("reason");
    let word = fields.text("stage");
    let stage = word.as_deref().and_then(StageName::parse);
    if word.is_some() && stage.is_none() {
        fields.fail("stage", "Give `dev`, `preprod` or `prod`, of a set.");
    }
    let faults = fields.end();
    if faults.is_clear() { Ok(stage) } else { Err(Problem::invalid(&faults)) }
}

/// The fields of one JSON object; those taken are known, the rest is a fault.
struct Fields {
    object: Map<String, Value>,
    prefix: &'static str,
    names: Vec<&'static str>,
    faults: Checklist,
}

impl Fields {
    fn new(object: Map<String, Value>, prefix: &'static str) -> Self {
        Self { object, prefix, names: Vec::new(), faults: Checklist::default() }
    }

    fn read(text: &str) -> Result<Self, Problem> {
        match body::json(text)? {
            Value::Object(object) => Ok(Self::new(object, "")),
            _ => Err(Problem::bad_request("The body is JSON, but no object. See /openapi.json for what is expected.")),
        }
    }

    fn take(&mut self, name: &'static str) -> Value {
        self.names.push(name);
        self.object.remove(name).unwrap_or_default()
    }

    fn fail(&mut self, name: &str, sentence: &str) {
        self.faults.fail(&format!("{}{}", self.prefix, shortened(name, 64)), sentence);
    }

    fn text(&mut self, name: &'static str) -> Option<String> {
        match self.take(name) {
            Value::Null => None,
            Value::String(text) => Some(text),
            _ => {
                self.fail(name, "Give text, in double quotes.");
                None
            }
        }
    }

    /// An object of texts; numbers and booleans are taken as they are written.
    fn texts(&mut self, name: &'static str) -> BTreeMap<String, String> {
        let mut texts = BTreeMap::new();
        match self.take(name) {
            Value::Null => {}
            Value::Object(object) => {
                for (key, value) in object {
                    match scalar(value) {
                        Some(text) => drop(texts.insert(key, text)),
                        None => self.fail(&format!("{name}.{key}"), "Give one value: text, a number, true or false."),
                    }
                }
            }
            _ => self.fail(name, "Give an object of names and values, like {\"team\": \"fraud\"}."),
        }
        texts
    }

    /// Text that passes `check`, or its fault; `fallback` stands in for what is left out.
    fn checked(
        &mut self,
        name: &'static str,
        fallback: Option<&str>,
        check: impl Fn(&str) -> Result<String, String>,
    ) -> String {
        let told = self.faults.0.len();
        let text = self.text(name).or_else(|| fallback.map(str::to_owned)).unwrap_or_default();
        if self.faults.0.len() > told {
            return String::new();
        }
        check(&text).unwrap_or_else(|sentence| {
            self.fail(name, &sentence);
            String::new()
        })
    }

    /// Every fault, with those fields nobody knows.
    fn end(mut self) -> Checklist {
        let names = self.names.join(", ");
        let unknown: Vec<String> = self.object.keys().take(MOST_UNKNOWN).cloned().collect();
        for name in unknown {
            self.fail(&name, &format!("There is no such field. The fields are: {names}."));
        }
        self.faults
    }
}

fn scalar(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}
