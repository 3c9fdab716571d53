//! The calls of `vend doctor` that only look: STS, IAM's simulator, Service Catalog,
//! Organizations, Lex's models. Each world is as [`Health`] says.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};
use vend::adapters::aws::lex::template::{Offer, label};
use vend::domain::blueprint::Catalogue;
use vend::domain::dialogue::Bot;

use super::wire::{Answer, Call, Endpoint, Played};

pub const MANAGEMENT: &str = "999988887777";
pub const ROLE: &str = "arn:aws:iam::999988887777:role/vend-worker";

/// How everything is; by default, well.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is one thing that may be wrong")]
pub struct Health {
    /// The error code of `GetCallerIdentity`.
    pub identity: Option<&'static str>,
    /// Whoever we are is the root user.
    pub root: bool,
    /// The management role's trust policy names us.
    pub trusted: bool,
    /// Actions IAM's simulator finds not allowed.
    pub not_allowed: &'static [&'static str],
    /// We may ask the simulator.
    pub may_simulate: bool,
    pub product: bool,
    pub artifact_active: bool,
    pub launch_paths: usize,
    pub units: usize,
    /// The error code of every call of Service Catalog.
    pub catalog: Option<&'static str>,
    pub alias: Option<&'static str>,
    pub speaks: &'static str,
    pub locale: &'static str,
    /// What the bot's version says of itself.
    pub label: Option<String>,
    /// The error code of `DescribeBotVersion`.
    pub version: Option<&'static str>,
    /// Units below the organization's root.
    pub tree: usize,
    /// The error code of every call of Organizations.
    pub organization: Option<&'static str>,
}

impl Default for Health {
    fn default() -> Self {
        Self {
            identity: None,
            root: false,
            trusted: true,
            not_allowed: &[],
            may_simulate: true,
            product: true,
            artifact_active: true,
            launch_paths: 1,
            units: 3,
            catalog: None,
            alias: Some("Available"),
            speaks: "en_US",
            locale: "Built",
            label: Some(label(&Bot::shipped(), &Offer::of(Vec::new(), &Catalogue::shipped()))),
            version: None,
            tree: 0,
            organization: None,
        }
    }
}

type Answers = fn(&Health, &Call) -> Answer;

/// A service that answers as its health says.
struct Looked {
    name: &'static str,
    health: Health,
    answer: Answers,
}

#[async_trait]
impl Played for Looked {
    fn name(&self) -> &'static str {
        self.name
    }

    async fn answer(&self, call: Call) -> Answer {
        (self.answer)(&self.health, &call)
    }
}

/// All five, each at an address of its own, and the variables that lead there.
pub async fn start(health: &Health) -> (BTreeMap<&'static str, String>, Vec<Endpoint>) {
    let all: [(&str, &str, Answers); 5] = [
        ("AWS_ENDPOINT_URL_STS", "sts", sts),
        ("AWS_ENDPOINT_URL_IAM", "iam", iam),
        ("AWS_ENDPOINT_URL_SERVICE_CATALOG", "servicecatalog", catalog),
        ("AWS_ENDPOINT_URL_ORGANIZATIONS", "organizations", organizations),
        ("AWS_ENDPOINT_URL_LEX_MODELS_V2", "lexv2-models", lex),
    ];
    let (mut variables, mut endpoints) = (BTreeMap::new(), Vec::new());
    for (variable, name, answer) in all {
        let endpoint = Endpoint::start(Arc::new(Looked { name, health: health.clone(), answer })).await;
        variables.insert(variable, endpoint.url.clone());
        endpoints.push(endpoint);
    }
    (variables, endpoints)
}

fn sts(health: &Health, call: &Call) -> Answer {
    if let Some(code) = health.identity {
        return Answer::XmlError { status: 403, code, message: "no".to_owned() };
    }
    match call.field("Action").as_deref() {
        Some("GetCallerIdentity") => {
            let assumed = call.access_key().as_deref() == Some("AKIDASSUMED");
            let (account, arn) = match (assumed, health.root) {
                (true, _) => (MANAGEMENT, format!("arn:aws:sts::{MANAGEMENT}:assumed-role/vend-worker/vend-doctor")),
                (false, true) => ("123456789012", "arn:aws:iam::123456789012:root".to_owned()),
                (false, false) => ("123456789012", "arn:aws:sts::123456789012:assumed-role/vend/i-1".to_owned()),
            };
            let ids = format!("<Arn>{arn}</Arn><UserId>AIDA</UserId><Account>{account}</Account>");
            said("GetCallerIdentity", "https://sts.amazonaws.com/doc/2011-06-15/", &ids)
        }
        Some("AssumeRole") if !health.trusted => Answer::XmlError {
            status: 403,
            code: "AccessDenied",
            message: "not authorized to perform: sts:AssumeRole".into(),
        },
        Some("AssumeRole") => {
            assert_eq!(call.field("RoleArn").as_deref(), Some(ROLE));
            let given = "<Credentials><AccessKeyId>AKIDASSUMED</AccessKeyId><SecretAccessKey>made-up</SecretAccessKey>\
                         <SessionToken>made-up</SessionToken><Expiration>2126-01-01T00:00:00Z</Expiration></Credentials>";
            said("AssumeRole", "https://sts.amazonaws.com/doc/2011-06-15/", given)
        }
        other => panic!("the doctor never calls sts:{other:?}"),
    }
}

fn iam(health: &Health, call: &Call) -> Answer {
    assert_eq!(call.field("Action").as_deref(), Some("SimulatePrincipalPolicy"));
    if !health.may_simulate {
        return Answer::XmlError { status: 403, code: "AccessDenied", message: "not authorized".into() };
    }
    let source = call.field("PolicySourceArn").expect("a principal");
    assert!(source == ROLE || source == "arn:aws:iam::123456789012:role/vend", "{source}");
    let actions = (1..).map_while(|n| call.field(&format!("ActionNames.member.{n}")));
    let judged = actions.map(|action| {
        let decision = if health.not_allowed.contains(&action.as_str()) { "implicitDeny" } else { "allowed" };
        format!("<member><EvalActionName>{action}</EvalActionName><EvalDecision>{decision}</EvalDecision></member>")
    });
    let results = format!("<EvaluationResults>{}</EvaluationResults>", judged.collect::<String>());
    said("SimulatePrincipalPolicy", "https://iam.amazonaws.com/doc/2010-05-08/", &results)
}

fn said(action: &str, namespace: &str, result: &str) -> Answer {
    Answer::Xml(format!(
        "<{action}Response xmlns=\"{namespace}\"><{action}Result>{result}</{action}Result>\
         <ResponseMetadata><RequestId>made-up</RequestId></ResponseMetadata></{action}Response>"
    ))
}

fn catalog(health: &Health, call: &Call) -> Answer {
    if let Some(code) = health.catalog {
        return Answer::refused(code, "no");
    }
    let body = call.json();
    match call.target().expect("an operation") {
        "DescribeProduct" if !health.product => Answer::refused("ResourceNotFoundException", "product not found"),
        "DescribeProduct" => {
            assert_eq!(body["Name"], "AWS Control Tower Account Factory");
            Answer::Json(json!({ "ProductViewSummary": { "ProductId": "prod-1" } }))
        }
        "ListProvisioningArtifacts" => Answer::Json(json!({ "ProvisioningArtifactDetails": [
            { "Id": "pa-old", "Active": false, "CreatedTime": 1.0 },
            { "Id": "pa-new", "Active": health.artifact_active, "CreatedTime": 2.0 },
        ]})),
        "ListLaunchPaths" => Answer::Json(json!({ "LaunchPathSummaries": (0..health.launch_paths)
            .map(|n| json!({ "Id": format!("lpv3-{n}"), "Name": "AWS Control Tower Account Factory Portfolio" }))
            .collect::<Vec<_>>() })),
        "DescribeProvisioningParameters" => {
            // The adapter, which is asked where none are listed, leaves a single path out.
            assert!([json!("lpv3-0"), Value::Null].contains(&body["PathId"]), "{body}");
            assert_eq!(body["ProvisioningArtifactId"], "pa-new");
            let values: Vec<Value> =
                (0..health.units).map(|n| json!(format!("Unit{n} (ou-ab12-0000000{n})"))).collect();
            Answer::Json(json!({ "ProvisioningArtifactParameters": [
                { "ParameterKey": "AccountEmail" },
                { "ParameterKey": "ManagedOrganizationalUnit", "ParameterConstraints": { "AllowedValues": values } },
            ]}))
        }
        other => panic!("the doctor never calls servicecatalog:{other}"),
    }
}

fn organizations(health: &Health, call: &Call) -> Answer {
    if let Some(code) = health.organization {
        return Answer::refused(code, "no");
    }
    let body = call.json();
    match call.target().expect("an operation") {
        "ListAccounts" => {
            assert_eq!(body["MaxResults"], 1, "one is enough to see that it can be done");
            Answer::Json(json!({ "Accounts": [{ "Id": MANAGEMENT, "State": "ACTIVE" }], "NextToken": "more" }))
        }
        "ListRoots" => Answer::Json(json!({ "Roots": [{ "Id": "r-ab12" }] })),
        "ListOrganizationalUnitsForParent" => {
            let below = if body["ParentId"] == "r-ab12" { health.tree } else { 0 };
            let unit = |n: usize| json!({ "Name": format!("Unit{n}"), "Id": format!("ou-ab12-0000000{n}") });
            Answer::Json(json!({ "OrganizationalUnits": (0..below).map(unit).collect::<Vec<_>>() }))
        }
        other => panic!("the doctor never calls organizations:{other}"),
    }
}

fn lex(health: &Health, call: &Call) -> Answer {
    let not_there = || Answer::Error { status: 404, kind: "ResourceNotFoundException", message: "no".into() };
    match call.path.trim_matches('/') {
        "bots/ABCDEFGHIJ/botaliases/KLMNOPQRST" => match health.alias {
            None => not_there(),
            Some(status) => Answer::Json(json!({
                "botAliasName": "live", "botAliasStatus": status, "botVersion": "7",
                "botAliasLocaleSettings": { health.speaks: { "enabled": true } },
            })),
        },
        "bots/ABCDEFGHIJ/botversions/7" => match health.version {
            Some(kind) => Answer::Error { status: 403, kind, message: "no".into() },
            None => Answer::Json(json!({ "botId": "ABCDEFGHIJ", "botVersion": "7", "description": health.label })),
        },
        "bots/ABCDEFGHIJ/botversions/7/botlocales/en_US" if health.locale == "gone" => not_there(),
        "bots/ABCDEFGHIJ/botversions/7/botlocales/en_US" => Answer::Json(json!({ "botLocaleStatus": health.locale })),
        other => panic!("the doctor never calls {other}"),
    }
}
