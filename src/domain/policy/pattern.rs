//! Patterns with `*` for e-mail addresses, organizational units and blueprints.
//! Matching never looks at case, and anything it cannot place does not match.

/// A pattern over text: what stands around one `*`, or the exact text; lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pattern {
    before: String,
    /// What stands behind the `*`; `None` where there is no `*`.
    after: Option<String>,
}

impl Pattern {
    /// Reads a pattern with at most one `*`.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let lower = text.trim().to_lowercase();
        let (before, after) = match lower.split_once('*') {
            Some((before, after)) => (before.to_owned(), Some(after.to_owned())),
            None => (lower, None),
        };
        if after.as_ref().is_some_and(|rest| rest.contains('*')) {
            return Err(format!("`{text}` has more than one *. Use one."));
        }
        Ok(Self { before, after })
    }

    /// Whether the whole of `text` fits.
    pub(super) fn fits(&self, text: &str) -> bool {
        let lower = text.to_lowercase();
        match &self.after {
            None => lower == self.before,
            Some(after) => lower.strip_prefix(&self.before).is_some_and(|rest| rest.ends_with(after.as_str())),
        }
    }
}

/// A pattern over e-mail addresses: everybody, or one pattern on each side of the
/// `@`, so that a `*` never reaches over it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum EmailPattern {
    /// `*`
    Anybody,
    /// `*@corp.example`, `dana@corp.example`
    Sides(Pattern, Pattern),
}

impl EmailPattern {
    /// Reads `*`, an address, or an address with at most one `*` on each side of the `@`.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        if text.trim() == "*" {
            return Ok(Self::Anybody);
        }
        match text.trim().split_once('@') {
            Some((local, domain)) if !local.is_empty() && !domain.is_empty() && !domain.contains('@') => {
                Ok(Self::Sides(Pattern::parse(local)?, Pattern::parse(domain)?))
            }
            _ => Err(format!("`{text}` is no e-mail pattern. Write * for everybody, or like *@corp.example.")),
        }
    }

    /// Whether the address fits; text that is no address fits nothing but `*`.
    pub(super) fn fits(&self, email: &str) -> bool {
        match self {
            Self::Anybody => true,
            Self::Sides(local, domain) => match email.trim().split_once('@') {
                Some((l, d)) => !d.contains('@') && local.fits(l) && domain.fits(d),
                None => false,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_never_reaches_over_the_at_sign() {
        let corp = EmailPattern::parse("*@corp.example").unwrap();
        for (email, fits) in [
            ("dana@corp.example", true),
            (" Dana@CORP.example ", true),
            ("dana@evilcorp.example", false),
            ("dana@corp.example.evil.example", false),
            ("x@evil.example@corp.example", false),
            ("dana", false),
            ("", false),
        ] {
            assert_eq!(corp.fits(email), fits, "{email}");
        }
        assert!(EmailPattern::parse("*@*.corp.example").unwrap().fits("a@mail.corp.example"));
        assert!(!EmailPattern::parse("*@*.corp.example").unwrap().fits("a@corp.example"));
    }

    #[test]
    fn unclear_patterns_are_refused() {
        for text in ["corp.example", "*corp.example", "@corp.example", "a@", "a@b@c", "**@x.example", ""] {
            assert!(EmailPattern::parse(text).is_err(), "{text}");
        }
        assert!(Pattern::parse("a*b*").is_err());
    }

    #[test]
    fn what_stands_around_a_star_may_not_overlap() {
        let pattern = Pattern::parse("ab*ba").unwrap();
        assert!(pattern.fits("abba") && pattern.fits("ab-x-BA"));
        assert!(!pattern.fits("aba"));
    }
}
