//! Account Factory through Service Catalog: the adapter against a played management account,
//! alone, under the real worker, and in chaos.

mod bench;
mod chaos;
mod looks;
mod scene;
mod troubles;
mod wordings;

use self::bench::Bench;
pub use self::bench::settings;
use crate::ports::factory::factory_musts;

factory_musts!(factory_port, async { Bench::new().await });
