//! `vend bot`: whether the manifest is sound, and the Lex V2 bot that is made from it.

use std::path::{Path, PathBuf};

use super::args::BotCommand;
use super::doctor::{ending, told};
use super::exit::{Exit, Failure};
use super::local::{check_text, faulty, load_config};
use super::output;
use crate::adapters::aws::lex::template::{self, Offer};
use crate::config::{Config, DialogueBackend, manifests};
use crate::doctor;
use crate::domain::dialogue::Bot;

/// Where the template is kept; beside the manifest it is made from.
const TEMPLATE: &str = "deploy/lex-bot.yaml";

pub(super) async fn run(file: Option<&Path>, command: BotCommand) -> Result<Exit, Failure> {
    match command {
        BotCommand::Check { file: Some(manifest), template: None } => {
            check_text(&manifest, |text| Bot::parse(text).map(|_| ()))?;
            output::line("The bot manifest is good.")?;
        }
        BotCommand::Check { file: manifest, template } => return check(&load_config(file)?, manifest, template).await,
        BotCommand::Render { units } => {
            let config = load_config(file)?;
            let bot = manifests::bot(&config).map_err(faulty)?;
            output::line(rendered(&config, &bot, units)?.trim_end())?;
        }
    }
    Ok(Exit::Ok)
}

/// Manifest, template and, where vend talks through Lex, the bot that is deployed.
async fn check(config: &Config, manifest: Option<PathBuf>, template: Option<PathBuf>) -> Result<Exit, Failure> {
    let bot = match manifest {
        Some(path) => parsed(&path)?,
        None => manifests::bot(config).map_err(faulty)?,
    };
    let usual = || Some(PathBuf::from(TEMPLATE)).filter(|path| path.exists());
    let units = if let Some(path) = template.or_else(usual) {
        let units = compare(config, &bot, &path)?;
        output::line(&format!("The bot manifest is good, and {} is what it gives.", path.display()))?;
        Some(units)
    } else {
        output::line("The bot manifest is good.")?;
        None
    };
    if config.dialogue.backend != DialogueBackend::Lex {
        return Ok(Exit::Ok);
    }
    let report = doctor::examine_bot(config, &bot, units).await;
    told(&report)?;
    Ok(ending(&report))
}

fn parsed(path: &Path) -> Result<Bot, Failure> {
    check_text(path, |text| Bot::parse(text).map(|_| ()))?;
    let text = std::fs::read_to_string(path).map_err(|error| Failure::usage(error.to_string()))?;
    Bot::parse(&text).map_err(|faults| Failure::usage(faults.join("\n")))
}

/// The template must be what the manifest gives, for the units it was made for: those are answered.
fn compare(config: &Config, bot: &Bot, path: &Path) -> Result<Vec<String>, Failure> {
    let place = path.display();
    let text =
        std::fs::read_to_string(path).map_err(|error| Failure::usage(format!("{place} cannot be read: {error}")))?;
    let units = template::units_of(&text).map_err(|why| {
        Failure::failed(format!("{place} is no bot template: {why}. Make it: `vend bot render > {place}`."))
    })?;
    let flags = units.iter().fold(String::new(), |flags, unit| flags + " --ou '" + unit + "'");
    if text == rendered(config, bot, units.clone())? {
        return Ok(units);
    }
    Err(Failure::failed(format!(
        "{place} is not what the manifest and the blueprints give now. Make it again and deploy it: \
         `vend bot render{flags} > {place}`, then `aws cloudformation deploy` as docs/lex.md says."
    )))
}

fn rendered(config: &Config, bot: &Bot, units: Vec<String>) -> Result<String, Failure> {
    let catalogue = manifests::catalogue(config).map_err(faulty)?;
    template::render(bot, &Offer::of(units, &catalogue)).map_err(Failure::failed)
}
