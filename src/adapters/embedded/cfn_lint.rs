//! Runs cfn-lint over the templates when it is installed; what it says is
//! passed on under its own rule names.

use std::io::{ErrorKind, Write as _};
use std::process::{Command, Stdio};

use crate::domain::blueprint::check::Finding;
use crate::domain::blueprint::{Blueprint, Catalogue};

/// What cfn-lint says about every current blueprint; `None` when it is not installed.
///
/// # Errors
/// A sentence when it is installed and cannot be run.
pub fn run(catalogue: &Catalogue) -> Result<Option<Vec<Finding>>, String> {
    let mut findings = Vec::new();
    for blueprint in catalogue.all() {
        match lint(blueprint) {
            Ok(output) => findings.extend(output.lines().filter_map(|line| finding(&blueprint.id, line))),
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => {
                return Err(format!("cfn-lint is installed and cannot be run: {error}. Try `cfn-lint --version`."));
            }
        }
    }
    Ok(Some(findings))
}

/// The output of cfn-lint for one template, which it reads from its input. It runs
/// where no settings file of another project can name other templates.
fn lint(blueprint: &Blueprint) -> std::io::Result<String> {
    let mut child = Command::new("cfn-lint")
        .args(["--format", "parseable"])
        .current_dir(std::env::temp_dir())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(blueprint.template_text().as_bytes())?;
    }
    let output = child.wait_with_output()?;
    // Findings make it fail too, but then it says something.
    if !output.status.success() && output.stdout.is_empty() {
        let words = String::from_utf8_lossy(&output.stderr);
        return Err(std::io::Error::other(words.lines().last().unwrap_or("it said nothing").to_owned()));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Reads `file:line:column:end line:end column:rule:message`.
fn finding(blueprint: &str, line: &str) -> Option<Finding> {
    let mut parts = line.splitn(7, ':').skip(1);
    let number = parts.next()?.parse().ok()?;
    let mut parts = parts.skip(3);
    let rule = format!("cfn-lint {}", parts.next()?);
    Some(Finding { blueprint: blueprint.to_owned(), line: number, rule, sentence: parts.next()?.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_cfn_lint_becomes_a_finding() {
        let said = "-:4:3:4:7:E3001:Resource type 'AWS::No::Such' does not exist: in 'eu-west-1'";
        let read = finding("small", said).unwrap();
        assert_eq!((read.line, read.rule.as_str()), (4, "cfn-lint E3001"));
        assert_eq!(read.sentence, "Resource type 'AWS::No::Such' does not exist: in 'eu-west-1'");
        assert_eq!(finding("small", ""), None);
    }
}
