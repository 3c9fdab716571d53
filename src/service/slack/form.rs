//! The forms: what they offer, and what becomes of one that was sent.

use std::collections::BTreeMap;
use std::time::Duration;

use super::SlackTrouble;
use super::desk::{Desk, Person};
use super::incoming::Submitted;
use super::questions::Chosen;
use crate::domain::preflight::{Check, Checklist};
use crate::domain::request::Verdict;
use crate::domain::spec::{AccountType, Draft, OrganizationalUnit};
use crate::ports::chat::{BlueprintOffer, Form, Offer, form};
use crate::say::chat as say;
use crate::service::{Decide, Decided, Once, Service, ServiceError};

/// How long the live list of organizational units is waited for: a form must
/// open within 3 s of the click, and a field to write into is better than none.
const OFFER_WAIT: Duration = Duration::from_millis(1200);

/// What becomes of a sent form.
#[derive(Debug, Clone, PartialEq)]
pub enum FormAnswer {
    /// It is stored; the form may close.
    Taken,
    /// What is wrong, by field.
    Faults(BTreeMap<String, String>),
    /// The blueprint that was chosen needs to know more.
    Ask {
        /// The same form with what is missing.
        form: Box<Form>,
        /// What is missing, in words.
        missing: Vec<String>,
    },
}

/// Works through a sent form; answers only once what it asks for is stored.
///
/// # Errors
/// [`SlackTrouble::Later`] when it cannot be told now: store the delivery and let the worker try.
pub async fn take_form(service: &Service, sent: &Submitted) -> Result<FormAnswer, SlackTrouble> {
    let chat = service.chat.as_deref().ok_or_else(|| SlackTrouble::Never("Slack is not configured".to_owned()))?;
    let desk = Desk { service, chat, attempt: 1, delivery: sent.view_id.clone() };
    desk.take(sent).await
}

impl Desk<'_> {
    /// The worker's way: nobody looks at the form any more, so faults are told in words.
    pub(super) async fn sent(&self, sent: &Submitted) -> Result<(), SlackTrouble> {
        match self.take(sent).await? {
            FormAnswer::Taken => Ok(()),
            FormAnswer::Faults(faults) => {
                let faults: Vec<String> = faults.into_values().collect();
                self.tell(&sent.user, say::form_faults(&faults)).await
            }
            FormAnswer::Ask { missing, .. } => self.tell(&sent.user, say::form_faults(&missing)).await,
        }
    }

    async fn take(&self, sent: &Submitted) -> Result<FormAnswer, SlackTrouble> {
        let who = match self.person(&sent.user).await? {
            Ok(who) => who,
            Err(sentence) => return Ok(fault(first_field(&sent.callback), sentence.to_owned())),
        };
        match sent.callback.as_str() {
            form::REQUEST => self.take_request(sent, &who).await,
            form::SET => self.take_set(sent, &who).await,
            form::REASON => self.take_reason(sent, &who).await,
            // A form of an older version of this program.
            _ => Ok(FormAnswer::Taken),
        }
    }

    async fn take_request(&self, sent: &Submitted, who: &Person) -> Result<FormAnswer, SlackTrouble> {
        let units = self.service.organizational_units().await?;
        let chosen = sent.fields.get("blueprint").and_then(|id| self.service.catalogue.get(id)).map(Chosen::alone);
        let answers = chosen.as_ref().map(|chosen| chosen.answers(&sent.fields)).unwrap_or_default();
        let draft = Draft { blueprint_parameters: answers, ..draft(&sent.fields, &units) };
        match self.service.submit(&draft, &who.requester, &who.actor, Some(of_one_form(sent))).await {
            Ok(_) => Ok(FormAnswer::Taken),
            Err(ServiceError::Invalid(checklist)) => Ok(self.refused(sent, chosen.as_ref(), &checklist).await),
            Err(error @ ServiceError::Unavailable(_)) => Err(error.into()),
            Err(error) => Ok(fault(form::FIELDS[0], error.sentence())),
        }
    }

    /// Faults at their fields; where only fields are missing, the form comes back with them.
    async fn refused(&self, sent: &Submitted, chosen: Option<&Chosen<'_>>, checklist: &Checklist) -> FormAnswer {
        let asked: Vec<String> = chosen.map(Chosen::fields).unwrap_or_default();
        let on_form = chosen.is_some_and(|chosen| chosen.blueprint.id == sent.metadata);
        let (missing, wrong): (Vec<_>, Vec<_>) =
            checklist.faults().partition(|fault| !on_form && asked.contains(&fault.field));
        if let (Some(chosen), false, true) = (chosen, missing.is_empty(), wrong.is_empty()) {
            let questions = Some(chosen.questions());
            let given = chosen.defaults().chain(sent.fields.clone()).collect();
            return ask(Form::Request(Offer { questions, given, ..self.offer().await }), &missing);
        }
        let asked = if on_form { asked } else { Vec::new() };
        let nearest = |field: &str| {
            let known = form::FIELDS.contains(&field) || asked.iter().any(|asked| asked == field);
            let nearest = if field.starts_with("blueprint") { "blueprint" } else { form::FIELDS[0] };
            if known { field.to_owned() } else { nearest.to_owned() }
        };
        FormAnswer::Faults(by_field(&wrong, nearest))
    }

    async fn take_reason(&self, sent: &Submitted, who: &Person) -> Result<FormAnswer, SlackTrouble> {
        let reason = sent.fields.get(form::WHY_NOT).cloned().unwrap_or_default();
        let decided = match self.service.find(&sent.metadata).await {
            Ok(id) => self.service.decide(id, &who.actor, Decide::Deny { reason: reason.clone() }).await,
            Err(error) => Err(error),
        };
        match decided {
            Ok(decided) if decided.changed || is_their_denial(&decided, who) => Ok(FormAnswer::Taken),
            Ok(decided) => Ok(fault(form::WHY_NOT, decided.said)),
            Err(error @ ServiceError::Unavailable(_)) => Err(error.into()),
            Err(error) => Ok(fault(form::WHY_NOT, error.sentence())),
        }
    }

    /// What the form offers to choose from.
    pub(super) async fn offer(&self) -> Offer {
        let blueprints = self.blueprints_on_offer(None, &self.service.settings.blueprint_values);
        Offer { organizational_units: self.units_on_offer().await, blueprints, ..Offer::default() }
    }

    /// The blueprints to choose from, of an account of this type where it is known.
    pub(super) fn blueprints_on_offer(
        &self,
        account_type: Option<AccountType>,
        configured: &BTreeMap<String, String>,
    ) -> Vec<BlueprintOffer> {
        let offered = self.service.catalogue.offered(account_type, configured);
        offered.map(|blueprint| BlueprintOffer { id: blueprint.id.clone(), title: blueprint.title.clone() }).collect()
    }

    /// The units to choose from; none where the product does not tell them while a form can still open.
    pub(super) async fn units_on_offer(&self) -> Vec<OrganizationalUnit> {
        let units = tokio::time::timeout(OFFER_WAIT, self.service.organizational_units()).await;
        units.ok().and_then(Result::ok).unwrap_or_default()
    }
}

/// A second copy of a denial finds it already made.
fn is_their_denial(decided: &Decided, who: &Person) -> bool {
    decided.view.decisions.last().is_some_and(|last| {
        last.decision == Verdict::Deny && crate::domain::person::same_email(&last.by, &who.actor.email)
    })
}

fn first_field(callback: &str) -> &'static str {
    match callback {
        form::REASON => form::WHY_NOT,
        form::SET => form::SET_FIELDS[0],
        _ => form::FIELDS[0],
    }
}

/// One form makes one request, however often it is delivered.
pub(super) fn of_one_form(sent: &Submitted) -> Once {
    Once {
        caller: format!("slack/{}/{}", sent.user.team, sent.user.user),
        key: sent.view_id.clone(),
        fingerprint: String::new(),
    }
}

/// The form again, with fields for what is missing.
pub(super) fn ask(form: Form, missing: &[&Check]) -> FormAnswer {
    FormAnswer::Ask { form: Box::new(form), missing: missing.iter().map(|fault| fault.text.clone()).collect() }
}

pub(super) fn fault(field: &str, sentence: String) -> FormAnswer {
    FormAnswer::Faults(BTreeMap::from([(field.to_owned(), sentence)]))
}

/// The full name of a unit that was chosen by its id, or what was written by hand.
pub(super) fn full_name(chosen: String, units: &[OrganizationalUnit]) -> String {
    units.iter().find(|unit| unit.id == chosen).map_or(chosen, ToString::to_string)
}

/// The fields as a draft; a chosen unit comes back as its id and is given its full name.
fn draft(fields: &BTreeMap<String, String>, units: &[OrganizationalUnit]) -> Draft {
    let field = |name: &str| fields.get(name).cloned();
    Draft {
        account_type: field("account_type"),
        root_email: field("root_email"),
        organizational_unit: field("organizational_unit").map(|chosen| full_name(chosen, units)),
        account_name: field("account_name"),
        blueprint: field("blueprint"),
        purpose: field("purpose"),
        cost_centre: field("cost_centre"),
        ..Draft::default()
    }
}

/// Every fault at its field, as `place` finds it on the form: Slack ignores faults of fields it
/// does not know, and closes the form.
pub(super) fn by_field(wrong: &[&Check], place: impl Fn(&str) -> String) -> BTreeMap<String, String> {
    let mut faults: BTreeMap<String, String> = BTreeMap::new();
    for check in wrong {
        let place = faults.entry(place(&check.field)).or_default();
        if !place.is_empty() {
            place.push(' ');
        }
        place.push_str(&check.text);
    }
    faults
}
