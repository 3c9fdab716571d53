//! The Lex bot: alias and locale are there and built, and the version behind the alias is
//! what the manifest and the blueprints give.

use std::path::Path;

use aws_sdk_lexmodelsv2::Client;
use aws_sdk_lexmodelsv2::operation::describe_bot_alias::DescribeBotAliasOutput;
use aws_sdk_lexmodelsv2::types::{BotAliasStatus, BotLocaleStatus};

use super::aws::Blocked;
use super::finding::Finding;
use super::surroundings::Surroundings;
use crate::adapters::aws::lex::template::{self, Offer};
use crate::config::{Config, manifests};
use crate::domain::dialogue::Bot;

const ALIAS: &str = "bot alias";
const LOCALE: &str = "bot locale";
const CONTENT: &str = "bot content";
/// Where the template is kept, which says for which units the bot was made.
const TEMPLATE: &str = "deploy/lex-bot.yaml";
const AGAIN: &str = "make the template again and deploy it, as docs/lex.md says";

/// What the deployed version should call itself.
pub(super) struct Wanted {
    label: String,
    /// The organizational units are known, so that another label is another bot.
    sure: bool,
}

impl Wanted {
    /// `None` when the blueprints cannot be read: that is told elsewhere.
    pub(super) fn of(config: &Config, manifest: &Bot, units: Option<Vec<String>>) -> Option<Self> {
        let catalogue = manifests::catalogue(config).ok()?;
        let sure = units.is_some();
        let offer = Offer::of(units.unwrap_or_default(), &catalogue);
        Some(Self { label: template::label(manifest, &offer), sure })
    }
}

pub(super) async fn check(place: &Surroundings<'_>) -> Vec<Finding> {
    let kept = std::fs::read_to_string(Path::new(TEMPLATE)).ok();
    let units = kept.and_then(|text| template::units_of(&text).ok());
    let manifest = manifests::bot(place.config).ok();
    look(place, manifest.and_then(|manifest| Wanted::of(place.config, &manifest, units))).await
}

pub(super) async fn look(place: &Surroundings<'_>, wanted: Option<Wanted>) -> Vec<Finding> {
    let dialogue = &place.config.dialogue;
    let (Some(bot), Some(alias)) = (&dialogue.bot_id, &dialogue.bot_alias_id) else { return Vec::new() };
    let client = Client::new(place.own.in_region(dialogue.region.as_deref()).sdk());
    let described = client.describe_bot_alias().bot_id(bot).bot_alias_id(alias).send().await;
    let described = match described.map_err(|error| Blocked::by(&error)) {
        Ok(described) => described,
        Err(blocked) => return vec![no_alias(&blocked)],
    };
    let (finding, version) = judge_alias(&described, &dialogue.locale_id);
    let Some(version) = version else { return vec![finding] };
    let locale = client.describe_bot_locale().bot_id(bot).bot_version(&version).locale_id(&dialogue.locale_id);
    let content = client.describe_bot_version().bot_id(bot).bot_version(&version);
    let (locale, content) = tokio::join!(locale.send(), content.send());
    let status = locale.map(|found| found.bot_locale_status).map_err(|error| Blocked::by(&error));
    let said = content.map(|found| found.description).map_err(|error| Blocked::by(&error));
    let content = wanted.map(|wanted| judge_content(&version, &wanted, said));
    [finding, judge_locale(&version, &dialogue.locale_id, status)].into_iter().chain(content).collect()
}

fn no_alias(blocked: &Blocked) -> Finding {
    match blocked {
        Blocked::NotThere => Finding::ill(
            ALIAS,
            "there is no such bot or alias",
            "deploy deploy/lex-bot.yaml, then set dialogue.bot_id, dialogue.bot_alias_id and dialogue.region from its outputs",
        ),
        other => Finding::unseen(ALIAS, other.words(), other.cure("lex:DescribeBotAlias")),
    }
}

/// The alias, and the version it points to where that can be looked at.
fn judge_alias(alias: &DescribeBotAliasOutput, locale: &str) -> (Finding, Option<String>) {
    let name = alias.bot_alias_name().unwrap_or_default();
    let enabled = alias.bot_alias_locale_settings().and_then(|all| all.get(locale)).is_some_and(|one| one.enabled);
    if alias.bot_alias_status() != Some(&BotAliasStatus::Available) {
        let status = alias.bot_alias_status().map_or("unknown", BotAliasStatus::as_str);
        return (Finding::ill(ALIAS, format!("{name} is {status}"), "wait, or deploy deploy/lex-bot.yaml again"), None);
    }
    if !enabled {
        let fix = format!("turn {locale} on for this alias, or set dialogue.locale_id to one that is");
        return (Finding::ill(ALIAS, format!("{name} does not speak {locale}"), fix), None);
    }
    let Some(version) = alias.bot_version().map(ToOwned::to_owned) else {
        return (Finding::ill(ALIAS, format!("{name} points to no version"), "deploy deploy/lex-bot.yaml again"), None);
    };
    (Finding::well(ALIAS, format!("{name} is available, version {version}")), Some(version))
}

fn judge_locale(version: &str, locale: &str, status: Result<Option<BotLocaleStatus>, Blocked>) -> Finding {
    match status {
        Ok(Some(BotLocaleStatus::Built | BotLocaleStatus::ReadyExpressTesting)) => {
            Finding::well(LOCALE, format!("{locale} of version {version} is built"))
        }
        Ok(status) => {
            let status = status.as_ref().map_or("unknown", BotLocaleStatus::as_str).to_owned();
            let fix = "wait while it builds, or deploy deploy/lex-bot.yaml again";
            Finding::ill(LOCALE, format!("{locale} of version {version} is {status}"), fix)
        }
        Err(Blocked::NotThere) => {
            Finding::ill(LOCALE, format!("version {version} has no {locale}"), "correct dialogue.locale_id")
        }
        Err(other) => Finding::unseen(LOCALE, other.words(), other.cure("lex:DescribeBotLocale")),
    }
}

fn judge_content(version: &str, wanted: &Wanted, said: Result<Option<String>, Blocked>) -> Finding {
    match said.map(Option::unwrap_or_default) {
        Ok(said) if said == wanted.label => {
            Finding::well(CONTENT, format!("version {version} is what the manifest and the blueprints give"))
        }
        Ok(said) if !template::is_label(&said) => {
            Finding::ill(CONTENT, format!("version {version} was not made from a template of `vend bot render`"), AGAIN)
        }
        Ok(_) if wanted.sure => {
            let found = format!("version {version} is not what the manifest, the blueprints and the units give now");
            Finding::ill(CONTENT, found, AGAIN)
        }
        Ok(_) => Finding::unseen(
            CONTENT,
            format!("nothing here says for which organizational units version {version} was made"),
            format!("run this where {TEMPLATE} is, or `vend bot check --template FILE`"),
        ),
        Err(other) => Finding::unseen(CONTENT, other.words(), other.cure("lex:DescribeBotVersion")),
    }
}
