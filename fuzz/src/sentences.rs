//! Conversations: sentences, and the slots that are read from them.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use jiff::Timestamp;
use vend::domain::dialogue::bot::{Kind, Slot};
use vend::domain::dialogue::engine::Outcome;
use vend::domain::dialogue::{Bot, Engine, Next, Session, Vocabulary};
use vend::domain::text::one_line;

/// More turns than any conversation here needs.
const MOST_TURNS: usize = 16;

static BOT: LazyLock<Bot> = LazyLock::new(Bot::shipped);

/// A conversation, a line each turn: every value is one its slot may have, every question has
/// words, and nothing is ready that was not said yes to as it is.
pub fn sentences(data: &[u8]) {
    talk(&BOT, &String::from_utf8_lossy(data));
}

/// The same with any bot.
pub(super) fn talk(bot: &Bot, said: &str) {
    let mut vocabulary = Vocabulary::default();
    vocabulary.offer("AccountOUValues", vec!["Workloads".into(), "Demos (ou-ab12-3c4d5e6f)".into()]);
    let attributes = BTreeMap::from([("UserName".to_owned(), "Ada".to_owned())]);
    let engine = Engine { bot, vocabulary: &vocabulary, attributes: &attributes, now: Timestamp::UNIX_EPOCH };
    let mut session: Option<Session> = None;
    for text in said.lines().take(MOST_TURNS) {
        let Ok(outcome) = engine.turn(session.clone(), text) else { continue };
        is_sound(&engine, session.as_ref(), &outcome);
        // As the store keeps it.
        session = outcome.session.map(|kept| {
            let again = serde_json::from_str(&serde_json::to_string(&kept).unwrap()).unwrap();
            assert_eq!(kept, again);
            again
        });
    }
}

fn is_sound(engine: &Engine<'_>, before: Option<&Session>, outcome: &Outcome) {
    let turn = &outcome.turn;
    let intent = engine.bot.intent(&turn.intent).expect("an intent of the bot");
    // Who gives up answers as the fallback, and tells what was known of the intent that is over.
    let over = before.filter(|_| intent.fallback && turn.next == Next::Ended);
    let theirs = over.map_or(intent, |over| engine.bot.intent(&over.intent).expect("an intent of the bot"));
    for (name, value) in &turn.slots {
        let slot = theirs.slot(name).expect("a slot of the intent");
        assert!(may_be(engine, slot, value), "{name} is {value:?}");
    }
    let filled = |slot: &&Slot| turn.slots.contains_key(&slot.name);
    let all = intent.slots.iter().filter(|slot| slot.required).all(|slot| filled(&slot));
    match &turn.next {
        Next::ElicitSlot(slot) => {
            assert!(intent.slot(slot).is_some() && !turn.slots.contains_key(slot), "asked for {slot}");
            assert!(!turn.message.is_empty());
        }
        Next::Confirm => assert!(all && !turn.message.is_empty()),
        Next::Ready if intent.asks() => {
            let asked = before.filter(|_| intent.confirmation.is_some());
            let as_is = |asked: &Session| asked.next == Next::Confirm && asked.slots == turn.slots;
            assert!(all && asked.is_none_or(as_is), "{before:?} became {turn:?}");
            assert!(asked.is_some() || intent.confirmation.is_none(), "nobody was asked");
        }
        Next::Ready | Next::Ended | Next::NotUnderstood => {}
    }
    let kept = outcome.session.as_ref();
    let waits = matches!(turn.next, Next::ElicitSlot(_) | Next::Confirm);
    assert!(!waits || kept.is_some_and(|kept| (&kept.slots, &kept.next) == (&turn.slots, &turn.next)));
}

/// Whether a slot may have this value.
fn may_be(engine: &Engine<'_>, slot: &Slot, value: &str) -> bool {
    let one_visible_line = !value.is_empty() && one_line(value) == value;
    match engine.bot.kind(slot) {
        Kind::Email => value.split('@').count() == 2 && value.bytes().all(|byte| byte.is_ascii_graphic()),
        Kind::Pattern(pattern) => pattern.find(value).is_some_and(|found| found.len() == value.len()),
        // One word that is not known is kept, so that it can be refused by name.
        Kind::Closed(known) => engine.vocabulary.lists(known, value) || (one_visible_line && !value.contains(' ')),
        Kind::Open(_) | Kind::Free => one_visible_line,
    }
}
