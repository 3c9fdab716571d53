//! Rules about names, so that a re-vend never meets what an earlier one left:
//! physical names, exports, SSM names and the mandatory tags.

use std::collections::BTreeSet;

use serde_json::Value;

use super::super::Blueprint;
use super::Breach;
use super::reading::{explained, many, text};

/// The property that fixes a resource's physical name.
const NAMED_BY: [(&str, &str); 17] = [
    ("AWS::S3::Bucket", "BucketName"),
    ("AWS::IAM::Role", "RoleName"),
    ("AWS::IAM::ManagedPolicy", "ManagedPolicyName"),
    ("AWS::DynamoDB::Table", "TableName"),
    ("AWS::ECR::Repository", "RepositoryName"),
    ("AWS::ECS::Cluster", "ClusterName"),
    ("AWS::ECS::Service", "ServiceName"),
    ("AWS::EKS::Cluster", "Name"),
    ("AWS::Events::EventBus", "Name"),
    ("AWS::Logs::LogGroup", "LogGroupName"),
    ("AWS::KMS::Alias", "AliasName"),
    ("AWS::ElasticLoadBalancingV2::LoadBalancer", "Name"),
    ("AWS::ElasticLoadBalancingV2::TargetGroup", "Name"),
    ("AWS::EC2::SecurityGroup", "GroupName"),
    ("AWS::Lambda::Function", "FunctionName"),
    ("AWS::SQS::Queue", "QueueName"),
    ("AWS::SNS::Topic", "TopicName"),
];

/// Types that carry the mandatory tags.
const TAGGED: [&str; 25] = [
    "AWS::DynamoDB::Table",
    "AWS::EC2::EIP",
    "AWS::EC2::InternetGateway",
    "AWS::EC2::NatGateway",
    "AWS::EC2::RouteTable",
    "AWS::EC2::SecurityGroup",
    "AWS::EC2::Subnet",
    "AWS::EC2::TransitGatewayAttachment",
    "AWS::EC2::VPC",
    "AWS::ECR::Repository",
    "AWS::ECS::Cluster",
    "AWS::ECS::Service",
    "AWS::ECS::TaskDefinition",
    "AWS::EFS::FileSystem",
    "AWS::EKS::Cluster",
    "AWS::EKS::Nodegroup",
    "AWS::ElasticLoadBalancingV2::LoadBalancer",
    "AWS::ElasticLoadBalancingV2::TargetGroup",
    "AWS::Events::EventBus",
    "AWS::IAM::Role",
    "AWS::KMS::Key",
    "AWS::Lambda::Function",
    "AWS::Logs::LogGroup",
    "AWS::S3::Bucket",
    "AWS::SageMaker::Domain",
];

/// A name is generated, carries account and region, or carries the stack's name.
/// A bucket's name is the whole world's, so nothing excuses it.
pub fn names(blueprint: &Blueprint) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for (kind, property) in NAMED_BY {
        for (id, body) in blueprint.template.of_type(kind) {
            let name = text(&body["Properties"][property]);
            let whole = ["${AWS::AccountId}", "${AWS::Region}"].iter().all(|part| name.contains(part));
            let excused =
                property != "BucketName" && (name.contains("${AWS::StackName}") || explained(body, property).is_some());
            if !(body["Properties"][property].is_null() || whole || excused) {
                let sentence = format!(
                    "has a fixed {property} that a second stack would meet: leave it out, or add account and region."
                );
                breaches.push((id.to_owned(), sentence));
            }
        }
    }
    breaches
}

/// An export begins with the stack's name.
pub fn exports(blueprint: &Blueprint) -> Vec<Breach> {
    let outputs = blueprint.template.section("Outputs").filter(|(_, body)| !body["Export"].is_null());
    let fixed = outputs.filter(|(_, body)| !text(&body["Export"]["Name"]).starts_with("${AWS::StackName}-"));
    fixed
        .map(|(id, _)| {
            (
                id.clone(),
                "is exported under a name that another stack may hold: begin it with ${AWS::StackName}-.".to_owned(),
            )
        })
        .collect()
}

/// The template writes exactly the SSM names `provides_ssm` promises, each once.
pub fn ssm_names(blueprint: &Blueprint) -> Vec<Breach> {
    let mut breaches = Vec::new();
    let mut written = BTreeSet::new();
    for (id, body) in blueprint.template.of_type("AWS::SSM::Parameter") {
        let name = text(&body["Properties"]["Name"]);
        if !blueprint.provides_ssm.contains(&name) {
            breaches
                .push((id.to_owned(), format!("writes {name}: add it to `provides_ssm`, so that clashes are seen.")));
        }
        if !written.insert(name.clone()) {
            breaches.push((id.to_owned(), format!("writes {name} a second time: keep one.")));
        }
    }
    let missing = blueprint.provides_ssm.iter().filter(|name| !written.contains(*name));
    breaches.extend(
        missing.map(|name| (String::new(), format!("nothing writes {name}, which `provides_ssm` promises: add it."))),
    );
    breaches
}

/// Whatever can cost money or hold data says which blueprint made it and who answers for it.
pub fn tags(blueprint: &Blueprint) -> Vec<Breach> {
    let mandatory = [("vend:blueprint", &blueprint.id), ("owner", &blueprint.owner)];
    let mut breaches = Vec::new();
    for (id, body) in blueprint.template.section("Resources") {
        if !body["Type"].as_str().is_some_and(|kind| TAGGED.contains(&kind)) {
            continue;
        }
        for (key, value) in mandatory {
            if tag(&body["Properties"], key).as_deref() != Some(value.as_str()) {
                breaches.push((id.clone(), format!("lacks the tag {key} with the value {value}: add it.")));
            }
        }
    }
    breaches
}

fn tag(properties: &Value, key: &str) -> Option<String> {
    let tags = if properties["FileSystemTags"].is_null() { &properties["Tags"] } else { &properties["FileSystemTags"] };
    if tags.is_object() {
        return tags.get(key).map(text);
    }
    many(tags).into_iter().find(|tag| tag["Key"] == key).map(|tag| text(&tag["Value"]))
}
