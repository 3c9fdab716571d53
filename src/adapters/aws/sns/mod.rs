//! Mail through one Amazon SNS topic.
