//! STS as far as a role of the management account is assumed.

use jiff::{SignedDuration, Timestamp};

use super::wire::{Answer, Call};

/// Answers one call. Whoever asks becomes the role: the access key says which.
pub fn answer(action: &str, call: &Call, now: Timestamp) -> Answer {
    assert_eq!(action, "AssumeRole", "our adapters send nothing else to STS here");
    let role = call.field("RoleArn").expect("a role");
    let session = call.field("RoleSessionName").expect("a session name");
    let key = role.rsplit('/').next().unwrap_or_default().to_uppercase();
    // Far away: the SDK compares with the real time of day, not with the test's.
    let expiration = now + SignedDuration::from_hours(24 * 365 * 20);
    Answer::Xml(format!(
        "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult>\
         <AssumedRoleUser><Arn>{role}/{session}</Arn><AssumedRoleId>AROATEST:{session}</AssumedRoleId></AssumedRoleUser>\
         <Credentials><AccessKeyId>ASIA{key}</AccessKeyId><SecretAccessKey>made-up</SecretAccessKey>\
         <SessionToken>made-up</SessionToken><Expiration>{expiration}</Expiration></Credentials>\
         </AssumeRoleResult><ResponseMetadata><RequestId>made-up</RequestId></ResponseMetadata></AssumeRoleResponse>"
    ))
}
