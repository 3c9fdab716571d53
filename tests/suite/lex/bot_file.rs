//! `deploy/lex-bot.yaml`: what the manifest gives, within the rules of Lex V2.

use std::collections::BTreeSet;

use serde_json::Value;
use vend::adapters::aws::lex::template::{Offer, label, render, units_of};
use vend::domain::blueprint::Catalogue;
use vend::domain::dialogue::Bot;
use vend::domain::dialogue::bot::SHIPPED;

use crate::cli::run::Vend;
use crate::fakes::aws::looks::{self, Health};

fn offer(units: &[&str]) -> Offer {
    Offer::of(units.iter().map(|unit| (*unit).to_owned()).collect(), &Catalogue::shipped())
}

fn rendered(manifest: &str, offer: &Offer) -> (String, Value) {
    let text = render(&Bot::parse(manifest).unwrap(), offer).unwrap();
    let read = serde_saphyr::from_str(&text).unwrap();
    (text, read)
}

fn label_of(manifest: &str, units: &[&str]) -> String {
    label(&Bot::parse(manifest).unwrap(), &offer(units))
}

fn locale(template: &Value) -> &Value {
    &template["Resources"]["Bot"]["Properties"]["BotLocales"][0]
}

fn version(template: &Value) -> &str {
    let resources = template["Resources"].as_object().unwrap();
    let named = resources.keys().filter(|name| name.starts_with("BotVersion"));
    named.map(String::as_str).next().unwrap()
}

fn list<'a>(value: &'a Value, member: &str) -> &'a [Value] {
    value[member].as_array().map(Vec::as_slice).unwrap_or_default()
}

#[test]
fn the_committed_template_is_what_the_manifest_gives() {
    let committed = include_str!("../../../deploy/lex-bot.yaml");
    let (now, _) = rendered(SHIPPED, &offer(&[]));
    assert!(committed == now, "run `vend bot render > deploy/lex-bot.yaml` and commit it");
}

#[test]
fn every_intent_slot_and_prompt_of_the_manifest_is_in_it() {
    let (_, template) = rendered(SHIPPED, &offer(&[]));
    let bot = Bot::shipped();
    let intents = list(locale(&template), "Intents");
    assert_eq!(intents.len(), bot.intents.len());
    for (intent, known) in intents.iter().zip(&bot.intents) {
        assert_eq!(intent["Name"], known.name.as_str());
        for (at, (slot, known)) in list(intent, "Slots").iter().zip(&known.slots).enumerate() {
            let asked = &slot["ValueElicitationSetting"];
            let group = &asked["PromptSpecification"]["MessageGroupsList"][0];
            assert_eq!(group["Message"]["PlainTextMessage"]["Value"], known.prompt.as_str());
            assert_eq!(asked["PromptSpecification"]["MaxRetries"], bot.max_attempts - 1);
            assert_eq!(asked["SlotConstraint"], if known.required { "Required" } else { "Optional" });
            assert_eq!(intent["SlotPriorities"][at]["SlotName"], known.name.as_str());
        }
        assert_eq!(list(intent, "Slots").len(), known.slots.len());
        assert_eq!(intent.get("IntentConfirmationSetting").is_some(), known.confirmation.is_some());
    }
    let parents: Vec<_> = intents.iter().filter_map(|intent| intent.get("ParentIntentSignature")).collect();
    assert_eq!(parents, ["AMAZON.FallbackIntent"]);
}

/// AWS: "`AMAZON.FreeFormInput` cannot be used in intent sample utterances".
#[test]
fn no_utterance_uses_what_lex_refuses_there() {
    let (_, template) = rendered(SHIPPED, &offer(&[]));
    let mut seen = BTreeSet::new();
    for intent in list(locale(&template), "Intents") {
        let free: Vec<String> = list(intent, "Slots")
            .iter()
            .filter(|slot| slot["SlotTypeName"] == "AMAZON.FreeFormInput")
            .map(|slot| format!("{{{}}}", slot["Name"].as_str().unwrap()))
            .collect();
        for utterance in list(intent, "SampleUtterances") {
            let text = utterance["Utterance"].as_str().unwrap();
            assert!(!free.iter().any(|slot| text.contains(slot)), "{text}");
            assert!(text.chars().all(|c| c.is_ascii_alphanumeric() || " '{}_-".contains(c)), "{text}");
            assert!(seen.insert(text.to_lowercase()), "{text} stands twice");
        }
    }
    assert!(seen.len() > 80, "{}", seen.len());
}

#[test]
fn a_version_is_cut_when_the_bot_changes_and_only_then() {
    let (_, first) = rendered(SHIPPED, &offer(&[]));
    assert_eq!(version(&first), version(&rendered(&format!("# more\n{SHIPPED}"), &offer(&[])).1));
    let reworded = SHIPPED.replace("Which blueprint should I deploy into it?", "Which blueprint?");
    assert_ne!(version(&first), version(&rendered(&reworded, &offer(&[])).1));
    assert_ne!(version(&first), version(&rendered(SHIPPED, &offer(&["Research"])).1));
    let label = &first["Resources"][version(&first)]["Properties"]["Description"];
    assert_eq!(label, label_of(SHIPPED, &[]).as_str());
    assert_ne!(label, label_of(SHIPPED, &["Research"]).as_str());
    assert_ne!(label, label_of(&reworded, &[]).as_str());
    let alias = &first["Resources"]["BotAlias"]["Properties"]["BotVersion"]["Fn::GetAtt"][0];
    assert_eq!(alias, version(&first));
}

#[test]
fn units_and_blueprints_are_the_installations_own() {
    let mut own = offer(&["Research", "demos", "no"]);
    own.blueprints = vec!["mlops-ecs".into(), "our-own".into()];
    let (text, template) = rendered(SHIPPED, &own);
    let values = |name: &str| {
        let types = list(locale(&template), "SlotTypes");
        let found = types.iter().find(|known| known["Name"] == name).unwrap();
        list(found, "SlotTypeValues").to_vec()
    };
    let plain = |value: &Value| value["SampleValue"]["Value"].as_str().unwrap().to_owned();
    let units = values("AccountOUValues");
    assert_eq!(units.iter().map(plain).collect::<Vec<_>>(), ["Research", "demos", "no"]);
    assert_eq!(units[1]["Synonyms"][0]["Value"], "demo");
    let blueprints = values("BlueprintValues");
    assert_eq!(blueprints.iter().map(plain).collect::<Vec<_>>(), ["mlops-ecs", "our-own", "none"]);
    assert_eq!(units_of(&text).unwrap(), own.organizational_units, "words like no stay words");
}

#[test]
fn a_template_that_is_out_of_date_is_told_with_what_to_do() {
    let vend = Vend::new(&[]);
    let deploy = vend.path().join("deploy");
    std::fs::create_dir(&deploy).unwrap();
    let template = vend.run(&["bot", "render", "--ou", "Fraud Lab"]).with_code(0).out;
    std::fs::write(deploy.join("lex-bot.yaml"), &template).unwrap();
    let ended = vend.run(&["bot", "check"]).with_code(0);
    assert!(ended.out.contains("deploy/lex-bot.yaml is what it gives"), "{}", ended.out);
    std::fs::write(deploy.join("lex-bot.yaml"), template.replace("Shall I send it", "May I send it")).unwrap();
    let ended = vend.run(&["bot", "check"]).with_code(1);
    assert!(ended.err.contains("vend bot render --ou 'Fraud Lab' > deploy/lex-bot.yaml"), "{}", ended.err);
    std::fs::write(deploy.join("other.yaml"), "Resources: {}\n").unwrap();
    let ended = vend.run(&["bot", "check", "--template", "deploy/other.yaml"]).with_code(1);
    assert!(ended.err.contains("no bot template"), "{}", ended.err);
}

/// With Lex configured and a bot of this label deployed, what `vend bot check` says.
async fn checked(health: Health, units: Option<&str>) -> (i32, String) {
    let (variables, _endpoints) = looks::start(&health).await;
    let mut vend = Vend::new(&[
        ("AWS_ACCESS_KEY_ID", "AKIDTEST"),
        ("AWS_SECRET_ACCESS_KEY", "made-up"),
        ("AWS_REGION", "eu-west-1"),
        ("VEND_DIALOGUE__BACKEND", "lex"),
        ("VEND_DIALOGUE__BOT_ID", "ABCDEFGHIJ"),
        ("VEND_DIALOGUE__BOT_ALIAS_ID", "KLMNOPQRST"),
    ]);
    for (name, value) in &variables {
        vend = vend.with(name, value);
    }
    tokio::task::block_in_place(|| {
        if let Some(unit) = units {
            let template = vend.run(&["bot", "render", "--ou", unit]).with_code(0).out;
            std::fs::create_dir(vend.path().join("deploy")).unwrap();
            std::fs::write(vend.path().join("deploy/lex-bot.yaml"), template).unwrap();
        }
        let ended = vend.run(&["bot", "check"]);
        (ended.code, ended.out)
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deployed_bot_that_is_not_what_the_manifest_gives_is_told() {
    let plain = label_of(SHIPPED, &[]);
    let fraud = label_of(SHIPPED, &["Fraud Lab"]);
    let of = |label: &str| Health { label: Some(label.to_owned()), ..Health::default() };
    for (health, units, code, words) in [
        (of(&plain), None, 0, "✓ bot content  version 7 is what the manifest and the blueprints give"),
        (of(&fraud), Some("Fraud Lab"), 0, "✓ bot content"),
        (of(&plain), Some("Fraud Lab"), 1, "✗ bot content  version 7 is not what the manifest, the blueprints and the"),
        (of(&fraud), None, 7, "? bot content  could not look: nothing here says"),
        (Health { label: None, ..Health::default() }, Some("Fraud Lab"), 1, "was not made from a template"),
        (Health { locale: "Failed", ..of(&plain) }, None, 1, "✗ bot locale "),
        (Health { alias: None, ..of(&plain) }, None, 1, "✗ bot alias  there is no such bot or alias"),
        (Health { version: Some("AccessDeniedException"), ..of(&plain) }, None, 7, "allow lex:DescribeBotVersion"),
    ] {
        let (ended, out) = checked(health, units).await;
        assert!(ended == code && out.contains(words), "{code} {words}: {ended} {out}");
        assert!(out.starts_with("The bot manifest is good"), "{out}");
    }
}
