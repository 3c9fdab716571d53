//! The form that asks for an account set. Block ids are the JSON names of the fields,
//! so a fault of the pre-flight finds its field.

use super::form::{ModalView, blueprints, modal, question, units};
use crate::adapters::slack::blocks::{self, Block, Element, Input, VIEW_BLOCKS};
use crate::domain::set::StageName;
use crate::ports::chat::{BlueprintOffer, SetOffer, form, questions_of_stage};

/// Said above everything else.
const LEAD: &str = "*dev*, *preprod* and *prod* under one approval. Nothing is created before an approver agrees.";
/// Said above the fields of one account.
const ONLY_WHERE: [(&str, StageName); 3] = [
    ("*dev*: only what is not as above", StageName::Dev),
    ("*preprod*: only what is not as above", StageName::Preprod),
    ("*prod*: only what is not as above", StageName::Prod),
];
/// What may be written as an execution policy.
const POLICY: &str = "What CloudFormation may do in the accounts: least-privilege, the ARN of a managed policy of AWS, \
                      or AdministratorAccess (whoever may deploy there may then do ANYTHING).";

/// The form that asks for an account set; what the chosen blueprints need to know stands on top.
#[must_use]
pub fn set_modal(offer: &SetOffer) -> ModalView {
    let filled = |input: Input| Block::Input(Box::new(input.filled_from(&offer.given)));
    let mut fields = vec![blocks::markup(LEAD)];
    for asked in offer.questions.values() {
        fields.push(blocks::line(&asked.lead));
        fields.extend(asked.questions.iter().map(question).map(filled));
    }
    fields.extend(common(offer).into_iter().map(filled));
    for (words, stage) in ONLY_WHERE {
        fields.extend([Block::Divider, blocks::markup(words)]);
        fields.extend(of_stage(offer, stage).into_iter().map(|input| filled(input.optional())));
    }
    fields.truncate(VIEW_BLOCKS);
    let asked = offer.questions.iter().map(|(stage, asked)| questions_of_stage(*stage, &asked.blueprint));
    modal(form::SET, &asked.collect::<Vec<_>>().join(" "), ["Ask for an account set", "Send request"], fields)
}

fn common(offer: &SetOffer) -> Vec<Input> {
    let field = |name: &str, label, hint, element| blocks::input(&format!("account_set.{name}"), label, hint, element);
    vec![
        field(
            "name",
            "Set name",
            "Like fraud-models: a small letter, then small letters, digits and hyphens.",
            text(31),
        ),
        field("pipeline.account", "Governance account", "Twelve digits; it exists and runs the pipelines.", text(20)),
        field("pipeline.region", "Region of the governance account", "Like eu-west-1.", text(30)),
        field("default_region", "Region of the three accounts", "Leave empty for the same region.", text(30))
            .optional(),
        field(
            "root_email",
            "Root e-mail",
            "One address for each account: {stage} becomes dev, preprod and prod, as in ml-{stage}@example.com.",
            text(100),
        )
        .optional(),
        field("organizational_unit", "Organizational unit", "Where they belong.", units(&offer.organizational_units))
            .optional(),
        field(
            "blueprint",
            "Blueprint",
            "What stands in the accounts from the first day; leave empty for the MLOps stage.",
            blueprints(&for_all(offer)),
        )
        .optional(),
        field("execution_policy", "Execution policy", POLICY, text(600)),
        field(
            "pipeline.execution_policy",
            "Execution policy of the governance account",
            "Used only where it is not bootstrapped yet; leave empty for the same.",
            text(600),
        )
        .optional(),
        blocks::input("purpose", "Why are they needed?", "The approver reads this.", blocks::text_field(true, 500)),
        blocks::input("cost_centre", "Cost centre", "If yours are tracked.", text(100)).optional(),
    ]
}

fn of_stage(offer: &SetOffer, stage: StageName) -> Vec<Input> {
    let none = Vec::new();
    let fitting = offer.blueprints.get(&stage).unwrap_or(&none);
    let word = stage.word();
    let field = |name: &str, label: &str, hint: &str, element| {
        blocks::input(&form::stage_field(stage, name), &format!("{label} of {word}"), hint, element)
    };
    vec![
        field("root_email", "Root e-mail", "A mailbox that no other AWS account uses.", text(64)),
        field("organizational_unit", "Organizational unit", "Where it belongs.", units(&offer.organizational_units)),
        field("region", "Region", "Like eu-central-1.", text(30)),
        field("account_name", "Account name", "Leave empty for the set's name and the stage.", text(50)),
        field("blueprint", "Blueprint", "What stands in it from the first day.", blueprints(fitting)),
        field("execution_policy", "Execution policy", "What CloudFormation may do in it.", text(600)),
    ]
}

fn text(longest: u16) -> Element {
    blocks::text_field(false, longest)
}

/// The blueprints that fit every account.
fn for_all(offer: &SetOffer) -> Vec<BlueprintOffer> {
    let fits = |one: &&BlueprintOffer| offer.blueprints.values().all(|fitting| fitting.contains(one));
    offer.blueprints.values().next().map(|first| first.iter().filter(fits).cloned().collect()).unwrap_or_default()
}
