//! What Account Factory's error texts mean: one table from wording to [`Cause`].
//! Pure, so that the simulator and the AWS adapter read the same words the same way.
//!
//! The wordings come from Control Tower's own records and issue threads; AWS keeps
//! changing the exception around them, so only the words are matched.

use super::observed::Cause;

/// Rows are tried in order; all fragments of a row must occur, in any case. The
/// order matters: an e-mail "used by another account" is not "another operation",
/// and an account to be activated says "try again" too.
const WORDINGS: &[(Cause, &[&str])] = &[
    (Cause::NotActivatedYet, &["activation of acco", "not complete"]),
    (Cause::NotActivatedYet, &["pending_activation"]),
    (Cause::NotActivatedYet, &["account", "not activated"]),
    (Cause::NotActivatedYet, &["account", "not yet activated"]),
    (Cause::EmailInUse, &["email_already_exists"]),
    (Cause::EmailInUse, &["email", "already"]),
    (Cause::EmailInUse, &["e-mail", "already"]),
    (Cause::EmailInUse, &["email", "in use"]),
    (Cause::Busy, &["concurrent account operations"]),
    (Cause::Quota, &["account_number_limit_exceeded"]),
    (Cause::Quota, &["number of aws accounts"]),
    (Cause::Quota, &["number of accounts", "organization"]),
    (Cause::Quota, &["account", "quota"]),
    (Cause::OuNotRegistered, &["organizational unit", "not registered"]),
    (Cause::OuNotRegistered, &["organizational unit", "not found"]),
    (Cause::OuNotRegistered, &["organizational unit", "does not exist"]),
    (Cause::OuNotRegistered, &["organizational unit", "isn't registered"]),
    (Cause::OuNotRegistered, &["managedorganizationalunit"]),
    (Cause::NoLaunchPath, &["no launch path"]),
    (Cause::Tainted, &["tainted"]),
    (Cause::NoProduct, &["product", "not found"]),
    (Cause::NoProduct, &["product", "does not exist"]),
    (Cause::Busy, &["resourceinuse"]),
    (Cause::Busy, &["another", "in progress"]),
    (Cause::Busy, &["concurrent"]),
    (Cause::Busy, &["in progress"]),
    (Cause::Busy, &["try again"]),
];

/// The cause behind a backend's own words; [`Cause::Other`] when no row fits.
#[must_use]
pub fn classify(raw: &str) -> Cause {
    let text = raw.to_ascii_lowercase();
    let fits = |fragments: &[&str]| fragments.iter().all(|fragment| text.contains(fragment));
    WORDINGS.iter().find(|(_, fragments)| fits(fragments)).map_or(Cause::Other, |(cause, _)| *cause)
}

/// Whether the words mean that a product of that name exists. Service Catalog says
/// it with `InvalidParametersException: A stack named … already exists`, and it may
/// mean "already done": look the product up and adopt it.
#[must_use]
pub fn says_name_exists(raw: &str) -> bool {
    let text = raw.to_ascii_lowercase();
    let about_a_name = text.contains("a stack named") || text.contains("provisioned product");
    text.contains("duplicateresource") || (about_a_name && text.contains("already exists"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_wording_seen_in_the_field_has_its_cause() {
        let seen = [
            ("ResourceInUseException: the allowed maximum of 5 concurrent account operations is exceeded", Cause::Busy),
            ("There is another AWS Control Tower operation is in progress. Try again later.", Cause::Busy),
            ("Request failed: another execution is in progress (AWS Service Catalog)", Cause::Busy),
            ("activation of accout 123456789012 not complete. Try again in one hour.", Cause::NotActivatedYet),
            ("An account with that email already exists. Use another address. Try again.", Cause::EmailInUse),
            ("The email address is in use by another account.", Cause::EmailInUse),
            ("CreateAccount failed: EMAIL_ALREADY_EXISTS", Cause::EmailInUse),
            ("ConstraintViolationException: ACCOUNT_NUMBER_LIMIT_EXCEEDED", Cause::Quota),
            ("You have exceeded the allowed number of AWS Accounts.", Cause::Quota),
            ("Organizational unit ou-ab12-3c4d5e6f is not registered with AWS Control Tower.", Cause::OuNotRegistered),
            ("Parameter ManagedOrganizationalUnit must be one of AllowedValues", Cause::OuNotRegistered),
            ("InvalidParametersException: No launch paths found for resource: prod-abc", Cause::NoLaunchPath),
            ("The provisioned product is TAINTED: guardrails were not applied", Cause::Tainted),
            ("ResourceNotFoundException: Product prod-abc not found.", Cause::NoProduct),
            ("The flux capacitor is cold", Cause::Other),
            ("", Cause::Other),
        ];
        for (raw, cause) in seen {
            assert_eq!(classify(raw), cause, "{raw}");
        }
    }

    #[test]
    fn a_name_that_exists_is_recognised_and_an_email_that_exists_is_not() {
        assert!(says_name_exists("InvalidParametersException: A stack named vend-1 already exists."));
        assert!(says_name_exists("DuplicateResourceException"));
        assert!(!says_name_exists("An account with that email already exists."));
    }
}
