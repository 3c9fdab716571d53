//! What a blueprint needs to know, as fields of the form: the same questions that
//! the conversation asks one by one.

use std::collections::BTreeMap;

use crate::domain::blueprint::{Blueprint, Parameter};
use crate::ports::chat::{Question, Questions};
use crate::say::chat as say;
use crate::service::parameters::FIELD;

/// The fields of a blueprint's questions.
pub(super) fn fields(blueprint: &Blueprint) -> Vec<String> {
    blueprint.asked().map(field).collect()
}

/// The answers to the chosen blueprint's questions; another one may have been chosen before.
pub(super) fn answers(blueprint: Option<&Blueprint>, fields: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let asked = blueprint.into_iter().flat_map(Blueprint::asked);
    asked.filter_map(|p| Some((p.name.clone(), fields.get(&field(p))?.clone()))).collect()
}

/// The questions of a blueprint.
pub(super) fn of(blueprint: &Blueprint) -> Questions {
    let question = |parameter: &Parameter| Question {
        field: field(parameter),
        label: parameter.name.clone(),
        hint: parameter.description.clone(),
        choices: parameter.allowed.clone(),
        optional: parameter.default.is_some(),
    };
    let questions = blueprint.asked().map(question).collect();
    Questions { blueprint: blueprint.id.clone(), lead: say::form_asks_more(&blueprint.title), questions }
}

/// What stands in the fields until somebody writes something else.
pub(super) fn defaults(blueprint: &Blueprint) -> impl Iterator<Item = (String, String)> {
    blueprint.asked().filter_map(|p| Some((field(p), p.default.clone()?)))
}

fn field(parameter: &Parameter) -> String {
    format!("{FIELD}{}", parameter.name)
}
