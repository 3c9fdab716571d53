//! What each action of SNS does to the played world, and says.

use std::collections::BTreeMap;

use super::super::wire::{Answer, Call};
use super::{Received, Subscribed, TOPIC, World};

/// Subscriptions on one page; AWS gives 100, a test should not need so many.
const PAGE: usize = 2;

pub(super) fn answer(world: &mut World, action: &str, call: &Call) -> Answer {
    match action {
        "Publish" => publish(world, call),
        "ListSubscriptionsByTopic" => list(world, call),
        "GetSubscriptionAttributes" => attributes(world, call),
        "Subscribe" => subscribe(world, call),
        "SetSubscriptionAttributes" => set(world, call),
        "Unsubscribe" => unsubscribe(world, call),
        "ConfirmSubscription" => confirm(world, call),
        other => panic!("our adapters never call sns:{other}"),
    }
}

fn publish(world: &mut World, call: &Call) -> Answer {
    let get = |name: &str| call.field(name).unwrap_or_else(|| panic!("no {name} in a publish"));
    assert_eq!(get("TopicArn"), TOPIC);
    let (subject, text) = (get("Subject"), get("Message"));
    if !subject.is_ascii() || subject.len() >= 100 || subject.chars().any(char::is_control) {
        return invalid("Invalid parameter: Subject");
    }
    if text.len() > 262_144 {
        return invalid("Invalid parameter: Message too long");
    }
    assert_eq!(get("MessageAttributes.entry.1.Value.DataType"), "String");
    let name = get("MessageAttributes.entry.1.Name");
    let attributes = BTreeMap::from([(name, get("MessageAttributes.entry.1.Value.StringValue"))]);
    assert!(call.field("MessageAttributes.entry.2.Name").is_none(), "one attribute is all we send");
    world.deliver(&Received { subject, text }, &attributes);
    if world.mood.lost_answers > 0 {
        world.mood.lost_answers -= 1;
        return Answer::Dropped;
    }
    said("Publish", &format!("<MessageId>{}</MessageId>", world.published))
}

fn list(world: &World, call: &Call) -> Answer {
    assert_eq!(call.field("TopicArn").as_deref(), Some(TOPIC));
    let start: usize = call.field("NextToken").map_or(0, |token| token.parse().expect("a token of ours"));
    let all: Vec<String> = listed(world);
    let page: String = all.iter().skip(start).take(PAGE).map(String::as_str).collect();
    let end = start + PAGE;
    let next = if end < all.len() { format!("<NextToken>{end}</NextToken>") } else { String::new() };
    said("ListSubscriptionsByTopic", &format!("<Subscriptions>{page}</Subscriptions>{next}"))
}

fn listed(world: &World) -> Vec<String> {
    let mood = &world.mood;
    let pending = |arn: &str| if mood.lists_pending { arn.to_owned() } else { "PendingConfirmation".to_owned() };
    let arn = |found: &Subscribed| if found.confirmed { found.arn.clone() } else { pending(&found.arn) };
    let there = world.subscriptions.iter().map(|found| member(found, &arn(found)));
    let gone = world.gone.iter().filter(|_| mood.lists_gone);
    let gone = gone.enumerate().map(|(nth, found)| member(found, if nth == 0 { "Deleted" } else { &found.arn }));
    there.chain(gone).collect()
}

fn member(found: &Subscribed, arn: &str) -> String {
    format!(
        "<member><TopicArn>{TOPIC}</TopicArn><Protocol>{}</Protocol><SubscriptionArn>{arn}</SubscriptionArn>\
         <Owner>123456789012</Owner><Endpoint>{}</Endpoint></member>",
        found.protocol, found.endpoint
    )
}

fn attributes(world: &World, call: &Call) -> Answer {
    if !call.field("SubscriptionArn").is_some_and(|arn| arn.starts_with("arn:")) {
        return invalid("Invalid parameter: SubscriptionArn Reason: An ARN must have at least 6 elements");
    }
    let Some(found) = world.subscriptions.iter().find(|s| call.field("SubscriptionArn").as_ref() == Some(&s.arn))
    else {
        return gone();
    };
    let entry = |key: &str, value: &str| {
        format!("<entry><key>{key}</key><value>{}</value></entry>", value.replace('&', "&amp;").replace('"', "&quot;"))
    };
    let mut all = entry("SubscriptionArn", &found.arn);
    all += &entry("PendingConfirmation", if found.confirmed { "false" } else { "true" });
    all += &entry("ConfirmationWasAuthenticated", if found.signed { "true" } else { "false" });
    if let Some(filter) = &found.filter {
        all += &entry("FilterPolicy", &filter.to_string());
        all += &entry("FilterPolicyScope", "MessageAttributes");
    }
    said("GetSubscriptionAttributes", &format!("<Attributes>{all}</Attributes>"))
}

fn subscribe(world: &mut World, call: &Call) -> Answer {
    let get = |name: &str| call.field(name).unwrap_or_else(|| panic!("no {name} in a subscribe"));
    assert_eq!((get("TopicArn").as_str(), get("Protocol").as_str()), (TOPIC, "email"));
    assert_eq!(get("Attributes.entry.1.key"), "FilterPolicy");
    assert_eq!(get("ReturnSubscriptionArn"), "true");
    let (endpoint, filter) = (get("Endpoint"), get("Attributes.entry.1.value"));
    let filter = Some(serde_json::from_str(&filter).expect("a filter policy in JSON"));
    if let Some(known) = world.subscriptions.iter().find(|s| s.endpoint == endpoint) {
        if known.filter != filter {
            return invalid(
                "Invalid parameter: Attributes Reason: Subscription already exists with different attributes",
            );
        }
        return said("Subscribe", &format!("<SubscriptionArn>{}</SubscriptionArn>", known.arn));
    }
    let arn = world.next_arn();
    let token = format!("{:0>64}", world.made);
    let protocol = "email".to_owned();
    let fresh = Subscribed {
        arn: arn.clone(),
        protocol,
        endpoint,
        filter,
        token,
        confirmed: false,
        signed: false,
        protected: false,
    };
    world.subscriptions.push(fresh);
    said("Subscribe", &format!("<SubscriptionArn>{arn}</SubscriptionArn>"))
}

fn set(world: &mut World, call: &Call) -> Answer {
    assert_eq!(call.field("AttributeName").as_deref(), Some("FilterPolicy"));
    let filter = call.field("AttributeValue").expect("a filter policy");
    let found = world.subscriptions.iter_mut().find(|s| call.field("SubscriptionArn").as_ref() == Some(&s.arn));
    let Some(found) = found else { return gone() };
    found.filter = Some(serde_json::from_str(&filter).expect("a filter policy in JSON"));
    empty("SetSubscriptionAttributes")
}

fn unsubscribe(world: &mut World, call: &Call) -> Answer {
    let arn = call.field("SubscriptionArn").expect("an ARN");
    world.gone.extend(world.subscriptions.extract_if(.., |s| s.arn == arn));
    empty("Unsubscribe")
}

fn confirm(world: &mut World, call: &Call) -> Answer {
    assert_eq!(call.field("TopicArn").as_deref(), Some(TOPIC));
    let protect = call.field("AuthenticateOnUnsubscribe").as_deref() == Some("true");
    let token = call.field("Token").expect("a token");
    let Some(found) = world.subscriptions.iter_mut().find(|s| s.token == token && !s.confirmed) else {
        return invalid("Invalid parameter: Token");
    };
    (found.confirmed, found.signed, found.protected) = (true, true, protect);
    let arn = found.arn.clone();
    said("ConfirmSubscription", &format!("<SubscriptionArn>{arn}</SubscriptionArn>"))
}

fn said(action: &str, result: &str) -> Answer {
    Answer::Xml(format!(
        "<{action}Response xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><{action}Result>{result}</{action}Result>\
         <ResponseMetadata><RequestId>made-up</RequestId></ResponseMetadata></{action}Response>"
    ))
}

fn empty(action: &str) -> Answer {
    Answer::Xml(format!(
        "<{action}Response xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\">\
         <ResponseMetadata><RequestId>made-up</RequestId></ResponseMetadata></{action}Response>"
    ))
}

fn invalid(message: &str) -> Answer {
    Answer::XmlError { status: 400, code: "InvalidParameter", message: message.to_owned() }
}

fn gone() -> Answer {
    Answer::XmlError { status: 404, code: "NotFound", message: "Subscription does not exist".to_owned() }
}
