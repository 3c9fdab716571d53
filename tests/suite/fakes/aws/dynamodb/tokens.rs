//! The words and signs of an expression.

use super::refusal::{Answered, Refusal};

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Token {
    /// A word: a keyword, a function or an attribute's bare name.
    Word(String),
    /// `#name`
    Name(String),
    /// `:value`
    Value(String),
    /// An index into a list.
    Number(usize),
    /// `=`, `<>`, `<=`, `(`, `,` …
    Sign(&'static str),
    End,
}

const SIGNS: [&str; 14] = ["<>", "<=", ">=", "=", "<", ">", "(", ")", "[", "]", ",", ".", "+", "-"];

pub fn tokens(what: &str, text: &str) -> Answered<Vec<Token>> {
    if text.trim().is_empty() {
        return Err(Refusal::invalid(format!("Invalid {what}: The expression can not be empty;")));
    }
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '#' | ':' => 1 + word(&rest[1..]),
            _ => word(rest),
        };
        let (token, length) = match first {
            '#' if length > 1 => (Token::Name(rest[..length].to_owned()), length),
            ':' if length > 1 => (Token::Value(rest[..length].to_owned()), length),
            '0'..='9' => (Token::Number(rest[..length].parse().map_err(|_| syntax(what, rest))?), length),
            'a'..='z' | 'A'..='Z' => (Token::Word(rest[..length].to_owned()), length),
            _ => {
                let sign = SIGNS.iter().find(|sign| rest.starts_with(**sign)).ok_or_else(|| syntax(what, rest))?;
                (Token::Sign(sign), sign.len())
            }
        };
        tokens.push(token);
        rest = rest[length..].trim_start();
    }
    tokens.push(Token::End);
    Ok(tokens)
}

fn word(text: &str) -> usize {
    text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len())
}

pub fn syntax(what: &str, near: &str) -> Refusal {
    let near: String = near.chars().take(20).collect();
    Refusal::invalid(format!("Invalid {what}: Syntax error; near: \"{near}\""))
}
