//! The CloudFormation template of the bot, out of the manifest. Pure. What Lex V2
//! cannot do is left out, and `adapters::aws::lex` does it instead.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::domain::blueprint::Catalogue;
use crate::domain::dialogue::bot::{Confirmation, EMAIL_TYPE, FREE_TYPE, Intent, Part, Slot, SlotType, Strategy};
use crate::domain::dialogue::words::phrase;
use crate::domain::dialogue::{Bot, Vocabulary, slot_type};
use crate::domain::spec::hex;

/// The values of this installation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Offer {
    /// Plain names of the organizational units; without any, the manifest's examples.
    pub organizational_units: Vec<String>,
    /// Ids of the blueprints.
    pub blueprints: Vec<String>,
}

impl Offer {
    /// These units, and every blueprint of the catalogue.
    #[must_use]
    pub fn of(organizational_units: Vec<String>, catalogue: &Catalogue) -> Self {
        let blueprints = catalogue.all().iter().map(|blueprint| blueprint.id.clone()).collect();
        Self { organizational_units, blueprints }
    }
}

/// Where the template keeps what it was made for.
const METADATA: &str = "Vend";
/// How every label begins.
const OURS: &str = "vend ";
const HEAD: &str = "\
# The bot for Amazon Lex V2. Made by `vend bot render` from the bot manifest; do not edit it.
# How to deploy it: docs/lex.md.
";

/// The template, as text that only changes when the manifest or the offer does.
///
/// # Errors
/// A sentence, when it cannot be written as YAML.
pub fn render(bot: &Bot, offer: &Offer) -> Result<String, String> {
    let yaml = serde_saphyr::to_string(&template(bot, offer)).map_err(|error| error.to_string())?;
    Ok(format!("{HEAD}{yaml}"))
}

/// What the bot's version says of itself in Lex, as its description: by this a deployed bot is
/// known to be what the manifest gives. It changes exactly when a new version must be cut.
#[must_use]
pub fn label(bot: &Bot, offer: &Offer) -> String {
    labelled(&fingerprint(&properties(bot, offer)))
}

/// Whether a description is one of ours, of whatever content.
#[must_use]
pub fn is_label(description: &str) -> bool {
    description.starts_with(OURS)
}

fn labelled(fingerprint: &str) -> String {
    format!("{OURS}{fingerprint}")
}

fn fingerprint(properties: &Value) -> String {
    hex(&Sha256::digest(properties.to_string()))[..12].to_owned()
}

/// The organizational units a template was made for.
///
/// # Errors
/// A sentence, when the text is no template of ours.
pub fn units_of(template: &str) -> Result<Vec<String>, String> {
    let read: Value = serde_saphyr::from_str(template).map_err(|error| error.to_string())?;
    let units = read["Metadata"][METADATA]["OrganizationalUnits"].as_array();
    let units = units.ok_or("it was not made by `vend bot render`")?;
    Ok(units.iter().filter_map(Value::as_str).map(str::to_owned).collect())
}

fn template(bot: &Bot, offer: &Offer) -> Value {
    let properties = properties(bot, offer);
    // A bot's version is a copy: it takes a resource of another name to make the next one.
    let content = fingerprint(&properties);
    let version = format!("BotVersion{content}");
    let mut resources = json!({
        "Bot": {"Type": "AWS::Lex::Bot", "Properties": properties},
        "BotAlias": alias(bot, &version),
        "BotRole": role(),
        "TalkPolicy": talk_policy(),
    });
    resources[&version] = json!({
        "Type": "AWS::Lex::BotVersion",
        "Properties": {
            "BotId": {"Ref": "Bot"},
            "Description": labelled(&content),
            "BotVersionLocaleSpecification": [
                {"LocaleId": bot.locale, "BotVersionLocaleDetails": {"SourceBotVersion": "DRAFT"}},
            ],
        },
    });
    json!({
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "The bot that vend talks through, on Amazon Lex V2",
        "Metadata": {METADATA: {"OrganizationalUnits": offer.organizational_units}},
        "Parameters": {"BotName": {"Type": "String", "Default": bot.name, "Description": "Name of the bot"}},
        "Resources": resources,
        "Outputs": {
            "BotId": {"Description": "dialogue.bot_id", "Value": {"Ref": "Bot"}},
            "BotAliasId": {"Description": "dialogue.bot_alias_id", "Value": {"Fn::GetAtt": ["BotAlias", "BotAliasId"]}},
            "TalkPolicyArn": {"Description": "For the role vend runs as", "Value": {"Ref": "TalkPolicy"}},
        },
    })
}

fn alias(bot: &Bot, version: &str) -> Value {
    json!({
        "Type": "AWS::Lex::BotAlias",
        "Properties": {
            "BotAliasName": "live",
            "BotId": {"Ref": "Bot"},
            "BotVersion": {"Fn::GetAtt": [version, "BotVersion"]},
            "BotAliasLocaleSettings": [{"LocaleId": bot.locale, "BotAliasLocaleSetting": {"Enabled": true}}],
        },
    })
}

/// A bot needs a role even though this one, with text only and no hook, does nothing with it.
fn role() -> Value {
    json!({
        "Type": "AWS::IAM::Role",
        "Properties": {
            "AssumeRolePolicyDocument": {
                "Version": "2012-10-17",
                "Statement": [{
                    "Effect": "Allow",
                    "Principal": {"Service": "lexv2.amazonaws.com"},
                    "Action": "sts:AssumeRole",
                    "Condition": {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}},
                }],
            },
        },
    })
}

/// What the process that talks needs, for this alias only.
fn talk_policy() -> Value {
    let alias = "arn:${AWS::Partition}:lex:${AWS::Region}:${AWS::AccountId}:bot-alias/${Bot}/${BotAlias.BotAliasId}";
    json!({
        "Type": "AWS::IAM::ManagedPolicy",
        "Properties": {
            "Description": "Talk through the bot of vend",
            "PolicyDocument": {
                "Version": "2012-10-17",
                "Statement": [{
                    "Effect": "Allow",
                    "Action": ["lex:DeleteSession", "lex:GetSession", "lex:PutSession", "lex:RecognizeText"],
                    "Resource": {"Fn::Sub": alias},
                }],
            },
        },
    })
}

fn properties(bot: &Bot, offer: &Offer) -> Value {
    let mut said = BTreeSet::new();
    let intents: Vec<Value> = bot.intents.iter().map(|known| intent(bot, known, &mut said)).collect();
    let slot_types: Vec<Value> = bot.slot_types.iter().map(|known| slot_type_of(known, offer)).collect();
    json!({
        "Name": {"Ref": "BotName"},
        "RoleArn": {"Fn::GetAtt": ["BotRole", "Arn"]},
        "DataPrivacy": {"ChildDirected": false},
        "IdleSessionTTLInSeconds": bot.idle_session_seconds,
        "AutoBuildBotLocales": true,
        "BotLocales": [{
            "LocaleId": bot.locale,
            "NluConfidenceThreshold": 0.4,
            "SlotTypes": slot_types,
            "Intents": intents,
        }],
    })
}

fn intent(bot: &Bot, known: &Intent, said: &mut BTreeSet<Vec<String>>) -> Value {
    let mut intent = json!({"Name": known.name});
    if known.fallback {
        intent["ParentIntentSignature"] = json!("AMAZON.FallbackIntent");
    }
    let fit = known.utterances.iter().filter(|utterance| {
        let free = |part: &Part| matches!(part, Part::Slot(name) if known.slot(name).is_some_and(is_free));
        !utterance.parts.iter().any(free) && said.insert(phrase(&utterance.text))
    });
    let utterances: Vec<Value> = fit.map(|utterance| json!({"Utterance": plain(&utterance.text)})).collect();
    if !utterances.is_empty() {
        intent["SampleUtterances"] = utterances.into();
    }
    if !known.slots.is_empty() {
        intent["Slots"] = known.slots.iter().map(|known| slot(bot, known)).collect();
        let order = known.slots.iter().enumerate();
        intent["SlotPriorities"] = order.map(|(at, slot)| json!({"Priority": at + 1, "SlotName": slot.name})).collect();
    }
    if let Some(asked) = &known.confirmation {
        intent["IntentConfirmationSetting"] = confirmation(bot, asked);
    }
    if let Some(response) = &known.response {
        intent["IntentClosingSetting"] = json!({"IsActive": true, "ClosingResponse": messages(response, None)});
    }
    intent
}

/// Recognized only when asked for, and refused in utterances (AWS: "AMAZON.FreeFormInput").
fn is_free(slot: &Slot) -> bool {
    slot.slot_type == FREE_TYPE
}

/// Utterances take letters, blanks, apostrophes, hyphens and the places of slots; the rest does not matter to us either.
fn plain(utterance: &str) -> String {
    let kept = utterance.chars().filter(|c| c.is_alphanumeric() || " '{}_-".contains(*c));
    kept.collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
}

fn slot(bot: &Bot, known: &Slot) -> Value {
    let mut slot = json!({
        "Name": known.name,
        "SlotTypeName": known.slot_type,
        "ValueElicitationSetting": {
            "SlotConstraint": if known.required { "Required" } else { "Optional" },
            "PromptSpecification": prompt(bot, &known.prompt, &known.retry),
        },
    });
    if known.slot_type == EMAIL_TYPE {
        // Where somebody turns conversation logs on, addresses stay out of them.
        slot["ObfuscationSetting"] = json!({"ObfuscationSettingType": "DefaultObfuscation"});
    }
    slot
}

fn confirmation(bot: &Bot, asked: &Confirmation) -> Value {
    json!({
        "IsActive": true,
        "PromptSpecification": prompt(bot, &asked.prompt, &asked.retry),
        "DeclinationResponse": messages(&asked.declined, None),
    })
}

/// In order: the prompt first, then what is said after an answer that did not fit.
fn prompt(bot: &Bot, first: &str, again: &str) -> Value {
    let mut prompt = messages(first, Some(again));
    prompt["MaxRetries"] = json!(bot.max_attempts.saturating_sub(1));
    prompt["MessageSelectionStrategy"] = json!("Ordered");
    prompt["AllowInterrupt"] = json!(false);
    prompt
}

fn messages(first: &str, again: Option<&str>) -> Value {
    let message = |text: &str| json!({"PlainTextMessage": {"Value": text}});
    let mut group = json!({"Message": message(first)});
    if let Some(again) = again.filter(|again| *again != first) {
        group["Variations"] = json!([message(again)]);
    }
    json!({"MessageGroupsList": [group]})
}

fn slot_type_of(known: &SlotType, offer: &Offer) -> Value {
    if let Some(pattern) = known.pattern_text() {
        return json!({
            "Name": known.name,
            "ParentSlotTypeSignature": "AMAZON.AlphaNumeric",
            "ValueSelectionSetting": {
                "ResolutionStrategy": "ORIGINAL_VALUE",
                "RegexFilter": {"Pattern": with_spelled_hyphens(pattern)},
            },
        });
    }
    let strategy = match known.strategy {
        Strategy::TopResolution => "TOP_RESOLUTION",
        Strategy::OriginalValue => "ORIGINAL_VALUE",
    };
    json!({
        "Name": known.name,
        "ValueSelectionSetting": {"ResolutionStrategy": strategy},
        "SlotTypeValues": values(known, offer),
    })
}

/// The values offered, each with its synonyms; a word never leads to two values.
fn values(known: &SlotType, offer: &Offer) -> Vec<Value> {
    let mut vocabulary = Vocabulary::default();
    for (name, live) in
        [(slot_type::ACCOUNT_OU, &offer.organizational_units), (slot_type::BLUEPRINT, &offer.blueprints)]
    {
        if !live.is_empty() {
            vocabulary.offer(name, live.clone());
        }
    }
    let choices = vocabulary.choices(known);
    let mut taken: BTreeSet<Vec<String>> = choices.iter().map(|choice| phrase(&choice.value)).collect();
    let value = |text: &str| json!({"SampleValue": {"Value": text}});
    let mut rendered = Vec::new();
    for choice in choices {
        let own = known.values.iter().find(|own| own.value.eq_ignore_ascii_case(&choice.value));
        let synonyms = own.map(|own| own.synonyms.as_slice()).unwrap_or_default();
        let synonyms: Vec<_> = synonyms.iter().filter(|text| taken.insert(phrase(text))).collect();
        let mut entry = value(&choice.value);
        if !synonyms.is_empty() {
            entry["Synonyms"] = synonyms.iter().map(|text| json!({"Value": text})).collect();
        }
        rendered.push(entry);
    }
    rendered
}

/// The regular expressions of Lex know letters, digits and `\u` with four digits
/// (AWS: "AMAZON.AlphaNumeric"); inside brackets a hyphen is a range.
fn with_spelled_hyphens(pattern: &str) -> String {
    let mut inside = false;
    let mut spelled = String::with_capacity(pattern.len());
    for c in pattern.chars() {
        inside = (inside || c == '[') && c != ']';
        if c == '-' && !inside { spelled.push_str("\\u002D") } else { spelled.push(c) }
    }
    spelled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hyphen_is_spelled_outside_of_brackets_only() {
        assert_eq!(with_spelled_hyphens("req-[0-9a-z]{8}|[a-z]-"), "req\\u002D[0-9a-z]{8}|[a-z]\\u002D");
    }

    #[test]
    fn an_utterance_keeps_what_lex_takes() {
        assert_eq!(plain("what's the dev, staging and {AccountOU}?"), "what's the dev staging and {AccountOU}");
    }
}
