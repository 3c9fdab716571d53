//! The samples of `fuzz/seeds`, which libFuzzer begins with and leaves its findings in,
//! through the same properties.

use std::path::Path;

use super::properties::ALL;

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn every_sample_keeps_its_property() {
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds");
    for (name, property) in ALL {
        let samples = names(&seeds.join(name));
        assert!(samples.len() > 1, "{name} has samples of what is right and what is not");
        for sample in samples {
            // So that a panic names the sample.
            println!("{name}/{sample}");
            property(&std::fs::read(seeds.join(name).join(sample)).unwrap());
        }
    }
}

#[test]
fn every_property_is_a_target_with_a_folder_of_samples() {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    let known: Vec<String> = ALL.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(names(&fuzz.join("seeds")), known);
    let files: Vec<String> = known.iter().map(|name| format!("{name}.rs")).collect();
    assert_eq!(names(&fuzz.join("fuzz_targets")), files);
    let manifest: toml::Table = std::fs::read_to_string(fuzz.join("Cargo.toml")).unwrap().parse().unwrap();
    let bins: Vec<&str> = manifest["bin"].as_array().unwrap().iter().map(|bin| bin["name"].as_str().unwrap()).collect();
    assert_eq!(bins, known);
    for (name, file) in known.iter().zip(files) {
        let target = std::fs::read_to_string(fuzz.join("fuzz_targets").join(file)).unwrap();
        assert!(target.contains(&format!("properties::{name}(data)")), "{target}");
    }
}
