//! What the bot says in a conversation, in every channel alike.

use std::fmt::Write as _;

use crate::domain::blueprint::{Blueprint, Parameter};
use crate::domain::request::State;
use crate::domain::set::SetSpec;
use crate::domain::spec::AccountSpec;
use crate::say::moment;
use crate::say::view::RequestView;

/// A request was made.
#[must_use]
pub fn submitted(view: &RequestView) -> String {
    let next = if view.decisions.is_empty() {
        "The approvers have been asked; I will tell you what they decide."
    } else {
        "It is approved by the policy; the account will be made."
    };
    let what = if view.account_set.is_some() { "account set" } else { "account" };
    format!("Done: request {} for the {what} {} is stored. {next}", view.short_id, view.account_name)
}

/// A value was refused: why, then the question again.
#[must_use]
pub fn refused(why: &str, question: &str) -> String {
    format!("{why} {question}").trim().to_owned()
}

/// The confirmation question with what was derived, answered and what it costs.
#[must_use]
pub fn confirm(question: &str, spec: Option<&AccountSpec>, blueprint: Option<&Blueprint>) -> String {
    let Some(spec) = spec else { return question.to_owned() };
    let mut text = format!("The account will be called {}. ", spec.account_name);
    if let (Some(choice), Some(blueprint)) = (&spec.blueprint, blueprint) {
        let creates = blueprint.in_words(&choice.parameters);
        let _ = write!(text, "Its blueprint creates {creates}, and costs {}. ", super::monthly_cost(blueprint));
        for parameter in blueprint.asked() {
            if let Some(value) = choice.parameters.get(&parameter.name) {
                let _ = write!(text, "{} is {value}. ", parameter.name);
            }
        }
    }
    before_the_question(&text, question)
}

/// What an interlude was answered stays in front: the summary belongs to the question behind it.
fn before_the_question(summary: &str, said: &str) -> String {
    after(answer_before(said), &format!("{summary}{}", question_of(said)))
}

/// What an interlude was answered, in front of the question that is still open.
#[must_use]
pub fn answer_before(said: &str) -> Option<&str> {
    said.rsplit_once("\n\n").map(|(answer, _)| answer)
}

/// The question that is still open, behind what an interlude was answered.
#[must_use]
pub fn question_of(said: &str) -> &str {
    said.rsplit_once("\n\n").map_or(said, |(_, question)| question)
}

/// A question behind what an interlude was answered.
#[must_use]
pub fn after(answer: Option<&str>, question: &str) -> String {
    answer.map_or_else(|| question.to_owned(), |answer| format!("{answer}\n\n{question}"))
}

/// A question with the answers that fit.
#[must_use]
pub fn with_choices(question: &str, choices: &[String]) -> String {
    if choices.is_empty() { question.to_owned() } else { format!("{question} Choices: {}.", choices.join(", ")) }
}

/// One request, in a line.
#[must_use]
pub fn status_line(view: &RequestView) -> String {
    let progress = view.progress.as_ref().map(|progress| match (progress.done, progress.total) {
        (Some(done), Some(total)) => format!(" {} ({done} of {total}).", progress.phase),
        _ => format!(" {}.", progress.phase),
    });
    let left = view.estimate_seconds.and_then(moment::about).map(|left| format!(" Ready in {left}."));
    let failure = view.failure.as_ref().filter(|_| view.state == State::Failed);
    let advice = failure.map(|failure| format!(" {}", failure.advice));
    format!(
        "{} ({}): {}{}{}{}",
        view.short_id,
        view.account_name,
        view.status,
        progress.unwrap_or_default(),
        left.unwrap_or_default(),
        advice.unwrap_or_default()
    )
}

/// A question for a blueprint parameter, after why the answer before was refused.
#[must_use]
pub fn ask_parameter(parameter: &Parameter, refused: Option<&str>) -> String {
    let why = refused.map(|why| format!("{why} ")).unwrap_or_default();
    format!("{why}The blueprint needs {}. {} What should it be?", parameter.name, parameter.description)
}

/// Nobody asked for anything yet.
pub const NOTHING_ASKED: &str = "You have no requests yet. Say \"I would like a new account\" to make one.";

/// There is nothing that could be cancelled.
pub const NOTHING_TO_CANCEL: &str = "You have no request that waits for a decision, so there is nothing to cancel.";

/// Requests that can be taken back, and how.
#[must_use]
pub fn which_to_cancel(waiting: &[RequestView]) -> String {
    let lines: Vec<_> = waiting
        .iter()
        .map(|view| {
            format!("To take back {} ({}), say \"cancel {}\".", view.short_id, view.account_name, view.short_id)
        })
        .collect();
    lines.join("\n")
}

/// A request was taken back, or a failed one given up.
#[must_use]
pub fn cancelled(view: &RequestView) -> String {
    if view.state == State::Abandoned {
        let left = super::left_behind(view);
        return format!("Request {} for {} is given up. {left}", view.short_id, view.account_name);
    }
    format!("Request {} for {} is cancelled; nothing was created.", view.short_id, view.account_name)
}

/// The confirmation question of a set, with what each account will be and may do.
#[must_use]
pub fn confirm_set(question: &str, set: &SetSpec) -> String {
    let mut text = String::new();
    for (stage, spec) in &set.stages {
        let (name, email) = (&spec.account.account_name, &spec.account.root_email);
        let _ = writeln!(
            text,
            "{}: {name} ({email}), execution policy {}.",
            stage.word(),
            spec.execution_policy.in_words()
        );
    }
    before_the_question(&text, question)
}

/// The conversation engine is down.
pub const ENGINE_DOWN: &str = "I cannot hold a conversation right now. Nothing was lost. \
Use the form (`/account` in Slack) or the REST API, or try again in a few minutes.";

/// Two messages at once.
pub const ONE_AT_A_TIME: &str = "I am still busy with your last message. Please send this one again.";
