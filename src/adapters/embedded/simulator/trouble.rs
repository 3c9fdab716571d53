//! Failures on demand: tags in the plus part of a root e-mail, like
//! `team+fail-quota@example.com`, say what shall go wrong. Pure.

/// Something that goes wrong because somebody asked for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// The organization has no room for another account.
    Quota,
    /// The root e-mail is used by another AWS account.
    Email,
    /// The organizational unit is not registered.
    Ou,
    /// Another tool has all account operations in use.
    Busy,
    /// The account is made, but guardrails cannot be applied.
    Tainted,
    /// The answer to the provisioning call is lost.
    Lost,
    /// The account id says `Not Available` for a while.
    NoId,
    /// The work never ends.
    Slow,
    /// The new account is not activated.
    Activation,
    /// The caller's role is not associated with the portfolio.
    LaunchPath,
    /// A resource of the blueprint fails.
    Blueprint,
    /// The last post step fails.
    PostStep,
    /// The role in the new account cannot be assumed for a minute.
    Role,
}

impl Trouble {
    /// All of them, in the order they are documented.
    pub const ALL: [Self; 13] = [
        Self::Quota,
        Self::Email,
        Self::Ou,
        Self::Busy,
        Self::Tainted,
        Self::Lost,
        Self::NoId,
        Self::Slow,
        Self::Activation,
        Self::LaunchPath,
        Self::Blueprint,
        Self::PostStep,
        Self::Role,
    ];

    /// The tag that asks for it.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Quota => "fail-quota",
            Self::Email => "fail-email",
            Self::Ou => "fail-ou",
            Self::Busy => "fail-busy",
            Self::Tainted => "fail-tainted",
            Self::Lost => "fail-lost",
            Self::NoId => "fail-noid",
            Self::Slow => "fail-slow",
            Self::Activation => "fail-activation",
            Self::LaunchPath => "fail-launchpath",
            Self::Blueprint => "fail-blueprint",
            Self::PostStep => "fail-poststep",
            Self::Role => "fail-role",
        }
    }

    /// What happens, in one line; shown by `vend`'s help and in `docs/simulator.md`.
    #[must_use]
    pub const fn story(self) -> &'static str {
        match self {
            Self::Quota => "the organization's account quota is used up; a second attempt works",
            Self::Email => "the root e-mail belongs to another AWS account; every attempt fails",
            Self::Ou => "the organizational unit is not registered; a second attempt works",
            Self::Busy => "accepted, then failed because of five other account operations; a second attempt works",
            Self::Tainted => {
                "the account is made but not governed; a retry could make a second account, so none is offered"
            }
            Self::Lost => "the account is made, but the answer to the call is lost",
            Self::NoId => "the account id says `Not Available` for a while",
            Self::Slow => "the work never ends, until somebody terminates the product",
            Self::Activation => "the account is made but not activated; a second attempt works",
            Self::LaunchPath => "refused at once for want of a launch path; a second attempt works",
            Self::Blueprint => "a resource of the blueprint fails; a second attempt goes on from there",
            Self::PostStep => "the last post step fails; the account is there, and a second attempt works",
            Self::Role => "the new account lets nobody in for a minute; then all goes well",
        }
    }

    /// Every trouble an e-mail address asks for. Unknown tags ask for nothing.
    #[must_use]
    pub fn asked_for(email: &str) -> Vec<Self> {
        let local = email.rsplit_once('@').map_or(email, |(local, _)| local).to_ascii_lowercase();
        let tags: Vec<&str> = local.split('+').skip(1).collect();
        Self::ALL.into_iter().filter(|trouble| tags.contains(&trouble.tag())).collect()
    }

    /// Whether the address asks for this one.
    #[must_use]
    pub fn is_asked_for(self, email: &str) -> bool {
        Self::asked_for(email).contains(&self)
    }
}

/// All tags with their stories, one a line, for help texts.
#[must_use]
pub fn help() -> String {
    let line = |trouble: Trouble| format!("  +{:<16} {}\n", format!("{}@", trouble.tag()), trouble.story());
    Trouble::ALL.into_iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_counts_only_in_the_plus_part() {
        assert_eq!(Trouble::asked_for("team+fail-quota@example.com"), [Trouble::Quota]);
        assert_eq!(Trouble::asked_for("Team+7+FAIL-NOID+fail-blueprint@x.org"), [Trouble::NoId, Trouble::Blueprint]);
        assert_eq!(Trouble::asked_for("fail-quota@example.com"), []);
        assert_eq!(Trouble::asked_for("team+fail-quotas@fail-quota.org"), []);
        assert_eq!(Trouble::asked_for(""), []);
    }

    #[test]
    fn the_help_names_every_tag() {
        let help = help();
        assert!(Trouble::ALL.into_iter().all(|trouble| help.contains(&format!("+{}@", trouble.tag()))));
    }
}
