//! The pre-flight checklist: what was checked before a human is asked, in the
//! words requester and approver both see.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Everything that was checked, passed or not, in the order shown.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
pub struct Checklist(pub Vec<Check>);

/// One line of the checklist.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Check {
    /// The JSON field the line is about.
    pub field: String,
    /// Whether it passed.
    pub passed: bool,
    /// A sentence; for a failure it says what to do.
    pub text: String,
}

impl Checklist {
    /// Adds a line that passed.
    pub fn pass(&mut self, field: &str, text: impl Into<String>) {
        self.0.push(Check { field: field.into(), passed: true, text: text.into() });
    }

    /// Adds a line that failed.
    pub fn fail(&mut self, field: &str, text: impl Into<String>) {
        self.0.push(Check { field: field.into(), passed: false, text: text.into() });
    }

    /// Every line that failed.
    pub fn faults(&self) -> impl Iterator<Item = &Check> {
        self.0.iter().filter(|check| !check.passed)
    }

    /// Whether nothing failed.
    #[must_use]
    pub fn is_clear(&self) -> bool {
        self.faults().next().is_none()
    }
}
