//! What must hold for any bytes a stranger sends: one function each, which panics where it
//! does not. libFuzzer calls them with what it makes up (`fuzz_targets/`), `cargo test` with
//! the samples in `seeds/` and with what proptest makes up (`tests/suite/hostile/`).

mod audit;
mod cursors;
mod links;
mod mail;
mod manifests;
mod ranges;
mod sentences;
mod signature;
mod slack;

pub use audit::audit;
pub use cursors::cursors;
pub use links::links;
pub use mail::mail;
pub use manifests::{bot, policy};
pub use ranges::ranges;
pub use sentences::sentences;
pub use signature::signature;
pub use slack::slack;

/// What must hold for bytes of one kind.
pub type Property = fn(&[u8]);

/// Every property, by the name of its target and of its folder of samples.
pub const ALL: [(&str, Property); 10] = [
    ("audit", audit),
    ("bot", bot),
    ("cursors", cursors),
    ("links", links),
    ("mail", mail),
    ("policy", policy),
    ("ranges", ranges),
    ("sentences", sentences),
    ("signature", signature),
    ("slack", slack),
];

/// Bytes, taken line by line, so that a sample can be read and written by hand.
struct Feed<'a>(&'a [u8]);

impl<'a> Feed<'a> {
    /// The next line without its end; empty when there is none.
    fn line(&mut self) -> &'a [u8] {
        let end = self.0.iter().position(|byte| *byte == b'\n').unwrap_or(self.0.len());
        let line = &self.0[..end];
        self.0 = self.0.get(end + 1..).unwrap_or_default();
        line
    }

    /// The next line as text; `¶` is a line break.
    fn text(&mut self) -> String {
        String::from_utf8_lossy(self.line()).replace('¶', "\n")
    }

    /// The next line as a number: its digits, or whatever its bytes come to.
    fn number(&mut self) -> usize {
        self.line().iter().fold(0, |number: usize, byte| number.wrapping_mul(10).wrapping_add(usize::from(byte ^ b'0')))
    }

    /// All that is left.
    fn rest(&self) -> &'a [u8] {
        self.0
    }
}
