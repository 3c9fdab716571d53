//! Commands that need no server: configuration, manifests, tokens.

use std::net::SocketAddr;
use std::path::Path;

use super::args::{CheckCommand, ConfigCommand, TokensCommand};
use super::exit::{Done, Failure};
use super::output;
use crate::adapters::aws::connection::Connection;
use crate::adapters::aws::ssm::ParameterStore;
use crate::config::manifests::ManifestFaults;
use crate::config::{Config, DEFAULT_FILE, Draft, Parameters, TokenHash, manifests, show};
use crate::doctor::issuer::registration;
use crate::domain::policy::Policy;
use crate::domain::spec::hex;
use crate::domain::validate;
use crate::http::session::redirect_url;

/// The configuration of this process, for commands that need no secret: those in
/// Parameter Store count as not given.
pub(super) fn load_config(file: Option<&Path>) -> Result<Config, Failure> {
    gather(file).read(Parameters::LeftOut).map_err(|faults| Failure::usage(faults.to_string()))
}

/// The configuration of this process with all its secrets; asks AWS where one is there.
pub(super) async fn load_whole_config(file: Option<&Path>) -> Result<Config, Failure> {
    let draft = gather(file);
    let names = draft.parameters();
    let parameters = if names.is_empty() {
        Parameters::none()
    } else {
        ParameterStore::new(&Connection::from_environment().await).look_up(&names).await
    };
    draft.read(parameters).map_err(|faults| Failure::usage(faults.to_string()))
}

/// Where the server of this configuration listens. Nothing else of it has to be good.
pub(super) fn load_listen(file: Option<&Path>) -> Result<SocketAddr, Failure> {
    gather(file).listen().map_err(|faults| Failure::usage(faults.to_string()))
}

fn gather(file: Option<&Path>) -> Draft {
    let text = |os: std::ffi::OsString| os.to_string_lossy().into_owned();
    let env = std::env::vars_os().map(|(name, value)| (text(name), text(value)));
    Draft::gather(file, env, Path::new(DEFAULT_FILE))
}

pub(super) async fn config(file: Option<&Path>, command: &ConfigCommand) -> Result<Done, Failure> {
    match command {
        ConfigCommand::Check => {
            let config = load_whole_config(file).await?;
            let faults: Vec<_> =
                [manifests::policy(&config).err(), manifests::bot(&config).err()].into_iter().flatten().collect();
            if !faults.is_empty() {
                return Err(faulty(ManifestFaults(faults.into_iter().flat_map(|faults| faults.0).collect())));
            }
            output::line("The configuration is good.")?;
            if let Some(oidc) = &config.auth.oidc {
                let way_back = redirect_url(&config.server.base_url(config.server.listen));
                output::line(&format!("For sign-in, {}.", registration(oidc, &way_back)))?;
            }
            Ok(())
        }
        ConfigCommand::Show(arg) => {
            let config = load_config(file)?;
            if arg.json { output::json(&config.shown) } else { output::line(show::effective(&config.shown).trim_end()) }
        }
        ConfigCommand::Sample => output::line(show::sample().trim_end()),
    }
}

pub(super) fn policy(file: Option<&Path>, command: &CheckCommand) -> Result<Done, Failure> {
    let CheckCommand::Check { file: manifest } = command;
    match manifest {
        Some(path) => check_text(path, |text| Policy::parse(text).map(|_| ()))?,
        None => drop(manifests::policy(&load_config(file)?).map_err(faulty)?),
    }
    output::line("The policy is good.")
}

/// A bearer token: 256 random bits behind a mark that the log's redactor knows.
fn new_token() -> String {
    format!("vendtok_{}", hex(&rand::random::<[u8; 32]>()))
}

pub(super) fn tokens(command: TokensCommand) -> Result<Done, Failure> {
    let TokensCommand::New { name, email, scopes } = command;
    let email = validate::person_email(&email).map_err(Failure::usage)?;
    let token = new_token();
    let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
    let scopes = scopes.iter().map(|scope| quoted(scope)).collect::<Vec<_>>().join(", ");
    output::remark("The token, shown only now; its holder sends it as `Authorization: Bearer …`:");
    output::line(&token)?;
    output::remark("\nThe entry for the configuration file, which keeps only the hash:");
    output::line(&format!(
        "[[auth.tokens]]\nname = {}\nemail = {}\nhash = \"{}\"\nscopes = [{scopes}]",
        quoted(&name),
        quoted(&email),
        TokenHash::of(&token)
    ))
}

pub(super) fn check_text(path: &Path, check: impl Fn(&str) -> Result<(), Vec<String>>) -> Result<(), Failure> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::usage(format!("{} cannot be read: {error}", path.display())))?;
    let place = |fault: String| format!("{}: {fault}", path.display());
    check(&text).map_err(|faults| faulty(ManifestFaults(faults.into_iter().map(place).collect())))
}

/// A manifest's faults: all of them, as wrong configuration.
pub(super) fn faulty(ManifestFaults(faults): ManifestFaults) -> Failure {
    let count = if faults.len() == 1 { "one fault".to_owned() } else { format!("{} faults", faults.len()) };
    Failure::usage(format!("{count}:\n  {}", faults.join("\n  ")))
}
