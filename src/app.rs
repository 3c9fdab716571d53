//! Builds the adapters the configuration names and wires them to the services.
