//! What a server's refusal says: RFC 9457 problem documents, in words and as an exit code.

use reqwest::StatusCode;

use super::exit::{Exit, Failure};
use super::output::safe_lines;
use crate::http::problem::Problem;

/// The failure behind an answer that is not a success.
pub(super) fn failure(status: StatusCode, body: &[u8]) -> Failure {
    let exit = match status {
        StatusCode::NOT_FOUND => Exit::NotFound,
        status if status.is_client_error() => Exit::Refused,
        _ => Exit::Failed,
    };
    Failure::new(exit, words(status, body))
}

fn words(status: StatusCode, body: &[u8]) -> String {
    let Ok(problem) = serde_json::from_slice::<Problem>(body) else {
        return format!("the server answered {status}. Is this the address of a vend server?");
    };
    let hint = (status == StatusCode::UNAUTHORIZED).then(|| "Give the token with --token or VEND_TOKEN.".to_owned());
    let errors = problem.errors.iter().map(|error| format!("  {}: {}", error.field, error.message));
    let lines: Vec<String> = [problem.detail.clone()].into_iter().chain(hint).chain(errors).collect();
    safe_indented(&lines.join("\n"))
}

/// Made safe line by line; the indentation of field errors stays.
fn safe_indented(text: &str) -> String {
    let safe = |line: &str| {
        let indent = if line.starts_with("  ") { "  " } else { "" };
        format!("{indent}{}", safe_lines(line))
    };
    text.lines().map(safe).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_wrong_field_is_told() {
        let body = br#"{"type":"x","title":"No","status":422,"detail":"Two fields need attention.",
            "errors":[{"field":"root_email","message":"is in use"},{"field":"purpose","message":"is missing"}]}"#;
        let failure = failure(StatusCode::UNPROCESSABLE_ENTITY, body);
        assert_eq!(failure.exit, Exit::Refused);
        assert_eq!(failure.text, "Two fields need attention.\n  root_email: is in use\n  purpose: is missing");
    }

    #[test]
    fn an_answer_from_something_else_is_not_printed() {
        let failure = failure(StatusCode::BAD_GATEWAY, b"<html>\x1b[2J");
        assert_eq!(failure.exit, Exit::Failed);
        assert!(failure.text.contains("502") && !failure.text.contains("html"));
    }
}
