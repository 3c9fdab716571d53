//! The Lex bot: alias and locale are there and built.

use aws_sdk_lexmodelsv2::Client;
use aws_sdk_lexmodelsv2::operation::describe_bot_alias::DescribeBotAliasOutput;
use aws_sdk_lexmodelsv2::types::{BotAliasStatus, BotLocaleStatus};

use super::aws::Blocked;
use super::finding::Finding;
use super::surroundings::Surroundings;

const ALIAS: &str = "bot alias";
const LOCALE: &str = "bot locale";

pub(super) async fn check(place: &Surroundings<'_>) -> Vec<Finding> {
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
    let status = locale.send().await.map(|found| found.bot_locale_status).map_err(|error| Blocked::by(&error));
    vec![finding, judge_locale(&version, &dialogue.locale_id, status)]
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
