//! What a blueprint needs to know, as fields of a form: the same questions that
//! the conversation asks one by one.

use std::collections::BTreeMap;

use crate::domain::blueprint::{Blueprint, Parameter};
use crate::domain::set::StageName;
use crate::ports::chat::{Question, Questions, form};
use crate::say::chat as say;
use crate::service::parameters::FIELD;

/// What a set says itself to a blueprint that asks.
const TOLD_BY_THE_SET: [&str; 2] = ["SetName", "StageName"];

/// A blueprint that was chosen for an account, and where on the form its questions stand.
pub(super) struct Chosen<'a> {
    pub(super) blueprint: &'a Blueprint,
    stage: Option<StageName>,
}

impl<'a> Chosen<'a> {
    /// For the one account of a form.
    pub(super) const fn alone(blueprint: &'a Blueprint) -> Self {
        Self { blueprint, stage: None }
    }

    /// For one account of a set.
    pub(super) const fn of_stage(blueprint: &'a Blueprint, stage: StageName) -> Self {
        Self { blueprint, stage: Some(stage) }
    }

    fn asked(&self) -> impl Iterator<Item = &'a Parameter> {
        let told = self.stage.map_or(&[][..], |_| &TOLD_BY_THE_SET[..]);
        self.blueprint.asked().filter(move |p| !told.contains(&p.name.as_str()))
    }

    /// The fields of its questions.
    pub(super) fn fields(&self) -> Vec<String> {
        self.asked().map(|p| self.field(p)).collect()
    }

    /// The answers to its questions; another blueprint may have been chosen before.
    pub(super) fn answers(&self, fields: &BTreeMap<String, String>) -> BTreeMap<String, String> {
        self.asked().filter_map(|p| Some((p.name.clone(), fields.get(&self.field(p))?.clone()))).collect()
    }

    /// Its questions.
    pub(super) fn questions(&self) -> Questions {
        let whose = self.stage.map(|stage| format!(" of {}", stage.word())).unwrap_or_default();
        let question = |parameter: &Parameter| Question {
            field: self.field(parameter),
            label: format!("{}{whose}", parameter.name),
            hint: parameter.description.clone(),
            choices: parameter.allowed.clone(),
            optional: parameter.default.is_some(),
        };
        let lead = say::form_asks_more(&format!("{}{whose}", self.blueprint.title));
        Questions { blueprint: self.blueprint.id.clone(), lead, questions: self.asked().map(question).collect() }
    }

    /// What stands in the fields until somebody writes something else.
    pub(super) fn defaults(&self) -> impl Iterator<Item = (String, String)> {
        self.asked().filter_map(|p| Some((self.field(p), p.default.clone()?)))
    }

    fn field(&self, parameter: &Parameter) -> String {
        let name = format!("{FIELD}{}", parameter.name);
        self.stage.map_or_else(|| name.clone(), |stage| form::stage_field(stage, &name))
    }
}
