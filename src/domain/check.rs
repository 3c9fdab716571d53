//! Turns a draft into a pre-flight checklist and, when it is clear, into a pinned spec.
