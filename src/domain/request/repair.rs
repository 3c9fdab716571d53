//! What mending a failed blueprint changes of a request: other parameters, an undone stack.

use std::collections::BTreeMap;

use super::{Event, Recorded, Request, Rollback, SpecHash, failures};

impl Request {
    /// How far the undoing of a stack is.
    pub(super) fn take_in_rollback(&mut self, recorded: &Recorded) {
        match &recorded.event {
            Event::RollbackRequested => {
                self.rollback = Some(Rollback { since: recorded.at, begun: false, over: false, undone: false });
            }
            Event::RollbackBegun => self.rollback.iter_mut().for_each(|rollback| rollback.begun = true),
            Event::RolledBack { problem } => {
                self.rollback.iter_mut().for_each(|rollback| {
                    rollback.over = true;
                    rollback.undone = problem.is_none();
                });
                let advice = failures::after_rollback(problem.as_deref());
                self.failure.iter_mut().for_each(|failure| failure.advice.clone_from(&advice));
            }
            _ => {}
        }
    }

    /// What is approved from now on; links that were sent stay good for looking.
    pub(super) fn change_parameters(&mut self, parameters: &BTreeMap<String, String>, hash: &SpecHash) {
        let before = std::mem::replace(&mut self.submission.hash, hash.clone());
        self.first_hash.get_or_insert(before);
        if let Some(choice) = &mut self.submission.spec.blueprint {
            choice.parameters.clone_from(parameters);
        }
    }
}
