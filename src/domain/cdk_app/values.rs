//! What single values must look like. Every error is a clause that follows the
//! value's path and says what to do. It must not know where the value stands.

use std::sync::LazyLock;

use regex::Regex;

use crate::domain::text::shortened;

/// IAM's limit for a managed policy, blanks not counted.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
const POLICY_MAX: usize = 6144;

#[expect(clippy::expect_used, reason = "constants, tried by every test that reads a file")]
fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a pattern")
}

/// AWS's own naming of regions: an area, a direction, a number.
static REGION: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        "^(af|ap|ca|cn|eu|eusc-de|il|me|mx|sa|us|us-gov)-(central|north|northeast|northwest|south|southeast|southwest|east|west)-[1-9]$",
    )
});
static SET_NAME: LazyLock<Regex> = LazyLock::new(|| pattern("^[a-z][a-z0-9-]{0,30}$"));
static POLICY_ARN: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^arn:(aws[a-z-]*):iam::(aws|[0-9]{12}):policy/[\x21-\x7e]{1,512}$"));

/// Reads an account id: twelve digits.
///
/// # Errors
/// What is wrong with it.
pub fn account_id(text: &str) -> Result<String, String> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    if digits && text.len() == 12 {
        return Ok(text.to_owned());
    }
    Err(format!("`{}` is no AWS account id. Write its 12 digits.", shortened(text, 40)))
}

/// Reads an account id as it stands in YAML. Without quotes, one that begins with 0
/// is an octal or a shorter number to many readers (YAML 1.1, section 2.4).
///
/// # Errors
/// What is wrong with it.
pub fn written_account_id(text: &str, plain: bool) -> Result<String, String> {
    if plain && text.starts_with('0') && text.len() > 1 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    {
        return Err(format!(
            "`{0}` begins with 0 and many readers take it for an octal number. Put it in quotes: \"{0}\".",
            shortened(text, 40)
        ));
    }
    account_id(text).map_err(|no| {
        let cut_short = text.len() < 12 && text.bytes().all(|byte| byte.is_ascii_digit());
        let lost = if cut_short { " If it began with 0, put it in quotes." } else { "" };
        format!("{}, in quotes.{lost}", no.trim_end_matches('.'))
    })
}

/// Reads an AWS region.
///
/// # Errors
/// What is wrong with it.
pub fn region(text: &str) -> Result<String, String> {
    if REGION.is_match(text) {
        return Ok(text.to_owned());
    }
    Err(format!("`{}` is no AWS region. Write it like eu-west-1.", shortened(text, 40)))
}

/// Reads the name of an account set.
///
/// # Errors
/// What is wrong with it.
pub fn set_name(text: &str) -> Result<String, String> {
    if SET_NAME.is_match(text) {
        return Ok(text.to_owned());
    }
    Err(format!(
        "`{}` is no name for a set. Begin with a small letter; use up to 31 small letters, digits and hyphens.",
        shortened(text, 40)
    ))
}

/// Reads the name of an account set as it stands in YAML, where some words without
/// quotes are no text to many readers (YAML 1.1, type `bool`).
///
/// # Errors
/// What is wrong with it.
pub fn written_set_name(text: &str, plain: bool) -> Result<String, String> {
    if plain && ["y", "yes", "n", "no", "on", "off", "true", "false", "null"].contains(&text) {
        return Err(format!("`{text}` is no text without quotes to many readers. Write it as \"{text}\"."));
    }
    set_name(text)
}

/// Reads the ARN of a managed policy that a role of this account can carry.
///
/// # Errors
/// What is wrong with it.
pub fn policy_arn(text: &str, account: &str, partition: &str) -> Result<String, String> {
    let shown = shortened(text, 80);
    let Some(parts) = POLICY_ARN.captures(text) else {
        return Err(format!(
            "`{shown}` is no ARN of a managed policy. Write it like arn:{partition}:iam::{account}:policy/name."
        ));
    };
    if &parts[1] != partition {
        return Err(format!("`{shown}` belongs to {}, and the region to {partition}. Name a policy there.", &parts[1]));
    }
    if &parts[2] != "aws" && &parts[2] != account {
        return Err(format!(
            "`{shown}` belongs to another account, and a role carries only policies of its own. Name one in {account}."
        ));
    }
    Ok(text.to_owned())
}

/// Reads an AWS profile's name: it stands between brackets in the file of profiles.
///
/// # Errors
/// What is wrong with it.
pub fn profile(text: &str) -> Result<String, String> {
    if text.len() <= 128 && text.chars().all(|c| !c.is_control() && !matches!(c, '[' | ']')) {
        return Ok(text.to_owned());
    }
    Err(format!("`{}` is no profile name. Use up to 128 characters, without brackets.", shortened(text, 40)))
}

/// Checks that a text is a policy IAM can take.
///
/// # Errors
/// What is wrong with it.
pub fn policy_document(text: &str) -> Result<(), String> {
    let read: serde_json::Value =
        serde_json::from_str(text).map_err(|error| format!("is no JSON ({error}). Correct it."))?;
    if !read["Statement"].is_array() && !read["Statement"].is_object() {
        return Err("is no IAM policy: it has no Statement. Add one.".to_owned());
    }
    let size = text.chars().filter(|c| !c.is_whitespace()).count();
    if size > POLICY_MAX {
        return Err(format!("has {size} characters and IAM takes {POLICY_MAX}, blanks not counted. Shorten it."));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_are_known_by_their_form() {
        for good in ["eu-west-1", "us-gov-east-1", "ap-southeast-5", "cn-northwest-1", "mx-central-1", "eusc-de-east-1"]
        {
            assert_eq!(region(good).as_deref(), Ok(good));
        }
        for bad in ["", "eu-west", "eu-wst-1", "EU-WEST-1", "eu-west-1a", "eu_west_1", "xx-west-1", "eu-west-12"] {
            assert!(region(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_set_name_has_1_to_31_characters() {
        let longest = "a".repeat(31);
        for good in ["a", "first-example", "a1-", longest.as_str()] {
            assert!(set_name(good).is_ok(), "{good}");
        }
        let longer = "a".repeat(32);
        for bad in ["", "1a", "-a", "A", "a_b", "a b", "é", longer.as_str()] {
            assert!(set_name(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_account_id_that_begins_with_0_needs_quotes() {
        assert!(written_account_id("012345678901", false).is_ok());
        assert!(written_account_id("123456789012", true).is_ok());
        for bad in ["012345678901", "089999999999", "0o12345670123", "0x1234567890", "0123_4567_8901"] {
            assert!(written_account_id(bad, true).unwrap_err().contains("in quotes"), "{bad}");
        }
        assert!(written_account_id("12345678901", true).unwrap_err().contains("began with 0"));
        assert_eq!(account_id("12").unwrap_err(), "`12` is no AWS account id. Write its 12 digits.");
    }

    #[test]
    fn a_role_carries_policies_of_its_own_account_and_of_aws() {
        let arn = |text: &str| policy_arn(text, "111122223333", "aws");
        assert!(arn("arn:aws:iam::aws:policy/AdministratorAccess").is_ok());
        assert!(arn("arn:aws:iam::111122223333:policy/team/Cdk").is_ok());
        assert!(arn("arn:aws:iam::999922223333:policy/Cdk").unwrap_err().contains("another account"));
        assert!(arn("arn:aws-cn:iam::aws:policy/AdministratorAccess").unwrap_err().contains("aws-cn"));
        for bad in ["AdministratorAccess", "arn:aws:iam::111122223333:role/Cdk", "arn:aws:iam::aws:policy/a b"] {
            assert!(arn(bad).is_err(), "{bad}");
        }
    }
}
