//! `vend requests …`: one call to a running server each.

use std::collections::BTreeMap;
use std::path::Path;

use clap::Args;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::args::{CreateArgs, DecideArgs, IdArg, ListArgs, RequestsArgs, RequestsCommand, RetryArgs};
use super::client::{Client, request_id};
use super::exit::{Done, Exit, Failure};
use super::{artefacts, output, show, watch};
use crate::adapters::system::SystemIds;
use crate::domain::request::State;
use crate::domain::spec::Draft;
use crate::ports::clock::Ids as _;
use crate::say::view::{RequestView, RequesterView};

/// Where the server keeps requests.
pub(super) const REQUESTS: [&str; 3] = ["api", "v1", "requests"];

/// The largest page the server gives.
const PAGE: u32 = 100;

#[derive(Debug, Args)]
pub(super) struct RollbackArgs {
    #[command(flatten)]
    pub id: IdArg,
    /// Of an account set: the account whose blueprint failed (dev, preprod or prod)
    #[arg(long)]
    pub stage: Option<String>,
}

/// A page as the server answers it.
#[derive(Debug, Serialize, Deserialize)]
struct Page {
    requests: Vec<RequestView>,
    next_cursor: Option<String>,
}

/// What is posted to make a request.
#[derive(Debug, Serialize)]
struct NewRequest {
    #[serde(flatten)]
    draft: Draft,
    requester: RequesterView,
}

pub(super) async fn run(file: Option<&Path>, args: RequestsArgs) -> Result<Exit, Failure> {
    let client = Client::new(file, &args.server)?;
    let json = args.json;
    match args.command {
        RequestsCommand::List(list_args) => list(&client, &list_args, json).await?,
        RequestsCommand::Show(arg) => {
            let request = load(&client, &arg.id).await?;
            show::request(&request, json)?;
        }
        RequestsCommand::Watch(watch_args) => return watch::run(&client, &watch_args, json).await,
        RequestsCommand::Create(create_args) => create(&client, *create_args, json).await?,
        RequestsCommand::Approve(decide) => act(&client, "approve", &decide, json).await?,
        RequestsCommand::Deny(deny) => {
            let decide = DecideArgs { id: deny.id, reason: Some(deny.reason) };
            act(&client, "deny", &decide, json).await?;
        }
        RequestsCommand::Cancel(decide) => act(&client, "cancel", &decide, json).await?,
        RequestsCommand::Retry(args) => retry(&client, args, json).await?,
        RequestsCommand::Rollback(args) => rollback(&client, &args, json).await?,
        RequestsCommand::Artefacts(wanted) => artefacts::run(&client, &wanted, json).await?,
    }
    Ok(Exit::Ok)
}

/// Reads one request.
pub(super) async fn load(client: &Client, id: &str) -> Result<RequestView, Failure> {
    let id = request_id(id)?;
    client.get(&[&REQUESTS[..], &[&id]].concat(), &[]).await
}

async fn retry(client: &Client, args: RetryArgs, json: bool) -> Result<Done, Failure> {
    let changes: BTreeMap<_, _> = args.parameters.into_iter().collect();
    post(client, "retry", &args.id.id, &json!({ "blueprint_parameters": changes }), json).await
}

async fn rollback(client: &Client, args: &RollbackArgs, json: bool) -> Result<Done, Failure> {
    let request = send(client, "rollback", &args.id.id, &json!({ "stage": args.stage })).await?;
    if json {
        return output::json(&request);
    }
    output::line(&show::headline(&request))?;
    let whose = args.stage.as_deref().map(|stage| format!(" of {}", output::safe(stage))).unwrap_or_default();
    output::line(&format!(
        "What was created of the blueprint{whose} is being removed now. Once it is gone: vend requests retry {}",
        request.short_id
    ))
}

async fn act(client: &Client, verb: &str, args: &DecideArgs, json: bool) -> Result<Done, Failure> {
    post(client, verb, &args.id.id, &json!({ "reason": args.reason }), json).await
}

async fn post(client: &Client, verb: &str, id: &str, body: &serde_json::Value, json: bool) -> Result<Done, Failure> {
    let request = send(client, verb, id, body).await?;
    if json { output::json(&request) } else { output::line(&show::headline(&request)) }
}

async fn send(client: &Client, verb: &str, id: &str, body: &serde_json::Value) -> Result<RequestView, Failure> {
    let id = request_id(id)?;
    client.post(&[&REQUESTS[..], &[&id, verb]].concat(), body).await
}

async fn create(client: &Client, args: CreateArgs, json: bool) -> Result<Done, Failure> {
    let key = args.idempotency_key.clone().unwrap_or_else(|| SystemIds.nonce());
    let request: RequestView = client.post_once(&REQUESTS, &new_request(args), &key).await?;
    if json {
        return output::json(&request);
    }
    output::line(&show::headline(&request))?;
    output::line(&format!("Follow it with `vend requests watch {}`.", request.short_id))
}

fn new_request(args: CreateArgs) -> NewRequest {
    let draft = Draft {
        account_type: Some(args.account_type),
        root_email: Some(args.root_email),
        organizational_unit: Some(args.organizational_unit),
        account_name: args.account_name,
        blueprint: Some(args.blueprint),
        blueprint_parameters: args.parameters.into_iter().collect(),
        purpose: Some(args.purpose),
        cost_centre: args.cost_centre,
        tags: args.tags.into_iter().collect(),
    };
    let requester = RequesterView { email: args.email, first_name: args.first_name, last_name: args.last_name };
    NewRequest { draft, requester }
}

async fn list(client: &Client, args: &ListArgs, json: bool) -> Result<Done, Failure> {
    if let Some(word) = args.state.as_deref().filter(|word| State::parse(word).is_none()) {
        let words = State::ALL.map(State::word).join(", ");
        return Err(Failure::usage(format!("`{}` is not a state. Use one of {words}.", output::safe(word))));
    }
    let page = gather(client, args).await?;
    if json {
        return output::json(&page);
    }
    if page.requests.is_empty() {
        return output::line("No requests.");
    }
    output::line(&show::list(&page.requests))?;
    if page.next_cursor.is_some() {
        output::remark("There are more; show them with --limit.");
    }
    Ok(())
}

/// Reads page after page until there are enough.
async fn gather(client: &Client, args: &ListArgs) -> Result<Page, Failure> {
    let mut all = Page { requests: Vec::new(), next_cursor: None };
    loop {
        let missing = args.limit.saturating_sub(u32::try_from(all.requests.len()).unwrap_or(u32::MAX));
        let me = args.waiting_for_me.then(|| "me".to_owned());
        let given = [
            ("state", &args.state),
            ("requester", &args.requester),
            ("waiting_for", &me),
            ("cursor", &all.next_cursor),
        ];
        let given = given.into_iter().filter_map(|(name, value)| Some((name, value.clone()?)));
        let query: Vec<_> = given.chain([("limit", missing.min(PAGE).to_string())]).collect();
        let page: Page = client.get(&REQUESTS, &query).await?;
        let got_none = page.requests.is_empty();
        all.requests.extend(page.requests);
        all.next_cursor = page.next_cursor;
        if all.next_cursor.is_none() || got_none || all.requests.len() >= args.limit as usize {
            return Ok(all);
        }
    }
}
