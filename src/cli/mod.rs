//! The command line: reads arguments, calls one command, says how it went.
//! The only part of the program that prints. Knows the server's REST surface and
//! the files on this machine, no rules.

mod approvers;
mod args;
mod artefacts;
mod audit;
mod blueprints;
mod bot;
mod cdk_app;
mod chat;
mod client;
mod doctor;
mod exit;
mod local;
mod output;
mod problem;
mod requests;
mod serve;
mod show;
mod store;
mod watch;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser as _;

use self::args::{Cli, Command};
use self::exit::{Done, Exit, Failure};
use crate::http::api::openapi_json;

/// Runs the program with these arguments and answers its exit code.
pub fn main(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(usage) => {
            // `--help` and `--version` come this way too, as success.
            let code = if usage.use_stderr() { Exit::Usage } else { Exit::Ok };
            let _ = usage.print();
            return code.into();
        }
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return output::complain(&Failure::failed(format!("the process cannot start: {error}"))),
    };
    match runtime.block_on(run(cli)) {
        Ok(exit) => exit.into(),
        Err(failure) => output::complain(&failure),
    }
}

async fn run(cli: Cli) -> Result<Exit, Failure> {
    let config = cli.config.as_deref();
    match cli.command {
        Command::Serve(args) => Box::pin(serve::run(config, &args)).await.map(ok),
        Command::Chat(args) => chat::run(config, args).await.map(ok),
        Command::Requests(args) => requests::run(config, args).await,
        Command::Doctor(arg) => Box::pin(doctor::run(config, &arg)).await,
        Command::Blueprints(command) => blueprints::run(config, &command).map(ok),
        Command::Bot(command) => Box::pin(bot::run(config, command)).await,
        Command::Policy(command) => local::policy(config, &command).map(ok),
        Command::Approvers(command) => approvers::run(config, command).await,
        Command::CdkApp(command) => cdk_app::run(&command).map(ok),
        Command::Store(command) => store::run(config, &command).await.map(ok),
        Command::Audit(command) => audit::run(config, command).await.map(ok),
        Command::Config(command) => local::config(config, &command).await.map(ok),
        Command::Openapi => output::line(openapi_json().trim_end()).map(ok),
        Command::Tokens(command) => local::tokens(command).map(ok),
    }
}

fn ok((): Done) -> Exit {
    Exit::Ok
}
