//! Document paths: where in an item a value stands.

use std::fmt;

use super::refusal::{Answered, Refusal};
use super::value::{Attribute, Item};

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    Name(String),
    Index(usize),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path(pub Vec<Step>);

impl Path {
    /// The attribute it begins with.
    pub fn top(&self) -> &str {
        match &self.0[0] {
            Step::Name(name) => name,
            Step::Index(_) => unreachable!("a path begins with a name"),
        }
    }

    pub fn is_top(&self) -> bool {
        self.0.len() == 1
    }

    pub fn find<'i>(&self, item: &'i Item) -> Option<&'i Attribute> {
        self.0[1..].iter().try_fold(item.get(self.top())?, |value, step| match (value, step) {
            (Attribute::M(map), Step::Name(name)) => map.get(name),
            (Attribute::L(list), Step::Index(index)) => list.get(*index),
            _ => None,
        })
    }

    /// Whether one of the two lies within the other.
    pub fn overlaps(&self, other: &Self) -> bool {
        let shared = self.0.len().min(other.0.len());
        self.0[..shared] == other.0[..shared]
    }

    pub fn set(&self, item: &mut Item, value: Attribute) -> Answered<()> {
        let (map, last) = self.parent(item)?;
        map.insert(last.to_owned(), value);
        Ok(())
    }

    pub fn remove(&self, item: &mut Item) -> Answered<()> {
        let (map, last) = self.parent(item)?;
        map.remove(last);
        Ok(())
    }

    fn parent<'i>(&self, item: &'i mut Item) -> Answered<(&'i mut Item, &str)> {
        let names: Vec<&str> = self.0.iter().map(Step::name).collect();
        let (last, before) = names.split_last().expect("a path has a step");
        let map = before.iter().try_fold(item, |map, name| match map.get_mut(*name) {
            Some(Attribute::M(inner)) => Ok(inner),
            _ => Err(Refusal::invalid("The document path provided in the update expression is invalid for update")),
        })?;
        Ok((map, last))
    }
}

impl Step {
    fn name(&self) -> &str {
        match self {
            Self::Name(name) => name,
            Self::Index(_) => panic!("the played DynamoDB does not write into lists"),
        }
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let steps: Vec<String> = self
            .0
            .iter()
            .map(|step| match step {
                Step::Name(name) => name.clone(),
                Step::Index(index) => format!("[{index}]"),
            })
            .collect();
        write!(f, "[{}]", steps.join(", "))
    }
}
