//! What can be typed: every command, option and its help.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use super::artefacts::ArtefactsArgs;
use super::blueprints::BlueprintsCommand;
use super::cdk_app::CdkAppCommand;
use super::exit;
use super::requests::RollbackArgs;
use super::watch::WatchArgs;
use crate::config::Role;

/// ChatOps account vending for AWS Control Tower.
#[derive(Debug, Parser)]
#[command(name = "vend", version, after_help = exit::codes(), arg_required_else_help = true)]
pub(super) struct Cli {
    /// Configuration file (else `VEND_CONFIG`, else ./vend.toml if there is one)
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Run the bot: HTTP, Slack and the worker
    Serve(ServeArgs),
    /// Talk to the bot of a running server
    Chat(ChatArgs),
    /// Ask for accounts, follow and decide requests on a running server
    Requests(RequestsArgs),
    /// Check everything this configuration stands on, and say how to cure what is wrong
    Doctor(JsonArg),
    /// The blueprints that can be chosen
    #[command(subcommand)]
    Blueprints(BlueprintsCommand),
    /// The bot manifest
    #[command(subcommand)]
    Bot(BotCommand),
    /// The policy manifest
    #[command(subcommand)]
    Policy(CheckCommand),
    /// The approvers' e-mail subscriptions, where mail goes through Amazon SNS
    #[command(subcommand)]
    Approvers(ApproversCommand),
    /// The account sets of a CDK application for machine learning
    #[command(subcommand)]
    CdkApp(CdkAppCommand),
    /// The table of the DynamoDB store
    #[command(subcommand)]
    Store(StoreCommand),
    /// The audit trail in the store on this machine
    #[command(subcommand)]
    Audit(AuditCommand),
    /// The configuration
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Print the OpenAPI document
    Openapi,
    /// Bearer tokens for the API
    #[command(subcommand)]
    Tokens(TokensCommand),
}

#[derive(Debug, Args)]
pub(super) struct ServeArgs {
    /// Which part of the work this process does [default: `server.role`]
    #[arg(long, value_enum)]
    pub role: Option<RoleArg>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum RoleArg {
    /// Answer people; cannot vend
    Gateway,
    /// Do the promised work
    Worker,
    /// Both
    All,
}

impl From<RoleArg> for Role {
    fn from(arg: RoleArg) -> Self {
        match arg {
            RoleArg::Gateway => Self::Gateway,
            RoleArg::Worker => Self::Worker,
            RoleArg::All => Self::All,
        }
    }
}

/// How to reach the server.
#[derive(Debug, Clone, Args)]
pub(super) struct ServerArgs {
    /// Address of the server [default: where the configuration has it listen]
    #[arg(long, global = true, env = "VEND_SERVER", value_name = "URL")]
    pub server: Option<String>,
    /// Bearer token (better given in the environment, where other users cannot see it)
    #[arg(long, global = true, env = "VEND_TOKEN", hide_env_values = true, value_name = "TOKEN")]
    pub token: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct ChatArgs {
    #[command(flatten)]
    pub server: ServerArgs,
    /// Your e-mail address; asked for when missing
    #[arg(long, env = "VEND_EMAIL")]
    pub email: Option<String>,
    /// Your first name; asked for when missing
    #[arg(long, env = "VEND_FIRST_NAME")]
    pub first_name: Option<String>,
    /// Your last name; asked for when missing
    #[arg(long, env = "VEND_LAST_NAME")]
    pub last_name: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct RequestsArgs {
    #[command(flatten)]
    pub server: ServerArgs,
    /// Print JSON, for programs
    #[arg(long, global = true)]
    pub json: bool,
    #[command(subcommand)]
    pub command: RequestsCommand,
}

#[derive(Debug, Subcommand)]
pub(super) enum RequestsCommand {
    /// List requests, newest first
    List(ListArgs),
    /// Show one request
    Show(IdArg),
    /// Follow a request to its end (exit code 0 only if the account is ready)
    Watch(WatchArgs),
    /// Ask for an account
    Create(Box<CreateArgs>),
    /// Say yes
    Approve(DecideArgs),
    /// Say no
    Deny(DenyArgs),
    /// Take a request back, or give a failed one up
    Cancel(DecideArgs),
    /// Run the failed step again
    Retry(RetryArgs),
    /// Undo the stack of a blueprint that failed; the account stays
    Rollback(RollbackArgs),
    /// List or download the files of a finished account set
    Artefacts(ArtefactsArgs),
}

#[derive(Debug, Args)]
pub(super) struct RetryArgs {
    #[command(flatten)]
    pub id: IdArg,
    /// A blueprint parameter to change; may be repeated. For approvers other than the requester
    #[arg(long = "parameter", value_name = "NAME=VALUE", value_parser = pair)]
    pub parameters: Vec<(String, String)>,
}

#[derive(Debug, Args)]
pub(super) struct IdArg {
    /// The request: its id or its short form, like req-7f3k2a9q
    pub id: String,
}

#[derive(Debug, Args)]
pub(super) struct ListArgs {
    /// Only requests in this state
    #[arg(long)]
    pub state: Option<String>,
    /// Only requests by this e-mail address
    #[arg(long, value_name = "EMAIL")]
    pub requester: Option<String>,
    /// Only requests that wait for my decision
    #[arg(long, conflicts_with = "state")]
    pub waiting_for_me: bool,
    /// How many
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub limit: u32,
}

#[derive(Debug, Args)]
pub(super) struct DecideArgs {
    #[command(flatten)]
    pub id: IdArg,
    /// Why
    #[arg(long)]
    pub reason: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct DenyArgs {
    #[command(flatten)]
    pub id: IdArg,
    /// Why; the requester is told
    #[arg(long)]
    pub reason: String,
}

#[derive(Debug, Args)]
pub(super) struct CreateArgs {
    /// Production or Sandbox
    #[arg(long)]
    pub account_type: String,
    /// E-mail address of the account's root user, not used for any AWS account yet
    #[arg(long)]
    pub root_email: String,
    /// Organizational unit, by name or as `Name (ou-id)`
    #[arg(long)]
    pub organizational_unit: String,
    /// Why the account is needed
    #[arg(long)]
    pub purpose: String,
    /// Account name [default: derived]
    #[arg(long)]
    pub account_name: Option<String>,
    /// Blueprint id, or `none`
    #[arg(long, default_value = "none")]
    pub blueprint: String,
    /// A blueprint parameter; may be repeated
    #[arg(long = "parameter", value_name = "NAME=VALUE", value_parser = pair)]
    pub parameters: Vec<(String, String)>,
    /// Cost centre to tag the account with
    #[arg(long)]
    pub cost_centre: Option<String>,
    /// A tag for the account; may be repeated
    #[arg(long = "tag", value_name = "NAME=VALUE", value_parser = pair)]
    pub tags: Vec<(String, String)>,
    /// E-mail address of who the account is for; becomes its administrator
    #[arg(long, env = "VEND_EMAIL")]
    pub email: String,
    /// Their first name
    #[arg(long, env = "VEND_FIRST_NAME")]
    pub first_name: String,
    /// Their last name
    #[arg(long, env = "VEND_LAST_NAME")]
    pub last_name: String,
    /// Makes a repeated call harmless [default: a new one each time]
    #[arg(long, value_name = "KEY")]
    pub idempotency_key: Option<String>,
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write it as NAME=VALUE")?;
    if name.is_empty() { Err("the name before `=` is missing".into()) } else { Ok((name.into(), value.into())) }
}

#[derive(Debug, Args)]
pub(super) struct JsonArg {
    /// Print JSON, for programs
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum CheckCommand {
    /// Check the manifest and report every fault
    Check {
        /// The file [default: the configured one]
        file: Option<PathBuf>,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum ApproversCommand {
    /// Subscribe every approver the policy names to their own mail, and show who has confirmed
    Sync(SyncArgs),
    /// Confirm a subscription so that no link in a mail can end it
    Confirm(ConfirmArgs),
}

#[derive(Debug, Args)]
pub(super) struct SyncArgs {
    /// Only show what would be done
    #[arg(long)]
    pub dry_run: bool,
    /// End subscriptions of those the policy does not name
    #[arg(long)]
    pub remove: bool,
    /// Subscribe this address to its own mail too, for a requester; may be repeated
    #[arg(long, value_name = "EMAIL")]
    pub also: Vec<String>,
    /// Have SNS ask those again who have not confirmed
    #[arg(long)]
    pub resend: bool,
    #[command(flatten)]
    pub json: JsonArg,
}

#[derive(Debug, Args)]
pub(super) struct ConfirmArgs {
    /// The confirmation link in SNS's mail, unopened
    #[arg(long, value_name = "LINK", required_unless_present = "token")]
    pub url: Option<String>,
    /// Only its token
    #[arg(long, value_name = "TOKEN", conflicts_with = "url")]
    pub token: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(super) enum BotCommand {
    /// Check the manifest, that the template for Amazon Lex V2 is what it gives, and so is the deployed bot
    Check {
        /// The manifest [default: the configured one]
        file: Option<PathBuf>,
        /// The template to compare [default: deploy/lex-bot.yaml, if it is there]
        #[arg(long, value_name = "FILE")]
        template: Option<PathBuf>,
    },
    /// Print the CloudFormation template of the bot for Amazon Lex V2
    Render {
        /// Name of an organizational unit people may choose; may be repeated [default: the manifest's examples]
        #[arg(long = "ou", value_name = "NAME")]
        units: Vec<String>,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum AuditCommand {
    /// Check that no event was altered, lost or added
    Verify,
    /// Print every event, one JSON object a line
    Export {
        /// Only this request's
        #[arg(long, value_name = "ID")]
        request: Option<String>,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum StoreCommand {
    /// Make the table that `store.table` names, unless it is there (for development; in production deploy deploy/table.yaml)
    Create(JsonArg),
}

#[derive(Debug, Subcommand)]
pub(super) enum ConfigCommand {
    /// Read the configuration and report every fault
    Check,
    /// Print the values in force and where each was given; secrets are hidden
    Show(JsonArg),
    /// Print a file with every key and its meaning
    Sample,
}

#[derive(Debug, Subcommand)]
pub(super) enum TokensCommand {
    /// Make a bearer token and the `auth.tokens` entry that lets it in
    New {
        /// Names the token for operators
        #[arg(long)]
        name: String,
        /// Who its holder counts as
        #[arg(long)]
        email: String,
        /// What it may do; may be repeated
        #[arg(long = "scope", required = true, value_parser = ["request", "read", "approve", "admin"])]
        scopes: Vec<String>,
    },
}
