//! The `vend` binary: reads the configuration and runs one command.

use std::path::Path;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let config = vend::config::Config::load(None, std::env::vars(), Path::new("vend.toml"))
        .map_err(|faults| anyhow::anyhow!("{faults}"))?;
    vend::telemetry::init(&config);
    vend::app::serve(config).await
}
