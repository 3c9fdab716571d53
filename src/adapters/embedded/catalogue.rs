//! Loads the blueprint catalogue from a folder (`blueprints.dir`): one folder
//! per id with `blueprint.yaml` and `template.yaml`, older versions under
//! `versions/<v>/`. What the files must say is the domain's to know.

use std::fs;
use std::path::{Path, PathBuf};

use crate::domain::blueprint::Catalogue;
use crate::domain::blueprint::parse::Files;

/// The two files of one version.
struct Pair {
    folder: String,
    place: String,
    metadata: String,
    template: String,
}

impl Pair {
    fn as_files(&self) -> Files<'_> {
        Files { folder: &self.folder, place: &self.place, metadata: &self.metadata, template: &self.template }
    }
}

/// Reads every blueprint in `dir`.
///
/// # Errors
/// One line per fault, each with file, line and fix.
pub fn load(dir: &Path) -> Result<Catalogue, Vec<String>> {
    let mut faults = Vec::new();
    let mut current = Vec::new();
    let mut older = Vec::new();
    for folder in folders(dir).map_err(|sentence| vec![sentence])? {
        keep(pair(&folder), &mut current, &mut faults);
        let versions = folder.join("versions");
        if versions.is_dir() {
            for version in folders(&versions).map_err(|sentence| vec![sentence])? {
                let unnamed = pair(&version).map(|pair| Pair { folder: String::new(), ..pair });
                keep(unnamed, &mut older, &mut faults);
            }
        }
    }
    if current.is_empty() && faults.is_empty() {
        faults.push(format!(
            "{}: there is no blueprint here: add a folder with blueprint.yaml and template.yaml.",
            dir.display()
        ));
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    let read = Catalogue::read(&as_files(&current), &as_files(&older));
    read.map_err(|faults| faults.iter().map(ToString::to_string).collect())
}

fn keep(pair: Result<Pair, String>, good: &mut Vec<Pair>, faults: &mut Vec<String>) {
    match pair {
        Ok(pair) => good.push(pair),
        Err(sentence) => faults.push(sentence),
    }
}

fn as_files(pairs: &[Pair]) -> Vec<Files<'_>> {
    pairs.iter().map(Pair::as_files).collect()
}

/// The folders in `dir`, by name.
fn folders(dir: &Path) -> Result<Vec<PathBuf>, String> {
    let cannot =
        |error: std::io::Error| format!("{}: cannot be read ({error}): correct `blueprints.dir`.", dir.display());
    let mut all = Vec::new();
    for entry in fs::read_dir(dir).map_err(cannot)? {
        let path = entry.map_err(cannot)?.path();
        if path.is_dir() {
            all.push(path);
        }
    }
    all.sort();
    Ok(all)
}

fn pair(folder: &Path) -> Result<Pair, String> {
    let text = |name: &str| {
        let file = folder.join(name);
        fs::read_to_string(&file).map_err(|error| format!("{}: cannot be read ({error}): add it.", file.display()))
    };
    Ok(Pair {
        folder: folder.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        place: folder.display().to_string(),
        metadata: text("blueprint.yaml")?,
        template: text("template.yaml")?,
    })
}
