//! YAML as it was written: every value with its line and, where it was a plain
//! scalar, its characters untouched, so that `012345678901` is not a number here.
//! It must not know what the keys mean.

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::Spanned;

/// A value and where it stands.
#[derive(Debug)]
pub struct Node {
    /// From 1.
    pub line: u64,
    pub value: Value,
    /// The bytes of a scalar, where it is defined.
    span: Option<(usize, usize)>,
}

/// What stands there.
#[derive(Debug)]
pub enum Value {
    Nothing,
    Scalar(Scalar),
    List(Vec<Node>),
    Map(Vec<(Key, Node)>),
}

/// A single value.
#[derive(Debug)]
pub struct Scalar {
    /// What a plain scalar's characters are, or what a quoted one means.
    pub text: String,
    /// Written without quotes.
    pub plain: bool,
}

/// A key and where it stands, from 1.
#[derive(Debug)]
pub struct Key {
    pub line: u64,
    pub column: u64,
    pub name: String,
}

/// Parses a document.
///
/// # Errors
/// The line (from 1) and what the parser says.
pub fn parse(yaml: &str) -> Result<Node, (u64, String)> {
    let mut root = serde_saphyr::from_str::<Node>(yaml).map_err(|error| {
        let line = error.location().map_or(1, |at| at.line());
        let said = error.without_snippet().to_string();
        (line, said.lines().next().unwrap_or_default().to_owned())
    })?;
    root.take_plain_scalars_from(yaml);
    Ok(root)
}

impl Node {
    /// Puts the written characters into every plain scalar.
    fn take_plain_scalars_from(&mut self, yaml: &str) {
        match &mut self.value {
            Value::Nothing => {}
            Value::List(items) => items.iter_mut().for_each(|item| item.take_plain_scalars_from(yaml)),
            Value::Map(entries) => entries.iter_mut().for_each(|(_, node)| node.take_plain_scalars_from(yaml)),
            Value::Scalar(scalar) => {
                let written = self.span.and_then(|(start, length)| yaml.get(start..start.checked_add(length)?));
                let written = written.unwrap_or_default().trim();
                scalar.plain = !written.starts_with(['"', '\'']);
                if scalar.plain && !written.is_empty() && !written.contains('\n') {
                    written.clone_into(&mut scalar.text);
                }
            }
        }
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = Spanned::<Value>::deserialize(deserializer)?;
        let span = spanned.defined.span();
        let span = span.byte_offset().zip(span.byte_len());
        Ok(Self {
            line: spanned.referenced.line(),
            value: spanned.value,
            span: span.and_then(|(start, length)| Some((start.try_into().ok()?, length.try_into().ok()?))),
        })
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyValue)
    }
}

struct AnyValue;

#[expect(clippy::unnecessary_wraps, reason = "a visitor answers a Result")]
fn scalar<E>(text: &(impl ToString + ?Sized)) -> Result<Value, E> {
    Ok(Value::Scalar(Scalar { text: text.to_string(), plain: false }))
}

impl<'de> Visitor<'de> for AnyValue {
    type Value = Value;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Nothing)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Nothing)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        scalar(&value)
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        scalar(&value)
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        scalar(&value)
    }

    fn visit_i128<E>(self, value: i128) -> Result<Value, E> {
        scalar(&value)
    }

    fn visit_u128<E>(self, value: u128) -> Result<Value, E> {
        scalar(&value)
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        scalar(&value)
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        scalar(&value)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(node) = items.next_element()? {
            list.push(node);
        }
        Ok(Value::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Vec::new();
        while let Some((key, node)) = entries.next_entry::<Spanned<String>, Node>()? {
            let (line, column) = (key.referenced.line(), key.referenced.column());
            map.push((Key { line, column, name: key.value }, node));
        }
        Ok(Value::Map(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What stands under `a`, and whether it is plain.
    fn read(yaml: &str) -> (String, bool) {
        let Value::Map(mut entries) = parse(yaml).unwrap().value else { panic!("no map") };
        match entries.remove(0).1.value {
            Value::Scalar(scalar) => (scalar.text, scalar.plain),
            other => (format!("{other:?}"), false),
        }
    }

    #[test]
    fn plain_scalars_keep_their_characters() {
        for written in ["012345678901", "0o17", "0x1F", "1_000", "1e3", "yes", "True", "12:30", "eu-west-1", "1.10"] {
            assert_eq!(read(&format!("a: {written} # é\nb: 1\n")), (written.to_owned(), true));
            assert_eq!(read(&format!("{{a: {written}, b: é}}\n")).0, written);
        }
        assert_eq!(read("a: &x 012\nb: *x\n"), ("012".to_owned(), true));
    }

    #[test]
    fn quoted_scalars_are_told_apart_whatever_stands_before_them() {
        for (written, means) in [("'012'", "012"), ("\"012\"", "012"), ("'it''s'", "it's"), ("\"\\t\"", "")] {
            let (text, plain) = read(&format!("a: {written}\n# ünïcode\n"));
            assert_eq!((text.trim(), plain), (means, false), "{written}");
        }
        let after = parse("é: ü\na: '07'\n").unwrap();
        let Value::Map(entries) = after.value else { panic!("no map") };
        let Value::Scalar(scalar) = &entries[1].1.value else { panic!("no scalar") };
        assert_eq!((scalar.text.as_str(), scalar.plain, entries[1].1.line), ("07", false, 2));
    }

    #[test]
    fn nothing_is_nothing_however_it_is_written() {
        for written in ["", "~", "null", "# later"] {
            assert_eq!(read(&format!("a: {written}\nb: 1\n")).0, "Nothing");
        }
    }

    #[test]
    fn what_is_no_yaml_is_refused_with_its_line() {
        assert!(parse("a: 1\nb: [1\n").unwrap_err().0 > 1);
        assert!(parse("a: 1\na: 2\n").unwrap_err().1.contains("duplicate"));
    }
}
