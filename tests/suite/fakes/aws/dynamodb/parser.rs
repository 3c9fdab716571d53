//! What all expressions share: tokens one after another, document paths and operands.

use super::path::{Path, Step};
use super::placeholders::Placeholders;
use super::refusal::{Answered, Refusal};
use super::reserved::is_reserved;
use super::tokens::{Token, syntax, tokens};
use super::value::Attribute;

pub struct Parser<'p> {
    /// The member the expression came in, for error texts.
    pub what: &'static str,
    tokens: Vec<Token>,
    at: usize,
    placeholders: &'p mut Placeholders,
}

impl<'p> Parser<'p> {
    pub fn over(what: &'static str, text: &str, placeholders: &'p mut Placeholders) -> Answered<Self> {
        Ok(Self { what, tokens: tokens(what, text)?, at: 0, placeholders })
    }

    pub fn peek(&self) -> &Token {
        &self.tokens[self.at]
    }

    pub fn peek_after(&self) -> Option<&Token> {
        self.tokens.get(self.at + 1)
    }

    pub fn next(&mut self) -> Token {
        let token = self.tokens[self.at].clone();
        if token != Token::End {
            self.at += 1;
        }
        token
    }

    pub fn is_sign(&self, sign: &str) -> bool {
        matches!(self.peek(), Token::Sign(found) if *found == sign)
    }

    pub fn take_sign(&mut self, sign: &str) -> bool {
        let found = self.is_sign(sign);
        if found {
            self.at += 1;
        }
        found
    }

    pub fn expect_sign(&mut self, sign: &str) -> Answered<()> {
        if self.take_sign(sign) { Ok(()) } else { Err(self.syntax()) }
    }

    /// Keywords are the same in upper and lower case.
    pub fn is_keyword(&self, keyword: &str) -> bool {
        matches!(self.peek(), Token::Word(word) if word.eq_ignore_ascii_case(keyword))
    }

    pub fn take_keyword(&mut self, keyword: &str) -> bool {
        let found = self.is_keyword(keyword);
        if found {
            self.at += 1;
        }
        found
    }

    pub fn expect_end(&self) -> Answered<()> {
        if *self.peek() == Token::End { Ok(()) } else { Err(self.syntax()) }
    }

    pub fn syntax(&self) -> Refusal {
        syntax(self.what, &format!("{:?}", self.peek()))
    }

    pub fn invalid(&self, problem: impl AsRef<str>) -> Refusal {
        Refusal::invalid(format!("Invalid {}: {}", self.what, problem.as_ref()))
    }

    pub fn value(&mut self) -> Answered<Attribute> {
        match self.next() {
            Token::Value(key) => self.placeholders.value(self.what, &key),
            _ => Err(self.syntax()),
        }
    }

    pub fn path(&mut self) -> Answered<Path> {
        let mut steps = vec![Step::Name(self.name()?)];
        loop {
            if self.take_sign(".") {
                steps.push(Step::Name(self.name()?));
            } else if self.take_sign("[") {
                let Token::Number(index) = self.next() else { return Err(self.syntax()) };
                self.expect_sign("]")?;
                steps.push(Step::Index(index));
            } else {
                return Ok(Path(steps));
            }
        }
    }

    fn name(&mut self) -> Answered<String> {
        match self.next() {
            Token::Name(key) => self.placeholders.name(self.what, &key),
            Token::Word(word) if is_reserved(&word) => {
                Err(self.invalid(format!("Attribute name is a reserved keyword; reserved keyword: {word}")))
            }
            Token::Word(word) => Ok(word),
            _ => {
                self.at = self.at.saturating_sub(1);
                Err(self.syntax())
            }
        }
    }

    /// Whether the parenthesis that opens here holds nothing but another pair.
    pub fn opens_a_redundant_pair(&self) -> bool {
        let inner = self.at + 1;
        if !matches!(self.tokens.get(inner), Some(Token::Sign("("))) {
            return false;
        }
        self.closing(inner).zip(self.closing(self.at)).is_some_and(|(inner, outer)| inner + 1 == outer)
    }

    fn closing(&self, open: usize) -> Option<usize> {
        let mut depth = 0_usize;
        for (at, token) in self.tokens.iter().enumerate().skip(open) {
            match token {
                Token::Sign("(") => depth += 1,
                Token::Sign(")") => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return Some(at);
            }
        }
        None
    }
}
