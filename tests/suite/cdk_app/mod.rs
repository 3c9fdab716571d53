//! `cdk-app.yml`: the vectors of every rule, the artefacts of a finished set, and
//! the command that checks a file.

mod artefacts;
mod checking;
mod vectors;

use std::path::{Path, PathBuf};

use vend::domain::cdk_app::{CdkApp, Fault};

/// Where the vectors lie.
fn fixtures(kind: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite/cdk_app/fixtures").join(kind)
}

/// Reads a file with the policy files beside it.
fn read(file: &Path) -> Result<CdkApp, Vec<Fault>> {
    let folder = file.parent().unwrap();
    CdkApp::read(&std::fs::read_to_string(file).unwrap(), &|name| {
        let path = folder.join(name);
        if !path.exists() {
            return Ok(None);
        }
        std::fs::read_to_string(path).map(Some).map_err(|error| error.to_string())
    })
}

/// Reads one of the good vectors.
fn good(name: &str) -> CdkApp {
    read(&fixtures("good").join(format!("{name}.yml"))).unwrap()
}
