//! The two forms: asking for an account, and saying why not. Block ids are the
//! JSON names of the fields, so a fault of the pre-flight finds its field.

use serde::Serialize;

use crate::adapters::slack::blocks::{self, Block, Choice, Element, INPUT, Input, VIEW_BLOCKS, choice};
use crate::adapters::slack::text::{Text, cut};
use crate::domain::spec::{AccountType, OrganizationalUnit};
use crate::ports::chat::{BlueprintOffer, Offer, Question, form};
use crate::say::view::RequestView;

/// Characters of a form's title and of its buttons.
const TITLE: usize = 24;
/// Characters of `private_metadata`.
const METADATA: usize = 3000;

/// The `view` of `views.open`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ModalView {
    /// Always `modal`.
    #[serde(rename = "type")]
    kind: &'static str,
    /// Which form it is; comes back with the submission.
    pub callback_id: &'static str,
    /// Comes back with the submission, unseen.
    pub private_metadata: String,
    /// Top line.
    pub title: Text,
    /// The button that sends it.
    pub submit: Text,
    /// The button that closes it.
    pub close: Text,
    /// The fields.
    pub blocks: Vec<Block>,
}

/// The form that asks for an account; what the chosen blueprint needs to know stands on top.
#[must_use]
pub fn request_modal(offer: &Offer) -> ModalView {
    let hint = "Nothing is created before an approver agrees. You see every check and every step here in Slack.";
    let asked = offer.questions.iter().flat_map(|asked| asked.questions.iter().map(question));
    let inputs = asked.chain(inputs(offer)).map(|input| input.filled_from(&offer.given));
    let mut fields = vec![offer.questions.as_ref().map_or_else(|| blocks::markup(hint), |q| blocks::line(&q.lead))];
    fields.extend(inputs.map(|input| Block::Input(Box::new(input))));
    fields.truncate(VIEW_BLOCKS);
    let blueprint = offer.questions.as_ref().map_or("", |asked| &asked.blueprint);
    modal(form::REQUEST, blueprint, ["Ask for an account", "Send request"], fields)
}

pub(super) fn question(asked: &Question) -> Input {
    let choices: Vec<Choice> = asked.choices.iter().filter_map(|word| choice(word, word)).collect();
    let element = if choices.is_empty() { blocks::text_field(false, 500) } else { blocks::select("Choose", &choices) };
    let input = blocks::input(&asked.field, &asked.label, &asked.hint, element);
    if asked.optional { input.optional() } else { input }
}

fn inputs(offer: &Offer) -> Vec<Input> {
    let blueprint = "What stands in the account from the first day; leave empty for an empty account.";
    vec![
        blocks::input("account_type", "Account type", "Production needs a closer look.", account_types()),
        blocks::input(
            "root_email",
            "Root e-mail",
            "A mailbox of your team that no other AWS account uses; plus-addresses are fine.",
            blocks::email_field("team+project@example.com"),
        ),
        blocks::input(
            "organizational_unit",
            "Organizational unit",
            "Where it belongs.",
            units(&offer.organizational_units),
        ),
        blocks::input("blueprint", "Blueprint", blueprint, blueprints(&offer.blueprints)).optional(),
        blocks::input("purpose", "Why is it needed?", "The approver reads this.", blocks::text_field(true, 500)),
        blocks::input("account_name", "Account name", "Leave empty for a good one.", blocks::text_field(false, 50))
            .optional(),
        blocks::input("cost_centre", "Cost centre", "If yours are tracked.", blocks::text_field(false, 100)).optional(),
    ]
}

fn account_types() -> Element {
    let options = AccountType::ALL.iter().filter_map(|kind| choice(kind.word(), kind.word())).collect();
    Element::RadioButtons { action_id: INPUT, options, initial_option: None }
}

/// A list where the live product offers one; else a field to write into.
pub(super) fn units(all: &[OrganizationalUnit]) -> Element {
    let alone = |unit: &OrganizationalUnit| all.iter().filter(|other| other.name == unit.name).count() == 1;
    let label = |unit: &OrganizationalUnit| if alone(unit) { unit.name.clone() } else { unit.to_string() };
    let option = |unit: &OrganizationalUnit| choice(&label(unit), &unit.id);
    let choices: Vec<Choice> = all.iter().filter_map(option).collect();
    if choices.is_empty() { blocks::text_field(false, 200) } else { blocks::select("Choose a unit", &choices) }
}

pub(super) fn blueprints(offers: &[BlueprintOffer]) -> Element {
    let option = |offer: &BlueprintOffer| choice(&offer.title, &offer.id);
    let mut choices: Vec<Choice> = choice("None: an empty account", "none").into_iter().collect();
    choices.extend(offers.iter().filter_map(option));
    blocks::select("Choose a blueprint", &choices)
}

/// The form that asks why not.
#[must_use]
pub fn reason_modal(view: &RequestView) -> ModalView {
    let words = format!("{} will be told what you write here.", cut(&view.requester.first_name, 100));
    let reason =
        blocks::input(form::WHY_NOT, "Why not?", "Say what would make it acceptable.", blocks::text_field(true, 500));
    let about = format!("{}: {} {}", view.short_id, view.kind(), view.account_name);
    let fields = vec![blocks::line(&about), blocks::line(&words), Block::Input(Box::new(reason))];
    modal(form::REASON, &view.id, ["Deny the request", "Deny"], fields)
}

pub(super) fn modal(
    callback_id: &'static str,
    metadata: &str,
    [title, submit]: [&'static str; 2],
    blocks: Vec<Block>,
) -> ModalView {
    ModalView {
        kind: "modal",
        callback_id,
        private_metadata: cut(metadata, METADATA),
        title: Text::line(title, TITLE),
        submit: Text::line(submit, TITLE),
        close: Text::line("Close", TITLE),
        blocks,
    }
}
