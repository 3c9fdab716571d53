//! The catalogue that comes inside the binary, so that `vend serve` has
//! blueprints with no folder beside it.

use std::sync::LazyLock;

use super::parse::{self, Files};
use super::{Catalogue, Fault};

/// One row per folder of `manifests/blueprints`; a test compares it with the folder.
macro_rules! shipped {
    ($($id:literal),+ $(,)?) => {
        [$(Files {
            folder: $id,
            place: concat!("manifests/blueprints/", $id),
            metadata: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/manifests/blueprints/", $id, "/blueprint.yaml")),
            template: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/manifests/blueprints/", $id, "/template.yaml")),
        }),+]
    };
}

const SHIPPED: [Files<'static>; 7] = shipped![
    "ml-shared-services-nonprod",
    "ml-shared-services-prod",
    "ml-workload-nonprod",
    "ml-workload-prod",
    "mlops-ecs",
    "mlops-eks",
    "mlops-stage",
];

impl Catalogue {
    /// The catalogue that comes with this version of `vend`; read once per process.
    #[must_use]
    pub fn shipped() -> Self {
        static READ: LazyLock<Catalogue> = LazyLock::new(read_shipped);
        READ.clone()
    }

    /// A catalogue from its files; `older` are older versions.
    ///
    /// # Errors
    /// Every fault in every file.
    pub fn read(current: &[Files<'_>], older: &[Files<'_>]) -> Result<Self, Vec<Fault>> {
        let mut faults = Vec::new();
        let mut all = |files: &[Files<'_>]| {
            let mut good = Vec::new();
            for one in files {
                match parse::blueprint(one) {
                    Ok(blueprint) => good.push(blueprint),
                    Err(more) => faults.extend(more),
                }
            }
            good
        };
        let (current, older) = (all(current), all(older));
        if faults.is_empty() { Self::new(current, older) } else { Err(faults) }
    }
}

#[expect(clippy::expect_used, reason = "the text is part of the binary, and a test reads all of it")]
fn read_shipped() -> Catalogue {
    let blueprint = |files| parse::shipped(files).expect("a blueprint that ships can be read");
    Catalogue::new(SHIPPED.iter().map(blueprint).collect(), Vec::new()).expect("they have different ids")
}
