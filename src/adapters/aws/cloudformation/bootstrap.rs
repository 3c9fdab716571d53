//! What the CDK needs in an account and region: the `CDKToolkit` stack, with exactly
//! the trusts and execution policies that were ordered. The template is the CDK's own,
//! taken from an installed CDK; its parameters are described in
//! <https://docs.aws.amazon.com/cdk/v2/guide/bootstrapping-customizing.html>.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use aws_sdk_cloudformation::types::Stack as Described;
use aws_sdk_ssm::operation::get_parameter::GetParameterError;
use sha2::{Digest, Sha256};

use super::access::Inside;
use super::events::Standing;
use super::stack::{Owner, Plan, Stack, standing};
use super::trouble;
use crate::adapters::aws::iam::ExecutionPolicies;
use crate::domain::blueprint::Template;
use crate::domain::spec::hex;
use crate::ports::blueprints::{BootstrapOrder, BootstrapState, DeployError, ExecutionPolicy};

/// The one name the CDK looks under.
const STACK: &str = "CDKToolkit";
/// The CDK's default qualifier.
const QUALIFIER: &str = "hnb659fds";
const TRUSTS: &str = "TrustedAccounts";
const POLICIES: &str = "CloudFormationExecutionPolicies";

/// The CDK's bootstrap template.
#[derive(Clone)]
pub struct CdkTemplate {
    text: String,
    parameters: BTreeSet<String>,
    version: u32,
}

impl fmt::Debug for CdkTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CdkTemplate").field("version", &self.version).finish_non_exhaustive()
    }
}

impl CdkTemplate {
    /// Reads what `npx aws-cdk bootstrap --show-template` prints.
    ///
    /// # Errors
    /// One sentence when it is something else.
    pub fn parse(text: &str) -> Result<Self, String> {
        let template = Template::parse(text).map_err(|(line, what)| format!("line {line}: {what}"))?;
        let version = &template.tree()["Resources"]["CdkBootstrapVersion"]["Properties"]["Value"];
        let version = version.as_str().map(str::to_owned).or_else(|| version.as_u64().map(|number| number.to_string()));
        let parameters: BTreeSet<_> = template.section("Parameters").map(|(name, _)| name.clone()).collect();
        match version.and_then(|text| text.parse().ok()) {
            Some(version) if parameters.contains(TRUSTS) && parameters.contains(POLICIES) => {
                Ok(Self { text: text.to_owned(), parameters, version })
            }
            _ => {
                Err("it is not the CDK's bootstrap template: make it with `npx aws-cdk bootstrap --show-template`"
                    .into())
            }
        }
    }
}

/// Takes the next step towards the order, and tells where it stands.
pub(super) async fn bring_up(
    order: &BootstrapOrder,
    template: Option<&CdkTemplate>,
    inside: &Inside,
) -> Result<BootstrapState, DeployError> {
    let stack = Stack::named(STACK, inside, Owner::Anybody);
    let described = stack.describe().await?;
    if let Some(Standing::UnderWay | Standing::Undoing) = described.as_ref().map(standing) {
        let phase = stack.events().await?.phase();
        return Ok(under_way(phase.unwrap_or_else(|| format!("Working on {STACK}"))));
    }
    let wanted = Wanted { policies: policies(order, inside).await?, order };
    let version = version(inside).await?;
    if let Some(found) = described.as_ref().filter(|found| standing(found) == Standing::Complete) {
        let recent = template.is_none_or(|template| version.is_none_or(|version| version >= template.version));
        if wanted.stands_in(found) && (recent || wanted.leaves_what_stands()) {
            let complete = |version| BootstrapState::Complete { version };
            return Ok(version.map_or_else(|| under_way("Waiting for the bootstrap version".into()), complete));
        }
    }
    let Some(template) = template else {
        return Err(DeployError::Refused(format!(
            "{STACK} in account {} must be made or changed, and `blueprints.cdk_template` names no template: \
             make one with `npx aws-cdk bootstrap --show-template > bootstrap-template.yaml`",
            inside.account_id
        )));
    };
    change(&stack, &wanted.plan(template, described.as_ref()), described.as_ref()).await
}

/// The ARNs of the ordered policies; those given as documents are as ordered from now on.
async fn policies(order: &BootstrapOrder, inside: &Inside) -> Result<Vec<String>, DeployError> {
    let kept = ExecutionPolicies::new(&inside.connection, &inside.account_id, &inside.region);
    let mut arns = Vec::new();
    for policy in &order.execution_policies {
        arns.push(match policy {
            ExecutionPolicy::Arn(arn) => arn.clone(),
            ExecutionPolicy::Document { name, json } => kept.policy_arn_for(name, json).await?,
        });
    }
    Ok(arns)
}

/// Begins what is missing. A stack that failed in this very attempt stays for a person to see.
async fn change(stack: &Stack, plan: &Plan, found: Option<&Described>) -> Result<BootstrapState, DeployError> {
    plan.check()?;
    let Some(found) = found else {
        stack.deploy(plan).await?;
        return Ok(under_way(format!("Creating {STACK}")));
    };
    let begun = stack.events().await?.know(&plan.token);
    match standing(found) {
        Standing::NotUndone => failed(stack, found, "").await,
        _ if begun => failed(stack, found, &plan.token).await,
        Standing::RolledBack => {
            stack.roll_back().await?;
            Ok(under_way("Removing what an earlier attempt left behind".into()))
        }
        _ => {
            stack.update(plan).await?;
            Ok(under_way(format!("Updating {STACK}")))
        }
    }
}

async fn failed(stack: &Stack, found: &Described, token: &str) -> Result<BootstrapState, DeployError> {
    let (resource, reason) = stack.failure(found, token).await?;
    Ok(BootstrapState::Failed { resource, reason })
}

fn under_way(phase: String) -> BootstrapState {
    BootstrapState::UnderWay { phase }
}

/// The bootstrap's version as every CDK reads it, before it deploys anything.
async fn version(inside: &Inside) -> Result<Option<u32>, DeployError> {
    let ssm = aws_sdk_ssm::Client::new(inside.connection.sdk());
    match ssm.get_parameter().name(format!("/cdk-bootstrap/{QUALIFIER}/version")).send().await {
        Ok(answer) => Ok(answer.parameter().and_then(|found| found.value()?.trim().parse().ok())),
        Err(error) if error.as_service_error().is_some_and(GetParameterError::is_parameter_not_found) => Ok(None),
        Err(error) => Err(trouble::meaning(&error)),
    }
}

/// The order with its policies as ARNs.
struct Wanted<'a> {
    order: &'a BootstrapOrder,
    policies: Vec<String>,
}

impl Wanted<'_> {
    /// Whether nothing but a bootstrap is asked for, whatever it allows.
    fn asks_only_for_any(&self) -> bool {
        self.order.trusts.is_empty() && self.policies.is_empty()
    }

    /// Nobody is to be trusted: a bootstrap that stands may serve others and is left as it is.
    fn leaves_what_stands(&self) -> bool {
        self.order.trusts.is_empty()
    }

    fn stands_in(&self, found: &Described) -> bool {
        let stands = |name: &str, wanted: &[String]| {
            let value = found.parameters().iter().find(|p| p.parameter_key() == Some(name));
            let value = value.and_then(|p| p.parameter_value()).unwrap_or_default();
            let there: BTreeSet<_> = value.split(',').map(str::trim).filter(|item| !item.is_empty()).collect();
            there == wanted.iter().map(String::as_str).collect()
        };
        self.leaves_what_stands() || stands(TRUSTS, &self.order.trusts) && stands(POLICIES, &self.policies)
    }

    /// What the stack shall be; what is there already and not ordered otherwise is kept.
    fn plan(&self, template: &CdkTemplate, found: Option<&Described>) -> Plan {
        let mut parameters = BTreeMap::from([
            ("FileAssetsBucketKmsKeyId".to_owned(), "AWS_MANAGED_KEY".to_owned()),
            ("PublicAccessBlockConfiguration".to_owned(), "true".to_owned()),
        ]);
        for there in found.map(Described::parameters).unwrap_or_default() {
            if let (Some(key), Some(value)) = (there.parameter_key(), there.parameter_value()) {
                parameters.insert(key.to_owned(), value.to_owned());
            }
        }
        parameters.insert("Qualifier".to_owned(), QUALIFIER.to_owned());
        if !self.asks_only_for_any() {
            parameters.insert(TRUSTS.to_owned(), joined(&self.order.trusts));
            parameters.insert(POLICIES.to_owned(), joined(&self.policies));
        }
        parameters.retain(|name, _| template.parameters.contains(name));
        let fingerprint = hex(&Sha256::digest(format!("{parameters:?} {}", template.text)));
        let (request, attempt) = (self.order.request, self.order.attempt);
        Plan {
            template: template.text.clone(),
            parameters,
            capabilities: vec!["CAPABILITY_NAMED_IAM".to_owned()],
            preserve: true,
            tags: BTreeMap::new(),
            token: format!("vend-cdk-{request}-{attempt}-{}", &fingerprint[..16]),
        }
    }
}

/// Sorted, so that one order is one text.
fn joined(items: &[String]) -> String {
    let items: BTreeSet<_> = items.iter().map(String::as_str).collect();
    items.into_iter().collect::<Vec<_>>().join(",")
}
