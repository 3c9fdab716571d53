//! `vend bot`: whether the manifest is sound, and the Lex V2 bot that is made from it.

use std::path::{Path, PathBuf};

use super::args::BotCommand;
use super::exit::{Done, Failure};
use super::local::{check_text, faulty, load_config};
use super::output;
use crate::adapters::aws::lex::template::{self, Offer};
use crate::config::{Config, manifests};
use crate::domain::dialogue::Bot;

/// Where the template is kept; beside the manifest it is made from.
const TEMPLATE: &str = "deploy/lex-bot.yaml";

pub(super) fn run(file: Option<&Path>, command: BotCommand) -> Result<Done, Failure> {
    match command {
        BotCommand::Check { file: Some(manifest), template: None } => {
            check_text(&manifest, |text| Bot::parse(text).map(|_| ()))?;
            output::line("The bot manifest is good.")
        }
        BotCommand::Check { file: manifest, template } => check(&load_config(file)?, manifest, template),
        BotCommand::Render { units } => {
            let config = load_config(file)?;
            let bot = manifests::bot(&config).map_err(faulty)?;
            output::line(rendered(&config, &bot, units)?.trim_end())
        }
    }
}

fn check(config: &Config, manifest: Option<PathBuf>, template: Option<PathBuf>) -> Result<Done, Failure> {
    let bot = match manifest {
        Some(path) => parsed(&path)?,
        None => manifests::bot(config).map_err(faulty)?,
    };
    let usual = || Some(PathBuf::from(TEMPLATE)).filter(|path| path.exists());
    match template.or_else(usual) {
        Some(path) => {
            compare(config, &bot, &path)?;
            output::line(&format!("The bot manifest is good, and {} is what it gives.", path.display()))
        }
        None => output::line("The bot manifest is good."),
    }
}

fn parsed(path: &Path) -> Result<Bot, Failure> {
    check_text(path, |text| Bot::parse(text).map(|_| ()))?;
    let text = std::fs::read_to_string(path).map_err(|error| Failure::usage(error.to_string()))?;
    Bot::parse(&text).map_err(|faults| Failure::usage(faults.join("\n")))
}

/// The template must be what the manifest gives, for the units it was made for.
fn compare(config: &Config, bot: &Bot, path: &Path) -> Result<(), Failure> {
    let place = path.display();
    let text =
        std::fs::read_to_string(path).map_err(|error| Failure::usage(format!("{place} cannot be read: {error}")))?;
    let units = template::units_of(&text).map_err(|why| {
        Failure::failed(format!("{place} is no bot template: {why}. Make it: `vend bot render > {place}`."))
    })?;
    let flags = units.iter().fold(String::new(), |flags, unit| flags + " --ou '" + unit + "'");
    if text == rendered(config, bot, units)? {
        return Ok(());
    }
    Err(Failure::failed(format!(
        "{place} is not what the manifest and the blueprints give now. Make it again and deploy it: \
         `vend bot render{flags} > {place}`, then `aws cloudformation deploy` as docs/lex.md says."
    )))
}

fn rendered(config: &Config, bot: &Bot, units: Vec<String>) -> Result<String, Failure> {
    let catalogue = manifests::catalogue(config).map_err(faulty)?;
    let blueprints = catalogue.all().iter().map(|blueprint| blueprint.id.clone()).collect();
    template::render(bot, &Offer { organizational_units: units, blueprints }).map_err(Failure::failed)
}
