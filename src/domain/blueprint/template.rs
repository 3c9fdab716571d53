//! A `CloudFormation` template as far as the catalogue must understand it:
//! which resources a set of parameters creates, and a tree for the rules in
//! [`super::check`] to walk. Short tags (`!Ref`, `!Sub`) are read as their
//! long form, so there is one way to look at them.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, OnceLock};

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use serde_saphyr::Tagged;

/// One resource a stack creates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource {
    /// Its name in the template, like `NatGateway`.
    pub logical_id: String,
    /// Its type, like `AWS::EC2::NatGateway`.
    pub kind: String,
}

/// A template that can be read. Its copies share what was read in it.
#[derive(Debug, Clone)]
pub struct Template {
    text: Cow<'static, str>,
    tree: Arc<OnceLock<Value>>,
}

impl PartialEq for Template {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// The line (from 1, 0 when unknown) and what is wrong there.
    pub fn parse(text: &str) -> Result<Self, (u64, String)> {
        let tree = read(text)?;
        Ok(Self { text: text.to_owned().into(), tree: Arc::new(tree.into()) })
    }

    /// A template of this program, known to be good: read when it is first looked
    /// into, as reading all of them would take half of a start.
    pub(super) fn shipped(text: &'static str) -> Self {
        Self { text: text.into(), tree: Arc::default() }
    }

    /// The template, word for word.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The whole tree, short tags in their long form.
    ///
    /// # Panics
    /// Never: only what ships is read this late, and a test reads all of it.
    #[must_use]
    #[expect(clippy::expect_used, reason = "only what ships is read this late, and a test reads all of it")]
    pub fn tree(&self) -> &Value {
        self.tree.get_or_init(|| read(&self.text).expect("a template that ships can be read"))
    }

    /// One top-level section; empty when absent.
    pub fn section(&self, name: &str) -> impl Iterator<Item = (&String, &Value)> {
        self.tree()[name].as_object().into_iter().flatten()
    }

    /// All resources of one type, whatever their condition: logical id and body.
    pub fn of_type<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = (&'a str, &'a Value)> {
        self.section("Resources").filter(move |(_, body)| body["Type"] == kind).map(|(id, body)| (id.as_str(), body))
    }

    /// The line (from 1) where a member of a top-level section begins; 0 when not found.
    #[must_use]
    pub fn line_of(&self, id: &str) -> u64 {
        let start = format!("  {id}:");
        let line = self.text.lines().position(|line| line.starts_with(&start));
        line.and_then(|index| u64::try_from(index + 1).ok()).unwrap_or(0)
    }

    /// What the template creates with these parameters, under the template's names.
    #[must_use]
    pub fn resources(&self, parameters: &BTreeMap<String, String>) -> Vec<Resource> {
        self.section("Resources")
            .filter(|(_, body)| body["Condition"].as_str().is_none_or(|name| self.holds(name, parameters, 0)))
            .map(|(id, body)| Resource {
                logical_id: id.clone(),
                kind: body["Type"].as_str().unwrap_or_default().to_owned(),
            })
            .collect()
    }

    /// Whether a condition holds; one that cannot be told offline counts as true.
    #[must_use]
    pub fn condition(&self, name: &str, parameters: &BTreeMap<String, String>) -> bool {
        self.holds(name, parameters, 0)
    }

    /// `depth` ends conditions that name each other in a circle.
    fn holds(&self, name: &str, parameters: &BTreeMap<String, String>, depth: u8) -> bool {
        depth > 16 || self.evaluate(&self.tree()["Conditions"][name], parameters, depth + 1).unwrap_or(true)
    }

    fn evaluate(&self, condition: &Value, parameters: &BTreeMap<String, String>, depth: u8) -> Option<bool> {
        let (function, argument) = condition.as_object()?.iter().next()?;
        let truth = |inner: &Value| self.evaluate(inner, parameters, depth);
        match function.as_str() {
            "Condition" => Some(self.holds(argument.as_str()?, parameters, depth)),
            "Fn::Not" => Some(!truth(&argument[0])?),
            "Fn::And" => argument.as_array()?.iter().map(truth).try_fold(true, |all, one| Some(all && one?)),
            "Fn::Or" => argument.as_array()?.iter().map(truth).try_fold(false, |any, one| Some(any || one?)),
            "Fn::Equals" => Some(self.text_of(&argument[0], parameters)? == self.text_of(&argument[1], parameters)?),
            _ => None,
        }
    }

    fn text_of(&self, value: &Value, parameters: &BTreeMap<String, String>) -> Option<String> {
        if let Some(name) = value["Ref"].as_str() {
            let default = || scalar(&self.tree()["Parameters"][name]["Default"]);
            return parameters.get(name).cloned().or_else(default);
        }
        scalar(value)
    }
}

fn read(text: &str) -> Result<Value, (u64, String)> {
    let Node(tree) = super::parse::yaml(text)?;
    if tree["Resources"].as_object().is_none_or(Map::is_empty) {
        return Err((0, "the template has no Resources: add at least one.".to_owned()));
    }
    Ok(tree)
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        _ => None,
    }
}

/// A YAML node whose local tags became one-member maps: `!Ref X` is `{"Ref": "X"}`.
pub(super) struct Node(Value);

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Tagged(Untagged(value), tag) = Tagged::<Untagged>::deserialize(deserializer)?;
        Ok(Self(match tag.as_deref().and_then(|tag| tag.strip_prefix('!')) {
            Some(name @ ("Ref" | "Condition")) => wrap(name, value),
            Some(name) if !name.is_empty() => wrap(&format!("Fn::{name}"), value),
            _ => value,
        }))
    }
}

fn wrap(function: &str, argument: Value) -> Value {
    Value::Object(Map::from_iter([(function.to_owned(), argument)]))
}

struct Untagged(Value);

impl<'de> Deserialize<'de> for Untagged {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyNode).map(Self)
    }
}

struct AnyNode;

impl<'de> Visitor<'de> for AnyNode {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value, a list or a map")
    }

    fn visit_bool<E>(self, v: bool) -> Result<Value, E> {
        Ok(v.into())
    }

    fn visit_i64<E>(self, v: i64) -> Result<Value, E> {
        Ok(v.into())
    }

    fn visit_u64<E>(self, v: u64) -> Result<Value, E> {
        Ok(v.into())
    }

    fn visit_f64<E>(self, v: f64) -> Result<Value, E> {
        Ok(v.into())
    }

    fn visit_str<E>(self, v: &str) -> Result<Value, E> {
        Ok(v.into())
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(Node(item)) = seq.next_element()? {
            items.push(item);
        }
        Ok(items.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut members = Map::new();
        while let Some((key, Node(value))) = map.next_entry::<String, Node>()? {
            members.insert(key, value);
        }
        Ok(members.into())
    }
}

/// Types worth a word to people, in the order told. Plumbing (routes,
/// associations, policies) is left out: it says nothing to an approver.
const WORDS: [(&str, &str, &str); 22] = [
    ("AWS::EC2::VPC", "VPC", "VPCs"),
    ("AWS::EC2::Subnet", "subnet", "subnets"),
    ("AWS::EC2::InternetGateway", "internet gateway", "internet gateways"),
    ("AWS::EC2::NatGateway", "NAT gateway", "NAT gateways"),
    ("AWS::EC2::TransitGatewayAttachment", "Transit Gateway attachment", "Transit Gateway attachments"),
    ("AWS::EC2::VPCEndpoint", "VPC endpoint", "VPC endpoints"),
    ("AWS::SageMaker::Domain", "SageMaker domain", "SageMaker domains"),
    ("AWS::EKS::Cluster", "EKS cluster", "EKS clusters"),
    ("AWS::EKS::Nodegroup", "node group", "node groups"),
    ("AWS::EKS::Addon", "cluster add-on", "cluster add-ons"),
    ("AWS::ECS::Cluster", "ECS cluster", "ECS clusters"),
    ("AWS::ECS::Service", "ECS service", "ECS services"),
    ("AWS::ElasticLoadBalancingV2::LoadBalancer", "load balancer", "load balancers"),
    ("AWS::RDS::DBInstance", "database", "databases"),
    ("AWS::EFS::FileSystem", "file system", "file systems"),
    ("AWS::ECR::Repository", "container repository", "container repositories"),
    ("AWS::S3::Bucket", "bucket", "buckets"),
    ("AWS::DynamoDB::Table", "table", "tables"),
    ("AWS::KMS::Key", "encryption key", "encryption keys"),
    ("AWS::Events::EventBus", "event bus", "event buses"),
    ("AWS::IAM::Role", "role", "roles"),
    ("AWS::SSM::Parameter", "SSM parameter", "SSM parameters"),
];

/// Resources in words, like `1 VPC, 4 subnets and 1 NAT gateway`.
#[must_use]
pub fn in_words(resources: &[Resource]) -> String {
    let count = |kind: &str| resources.iter().filter(|r| r.kind == kind).count();
    let mut words: Vec<String> = WORDS
        .iter()
        .map(|(kind, one, many)| (count(kind), one, many))
        .filter(|(n, ..)| *n > 0)
        .map(|(n, one, many)| format!("{n} {}", if n == 1 { one } else { many }))
        .collect();
    match (words.pop(), words.is_empty()) {
        (None, _) => "nothing".to_owned(),
        (Some(only), true) => only,
        (Some(last), false) => format!("{} and {last}", words.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEMPLATE: &str = "Parameters: {Size: {Type: Number, Default: 2}}
Conditions:
  Two: !Equals [!Ref Size, 2]
  NotTwo: !Not [!Condition Two]
  Both: !And [!Condition Two, !Condition NotTwo]
  Either: !Or [!Condition Two, !Condition NotTwo]
  Unknown: !Equals [!Ref AWS::Region, eu-west-1]
  Circle: !Not [!Condition Circle]
Resources:
  Queue: {Type: AWS::SQS::Queue}
";

    fn holding(size: &str) -> Vec<&'static str> {
        let template = Template::parse(TEMPLATE).unwrap();
        let parameters = BTreeMap::from([("Size".to_owned(), size.to_owned())]);
        let all = ["Two", "NotTwo", "Both", "Either", "Unknown"];
        all.into_iter().filter(|name| template.condition(name, &parameters)).collect()
    }

    #[test]
    fn conditions_are_evaluated_and_what_cannot_be_told_counts_as_true() {
        assert_eq!(holding("2"), ["Two", "Either", "Unknown"]);
        assert_eq!(holding("3"), ["NotTwo", "Either", "Unknown"]);
    }

    #[test]
    fn conditions_in_a_circle_come_to_an_end() {
        let template = Template::parse(TEMPLATE).unwrap();
        let _ = template.condition("Circle", &BTreeMap::new());
    }

    #[test]
    fn short_tags_are_read_as_their_long_form() {
        let template =
            Template::parse("Resources: {A: {Ref: !GetAtt B.Arn, Sub: !Sub ['${X}', {X: !Ref Zone}]}}").unwrap();
        let body = &template.tree()["Resources"]["A"];
        assert_eq!(body["Ref"], serde_json::json!({"Fn::GetAtt": "B.Arn"}));
        assert_eq!(body["Sub"], serde_json::json!({"Fn::Sub": ["${X}", {"X": {"Ref": "Zone"}}]}));
    }
}
