//! The pretend organization as it stands before anyone asks for anything: its
//! organizational units and the accounts it already has. Constants only.

use crate::domain::spec::OrganizationalUnit;

/// Units offered, in order. `Experiment` and `Demos` are the original bot's; `Research` is
/// there twice, under two parents, so its plain name alone is ambiguous.
const UNITS: [(&str, &str); 8] = [
    ("Experiment", "ou-ab12-1f2e3d4c"),
    ("Demos", "ou-ab12-7a8b9c0d"),
    ("Sandbox", "ou-ab12-3c4d5e6f"),
    ("ML Production", "ou-ab12-5b6a7988"),
    ("ML Non-Production", "ou-ab12-90817263"),
    ("Workloads/Shared Services", "ou-ab12-a1b2c3d4"),
    ("Research", "ou-ab12-e5f60718"),
    ("Research", "ou-ab12-c9dae0f1"),
];

/// An account that was there before `vend`.
pub struct Veteran {
    /// Twelve digits.
    pub id: &'static str,
    /// Its root user.
    pub email: &'static str,
    /// Its name.
    pub name: &'static str,
}

/// Accounts every pretend organization starts with.
pub const VETERANS: [Veteran; 4] = [
    Veteran { id: "111122223333", email: "management@example.com", name: "Management" },
    Veteran { id: "222233334444", email: "log-archive@example.com", name: "Log Archive" },
    Veteran { id: "333344445555", email: "audit@example.com", name: "Audit" },
    Veteran { id: "444455556666", email: "taken@example.com", name: "Taken" },
];

/// The units the pretend product offers.
#[must_use]
pub fn units() -> Vec<OrganizationalUnit> {
    UNITS.iter().map(|(name, id)| OrganizationalUnit { name: (*name).into(), id: (*id).into() }).collect()
}

/// Whether the pretend product offers this unit.
#[must_use]
pub fn offers(unit: &OrganizationalUnit) -> bool {
    UNITS.iter().any(|(name, id)| unit.name == *name && unit.id == *id)
}
