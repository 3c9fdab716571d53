//! `vend serve`: reads the configuration, starts logging, runs the process.

use std::path::Path;

use super::args::ServeArgs;
use super::exit::{Done, Failure};
use super::local::{faulty, load_whole_config};
use crate::config::manifests::ManifestFaults;
use crate::{app, telemetry};

pub(super) async fn run(file: Option<&Path>, args: &ServeArgs) -> Result<Done, Failure> {
    let mut config = load_whole_config(file).await?;
    if let Some(role) = args.role {
        config.server.role = role.into();
    }
    telemetry::init(&config);
    Box::pin(app::serve(config)).await.map_err(|error| match error.downcast::<ManifestFaults>() {
        Ok(faults) => faulty(faults),
        // The alternate form tells the whole chain of causes, on one line.
        Err(error) => Failure::failed(format!("{error:#}")),
    })
}
