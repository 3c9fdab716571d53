//! `CloudFormation`, played: a stack's resources are made one after the other, a few
//! seconds each, and every status and refusal is worded as the service words it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use vend::domain::blueprint::Template;

use super::super::wire::{Answer, Call};
use super::{Caller, Mood, World, escaped, xml};

/// How long one resource takes.
const EACH: SignedDuration = SignedDuration::from_secs(2);
/// Events on one page; the service gives many more, and a test should not need them.
const PAGE: usize = 7;

#[derive(Debug, Clone)]
struct Event {
    id: String,
    status: String,
    reason: String,
    token: String,
}

/// What is being done to a stack.
#[derive(Debug, Clone)]
struct Operation {
    word: &'static str,
    token: String,
    left: Vec<String>,
    next: Timestamp,
    fails: Option<(String, String)>,
    preserve: bool,
}

/// One stack.
#[derive(Debug, Clone)]
pub struct Stack {
    name: String,
    arn: String,
    pub status: String,
    pub parameters: BTreeMap<String, String>,
    pub tags: BTreeMap<String, String>,
    pub template: String,
    /// Resources that are there.
    pub there: BTreeSet<String>,
    events: Vec<Event>,
    operation: Option<Operation>,
}

impl Stack {
    pub fn is_gone(&self) -> bool {
        self.status == "DELETE_COMPLETE"
    }

    fn tell(&mut self, id: &str, status: &str, reason: &str, token: &str) {
        let (id, status, reason, token) = (id.into(), status.into(), reason.into(), token.into());
        self.events.push(Event { id, status, reason, token });
    }

    fn stand(&mut self, status: &str, reason: &str, token: &str) {
        status.clone_into(&mut self.status);
        let name = self.name.clone();
        self.tell(&name, status, reason, token);
    }

    fn begin(&mut self, operation: Operation) {
        self.stand(&format!("{}_IN_PROGRESS", operation.word), "User Initiated", &operation.token);
        if let Some(first) = operation.left.first() {
            let verb = if operation.word == "CREATE" || operation.word == "UPDATE" { "CREATE" } else { "DELETE" };
            self.tell(&first.clone(), &format!("{verb}_IN_PROGRESS"), "", &operation.token);
        }
        self.operation = Some(operation);
    }

    /// Brings it to this moment.
    pub fn advance(&mut self, now: Timestamp, mood: &Mood) {
        while let Some(mut operation) = self.operation.take() {
            if now < operation.next {
                self.operation = Some(operation);
                return;
            }
            operation.next += EACH;
            if operation.left.is_empty() {
                self.stand(&format!("{}_COMPLETE", operation.word), "", &operation.token);
                return;
            }
            let id = operation.left.remove(0);
            let making = matches!(operation.word, "CREATE" | "UPDATE");
            if making { self.make(operation, &id) } else { self.remove(operation, &id, mood) }
        }
    }

    fn make(&mut self, operation: Operation, id: &str) {
        let token = operation.token.clone();
        match &operation.fails {
            Some((wanted, why)) if wanted == id => {
                // The one beside it is cancelled first: it is not the cause.
                if let Some(follower) = operation.left.first() {
                    self.tell(follower, "CREATE_FAILED", "Resource creation cancelled", &token);
                }
                self.tell(id, "CREATE_FAILED", why, &token);
                let reason = format!("The following resource(s) failed to create: [{id}].");
                if operation.preserve {
                    self.stand(&format!("{}_FAILED", operation.word), &reason, &token);
                } else {
                    let left = self.there.iter().rev().cloned().collect();
                    self.begin(Operation { word: "ROLLBACK", left, fails: None, ..operation });
                }
            }
            _ => {
                self.tell(id, "CREATE_COMPLETE", "", &token);
                self.there.insert(id.to_owned());
                if let Some(next) = operation.left.first() {
                    self.tell(&next.clone(), "CREATE_IN_PROGRESS", "", &token);
                }
                self.operation = Some(operation);
            }
        }
    }

    fn remove(&mut self, operation: Operation, id: &str, mood: &Mood) {
        let token = operation.token.clone();
        if mood.stuck.contains(id) {
            self.tell(id, "DELETE_FAILED", "the bucket is not empty", &token);
            self.stand(&format!("{}_FAILED", operation.word), "", &token);
            return;
        }
        self.tell(id, "DELETE_COMPLETE", "", &token);
        self.there.remove(id);
        self.operation = Some(operation);
    }
}

pub(super) fn answer(world: &mut World, caller: &Caller, call: &Call, now: Timestamp) -> Answer {
    let action = call.field("Action").expect("an action");
    let name = call.field("StackName").expect("a stack's name");
    let key = (caller.place(), name.clone());
    if action == "DescribeStacks" && world.mood.unseen > 0 {
        world.mood.unseen -= 1;
        return invalid(format!("Stack with id {name} does not exist"));
    }
    match action.as_str() {
        "CreateStack" if world.stacks.contains_key(&key) => Answer::XmlError {
            status: 400,
            code: "AlreadyExistsException",
            message: format!("Stack [{name}] already exists"),
        },
        "CreateStack" => {
            let arn = format!("arn:aws:cloudformation:{}:{}:stack/{name}/made-up", caller.region, caller.account);
            let stack = Stack {
                name,
                arn: arn.clone(),
                status: String::new(),
                parameters: BTreeMap::new(),
                tags: BTreeMap::new(),
                template: String::new(),
                there: BTreeSet::new(),
                events: Vec::new(),
                operation: None,
            };
            let preserve = match call.field("OnFailure").as_deref() {
                Some("DO_NOTHING") => true,
                Some("ROLLBACK") => false,
                other => panic!("our deployer never creates with {other:?}"),
            };
            let begun = make(world, stack, call, Making { word: "CREATE", now, preserve, account: &caller.account });
            world.stacks.insert(key, begun);
            xml("CreateStack", &format!("<StackId>{arn}</StackId>"))
        }
        _ => match world.stacks.get(&key).cloned() {
            None if action == "DeleteStack" => xml("DeleteStack", ""),
            None => invalid(format!("Stack with id {name} does not exist")),
            Some(stack) => on_one(world, caller, call, (key, stack, now)),
        },
    }
}

type Found = ((super::Place, String), Stack, Timestamp);

fn on_one(world: &mut World, caller: &Caller, call: &Call, (key, mut stack, now): Found) -> Answer {
    let action = call.field("Action").expect("an action");
    let undo = |stack: &Stack, word| {
        let left = stack.there.iter().rev().cloned().collect();
        Operation { word, token: String::new(), left, next: now + EACH, fails: None, preserve: true }
    };
    match action.as_str() {
        "DescribeStacks" => describe(&stack),
        "DescribeStackEvents" => events(&stack, call),
        _ if stack.status.ends_with("_IN_PROGRESS") => {
            invalid(format!("Stack:{} is in {} state and can not be updated.", stack.arn, stack.status))
        }
        "UpdateStack" => {
            let can = ["CREATE_COMPLETE", "UPDATE_COMPLETE", "CREATE_FAILED", "UPDATE_FAILED"];
            if !can.contains(&stack.status.as_str()) {
                return invalid(format!("Stack:{} is in {} state and can not be updated.", stack.arn, stack.status));
            }
            assert_eq!(call.field("DisableRollback").as_deref(), Some("true"));
            let before = (stack.template.clone(), stack.parameters.clone(), stack.status.clone());
            let arn = stack.arn.clone();
            let begun =
                make(world, stack, call, Making { word: "UPDATE", now, preserve: true, account: &caller.account });
            if before.2.ends_with("_COMPLETE") && before.0 == begun.template && before.1 == begun.parameters {
                return invalid("No updates are to be performed.".into());
            }
            world.stacks.insert(key, begun);
            xml("UpdateStack", &format!("<StackId>{arn}</StackId>"))
        }
        "RollbackStack" => {
            assert_eq!(call.field("RetainExceptOnCreate").as_deref(), Some("true"));
            let stands = stack.status.ends_with("_FAILED") && !stack.status.starts_with("ROLLBACK");
            if !stands || world.mood.no_way_back {
                return invalid("This stack cannot be rolled back.".into());
            }
            stack.begin(undo(&stack, "ROLLBACK"));
            world.note(caller, &action, "");
            let arn = stack.arn.clone();
            world.stacks.insert(key, stack);
            xml("RollbackStack", &format!("<StackId>{arn}</StackId>"))
        }
        "DeleteStack" => {
            stack.begin(undo(&stack, "DELETE"));
            world.note(caller, &action, "");
            world.stacks.insert(key, stack);
            xml("DeleteStack", "")
        }
        other => panic!("our deployer never calls cloudformation:{other}"),
    }
}

/// How a stack is made.
#[derive(Clone, Copy)]
struct Making<'a> {
    word: &'static str,
    now: Timestamp,
    preserve: bool,
    account: &'a str,
}

fn make(world: &mut World, mut stack: Stack, call: &Call, making: Making<'_>) -> Stack {
    let template = call.field("TemplateBody").expect("a template in the call");
    assert!(template.len() <= 51_200, "an inline template has at most 51,200 bytes");
    let token = call.field("ClientRequestToken").expect("a token");
    assert!(token.len() <= 128 && token.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'), "{token}");
    stack.parameters = pairs(call, "Parameters", "ParameterKey", "ParameterValue");
    stack.tags = pairs(call, "Tags", "Key", "Value");
    let parsed = Template::parse(&template).expect("a template");
    let known: BTreeSet<_> = parsed.section("Parameters").map(|(name, _)| name.clone()).collect();
    assert!(stack.parameters.keys().all(|name| known.contains(name)), "unknown parameters: {:?}", stack.parameters);
    if template.contains("AWS::IAM::") {
        let given = call.field("Capabilities.member.1").expect("a capability for IAM resources");
        assert!(given == "CAPABILITY_NAMED_IAM" || !template.contains("RoleName:"), "{given} for named roles");
    }
    let resources = parsed.resources(&stack.parameters).into_iter().map(|resource| resource.logical_id);
    let left: Vec<_> = resources.filter(|id| !stack.there.contains(id)).collect();
    stack.template = template;
    let fails = world.mood.fails.remove(making.account).or_else(|| world.mood.fails.remove("*"));
    let Making { word, now, preserve, account } = making;
    world.begun.push((account.to_owned(), word.to_owned(), token.clone()));
    world.changes.push(format!("{word} {}", stack.name));
    stack.begin(Operation { word, token, left, next: now + EACH, fails, preserve });
    stack
}

fn pairs(call: &Call, list: &str, key: &str, value: &str) -> BTreeMap<String, String> {
    let field = |nth: usize, name: &str| call.field(&format!("{list}.member.{nth}.{name}"));
    (1..).map_while(|nth| Some((field(nth, key)?, field(nth, value).unwrap_or_default()))).collect()
}

fn describe(stack: &Stack) -> Answer {
    let pair = |key: &str, value: &str, (name, text): (&String, &String)| {
        format!("<member><{key}>{name}</{key}><{value}>{}</{value}></member>", escaped(text))
    };
    let parameters: String = stack.parameters.iter().map(|one| pair("ParameterKey", "ParameterValue", one)).collect();
    let tags: String = stack.tags.iter().map(|one| pair("Key", "Value", one)).collect();
    let complete = matches!(stack.status.as_str(), "CREATE_COMPLETE" | "UPDATE_COMPLETE");
    let outputs =
        if complete { "<member><OutputKey>VpcId</OutputKey><OutputValue>vpc-1</OutputValue></member>" } else { "" };
    xml(
        "DescribeStacks",
        &format!(
            "<Stacks><member><StackName>{}</StackName><StackId>{}</StackId><CreationTime>2026-11-21T09:00:00Z</CreationTime>\
             <StackStatus>{}</StackStatus><Parameters>{parameters}</Parameters><Tags>{tags}</Tags>\
             <Outputs>{outputs}</Outputs></member></Stacks>",
            stack.name, stack.arn, stack.status
        ),
    )
}

/// Newest first, a few on a page.
fn events(stack: &Stack, call: &Call) -> Answer {
    let start: usize = call.field("NextToken").map_or(0, |token| token.parse().expect("a token of ours"));
    let member = |(nth, event): (usize, &Event)| {
        let Event { id, status, reason, token } = event;
        let physical = if *id == stack.name { stack.arn.clone() } else { format!("{id}-1") };
        let token =
            if token.is_empty() { String::new() } else { format!("<ClientRequestToken>{token}</ClientRequestToken>") };
        format!(
            "<member><EventId>{nth}</EventId><StackId>{}</StackId><StackName>{}</StackName>\
             <LogicalResourceId>{id}</LogicalResourceId><PhysicalResourceId>{physical}</PhysicalResourceId>\
             <ResourceStatus>{status}</ResourceStatus><ResourceStatusReason>{}</ResourceStatusReason>{token}\
             <Timestamp>2026-11-21T09:00:00Z</Timestamp></member>",
            stack.arn,
            stack.name,
            escaped(reason)
        )
    };
    let page: String = stack.events.iter().enumerate().rev().skip(start).take(PAGE).map(member).collect();
    let end = start + PAGE;
    let next = if end < stack.events.len() { format!("<NextToken>{end}</NextToken>") } else { String::new() };
    xml("DescribeStackEvents", &format!("<StackEvents>{page}</StackEvents>{next}"))
}

fn invalid(message: String) -> Answer {
    Answer::XmlError { status: 400, code: "ValidationError", message }
}

impl World {
    fn note(&mut self, caller: &Caller, action: &str, token: &str) {
        self.begun.push((caller.account.clone(), action.to_owned(), token.to_owned()));
        self.changes.push(action.to_owned());
    }
}
