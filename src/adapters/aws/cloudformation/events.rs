//! What a stack says of itself: its statuses, and its events read as progress or as
//! the first thing that went wrong. Pure; calls nothing.

use std::collections::BTreeMap;

use aws_sdk_cloudformation::types::StackEvent;

/// The statuses of a stack as they are treated differently
/// (<https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html>).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// Being created or changed.
    UnderWay,
    /// As ordered.
    Complete,
    /// Stopped at a failure and kept: it can be continued.
    Stopped,
    /// Failed and undone, but for its name.
    RolledBack,
    /// Being undone or removed.
    Undoing,
    /// It could not be undone.
    NotUndone,
    /// Gone.
    Gone,
}

impl Standing {
    /// Of a status; one that is not known yet is taken for work that goes on.
    pub(super) fn of(status: &str) -> Self {
        match status {
            "CREATE_COMPLETE" | "UPDATE_COMPLETE" | "IMPORT_COMPLETE" | "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS" => {
                Self::Complete
            }
            "CREATE_FAILED" | "UPDATE_FAILED" => Self::Stopped,
            "ROLLBACK_COMPLETE" | "UPDATE_ROLLBACK_COMPLETE" | "IMPORT_ROLLBACK_COMPLETE" => Self::RolledBack,
            "DELETE_FAILED" | "ROLLBACK_FAILED" | "UPDATE_ROLLBACK_FAILED" | "IMPORT_ROLLBACK_FAILED" => {
                Self::NotUndone
            }
            "DELETE_COMPLETE" => Self::Gone,
            undoing if undoing.contains("ROLLBACK") || undoing.starts_with("DELETE") => Self::Undoing,
            _ => Self::UnderWay,
        }
    }
}

/// All events of a stack, newest first, as `CloudFormation` lists them.
pub(super) struct Events(pub(super) Vec<StackEvent>);

impl Events {
    /// Whether an operation with this token was begun.
    pub(super) fn know(&self, token: &str) -> bool {
        self.0.iter().any(|event| event.client_request_token() == Some(token))
    }

    /// Resources that are there now, over all attempts.
    pub(super) fn done(&self) -> u32 {
        let there = |event: &&&StackEvent| matches!(status(event), "CREATE_COMPLETE" | "UPDATE_COMPLETE");
        u32::try_from(self.latest().values().filter(there).count()).unwrap_or(u32::MAX)
    }

    /// What is being worked on, in words.
    pub(super) fn phase(&self) -> Option<String> {
        let latest = self.latest();
        let now = self.of_resources().find(|event| {
            let is_last = latest.get(id(event)).is_some_and(|last| last.event_id() == event.event_id());
            is_last && status(event).ends_with("_IN_PROGRESS")
        })?;
        let verb = match status(now) {
            "DELETE_IN_PROGRESS" => "Removing",
            "UPDATE_IN_PROGRESS" => "Updating",
            _ => "Creating",
        };
        Some(format!("{verb} {}", id(now)))
    }

    /// The first resource that failed in the attempt with this token, and why. Those
    /// that were only cancelled after it are not the cause.
    pub(super) fn first_failure(&self, token: &str) -> Option<(String, String)> {
        let failed = |event: &&StackEvent| status(event).ends_with("_FAILED") && !is_cancelled(event);
        let of_attempt = |event: &&StackEvent| event.client_request_token() == Some(token);
        let oldest = self.of_resources().filter(failed).filter(of_attempt).last();
        let found = oldest.or_else(|| self.of_resources().find(failed))?;
        let reason = found.resource_status_reason().unwrap_or("CloudFormation gave no reason");
        Some((id(found).to_owned(), reason.to_owned()))
    }

    fn of_resources(&self) -> impl Iterator<Item = &StackEvent> {
        // The stack reports on itself as if it were a resource of its own.
        self.0.iter().filter(|event| event.physical_resource_id() != event.stack_id())
    }

    fn latest(&self) -> BTreeMap<&str, &StackEvent> {
        let mut latest = BTreeMap::new();
        for event in self.of_resources() {
            latest.entry(id(event)).or_insert(event);
        }
        latest
    }
}

fn status(event: &StackEvent) -> &str {
    event.resource_status().map_or("", |status| status.as_str())
}

fn id(event: &StackEvent) -> &str {
    event.logical_resource_id().unwrap_or_default()
}

fn is_cancelled(event: &StackEvent) -> bool {
    event.resource_status_reason().is_some_and(|reason| {
        let reason = reason.to_ascii_lowercase();
        reason.starts_with("resource creation cancelled") || reason.starts_with("resource update cancelled")
    })
}

#[cfg(test)]
mod tests {
    use aws_sdk_cloudformation::types::ResourceStatus;

    use super::*;

    fn event(nth: u32, id: &str, status: &str, token: &str, reason: &str) -> StackEvent {
        StackEvent::builder()
            .stack_id("arn:stack")
            .event_id(nth.to_string())
            .logical_resource_id(id)
            .physical_resource_id(if id == "stack" { "arn:stack".to_owned() } else { format!("{id}-1") })
            .resource_status(ResourceStatus::from(status))
            .client_request_token(token)
            .resource_status_reason(reason)
            .build()
    }

    /// Events as they happened, listed as `CloudFormation` does.
    fn newest_first(mut events: Vec<StackEvent>) -> Events {
        events.reverse();
        Events(events)
    }

    #[test]
    fn the_first_failure_is_the_cause_and_its_followers_are_not() {
        let events = newest_first(vec![
            event(1, "stack", "CREATE_IN_PROGRESS", "t-1", "User Initiated"),
            event(2, "Vpc", "CREATE_COMPLETE", "t-1", ""),
            event(3, "Logs", "CREATE_FAILED", "t-1", "Resource creation cancelled"),
            event(4, "NatEip", "CREATE_FAILED", "t-1", "no address left"),
            event(5, "Bucket", "CREATE_FAILED", "t-1", "the name is taken"),
            event(6, "stack", "CREATE_FAILED", "t-1", "The following resource(s) failed"),
        ]);
        assert_eq!(events.first_failure("t-1"), Some(("NatEip".into(), "no address left".into())));
        assert_eq!(events.done(), 1);
    }

    #[test]
    fn a_second_attempt_counts_what_was_there_and_names_only_its_own_failure() {
        let events = newest_first(vec![
            event(1, "Vpc", "CREATE_COMPLETE", "t-1", ""),
            event(2, "NatEip", "CREATE_FAILED", "t-1", "no address left"),
            event(3, "NatEip", "CREATE_COMPLETE", "t-2", ""),
            event(4, "Nat", "CREATE_IN_PROGRESS", "t-2", ""),
            event(5, "Bucket", "CREATE_FAILED", "t-2", "the name is taken"),
        ]);
        assert_eq!(events.done(), 2);
        assert_eq!(events.phase().as_deref(), Some("Creating Nat"));
        assert_eq!(events.first_failure("t-2").unwrap().0, "Bucket");
        assert!(events.know("t-1") && !events.know("t-3"));
    }

    #[test]
    fn every_status_there_is_has_its_standing() {
        use Standing::{Complete, Gone, NotUndone, RolledBack, Stopped, UnderWay, Undoing};
        let table = [
            ("CREATE_IN_PROGRESS", UnderWay),
            ("CREATE_COMPLETE", Complete),
            ("CREATE_FAILED", Stopped),
            ("DELETE_IN_PROGRESS", Undoing),
            ("DELETE_COMPLETE", Gone),
            ("DELETE_FAILED", NotUndone),
            ("ROLLBACK_IN_PROGRESS", Undoing),
            ("ROLLBACK_COMPLETE", RolledBack),
            ("ROLLBACK_FAILED", NotUndone),
            ("UPDATE_IN_PROGRESS", UnderWay),
            ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", Complete),
            ("UPDATE_COMPLETE", Complete),
            ("UPDATE_FAILED", Stopped),
            ("UPDATE_ROLLBACK_IN_PROGRESS", Undoing),
            ("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", Undoing),
            ("UPDATE_ROLLBACK_COMPLETE", RolledBack),
            ("UPDATE_ROLLBACK_FAILED", NotUndone),
            ("REVIEW_IN_PROGRESS", UnderWay),
            ("IMPORT_IN_PROGRESS", UnderWay),
            ("IMPORT_COMPLETE", Complete),
            ("IMPORT_ROLLBACK_IN_PROGRESS", Undoing),
            ("IMPORT_ROLLBACK_COMPLETE", RolledBack),
            ("IMPORT_ROLLBACK_FAILED", NotUndone),
        ];
        for (status, standing) in table {
            assert_eq!(Standing::of(status), standing, "{status}");
        }
    }
}
