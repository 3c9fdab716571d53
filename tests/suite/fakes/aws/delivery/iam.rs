//! IAM's managed policies, played as far as a bootstrap needs them; how versions
//! come and go is played by the other fake of IAM.

use super::super::wire::{Answer, Call};
use super::{Caller, World, escaped, xml};

pub(super) fn answer(world: &mut World, caller: &Caller, call: &Call) -> Answer {
    let action = call.field("Action").expect("an action");
    if action == "CreatePolicy" {
        let arn = format!("arn:aws:iam::{}:policy/{}", caller.account, call.field("PolicyName").unwrap());
        assert!(world.policies.insert(arn.clone(), call.field("PolicyDocument").unwrap()).is_none(), "{arn} is there");
        world.changes.push(action);
        return xml("CreatePolicy", &format!("<Policy><Arn>{arn}</Arn></Policy>"));
    }
    let arn = call.field("PolicyArn").expect("a policy");
    assert!(arn.contains(&format!("::{}:policy/", caller.account)), "another account's policy: {arn}");
    let Some(document) = world.policies.get(&arn) else {
        let message = "There is no such policy.".to_owned();
        return Answer::XmlError { status: 404, code: "NoSuchEntity", message };
    };
    match action.as_str() {
        "GetPolicy" => {
            xml(&action, &format!("<Policy><Arn>{arn}</Arn><DefaultVersionId>v1</DefaultVersionId></Policy>"))
        }
        "GetPolicyVersion" => {
            let encoded: String = url::form_urlencoded::byte_serialize(document.as_bytes()).collect();
            let encoded = escaped(&encoded.replace('+', "%20"));
            xml(&action, &format!("<PolicyVersion><Document>{encoded}</Document></PolicyVersion>"))
        }
        other => panic!("our deployer never calls iam:{other} here"),
    }
}
