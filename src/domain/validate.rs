//! What a single value must look like, in every channel. It must not know what
//! else is asked for, what is taken, or who asks. Every error is a sentence that
//! says what to do.

use std::collections::BTreeMap;

use super::text::{one_line, shortened};

/// AWS Organizations: an account's e-mail address has 6 to 64 characters.
/// <https://docs.aws.amazon.com/organizations/latest/APIReference/API_CreateAccount.html>
const ROOT_EMAIL_LENGTH: std::ops::RangeInclusive<usize> = 6..=64;
/// RFC 5321, section 4.5.3.1.1: what stands in front of the `@` has at most 64 characters.
const LOCAL_PART_MAX: usize = 64;
/// AWS Organizations: an account's name has at most 50 characters (the page above).
pub const ACCOUNT_NAME_MAX: usize = 50;
/// Ours: what an approver or requester reads at a glance.
pub const PURPOSE_MAX: usize = 500;
/// Ours: IAM Identity Center takes up to 1,024, cards and mails do not.
const PERSON_NAME_MAX: usize = 64;
/// AWS: at most 50 tags a resource.
/// <https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/allocation-tag-restrictions.html>
const TAGS_MAX: usize = 50;
/// AWS: length of a tag key and of a tag value (the same page).
const TAG_KEY_MAX: usize = 128;
const TAG_VALUE_MAX: usize = 256;
/// AWS Organizations: not allowed in front of the `@` (the page of the e-mail address).
const FORBIDDEN_IN_LOCAL_PART: &str = "\"'()<>[]:;,\\|%&";

/// Reads an account's root e-mail address (rules of AWS Organizations).
/// Trims, and unwraps the form Slack sends, `<mailto:a@b|a@b>`.
pub fn root_email(text: &str) -> Result<String, String> {
    let email = address(text)?;
    if ROOT_EMAIL_LENGTH.contains(&email.len()) {
        return Ok(email);
    }
    Err(format!(
        "{} has {} characters and AWS takes 6 to 64. Give another root e-mail address.",
        shortened(&email, 70),
        email.len()
    ))
}

/// Reads a person's work e-mail address: the same syntax, up to 254 characters (RFC 5321).
pub fn person_email(text: &str) -> Result<String, String> {
    let email = address(text)?;
    if email.len() <= 254 {
        Ok(email)
    } else {
        Err("This e-mail address is too long. Give one of up to 254 characters.".into())
    }
}

fn address(text: &str) -> Result<String, String> {
    let email = unwrap_mailto(text.trim());
    let shown = shortened(email, 70);
    if email.is_empty() {
        return Err("Give an e-mail address, like fraud-root@corp.example.".into());
    }
    if !email.is_ascii() || email.bytes().any(|b| b.is_ascii_control()) {
        return Err(format!("{shown} has characters AWS does not take. Use plain ASCII letters, digits and signs."));
    }
    let Some((local, domain)) = email.split_once('@').filter(|(_, domain)| !domain.contains('@')) else {
        return Err(format!("{shown} is not one e-mail address. Write it like fraud-root@corp.example, with one @."));
    };
    if let Some(bad) = local.chars().find(|c| c.is_whitespace() || FORBIDDEN_IN_LOCAL_PART.contains(*c)) {
        let bad = if bad.is_whitespace() { "a blank".to_owned() } else { bad.to_string() };
        return Err(format!("{shown} has {bad} in front of the @, which AWS does not take. Leave it out."));
    }
    if local.len() > LOCAL_PART_MAX {
        let (has, most) = (local.len(), LOCAL_PART_MAX);
        return Err(format!("{shown} is too long: {has} characters in front of the @, and {most} at most are taken."));
    }
    if local.is_empty() || local.starts_with('.') || local.ends_with('.') || local.contains("..") {
        return Err(format!("{shown} is not complete in front of the @. Write it like fraud-root@corp.example."));
    }
    if !is_domain(domain) {
        return Err(format!("{shown} has no usable domain behind the @. Write it like fraud-root@corp.example."));
    }
    Ok(email.to_owned())
}

/// Slack turns an address a person types into `<mailto:a@b|a@b>`.
fn unwrap_mailto(text: &str) -> &str {
    let Some(inner) = text.strip_prefix('<').and_then(|rest| rest.strip_suffix('>')) else {
        return text;
    };
    let inner = inner.strip_prefix("mailto:").unwrap_or(inner);
    inner.split_once('|').map_or(inner, |(target, _)| target).trim()
}

/// At least two labels of letters, digits and inner hyphens (RFC 1035), the last one not a number.
fn is_domain(domain: &str) -> bool {
    let label = |l: &str| {
        (1..=63).contains(&l.len())
            && l.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !l.starts_with('-')
            && !l.ends_with('-')
    };
    let last_is_a_word = domain.rsplit('.').next().is_some_and(|last| last.bytes().any(|b| b.is_ascii_alphabetic()));
    domain.contains('.') && domain.len() <= 253 && domain.split('.').all(label) && last_is_a_word
}

/// Reads an account name: 1 to 50 printable ASCII characters (AWS Organizations); trims.
pub fn account_name(text: &str) -> Result<String, String> {
    let name = text.trim();
    if name.is_empty() {
        return Err("Give the account a name of 1 to 50 characters, or leave it out and one is made.".into());
    }
    if !name.bytes().all(|b| (b' '..=b'~').contains(&b)) {
        return Err(
            "The account name has characters AWS does not take. Use plain ASCII letters, digits and signs.".into()
        );
    }
    if name.len() > ACCOUNT_NAME_MAX {
        return Err(format!("The account name has {} characters and AWS takes 50. Shorten it.", name.len()));
    }
    Ok(name.to_owned())
}

/// Reads a given or family name; `which` is how it is called in the error, like `first name`.
pub fn person_name(which: &str, text: &str) -> Result<String, String> {
    let name = one_line(text);
    match name.chars().count() {
        0 => Err(format!("Give your {which}; it goes on the account's first administrator.")),
        n if n > PERSON_NAME_MAX => Err(format!("Your {which} is too long. Use up to {PERSON_NAME_MAX} characters.")),
        _ => Ok(name),
    }
}

/// Reads the purpose: one line of 1 to 500 characters once cleaned.
pub fn purpose(text: &str) -> Result<String, String> {
    let purpose = one_line(text);
    match purpose.chars().count() {
        0 => Err("Say in a sentence what the account is for; the approver decides by it.".into()),
        n if n > PURPOSE_MAX => {
            Err(format!("The purpose has {n} characters. Say it in {PURPOSE_MAX}; the approver reads all of it."))
        }
        _ => Ok(purpose),
    }
}

/// Reads the reason of a denial or cancellation: one line of 1 to 500 characters once cleaned.
pub fn reason(text: &str) -> Result<String, String> {
    let reason = one_line(text);
    match reason.chars().count() {
        0 => Err("Give a reason in a sentence; the requester gets to read it.".into()),
        n if n > PURPOSE_MAX => Err(format!("The reason has {n} characters. Say it in {PURPOSE_MAX}.")),
        _ => Ok(reason),
    }
}

/// Reads a cost centre: a tag value that is not empty.
pub fn cost_centre(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() {
        return Err("The cost centre is empty. Give one or leave it out.".into());
    }
    tag_text("The cost centre", text, TAG_VALUE_MAX)
}

/// Reads tags: at most 49, as `cost-centre` takes one of the 50 AWS allows; answers every fault.
pub fn tags(tags: &BTreeMap<String, String>) -> Result<BTreeMap<String, String>, Vec<String>> {
    let mut faults = Vec::new();
    if tags.len() >= TAGS_MAX {
        faults.push(format!("There are {} tags and {} fit. Leave some out.", tags.len(), TAGS_MAX - 1));
    }
    let mut good = BTreeMap::new();
    for (key, value) in tags {
        match tag(key, value) {
            Ok((key, value)) if good.contains_key(&key) => {
                faults.push(format!("Tag {} is given twice. Leave one out.", named(&key, &value)));
            }
            Ok((key, value)) => drop(good.insert(key, value)),
            Err(fault) => faults.push(fault),
        }
    }
    if faults.is_empty() { Ok(good) } else { Err(faults) }
}

fn tag(key: &str, value: &str) -> Result<(String, String), String> {
    let (key, shown) = (key.trim(), shortened(key, 40));
    if key.is_empty() {
        return Err("A tag has no name. Give it one or leave it out.".into());
    }
    if key.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("aws:")) {
        return Err(format!("Tag {shown} starts with aws:, which AWS keeps for itself. Choose another name."));
    }
    if key.eq_ignore_ascii_case("cost-centre") {
        return Err("Tag cost-centre is set from the field cost_centre. Use that field.".into());
    }
    let key = tag_text(&format!("The tag name {shown}"), key, TAG_KEY_MAX)?;
    let value = tag_text(&format!("The value of tag {shown}"), value.trim(), TAG_VALUE_MAX)?;
    Ok((key, value))
}

fn named(key: &str, value: &str) -> String {
    format!("{}={}", shortened(key, 40), shortened(value, 40))
}

/// AWS tags: letters, digits and blanks of any script, and `_ . : / = + - @`.
fn tag_text(what: &str, text: &str, max: usize) -> Result<String, String> {
    let allowed = |c: char| c.is_alphanumeric() || c == ' ' || "_.:/=+-@".contains(c);
    if !text.chars().all(allowed) {
        return Err(format!(
            "{what} has characters AWS tags do not take. Use letters, digits, blanks and _ . : / = + - @."
        ));
    }
    if text.chars().count() > max {
        return Err(format!("{what} is longer than the {max} characters AWS takes. Shorten it."));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn good_root_addresses_are_taken_as_they_are() {
        for (given, read) in [
            ("fraud-root@corp.example", "fraud-root@corp.example"),
            ("  a@b.co\n", "a@b.co"),
            ("aws+fraud.team@mail.corp.example", "aws+fraud.team@mail.corp.example"),
            ("<mailto:fraud@corp.example|fraud@corp.example>", "fraud@corp.example"),
            ("<mailto:fraud@corp.example>", "fraud@corp.example"),
            ("o=hara!#$*/?^_`{}~@corp.example", "o=hara!#$*/?^_`{}~@corp.example"),
        ] {
            assert_eq!(root_email(given).as_deref(), Ok(read));
        }
        let longest = format!("{}@corp.example", "x".repeat(64 - 13));
        assert_eq!(root_email(&longest), Ok(longest));
    }

    #[test]
    fn bad_root_addresses_get_a_sentence() {
        for given in [
            "",
            "  ",
            "fraud",
            "a@b",
            "@corp.example",
            "a@b@c.example",
            "a b@corp.example",
            "a@corp..example",
            "a@-corp.example",
            "a@corp-.example",
            "a@corp.example.",
            "a@corp.123",
            "a@10.0.0.1",
            ".a@corp.example",
            "a.@corp.example",
            "a..b@corp.example",
            "é@corp.example",
            "a@ü.example",
            "a\u{0}@corp.example",
            "a@c.d",
            "a@corp .example",
            "<mailto:>",
            "a\nb@corp.example",
        ] {
            let fault = root_email(given).expect_err(given);
            assert!(fault.ends_with('.') && !fault.contains('\n'), "{given:?}: {fault}");
        }
        for bad in FORBIDDEN_IN_LOCAL_PART.chars() {
            let fault = root_email(&format!("fr{bad}aud@corp.example")).expect_err("forbidden");
            assert!(fault.contains(bad), "{fault}");
        }
        assert!(root_email(&format!("{}@corp.example", "x".repeat(65 - 13))).is_err());
    }

    #[test]
    fn an_address_that_is_too_long_is_called_so() {
        let sentence = root_email(&format!("{}@corp.example", "x".repeat(71))).unwrap_err();
        assert!(sentence.contains("too long: 71 characters in front of the @"), "{sentence}");
    }

    #[test]
    fn account_names_keep_to_the_rules_of_aws() {
        assert_eq!(account_name(" Fraud sandbox "), Ok("Fraud sandbox".into()));
        assert_eq!(account_name(&"n".repeat(50)), Ok("n".repeat(50)));
        for bad in ["", " \t ", "fräud", "a\tb", "a\u{202E}b", &"n".repeat(51)] {
            assert!(account_name(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn names_and_purposes_are_cleaned_and_measured() {
        assert_eq!(person_name("first name", " Da\u{200B}na\n"), Ok("Dana".into()));
        assert!(person_name("first name", "\u{202E}").is_err_and(|s| s.contains("first name")));
        assert!(person_name("last name", &"x".repeat(64)).is_ok());
        assert!(person_name("last name", &"x".repeat(65)).is_err());
        assert_eq!(purpose("score\n\tfraud"), Ok("score fraud".into()));
        assert!(purpose(&"ä".repeat(500)).is_ok());
        assert!(purpose(&"ä".repeat(501)).is_err_and(|s| s.contains("501")));
        assert!(purpose("\u{200B} \n").is_err());
        assert_eq!(reason(" no\nbudget "), Ok("no budget".into()));
        assert!(reason("\u{202E}").is_err() && reason(&"x".repeat(501)).is_err());
    }

    #[test]
    fn tags_keep_to_the_rules_of_aws_and_all_faults_come_at_once() {
        let of = |pairs: &[(&str, &str)]| tags(&pairs.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect());
        assert_eq!(of(&[("team", " fraud ")]).unwrap()["team"], "fraud");
        assert_eq!(of(&[("Größe", "1/2 @x")]).unwrap().len(), 1);
        let faults = of(&[("AWS:x", "1"), ("", "1"), ("a;b", "1"), ("c", "<b>"), ("Cost-Centre", "1")]).unwrap_err();
        assert_eq!(faults.len(), 5, "{faults:?}");
        assert_eq!(of(&[("a", "1"), (" a", "2")]).unwrap_err().len(), 1);
        assert!(tag(&"k".repeat(128), &"v".repeat(256)).is_ok());
        assert!(tag(&"k".repeat(129), "v").is_err() && tag("k", &"v".repeat(257)).is_err());
        let many = |n: usize| (0..n).map(|i| (format!("t{i}"), String::new())).collect::<BTreeMap<_, _>>();
        assert!(tags(&many(49)).is_ok() && tags(&many(50)).is_err());
        assert_eq!(cost_centre(" 4711 "), Ok("4711".into()));
        assert!(cost_centre("").is_err() && cost_centre("a\u{0}").is_err());
    }

    proptest! {
        #[test]
        fn no_input_panics_and_what_is_taken_is_taken_again(text in any::<String>()) {
            if let Ok(email) = root_email(&text) {
                prop_assert_eq!(root_email(&email), Ok(email));
            }
            if let Ok(name) = account_name(&text) {
                prop_assert_eq!(account_name(&name), Ok(name));
            }
            if let Ok(line) = purpose(&text) {
                prop_assert_eq!(purpose(&line), Ok(line));
            }
        }
    }
}
