//! What will become of an account operation, fixed when it is accepted, and where
//! it stands some time later. Pure: elapsed time comes in as an argument, so
//! neither a restart nor changed settings change the course of what was begun.

use serde::{Deserialize, Serialize};

use super::trouble::Trouble;
use super::wordings;
use crate::ports::factory::ProductState;

/// The course of one account operation. Times are milliseconds from its start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// How long a smooth operation takes; phases are shares of it.
    pub full_ms: i64,
    /// When it ends; `None`: never.
    pub ends_ms: Option<i64>,
    /// When the AWS account exists, in case this operation gets that far.
    pub creates_ms: Option<i64>,
    /// Until when nobody can tell whether the call took effect; 0 when the answer arrives.
    pub hidden_ms: i64,
    /// How it ends.
    pub ending: Ending,
}

/// How an operation ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// The account is there; its id can be read after this many more milliseconds.
    Available {
        /// How long it says `Not Available`.
        id_late_ms: i64,
    },
    /// It failed, in the service's words.
    Failed {
        /// The words.
        raw: String,
    },
}

/// What a plan depends on besides the trouble asked for.
#[derive(Debug, Clone)]
pub struct Circumstances<'a> {
    /// How long a smooth operation takes.
    pub full_ms: i64,
    /// Whether this is the first attempt under the product's name.
    pub first_attempt: bool,
    /// The account, made by an earlier attempt or to be made by this one.
    pub account_id: &'a str,
    /// Whether an earlier attempt has made the account.
    pub adopts: bool,
    /// The organizational unit in full form.
    pub unit: &'a str,
    /// What stands in the way in this world: its words.
    pub obstacle: Option<String>,
    /// The account-operation limit, for the words about it.
    pub limit: u32,
}

/// Phases with the percentage of the full time at which they begin.
const PHASES: [(i64, &str); 7] = [
    (0, "Checking the order"),
    (6, "Creating the AWS account"),
    (30, "Moving the account to its organizational unit"),
    (42, "Enrolling the account in Control Tower"),
    (60, "Applying guardrails"),
    (85, "Creating the SSO user"),
    (95, "Granting the SSO user access"),
];

/// When the AWS account itself exists, as a percentage of the full time.
const ACCOUNT_MADE: i64 = 30;

/// How long an account id stays unreadable, at least.
const ID_LATE_AT_LEAST_MS: i64 = 2_000;

/// How long a lost answer leaves everybody in doubt.
const HIDDEN_MS: i64 = 2_000;

impl Plan {
    /// The course an operation will take.
    #[must_use]
    pub fn make(troubles: &[Trouble], facts: &Circumstances<'_>) -> Self {
        let has = |trouble| troubles.contains(&trouble);
        let first = |trouble| facts.first_attempt && has(trouble);
        let plan = if let Some(raw) = &facts.obstacle {
            Self::fails(facts, 10, raw.clone())
        } else if has(Trouble::Email) {
            Self::fails(facts, 20, wordings::EMAIL)
        } else if first(Trouble::Busy) {
            Self::fails(facts, 10, wordings::busy(facts.limit))
        } else if first(Trouble::Quota) {
            Self::fails(facts, 20, wordings::QUOTA)
        } else if first(Trouble::Activation) {
            Self::fails(facts, 40, wordings::activation(facts.account_id))
        } else if first(Trouble::Ou) {
            Self::fails(facts, 20, wordings::unit(facts.unit))
        } else if first(Trouble::Tainted) {
            Self::fails(facts, 80, wordings::tainted(facts.account_id))
        } else {
            Self::succeeds(facts, has(Trouble::NoId))
        };
        let hidden_ms = if first(Trouble::Lost) { HIDDEN_MS } else { 0 };
        let plan = Self { hidden_ms, ..plan };
        if first(Trouble::Slow) { Self { ends_ms: None, creates_ms: None, ..plan } } else { plan }
    }

    fn succeeds(facts: &Circumstances<'_>, id_late: bool) -> Self {
        let id_late_ms = if id_late { (facts.full_ms / 5).max(ID_LATE_AT_LEAST_MS) } else { 0 };
        Self {
            full_ms: facts.full_ms,
            ends_ms: Some(facts.full_ms),
            creates_ms: (!facts.adopts).then_some(facts.full_ms * ACCOUNT_MADE / 100),
            hidden_ms: 0,
            ending: Ending::Available { id_late_ms },
        }
    }

    fn fails(facts: &Circumstances<'_>, percent: i64, raw: impl Into<String>) -> Self {
        let made = percent >= ACCOUNT_MADE && !facts.adopts;
        Self {
            full_ms: facts.full_ms,
            ends_ms: Some(facts.full_ms * percent / 100),
            creates_ms: made.then_some(facts.full_ms * ACCOUNT_MADE / 100),
            hidden_ms: 0,
            ending: Ending::Failed { raw: raw.into() },
        }
    }

    /// Whether the operation is still running.
    #[must_use]
    pub fn is_under_way(&self, elapsed_ms: i64) -> bool {
        self.ends_ms.is_none_or(|end| elapsed_ms < end)
    }

    /// Whether it has run longer than it should and will never end.
    #[must_use]
    pub fn hangs(&self, elapsed_ms: i64) -> bool {
        self.ends_ms.is_none() && elapsed_ms >= self.full_ms
    }

    /// What a look at the product shows.
    #[must_use]
    pub fn state(&self, elapsed_ms: i64, account_id: &str, record_id: &str) -> ProductState {
        if self.is_under_way(elapsed_ms) {
            return ProductState::UnderWay { phase: self.phase(elapsed_ms).into(), record_id: record_id.into() };
        }
        match &self.ending {
            Ending::Failed { raw } => ProductState::Failed(wordings::failure(raw.clone(), record_id)),
            Ending::Available { id_late_ms } if elapsed_ms < self.full_ms.saturating_add(*id_late_ms) => {
                ProductState::AccountIdUnknown
            }
            Ending::Available { .. } => ProductState::Available { account_id: account_id.into() },
        }
    }

    fn phase(&self, elapsed_ms: i64) -> &'static str {
        let percent = elapsed_ms.saturating_mul(100) / self.full_ms.max(1);
        PHASES.iter().rev().find(|(from, _)| percent >= *from).map_or(PHASES[0].1, |(_, phase)| phase)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn circumstances() -> Circumstances<'static> {
        Circumstances {
            full_ms: 100_000,
            first_attempt: true,
            account_id: "123456789012",
            adopts: false,
            unit: "Demos (ou-ab12-7a8b9c0d)",
            obstacle: None,
            limit: 5,
        }
    }

    #[test]
    fn a_smooth_operation_walks_through_every_phase_to_its_account() {
        let plan = Plan::make(&[], &circumstances());
        let mut seen = Vec::new();
        for second in 0..100 {
            let ProductState::UnderWay { phase, .. } = plan.state(second * 1000, "123456789012", "rec-1") else {
                panic!("ended early at {second} s");
            };
            if seen.last() != Some(&phase) {
                seen.push(phase);
            }
        }
        assert_eq!(seen, PHASES.map(|(_, phase)| phase));
        let end = plan.state(100_000, "123456789012", "rec-1");
        assert_eq!(end, ProductState::Available { account_id: "123456789012".into() });
    }

    #[test]
    fn work_that_takes_no_time_is_done_at_once() {
        let plan = Plan::make(&[], &Circumstances { full_ms: 0, ..circumstances() });
        assert!(matches!(plan.state(0, "123456789012", "rec-1"), ProductState::Available { .. }));
    }

    #[test]
    fn a_hanging_operation_neither_ends_nor_makes_an_account() {
        let plan = Plan::make(&[Trouble::Slow], &circumstances());
        assert!(plan.is_under_way(i64::MAX) && plan.hangs(100_000) && !plan.hangs(99_999));
        assert_eq!(plan.creates_ms, None);
    }
}
