//! Which attributes of an item a read shows.

use super::input::Input;
use super::parser::Parser;
use super::path::{Path, Step};
use super::placeholders::Placeholders;
use super::refusal::Answered;
use super::value::{Attribute, Item};

const WHAT: &str = "ProjectionExpression";

/// All attributes, or these paths.
#[derive(Debug, Clone, Default)]
pub struct Shown {
    pub paths: Option<Vec<Path>>,
}

impl Shown {
    /// Of a call with no other expression.
    pub fn read(input: &Input) -> Answered<Self> {
        let mut placeholders = Placeholders::read(input, &[WHAT])?;
        let shown = Self::parse(input, &mut placeholders)?;
        placeholders.all_used()?;
        Ok(shown)
    }

    pub fn parse(input: &Input, placeholders: &mut Placeholders) -> Answered<Self> {
        let Some(text) = input.text(WHAT) else { return Ok(Self::default()) };
        let mut parser = Parser::over(WHAT, text, placeholders)?;
        let mut paths = vec![parser.path()?];
        while parser.take_sign(",") {
            let path = parser.path()?;
            if let Some(other) = paths.iter().find(|other| other.overlaps(&path)) {
                return Err(parser.invalid(format!(
                    "Two document paths overlap with each other; must remove or rewrite one of these paths; \
                     path one: {other}, path two: {path}"
                )));
            }
            paths.push(path);
        }
        parser.expect_end()?;
        Ok(Self { paths: Some(paths) })
    }

    pub fn of(&self, item: &Item) -> Item {
        let Some(paths) = &self.paths else { return item.clone() };
        let mut shown = Item::new();
        for path in paths {
            if let Some(value) = path.find(item) {
                place(&mut shown, &path.0, value.clone());
            }
        }
        shown
    }
}

fn place(into: &mut Item, steps: &[Step], value: Attribute) {
    let (Some(Step::Name(name)), rest) = (steps.first(), &steps[1..]) else {
        panic!("the played DynamoDB does not project out of lists")
    };
    if rest.is_empty() {
        into.insert(name.clone(), value);
        return;
    }
    let inner = into.entry(name.clone()).or_insert_with(|| Attribute::M(Item::new()));
    if let Attribute::M(inner) = inner {
        place(inner, rest, value);
    }
}
