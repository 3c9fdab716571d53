//! Requests as terminal text.

mod sets;

use super::exit::{Done, Failure};
use super::output::{self, safe};
use crate::domain::request::{State, Verdict};
use crate::say::left_behind;
use crate::say::moment::utc;
use crate::say::view::RequestView;

pub(super) use sets::{accounts_line, followed};

/// The account name, the short id and where the request stands, on one line.
pub(super) fn headline(request: &RequestView) -> String {
    let name = safe(&request.account_name);
    format!("{}  {name}  {}  {}", request.short_id, output::state(request.state, 0), safe(&request.status))
}

/// A table, one request a line.
pub(super) fn list(requests: &[RequestView]) -> String {
    let head = ["REQUEST", "STATE", "NAME", "TYPE", "BLUEPRINT", "REQUESTER", "ASKED"];
    let row = |request: &RequestView| {
        let (kind, blueprint) = match &request.account_set {
            Some(set) => (request.kind().to_owned(), set.blueprints()),
            None => (request.account_type.word().to_owned(), request.blueprint.clone().unwrap_or("none".into())),
        };
        vec![
            request.short_id.clone(),
            request.state.word().to_owned(),
            safe(&request.account_name),
            kind,
            safe(&blueprint),
            safe(&request.requester.email),
            request.created_at.strftime("%Y-%m-%d %H:%M").to_string(),
        ]
    };
    let rows: Vec<_> = requests.iter().map(row).collect();
    output::table(&head, &rows, &|number, column, cell| {
        if column == 1 { output::state(requests[number].state, cell.chars().count()) } else { cell }
    })
}

/// Prints everything about one request.
pub(super) fn request(request: &RequestView, json: bool) -> Result<Done, Failure> {
    if json {
        return output::json(request);
    }
    output::line(&headline(request))?;
    output::line("")?;
    for (name, value) in facts(request) {
        output::line(&format!("  {name:21} {}", safe(&value)))?;
    }
    for line in lists(request) {
        output::line(&line)?;
    }
    Ok(())
}

type Fact = (&'static str, String);

fn facts(request: &RequestView) -> Vec<Fact> {
    let who = &request.requester;
    let first = [("id", request.id.clone()), ("type", request.kind().to_owned())];
    let what = match &request.account_set {
        Some(set) => sets::facts(set),
        None => account_facts(request),
    };
    let always = [
        ("purpose", request.purpose.clone()),
        ("requester", format!("{} {} <{}>", who.first_name, who.last_name, who.email)),
        ("asked at", utc(request.created_at)),
        ("approval", request.policy_rule.clone()),
    ];
    let undecided = request.state == State::Pending;
    let known = [
        ("decide before", undecided.then(|| utc(request.expires_at))),
        ("account id", request.account_id.clone()),
        ("place in the queue", request.queue_place.map(|place| place.to_string())),
        ("estimate", request.estimate_seconds.map(|seconds| format!("about {seconds} s"))),
        ("progress", request.progress.as_ref().map(|progress| progress.phase.clone())),
        ("monthly cost", request.monthly_cost.clone()),
        ("cost centre", request.cost_centre.clone()),
        ("asked by", request.asked_by()),
    ];
    let known = known.into_iter().filter_map(|(name, value)| Some((name, value?)));
    first.into_iter().chain(what).chain(always).chain(known).collect()
}

fn account_facts(request: &RequestView) -> Vec<Fact> {
    let region = request.region.iter().map(|region| ("region", region.clone()));
    let set = request.set.iter().map(|set| {
        let words = format!("{} of the set {} ({})", set.stage.word(), set.name, set.request_id);
        ("part of", words)
    });
    [
        ("root e-mail", request.root_email.clone()),
        ("organizational unit", request.organizational_unit.clone()),
        ("blueprint", blueprint(request)),
    ]
    .into_iter()
    .chain(region)
    .chain(set)
    .collect()
}

fn blueprint(request: &RequestView) -> String {
    match (&request.blueprint, &request.blueprint_version) {
        (Some(id), Some(version)) => format!("{id} {version}"),
        (Some(id), None) => id.clone(),
        (None, _) => "none".to_owned(),
    }
}

/// What there may be several of, each list under its title.
fn lists(request: &RequestView) -> Vec<String> {
    let pairs = |(name, value): (&String, &String)| format!("{} = {}", safe(name), safe(value));
    let accounts = |set| sets::accounts(set, &request.short_id);
    let mut lines = request.account_set.as_ref().map(accounts).unwrap_or_default();
    lines.extend(section("Parameters", request.blueprint_parameters.iter().map(pairs)));
    lines.extend(section("Tags", request.tags.iter().map(pairs)));
    let checks = request.preflight.0.iter();
    lines.extend(section("Checks", checks.map(|c| format!("{} {}", mark(c.passed), safe(&c.text)))));
    lines.extend(section("Decisions", request.decisions.iter().map(decision)));
    lines.extend(section("Outputs", request.outputs.iter().map(pairs)));
    lines.extend(section("What went wrong", trouble(request).into_iter()));
    lines.extend(sets::files(request));
    lines
}

/// What went wrong, and what can be done about it now.
fn trouble(request: &RequestView) -> Vec<String> {
    let Some(failure) = &request.failure else { return Vec::new() };
    let given_up = request.state == State::Abandoned;
    let advice = if given_up { left_behind(request) } else { failure.advice.clone() };
    let mut lines = vec![format!("{}: {}", failure.step.words(), safe(&failure.reason)), safe(&advice)];
    if request.can_roll_back && request.can_retry() {
        let short = &request.short_id;
        lines.push(format!("To begin the blueprint anew instead: vend requests rollback {short}, then retry"));
    }
    lines
}

fn decision(decision: &crate::domain::request::Decision) -> String {
    let did = match decision.decision {
        Verdict::Approve => "approved by",
        Verdict::Deny => "denied by",
        Verdict::Cancel => "cancelled by",
        Verdict::Expire => "expired;",
    };
    let reason = decision.reason.as_deref().map(|reason| format!(": {}", safe(reason))).unwrap_or_default();
    format!("{did} {} on {} ({}){reason}", safe(&decision.by), utc(decision.at), decision.channel.word())
}

fn section(title: &str, items: impl Iterator<Item = String>) -> Vec<String> {
    let items: Vec<String> = items.map(|item| format!("  {item}")).collect();
    if items.is_empty() { items } else { [vec![String::new(), title.to_owned()], items].concat() }
}

const fn mark(passed: bool) -> &'static str {
    if passed { "✓" } else { "✗" }
}
