//! Rules about what is kept: buckets, and the size of the template itself.

use serde_json::Value;

use super::super::Blueprint;
use super::Breach;
use super::reading::{statements, text};

/// The largest template `CreateStack` takes inline, in bytes.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html>
const INLINE_LIMIT: usize = 51_200;

const LOCKS: [&str; 4] = ["BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"];

/// Buckets are encrypted, versioned, closed to the public and TLS-only.
pub fn buckets(blueprint: &Blueprint) -> Vec<Breach> {
    let template = &blueprint.template;
    let mut breaches = Vec::new();
    for (id, body) in template.of_type("AWS::S3::Bucket") {
        let properties = &body["Properties"];
        let mut say = |sentence: &str| breaches.push((id.to_owned(), sentence.to_owned()));
        if properties["BucketEncryption"]["ServerSideEncryptionConfiguration"].as_array().is_none_or(Vec::is_empty) {
            say("is not encrypted: add BucketEncryption.");
        }
        if properties["VersioningConfiguration"]["Status"] != "Enabled" {
            say("is not versioned: set VersioningConfiguration to Enabled.");
        }
        if LOCKS.iter().any(|lock| properties["PublicAccessBlockConfiguration"][lock] != true) {
            say("may become public: set all four locks of PublicAccessBlockConfiguration.");
        }
        let policies =
            template.of_type("AWS::S3::BucketPolicy").filter(|(_, p)| guards(&p["Properties"]["Bucket"], id));
        let rules: Vec<&Value> = policies.flat_map(|(_, policy)| statements(&policy["Properties"])).collect();
        if !rules.iter().any(|rule| refuses_plain_http(rule)) {
            say("answers without TLS: add a bucket policy that denies aws:SecureTransport false.");
        }
        if rules.iter().any(|rule| lets_everyone_in(rule)) {
            say("lets everyone in by its policy: name the principals.");
        }
    }
    breaches
}

fn guards(bucket: &Value, id: &str) -> bool {
    text(bucket) == format!("${{{id}}}")
}

fn refuses_plain_http(rule: &Value) -> bool {
    rule["Effect"] == "Deny" && text(&rule["Condition"]["Bool"]["aws:SecureTransport"]) == "false"
}

fn lets_everyone_in(rule: &Value) -> bool {
    rule["Effect"] == "Allow" && (rule["Principal"] == "*" || rule["Principal"]["AWS"] == "*")
}

/// A template goes to `CloudFormation` inline.
pub fn size(blueprint: &Blueprint) -> Vec<Breach> {
    let bytes = blueprint.template_text().len();
    if bytes <= INLINE_LIMIT {
        return Vec::new();
    }
    let sentence = format!(
        "the template has {bytes} bytes and CloudFormation takes {INLINE_LIMIT} inline: shorten it, or move a part into a stack of its own."
    );
    vec![(String::new(), sentence)]
}
