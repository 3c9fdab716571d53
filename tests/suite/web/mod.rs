//! The pages, called as browsers, mail scanners and attackers call them.

mod deciding;
mod looking;
mod sets;
