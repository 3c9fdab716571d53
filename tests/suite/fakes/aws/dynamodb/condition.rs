//! Condition, filter and key condition expressions, read into a tree.

use super::parser::Parser;
use super::path::Path;
use super::placeholders::Placeholders;
use super::refusal::{Answered, Refusal};
use super::tokens::Token;
use super::value::Attribute;

#[derive(Debug, Clone, PartialEq)]
pub enum Operand {
    Path(Path),
    Value(Attribute),
    Size(Path),
}

#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    Compare(Operand, &'static str, Operand),
    Between(Operand, Operand, Operand),
    In(Operand, Vec<Operand>),
    Exists(Path),
    NotExists(Path),
    IsOfType(Path, Attribute),
    BeginsWith(Operand, Operand),
    Contains(Operand, Operand),
    And(Box<Self>, Box<Self>),
    Or(Box<Self>, Box<Self>),
    Not(Box<Self>),
}

const COMPARATORS: [&str; 6] = ["=", "<>", "<", "<=", ">", ">="];

impl Condition {
    pub fn parse(what: &'static str, text: &str, placeholders: &mut Placeholders) -> Answered<Self> {
        let mut parser = Parser::over(what, text, placeholders)?;
        let condition = any_of(&mut parser)?;
        parser.expect_end()?;
        Ok(condition)
    }

    /// Every path it looks at.
    pub fn paths(&self) -> Vec<&Path> {
        match self {
            Self::Compare(a, _, b) | Self::BeginsWith(a, b) | Self::Contains(a, b) => {
                [a, b].into_iter().filter_map(Operand::path).collect()
            }
            Self::Between(a, b, c) => [a, b, c].into_iter().filter_map(Operand::path).collect(),
            Self::In(a, list) => std::iter::once(a).chain(list).filter_map(Operand::path).collect(),
            Self::Exists(path) | Self::NotExists(path) | Self::IsOfType(path, _) => vec![path],
            Self::And(a, b) | Self::Or(a, b) => [a.paths(), b.paths()].concat(),
            Self::Not(a) => a.paths(),
        }
    }
}

impl Operand {
    const fn path(&self) -> Option<&Path> {
        match self {
            Self::Path(path) | Self::Size(path) => Some(path),
            Self::Value(_) => None,
        }
    }
}

fn any_of(parser: &mut Parser) -> Answered<Condition> {
    let mut left = all_of(parser)?;
    while parser.take_keyword("OR") {
        left = Condition::Or(Box::new(left), Box::new(all_of(parser)?));
    }
    Ok(left)
}

fn all_of(parser: &mut Parser) -> Answered<Condition> {
    let mut left = negated(parser)?;
    while parser.take_keyword("AND") {
        left = Condition::And(Box::new(left), Box::new(negated(parser)?));
    }
    Ok(left)
}

fn negated(parser: &mut Parser) -> Answered<Condition> {
    if parser.take_keyword("NOT") {
        return Ok(Condition::Not(Box::new(negated(parser)?)));
    }
    if !parser.is_sign("(") {
        return test(parser);
    }
    if parser.opens_a_redundant_pair() {
        return Err(parser.invalid("The expression has redundant parentheses;"));
    }
    parser.expect_sign("(")?;
    let inner = any_of(parser)?;
    parser.expect_sign(")")?;
    Ok(inner)
}

fn test(parser: &mut Parser) -> Answered<Condition> {
    if let Some(function) = function(parser)
        && function != "size"
    {
        return called(parser, &function);
    }
    let left = operand(parser)?;
    if parser.take_keyword("BETWEEN") {
        let low = operand(parser)?;
        if !parser.take_keyword("AND") {
            return Err(parser.syntax());
        }
        let high = operand(parser)?;
        sensible_bounds(parser, &low, &high)?;
        return Ok(Condition::Between(left, low, high));
    }
    if parser.take_keyword("IN") {
        return Ok(Condition::In(left, listed(parser)?));
    }
    let comparator = COMPARATORS.into_iter().find(|sign| parser.is_sign(sign)).ok_or_else(|| parser.syntax())?;
    parser.expect_sign(comparator)?;
    let right = operand(parser)?;
    sensible_comparison(parser, &left, comparator, &right)?;
    Ok(Condition::Compare(left, comparator, right))
}

/// The function's name if a call begins here.
fn function(parser: &Parser) -> Option<String> {
    match (parser.peek(), parser.peek_after()) {
        (Token::Word(word), Some(Token::Sign("("))) => Some(word.clone()),
        _ => None,
    }
}

fn called(parser: &mut Parser, function: &str) -> Answered<Condition> {
    parser.next();
    if !["attribute_exists", "attribute_not_exists", "attribute_type", "begins_with", "contains"].contains(&function) {
        return Err(parser.invalid(format!("Invalid function name; function: {function}")));
    }
    let mut operands = listed(parser)?.into_iter();
    let (first, second) = (operands.next(), operands.next());
    let wrong_number = || parser.invalid(format!("Incorrect number of operands for operator or function: {function}"));
    if operands.next().is_some() {
        return Err(wrong_number());
    }
    let path =
        |operand| match operand {
            Operand::Path(path) => Ok(path),
            _ => Err(parser
                .invalid(format!("Operator or function requires a document path; operator or function: {function}"))),
        };
    match (function, first, second) {
        ("attribute_exists", Some(one), None) => Ok(Condition::Exists(path(one)?)),
        ("attribute_not_exists", Some(one), None) => Ok(Condition::NotExists(path(one)?)),
        ("attribute_type", Some(one), Some(Operand::Value(kind))) => Ok(Condition::IsOfType(path(one)?, kind)),
        ("contains", Some(one), Some(other)) => Ok(Condition::Contains(one, other)),
        ("begins_with", Some(one), Some(prefix)) => {
            of_type(parser, "begins_with", &prefix, |value| matches!(value, Attribute::S(_) | Attribute::B(_)))?;
            Ok(Condition::BeginsWith(one, prefix))
        }
        _ => Err(wrong_number()),
    }
}

fn listed(parser: &mut Parser) -> Answered<Vec<Operand>> {
    parser.expect_sign("(")?;
    let mut operands = vec![operand(parser)?];
    while parser.take_sign(",") {
        operands.push(operand(parser)?);
    }
    parser.expect_sign(")")?;
    Ok(operands)
}

fn operand(parser: &mut Parser) -> Answered<Operand> {
    if matches!(parser.peek(), Token::Value(_)) {
        return Ok(Operand::Value(parser.value()?));
    }
    match function(parser) {
        Some(name) if name == "size" => {
            parser.next();
            parser.expect_sign("(")?;
            let path = parser.path()?;
            parser.expect_sign(")")?;
            Ok(Operand::Size(path))
        }
        Some(name) => Err(parser.invalid(format!("Invalid function name; function: {name}"))),
        None => Ok(Operand::Path(parser.path()?)),
    }
}

fn sensible_comparison(parser: &Parser, left: &Operand, sign: &str, right: &Operand) -> Answered<()> {
    if left == right && matches!(left, Operand::Path(_)) {
        let problem = "The first operand must be distinct from the remaining operands for this operator or function";
        return Err(parser.invalid(problem));
    }
    if matches!(sign, "=" | "<>") {
        return Ok(());
    }
    of_type(parser, sign, left, Attribute::has_order)?;
    of_type(parser, sign, right, Attribute::has_order)
}

fn sensible_bounds(parser: &Parser, low: &Operand, high: &Operand) -> Answered<()> {
    of_type(parser, "BETWEEN", low, Attribute::has_order)?;
    of_type(parser, "BETWEEN", high, Attribute::has_order)?;
    let (Operand::Value(low), Operand::Value(high)) = (low, high) else { return Ok(()) };
    if low.kind() != high.kind() {
        return Err(parser.invalid("The BETWEEN operator requires same data type for lower and upper bounds"));
    }
    if low > high {
        let problem = "The BETWEEN operator requires upper bound to be greater than or equal to lower bound";
        return Err(parser.invalid(problem));
    }
    Ok(())
}

fn of_type(parser: &Parser, what: &str, operand: &Operand, fits: impl Fn(&Attribute) -> bool) -> Result<(), Refusal> {
    match operand {
        Operand::Value(value) if !fits(value) => Err(parser.invalid(format!(
            "Incorrect operand type for operator or function; operator or function: {what}, operand type: {}",
            value.kind()
        ))),
        _ => Ok(()),
    }
}
