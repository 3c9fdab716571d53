//! The stations of a request from asked to ready, and how far it is.

use maud::{Markup, html};

use crate::domain::request::{State, Step};
use crate::say::view::RequestView;

/// How a station stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// Behind it.
    Done,
    /// There now.
    Now,
    /// Still ahead.
    Ahead,
    /// It ended here, badly.
    Stopped,
}

impl Mark {
    const fn class(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Now => "now",
            Self::Ahead => "ahead",
            Self::Stopped => "stopped",
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Now => "now",
            Self::Ahead => "to come",
            Self::Stopped => "stopped here",
        }
    }
}

/// The stations in order.
#[must_use]
pub fn stations(view: &RequestView) -> Vec<(&'static str, Mark)> {
    let is_set = view.account_set.is_some();
    let (account, finishing) = if is_set { ("Accounts", "CDK bootstrap") } else { ("Account", "Finishing") };
    let names = ["Asked", decision_name(view.state), "In line", account, "Blueprint", finishing, "Ready"];
    let (at, mark) = position(view);
    // A set does not stand in line itself: its accounts do.
    let at = if is_set && at == 2 { 3 } else { at };
    let marked = (0..).zip(names).map(|(i, name)| {
        let own = match i {
            _ if i < at => Mark::Done,
            _ if i == at => mark,
            _ => Mark::Ahead,
        };
        (name, own)
    });
    let has = |name| match name {
        "In line" => !is_set,
        "Blueprint" => view.blueprint.is_some(),
        _ => true,
    };
    marked.filter(|(name, _)| has(name)).collect()
}

const fn decision_name(state: State) -> &'static str {
    match state {
        State::Pending => "Decision",
        State::Denied => "Denied",
        State::Cancelled => "Cancelled",
        State::Expired => "Expired",
        _ => "Approved",
    }
}

/// Which station it is at, and how it stands there.
fn position(view: &RequestView) -> (usize, Mark) {
    match view.state {
        State::Pending => (1, Mark::Now),
        State::Denied | State::Cancelled | State::Expired => (1, Mark::Stopped),
        State::Approved | State::Queued => (2, Mark::Now),
        State::Creating => (3, Mark::Now),
        State::Deploying => (4, Mark::Now),
        State::Bootstrapping => (5, Mark::Now),
        State::Ready => (6, Mark::Done),
        State::Failed | State::Abandoned => (view.failure.as_ref().map_or(3, |f| station_of(f.step)), Mark::Stopped),
    }
}

const fn station_of(step: Step) -> usize {
    match step {
        Step::Approval => 2,
        Step::AccountCreation | Step::SetMembers => 3,
        Step::BlueprintDeployment => 4,
        Step::Bootstrap => 5,
    }
}

/// The stations as a list that reads well with and without a stylesheet.
#[must_use]
pub fn timeline(view: &RequestView) -> Markup {
    html! {
        ol.steps aria-label="Progress" {
            @for (name, mark) in stations(view) {
                li class=(mark.class()) aria-current=[(mark == Mark::Now).then_some("step")] {
                    span.dot aria-hidden="true" {}
                    span.name { (name) }
                    span.hidden { ", " (mark.word()) }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::say::sample;

    fn story(view: &RequestView) -> String {
        stations(view).iter().map(|(name, mark)| format!("{name}:{}", mark.class())).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn the_stations_tell_how_far_a_request_is() {
        assert_eq!(
            story(&sample::creating()),
            "Asked:done Approved:done In line:done Account:now Blueprint:ahead Finishing:ahead Ready:ahead"
        );
        assert_eq!(
            story(&sample::failed()),
            "Asked:done Approved:done In line:done Account:done Blueprint:stopped Finishing:ahead Ready:ahead"
        );
        assert!(story(&sample::denied()).starts_with("Asked:done Denied:stopped In line:ahead"));
        assert!(stations(&sample::ready()).iter().all(|(_, mark)| *mark == Mark::Done));
    }

    #[test]
    fn an_empty_account_has_no_blueprint_station() {
        let view = RequestView { blueprint: None, ..sample::ready() };
        assert!(!story(&view).contains("Blueprint"));
    }
}
