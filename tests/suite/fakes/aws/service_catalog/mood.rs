//! The knobs: what goes wrong, and how often.

use std::time::Duration;

/// How the played services behave. Numbers count down with the calls they strike.
#[derive(Debug, Clone, Default)]
#[allow(clippy::struct_excessive_bools, reason = "each is a knob of its own")]
pub struct Mood {
    /// Launches that are performed and whose answer is lost.
    pub lost_answers: u32,
    /// Launches whose connection breaks before anything is done.
    pub lost_calls: u32,
    /// How long a new product is not seen by its name.
    pub hidden_for: Duration,
    /// A hidden product is not seen by its id either.
    pub hidden_wholly: bool,
    /// While a product is hidden nothing keeps a second of its name out: the worst there can be.
    pub unguarded: bool,
    /// Launches that are taken on and fail for being one too many.
    pub late_busy: u32,
    /// The words the next launches that are taken on fail with, in order.
    pub fails_late: Vec<&'static str>,
    /// The code and words the next launches are refused with, in order.
    pub refuses: Vec<(&'static str, &'static str)>,
    /// Operations of other people, who share the cap.
    pub foreign: u32,
    /// Launches that never get beyond CREATED.
    pub stuck: u32,
    /// Launches that end TAINTED.
    pub tainted: u32,
    /// Launches that fail because the account is not activated.
    pub not_activated: u32,
    /// Launches turned away for coming too soon.
    pub throttled: u32,
    /// Looks turned away for coming too soon.
    pub throttled_looks: u32,
    /// Calls of any kind that end in a 503.
    pub down: u32,
    /// How long the account id says `Not Available` after the account is there.
    pub id_late: Duration,
    /// The caller's role is not associated with the portfolio.
    pub no_launch_path: bool,
    /// The caller's role may not launch.
    pub not_permitted: bool,
    /// Accounts the organization may have.
    pub quota: Option<u32>,
    /// Launch paths there are; more than one must be chosen from.
    pub more_paths: bool,
    /// The template lists no legal values for the unit.
    pub no_listed_units: bool,
}

impl Mood {
    /// Whether this call is struck; counts it.
    pub fn next(count: &mut u32) -> bool {
        let struck = *count > 0;
        *count = count.saturating_sub(1);
        struck
    }
}
