//! What vend's roles must be allowed, and why: one line for each operation our adapters
//! call. `vend doctor` asks IAM about these, and tests hold the adapters and
//! `deploy/roles.yaml` to them. Knows the configuration, calls nothing.

use crate::config::{BlueprintsBackend, Config, DialogueBackend, FactoryBackend, MailBackend, StoreBackend};

/// In whose account the call is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Where vend runs.
    Own,
    /// The management account (or where Account Factory is shared to), as `factory.role_arn`.
    Management,
}

/// Which part of vend calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Caller {
    /// Gateway and worker.
    Both,
    /// Only what answers people.
    Gateway,
    /// Only what does the promised work: the gateway cannot vend.
    Worker,
}

/// What part of the configuration needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// `store.backend = "dynamodb"`.
    Table,
    /// `dialogue.backend = "lex"`.
    Bot,
    /// `mail.backend = "sns"`.
    Topic,
    /// `factory.backend = "service-catalog"`.
    Factory,
    /// `factory.role_arn`.
    ManagementRole,
    /// `blueprints.backend = "cloudformation"`: into the new account.
    Blueprints,
    /// The same: tags on the new account.
    Tags,
}

/// One operation and the actions it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// What needs it.
    pub part: Part,
    /// In whose account.
    pub side: Side,
    /// By which part of vend.
    pub caller: Caller,
    /// The SDK's name of the operation; empty where AWS itself acts with our permissions.
    pub operation: &'static str,
    /// As IAM names it. Transactions are allowed by what is in them.
    pub actions: &'static [&'static str],
}

const fn rule(
    part: Part,
    side: Side,
    caller: Caller,
    operation: &'static str,
    actions: &'static [&'static str],
) -> Rule {
    Rule { part, side, caller, operation, actions }
}

use Caller::{Both, Gateway, Worker};
use Side::{Management, Own};

/// Account Factory acts with the permissions of whoever launches it, as AWS lists them
/// (<https://docs.aws.amazon.com/controltower/latest/userguide/account-factory.html>).
const ACCOUNT_FACTORY: &[&str] = &[
    "sso:GetProfile",
    "sso:CreateProfile",
    "sso:UpdateProfile",
    "sso:AssociateProfile",
    "sso:CreateApplicationInstance",
    "sso:GetSSOStatus",
    "sso:GetTrust",
    "sso:CreateTrust",
    "sso:UpdateTrust",
    "sso:GetPeregrineStatus",
    "sso:GetApplicationInstance",
    "sso:ListDirectoryAssociations",
    "sso:ListPermissionSets",
    "sso:GetPermissionSet",
    "sso:ProvisionApplicationInstanceForAWSAccount",
    "sso:ProvisionApplicationProfileForAWSAccountInstance",
    "sso:ProvisionSAMLProvider",
    "sso:ListProfileAssociations",
    "sso:DescribeRegisteredRegions",
    "sso-directory:ListMembersInGroup",
    "sso-directory:AddMemberToGroup",
    "sso-directory:SearchGroups",
    "sso-directory:SearchGroupsWithGroupName",
    "sso-directory:SearchUsers",
    "sso-directory:CreateUser",
    "sso-directory:DescribeGroups",
    "sso-directory:DescribeDirectory",
    "sso-directory:GetUserPoolInfo",
    "controltower:CreateManagedAccount",
    "controltower:DescribeManagedAccount",
    "controltower:DeregisterManagedAccount",
    "organizations:DescribeOrganization",
    "organizations:CreateAccount",
    "organizations:DescribeCreateAccountStatus",
    "s3:GetObject",
];

/// Everything, by part.
pub const RULES: &[Rule] = &[
    rule(Part::Table, Own, Both, "describe_table", &["dynamodb:DescribeTable"]),
    rule(Part::Table, Own, Both, "get_item", &["dynamodb:GetItem"]),
    rule(Part::Table, Own, Both, "batch_get_item", &["dynamodb:BatchGetItem"]),
    rule(Part::Table, Own, Both, "query", &["dynamodb:Query"]),
    rule(Part::Table, Own, Both, "update_item", &["dynamodb:UpdateItem"]),
    rule(Part::Table, Own, Both, "transact_get_items", &["dynamodb:GetItem"]),
    rule(
        Part::Table,
        Own,
        Both,
        "transact_write_items",
        &["dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:ConditionCheckItem"],
    ),
    rule(Part::Bot, Own, Gateway, "recognize_text", &["lex:RecognizeText"]),
    rule(Part::Bot, Own, Gateway, "get_session", &["lex:GetSession"]),
    rule(Part::Bot, Own, Gateway, "put_session", &["lex:PutSession"]),
    rule(Part::Bot, Own, Gateway, "delete_session", &["lex:DeleteSession"]),
    rule(Part::Topic, Own, Worker, "publish", &["sns:Publish"]),
    rule(Part::ManagementRole, Own, Both, "", &["sts:AssumeRole"]),
    rule(Part::Factory, Management, Both, "describe_product", &["servicecatalog:DescribeProduct"]),
    rule(Part::Factory, Management, Both, "list_provisioning_artifacts", &["servicecatalog:ListProvisioningArtifacts"]),
    rule(Part::Factory, Management, Both, "list_launch_paths", &["servicecatalog:ListLaunchPaths"]),
    rule(
        Part::Factory,
        Management,
        Both,
        "describe_provisioning_parameters",
        &["servicecatalog:DescribeProvisioningParameters"],
    ),
    rule(Part::Factory, Management, Both, "list_roots", &["organizations:ListRoots"]),
    rule(
        Part::Factory,
        Management,
        Both,
        "list_organizational_units_for_parent",
        &["organizations:ListOrganizationalUnitsForParent"],
    ),
    rule(Part::Factory, Management, Both, "list_accounts", &["organizations:ListAccounts"]),
    rule(Part::Factory, Management, Worker, "provision_product", &["servicecatalog:ProvisionProduct"]),
    rule(
        Part::Factory,
        Management,
        Worker,
        "terminate_provisioned_product",
        &["servicecatalog:TerminateProvisionedProduct"],
    ),
    rule(
        Part::Factory,
        Management,
        Worker,
        "describe_provisioned_product",
        &["servicecatalog:DescribeProvisionedProduct"],
    ),
    rule(Part::Factory, Management, Worker, "describe_record", &["servicecatalog:DescribeRecord"]),
    rule(Part::Factory, Management, Worker, "", ACCOUNT_FACTORY),
    rule(Part::Blueprints, Management, Worker, "assume_role", &["sts:AssumeRole"]),
    rule(Part::Tags, Management, Worker, "tag_resource", &["organizations:TagResource"]),
];

/// Where a role acts.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// The region of its calls.
    pub region: &'a str,
    /// The account it belongs to, 12 digits.
    pub account: &'a str,
}

/// One action on one resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need {
    /// In whose account.
    pub side: Side,
    /// As IAM names it.
    pub action: String,
    /// An ARN, or `*` where the action knows no resources or any may be meant.
    pub resource: String,
}

/// What this configuration needs, in this process's part of the work.
#[must_use]
pub fn needs(config: &Config, place: &Place<'_>) -> Vec<Need> {
    let role = config.server.role;
    let ours = |caller| match caller {
        Caller::Both => true,
        Caller::Gateway => role.answers(),
        Caller::Worker => role.works(),
    };
    let mut all = Vec::new();
    for rule in RULES.iter().filter(|rule| ours(rule.caller) && is_used(config, rule.part)) {
        for action in rule.actions {
            let resource = resource(config, place, rule.part);
            let need = Need { side: rule.side, action: (*action).to_owned(), resource };
            if !all.contains(&need) {
                all.push(need);
            }
        }
    }
    all
}

fn is_used(config: &Config, part: Part) -> bool {
    let factory = config.factory.backend == FactoryBackend::ServiceCatalog;
    let blueprints = config.blueprints.backend == BlueprintsBackend::CloudFormation;
    match part {
        Part::Table => config.store.backend == StoreBackend::DynamoDb,
        Part::Bot => config.dialogue.backend == DialogueBackend::Lex,
        Part::Topic => config.mail.backend == MailBackend::Sns,
        Part::Factory => factory,
        Part::ManagementRole => (factory || blueprints) && config.factory.role_arn.is_some(),
        Part::Blueprints | Part::Tags => blueprints,
    }
}

fn resource(config: &Config, place: &Place<'_>, part: Part) -> String {
    let Place { region, account } = place;
    let partition = if region.starts_with("cn-") {
        "aws-cn"
    } else if region.starts_with("us-gov-") {
        "aws-us-gov"
    } else {
        "aws"
    };
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    match part {
        Part::Table => format!("arn:{partition}:dynamodb:{region}:{account}:table/{}", text(&config.store.table)),
        Part::Bot => {
            let (dialogue, lex) = (&config.dialogue, config.dialogue.region.as_deref().unwrap_or(region));
            let (bot, alias) = (text(&dialogue.bot_id), text(&dialogue.bot_alias_id));
            format!("arn:{partition}:lex:{lex}:{account}:bot-alias/{bot}/{alias}")
        }
        Part::Topic => config.mail.topic_arn.as_ref().map(|topic| topic.arn().to_owned()).unwrap_or_default(),
        Part::ManagementRole => text(&config.factory.role_arn),
        Part::Factory | Part::Tags => "*".to_owned(),
        // Any account will do: the new ones are not there yet.
        Part::Blueprints => format!("arn:{partition}:iam::111111111111:role/{}", config.blueprints.role_name),
    }
}
