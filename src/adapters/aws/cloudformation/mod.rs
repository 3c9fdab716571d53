//! Delivery of blueprints: stacks and post steps in the new account.
