//! Pieces that several cards share.

use crate::adapters::slack::blocks::{self, Block};
use crate::adapters::slack::text::{Text, cut, one_line};
use crate::domain::request::{Decision, State, Verdict};
use crate::say::sets::{SetView, StageView, policy_words};
use crate::say::view::RequestView;

/// Longest single value shown in a card; the whole is on the web page.
const VALUE: usize = 600;

/// One row of a table; absent and empty values make no row.
pub(super) fn row(label: &'static str, value: &str) -> Option<(&'static str, String)> {
    let value = cut(&one_line(value), VALUE);
    (!value.is_empty()).then_some((label, value))
}

/// The requester's name with the address that identifies them.
pub(super) fn requester(view: &RequestView) -> String {
    let who = &view.requester;
    one_line(&format!("{} {} ({})", who.first_name, who.last_name, who.email))
}

/// The blueprint with its version, or that there is none.
pub(super) fn blueprint(view: &RequestView) -> String {
    match (&view.blueprint, &view.blueprint_version) {
        (Some(id), Some(version)) => format!("{id} (version {version})"),
        (Some(id), None) => id.clone(),
        (None, _) => "none: an empty account".to_owned(),
    }
}

/// `name = value` lines under a heading; nothing when there are none.
pub(super) fn pairs<'a>(
    heading: &'static str,
    pairs: impl IntoIterator<Item = (&'a String, &'a String)>,
) -> Vec<Block> {
    let lines: Vec<String> =
        pairs.into_iter().map(|(name, value)| format!("{} = {}", short(name), short(value))).collect();
    list(heading, &lines)
}

/// Lines under a heading; nothing when there are none.
pub(super) fn list(heading: &'static str, lines: &[String]) -> Vec<Block> {
    if lines.is_empty() {
        return Vec::new();
    }
    vec![blocks::markup(heading), blocks::lines(&lines.join("\n"))]
}

/// What tells of a set rather than of one of its accounts.
pub(super) fn set_rows(set: &SetView) -> [Option<(&'static str, String)>; 2] {
    let pipeline = &set.pipeline;
    [
        row("*Governance account*", &format!("{} in {}", pipeline.account, pipeline.region)),
        row("*Default region*", &set.default_region),
    ]
}

/// The accounts of a set, where it is one: what each is, may do, and where it stands.
pub(super) fn accounts(view: &RequestView) -> Vec<Block> {
    let Some(set) = &view.account_set else { return Vec::new() };
    let mut blocks = vec![blocks::markup("*The three accounts*")];
    blocks.extend(set.stages.iter().map(account));
    let governance = format!("governance: execution policy {}", short(&policy_words(&set.pipeline.execution_policy)));
    blocks.push(blocks::context(Text::line(&governance, blocks::TEXT)));
    blocks.extend(full_rights(set));
    blocks
}

/// One account of a set, with its bar while it is on its way.
fn account(stage: &StageView) -> Block {
    let id = stage.account_id.as_deref().map(|id| format!(" {}", short(id))).unwrap_or_default();
    let kind = stage.account_type.word();
    let mut lines = vec![format!(
        "{} {}: {} account {}{id}",
        mark(stage.state),
        stage.stage.word(),
        kind,
        short(&stage.account_name)
    )];
    if stage.state.is_working() {
        let detail = stage.detail().map(|detail| format!(": {}", short(&detail))).unwrap_or_default();
        lines.push(format!("{} {}{detail}", bar(stage.percent(), 100), stage.state.word()));
    } else if stage.failure.is_some() {
        lines.push(short(&stage.status));
    }
    let blueprint = stage.blueprint.as_deref().unwrap_or("none");
    let place = [&stage.root_email, &stage.organizational_unit, &stage.region].map(|text| short(text)).join(" · ");
    lines.push(format!("{place} · blueprint {}", short(blueprint)));
    lines.push(format!("Execution policy: {}", short(&policy_words(&stage.execution_policy))));
    blocks::lines(&lines.join("\n"))
}

/// Whoever may do anything is not read over.
fn full_rights(set: &SetView) -> Vec<Block> {
    let whose = set.with_full_rights();
    if whose.is_empty() {
        return Vec::new();
    }
    let warning = "⚠️ *ADMINISTRATOR ACCESS*: whoever may deploy there may do *anything* in these accounts:";
    vec![blocks::markup(warning), blocks::line(&whose.join(", "))]
}

/// Ten squares, filled as far as the work is done.
pub(super) fn bar(done: u64, total: u64) -> String {
    let filled = done.min(total) * 10 / total.max(1);
    (0..10).map(|square| if square < filled { '▓' } else { '░' }).collect()
}

/// What was checked before anyone was asked.
pub(super) fn preflight(view: &RequestView) -> Vec<Block> {
    let lines: Vec<String> = view
        .preflight
        .0
        .iter()
        .map(|check| format!("{} {}", if check.passed { "✓" } else { "✗" }, short(&check.text)))
        .collect();
    list("*Checked before asking you*", &lines)
}

/// Every word said on it so far, one line of small print each.
pub(super) fn decisions(view: &RequestView) -> Vec<Block> {
    view.decisions.iter().rev().take(5).rev().map(decision).collect()
}

fn decision(decision: &Decision) -> Block {
    let said = match decision.decision {
        Verdict::Approve => "Approved",
        Verdict::Deny => "Denied",
        Verdict::Cancel => "Cancelled",
        Verdict::Expire => "Expired",
    };
    let who = match decision.decision {
        Verdict::Expire => "nobody decided in time".to_owned(),
        _ => format!("by {}", short(&decision.by)),
    };
    let reason = decision.reason.as_deref().map(|words| format!(", who wrote: “{}”", short(words)));
    let words = format!("{said} {who}{}", reason.unwrap_or_default());
    Block::Context { elements: vec![Text::line(&words, blocks::TEXT), Text::moment("on", decision.at)] }
}

/// One line, short enough that a dozen fit into a block.
pub(super) fn short(words: &str) -> String {
    cut(&one_line(words), VALUE / 3)
}

/// A mark that tells the state at a glance.
pub(super) const fn mark(state: State) -> &'static str {
    match state {
        State::Pending => "🕓",
        State::Approved | State::Queued => "🟡",
        State::Creating | State::Deploying | State::Bootstrapping => "🔧",
        State::Ready => "✅",
        State::Failed => "❌",
        State::Denied => "⛔",
        State::Cancelled | State::Expired | State::Abandoned => "⚪",
    }
}
