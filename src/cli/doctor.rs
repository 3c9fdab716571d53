//! `vend doctor`: prints what the doctor found, a line each, with the fix below it.

use std::path::Path;

use super::args::JsonArg;
use super::exit::{Done, Exit, Failure};
use super::local::load_whole_config;
use super::output::{self, safe};
use crate::doctor::{self, Finding, Report, State};

pub(super) async fn run(file: Option<&Path>, arg: &JsonArg) -> Result<Exit, Failure> {
    let report = doctor::examine(&load_whole_config(file).await?).await;
    if arg.json {
        output::json(&report)?;
    } else {
        told(&report)?;
        output::line("")?;
        output::line(&summary(&report.checks))?;
    }
    Ok(ending(&report))
}

/// The exit code of what was found.
pub(super) const fn ending(report: &Report) -> Exit {
    match report.state {
        State::Green => Exit::Ok,
        State::Yellow => Exit::Unseen,
        State::Red => Exit::Failed,
    }
}

/// A line for each check, with the fix below it.
pub(super) fn told(report: &Report) -> Result<Done, Failure> {
    let width = report.checks.iter().map(|finding| finding.check.len()).max().unwrap_or(0);
    for finding in &report.checks {
        output::line(&format!("{} {:width$}  {}", mark(finding.state), finding.check, safe(&finding.found)))?;
        if let Some(fix) = &finding.fix {
            output::line(&format!("  {:width$}  → {}", "", safe(fix)))?;
        }
    }
    Ok(())
}

fn summary(checks: &[Finding]) -> String {
    let count = |state: State| checks.iter().filter(|finding| finding.state == state).count();
    let (red, yellow) = (count(State::Red), count(State::Yellow));
    let unseen = if yellow > 0 { format!("; {yellow} could not be looked at") } else { String::new() };
    match red {
        0 if yellow == 0 => format!("All {} checks are green.", checks.len()),
        0 => format!("Nothing is red{unseen}."),
        1 => format!("1 check is red{unseen}."),
        n => format!("{n} checks are red{unseen}."),
    }
}

fn mark(state: State) -> String {
    let (mark, colour) = match state {
        State::Green => ("✓", 32),
        State::Yellow => ("?", 33),
        State::Red => ("✗", 31),
    };
    output::coloured(mark, colour)
}
