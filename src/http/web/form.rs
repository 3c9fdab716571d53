//! The decision form as it comes over the wire. Takes any bytes; knows nothing of
//! who may decide.

use axum::http::{HeaderMap, header::CONTENT_TYPE};

use crate::http::problem::Problem;

use super::pages::approval::Entered;

const TWICE: &str = "A field of the form was sent twice, so nothing was decided. Open the link in your mail again.";

/// What an approver sent.
#[derive(Clone, Default, PartialEq, Eq, utoipa::ToSchema)]
pub struct DecisionForm {
    /// The token of their link; never log it.
    #[schema(rename = "t")]
    pub token: String,
    /// `approve` or `deny`.
    pub decision: String,
    /// Why; needed to deny.
    pub reason: String,
    /// The account's name, typed by hand; not asked for where people sign in.
    pub account_name: String,
    /// Where people sign in: what only the page of their own session knows.
    #[schema(rename = "f")]
    pub form: String,
}

impl DecisionForm {
    /// Whether a body is this form rather than a program's decision: only the page
    /// sends a token field.
    #[must_use]
    pub fn is_sent_by(headers: &HeaderMap, body: &[u8]) -> bool {
        let form = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        form.is_some_and(|kind| kind.trim_start().starts_with("application/x-www-form-urlencoded"))
            && url::form_urlencoded::parse(body).any(|(name, _)| name == "t")
    }

    /// Reads the form; unknown fields are ignored.
    ///
    /// # Errors
    /// A problem for a field that is there twice: guessing which one is meant could decide wrongly.
    pub fn read(body: &[u8]) -> Result<Self, Problem> {
        let mut form = Self::default();
        let mut seen = Vec::new();
        for (name, value) in url::form_urlencoded::parse(body) {
            let field = match name.as_ref() {
                "t" => &mut form.token,
                "decision" => &mut form.decision,
                "reason" => &mut form.reason,
                "account_name" => &mut form.account_name,
                "f" => &mut form.form,
                _ => continue,
            };
            if seen.contains(&name) {
                return Err(Problem::bad_request(TWICE));
            }
            value.trim().clone_into(field);
            seen.push(name);
        }
        Ok(form)
    }

    /// The form to show again, with the fault of the typed name where it is not `account_name`.
    #[must_use]
    pub fn entered(&self, account_name: &str) -> Entered {
        let right = self.account_name == account_name.trim();
        let fault = || format!("That is not the account's name. Type {account_name} exactly as it stands above.");
        Entered {
            reason: self.reason.clone(),
            account_name: self.account_name.clone(),
            reason_fault: None,
            name_fault: (!right).then(fault),
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_form_is_read_as_it_was_typed() {
        let form = DecisionForm::read(b"t=AQ&decision=deny&reason=too+dear%21&account_name=+fraud+").ok().unwrap();
        assert_eq!((form.token.as_str(), form.decision.as_str()), ("AQ", "deny"));
        assert_eq!((form.reason.as_str(), form.account_name.as_str()), ("too dear!", "fraud"));
        assert_eq!(form.entered("fraud").name_fault, None);
        assert!(form.entered("Fraud").name_fault.is_some());
    }

    #[test]
    fn a_field_sent_twice_decides_nothing() {
        assert!(DecisionForm::read(b"t=AQ&decision=deny&decision=approve").is_err());
    }

    #[test]
    fn only_the_page_sends_a_token_field() {
        let mut headers = HeaderMap::new();
        assert!(!DecisionForm::is_sent_by(&headers, b"t=AQ"));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded; charset=utf-8"));
        assert!(DecisionForm::is_sent_by(&headers, b"t=AQ"));
        assert!(!DecisionForm::is_sent_by(&headers, b""), "curl -d '' of a program");
        assert!(!DecisionForm::is_sent_by(&headers, br#"{"decision":"deny"}"#));
    }

    proptest! {
        #[test]
        fn any_bytes_are_taken_without_a_panic(body: Vec<u8>) {
            if let Ok(form) = DecisionForm::read(&body) {
                prop_assert!(form.entered("fraud").name_fault.is_some() || form.account_name == "fraud");
            }
        }
    }
}
