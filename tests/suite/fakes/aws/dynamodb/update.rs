//! Update expressions: `SET`, `REMOVE`, `ADD` and `DELETE`, worked out on the item as it was.

use super::parser::Parser;
use super::path::Path;
use super::placeholders::Placeholders;
use super::refusal::{Answered, Refusal};
use super::tokens::Token;
use super::value::{Attribute, Item};

const WHAT: &str = "UpdateExpression";

#[derive(Debug, Clone)]
enum Term {
    Value(Attribute),
    Path(Path),
    IfNotExists(Path, Box<Term>),
    ListAppend(Box<Term>, Box<Term>),
    Sum(Box<Term>, Box<Term>),
    Difference(Box<Term>, Box<Term>),
}

#[derive(Debug, Clone)]
enum Change {
    Set(Path, Term),
    Remove(Path),
    Add(Path, Attribute),
    Delete(Path, Attribute),
}

/// What an update expression does.
#[derive(Debug, Clone, Default)]
pub struct Update {
    changes: Vec<Change>,
}

impl Update {
    pub fn parse(text: &str, placeholders: &mut Placeholders) -> Answered<Self> {
        let mut parser = Parser::over(WHAT, text, placeholders)?;
        let mut seen = Vec::new();
        let mut changes = Vec::new();
        while *parser.peek() != Token::End {
            let section = ["SET", "REMOVE", "ADD", "DELETE"].into_iter().find(|name| parser.is_keyword(name));
            let section = section.ok_or_else(|| parser.syntax())?;
            if seen.contains(&section) {
                let problem = format!("The \"{section}\" section can only be used once in an update expression;");
                return Err(parser.invalid(problem));
            }
            seen.push(section);
            parser.next();
            changes.push(change(&mut parser, section)?);
            while parser.take_sign(",") {
                changes.push(change(&mut parser, section)?);
            }
        }
        let update = Self { changes };
        update.must_not_overlap(&parser)?;
        Ok(update)
    }

    fn must_not_overlap(&self, parser: &Parser) -> Answered<()> {
        let paths: Vec<&Path> = self.changes.iter().map(Change::path).collect();
        for (place, one) in paths.iter().enumerate() {
            if let Some(other) = paths[place + 1..].iter().find(|other| one.overlaps(other)) {
                return Err(parser.invalid(format!(
                    "Two document paths overlap with each other; must remove or rewrite one of these paths; \
                     path one: {one}, path two: {other}"
                )));
            }
        }
        Ok(())
    }

    /// The attributes it writes.
    pub fn touched(&self) -> impl Iterator<Item = &str> {
        self.changes.iter().map(|change| change.path().top())
    }

    pub fn apply(&self, before: &Item) -> Answered<Item> {
        let mut after = before.clone();
        for change in &self.changes {
            match change {
                Change::Set(path, term) => path.set(&mut after, term.of(before)?)?,
                Change::Remove(path) => path.remove(&mut after)?,
                Change::Add(path, value) => path.set(&mut after, added(path.find(before), value)?)?,
                Change::Delete(path, value) => match taken(path.find(before), value)? {
                    Some(rest) => path.set(&mut after, rest)?,
                    None => path.remove(&mut after)?,
                },
            }
        }
        Ok(after)
    }
}

impl Change {
    const fn path(&self) -> &Path {
        match self {
            Self::Set(path, _) | Self::Remove(path) | Self::Add(path, _) | Self::Delete(path, _) => path,
        }
    }
}

fn change(parser: &mut Parser, section: &str) -> Answered<Change> {
    let path = parser.path()?;
    Ok(match section {
        "SET" => {
            parser.expect_sign("=")?;
            Change::Set(path, sum(parser)?)
        }
        "REMOVE" => Change::Remove(path),
        "ADD" => Change::Add(path, operand(parser, "ADD", &["N", "SS", "NS", "BS"])?),
        _ => Change::Delete(path, operand(parser, "DELETE", &["SS", "NS", "BS"])?),
    })
}

fn operand(parser: &mut Parser, section: &str, kinds: &[&str]) -> Answered<Attribute> {
    let value = parser.value()?;
    if kinds.contains(&value.kind()) {
        return Ok(value);
    }
    Err(parser.invalid(format!(
        "Incorrect operand type for operator or function; operator: {section}, operand type: {}",
        value.kind()
    )))
}

fn sum(parser: &mut Parser) -> Answered<Term> {
    let left = term(parser)?;
    if parser.take_sign("+") {
        return Ok(Term::Sum(Box::new(left), Box::new(term(parser)?)));
    }
    if parser.take_sign("-") {
        return Ok(Term::Difference(Box::new(left), Box::new(term(parser)?)));
    }
    Ok(left)
}

fn term(parser: &mut Parser) -> Answered<Term> {
    if matches!(parser.peek(), Token::Value(_)) {
        return Ok(Term::Value(parser.value()?));
    }
    let function = match (parser.peek(), parser.peek_after()) {
        (Token::Word(word), Some(Token::Sign("("))) => word.clone(),
        _ => return Ok(Term::Path(parser.path()?)),
    };
    parser.next();
    parser.expect_sign("(")?;
    let term = match function.as_str() {
        "if_not_exists" => {
            let path = parser.path()?;
            parser.expect_sign(",")?;
            Term::IfNotExists(path, Box::new(term(parser)?))
        }
        "list_append" => {
            let first = term(parser)?;
            parser.expect_sign(",")?;
            Term::ListAppend(Box::new(first), Box::new(term(parser)?))
        }
        _ => return Err(parser.invalid(format!("Invalid function name; function: {function}"))),
    };
    parser.expect_sign(")")?;
    Ok(term)
}

impl Term {
    fn of(&self, item: &Item) -> Answered<Attribute> {
        match self {
            Self::Value(value) => Ok(value.clone()),
            Self::Path(path) => path.find(item).cloned().ok_or_else(|| {
                Refusal::invalid("The provided expression refers to an attribute that does not exist in the item")
            }),
            Self::IfNotExists(path, other) => path.find(item).map_or_else(|| other.of(item), |value| Ok(value.clone())),
            Self::ListAppend(first, second) => match (first.of(item)?, second.of(item)?) {
                (Attribute::L(first), Attribute::L(second)) => Ok(Attribute::L([first, second].concat())),
                _ => Err(wrong_type()),
            },
            Self::Sum(left, right) => match (left.of(item)?, right.of(item)?) {
                (Attribute::N(left), Attribute::N(right)) => Ok(Attribute::N(left.plus(right)?)),
                _ => Err(wrong_type()),
            },
            Self::Difference(left, right) => match (left.of(item)?, right.of(item)?) {
                (Attribute::N(left), Attribute::N(right)) => Ok(Attribute::N(left.plus(right.negated())?)),
                _ => Err(wrong_type()),
            },
        }
    }
}

fn added(old: Option<&Attribute>, value: &Attribute) -> Answered<Attribute> {
    match (old, value) {
        (None, value) => Ok(value.clone()),
        (Some(Attribute::N(old)), Attribute::N(more)) => Ok(Attribute::N(old.plus(*more)?)),
        (Some(Attribute::Ss(old)), Attribute::Ss(more)) => Ok(Attribute::Ss(old | more)),
        (Some(Attribute::Ns(old)), Attribute::Ns(more)) => Ok(Attribute::Ns(old | more)),
        (Some(Attribute::Bs(old)), Attribute::Bs(more)) => Ok(Attribute::Bs(old | more)),
        _ => Err(wrong_type()),
    }
}

/// The set without those; an empty set is no attribute.
fn taken(old: Option<&Attribute>, value: &Attribute) -> Answered<Option<Attribute>> {
    match (old, value) {
        (None, _) => Ok(None),
        (Some(Attribute::Ss(old)), Attribute::Ss(these)) => Ok(some_if(old - these, Attribute::Ss)),
        (Some(Attribute::Ns(old)), Attribute::Ns(these)) => Ok(some_if(old - these, Attribute::Ns)),
        (Some(Attribute::Bs(old)), Attribute::Bs(these)) => Ok(some_if(old - these, Attribute::Bs)),
        _ => Err(wrong_type()),
    }
}

fn some_if<T: Ord>(
    set: std::collections::BTreeSet<T>,
    make: fn(std::collections::BTreeSet<T>) -> Attribute,
) -> Option<Attribute> {
    (!set.is_empty()).then(|| make(set))
}

fn wrong_type() -> Refusal {
    Refusal::invalid("An operand in the update expression has an incorrect data type")
}
