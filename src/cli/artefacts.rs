//! `vend requests artefacts`: the files a finished account set hands over.

use std::path::{Path, PathBuf};

use clap::Args;
use serde::{Deserialize, Serialize};

use super::args::IdArg;
use super::client::{Client, request_id};
use super::exit::{Done, Failure};
use super::output::{self, safe};
use super::requests::REQUESTS;

#[derive(Debug, Args)]
pub(super) struct ArtefactsArgs {
    #[command(flatten)]
    pub id: IdArg,
    /// One file; without --out it is printed
    pub name: Option<String>,
    /// Folder to write the file to, or all of them
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

/// The list as the server answers it.
#[derive(Debug, Serialize, Deserialize)]
struct List {
    artefacts: Vec<Line>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Line {
    name: String,
    media_type: String,
    bytes: usize,
    href: String,
}

pub(super) async fn run(client: &Client, args: &ArtefactsArgs, json: bool) -> Result<Done, Failure> {
    let id = request_id(&args.id.id)?;
    let place = [&REQUESTS[..], &[&id, "artefacts"]].concat();
    match (&args.name, &args.out) {
        (Some(name), None) => output::line(client.get_text(&[&place[..], &[name]].concat()).await?.trim_end()),
        (Some(name), Some(folder)) => save(client, &place, name, folder).await,
        (None, folder) => {
            let list: List = client.get(&place, &[]).await?;
            if let Some(folder) = folder {
                for line in &list.artefacts {
                    save(client, &place, &line.name, folder).await?;
                }
                return Ok(());
            }
            if json { output::json(&list) } else { output::line(&table(&list)) }
        }
    }
}

fn table(list: &List) -> String {
    let row = |line: &Line| vec![safe(&line.name), line.bytes.to_string(), safe(&line.media_type)];
    let rows: Vec<_> = list.artefacts.iter().map(row).collect();
    output::table(&["FILE", "BYTES", "TYPE"], &rows, &|_, _, cell| cell)
}

async fn save(client: &Client, place: &[&str], name: &str, folder: &Path) -> Result<Done, Failure> {
    // What a server calls a file must not lead out of the folder.
    let plain = !name.is_empty() && !name.starts_with('.') && !name.contains(['/', '\\', ':']);
    if !plain {
        return Err(Failure::failed(format!("`{}` is no file name to write to.", safe(name))));
    }
    let text = client.get_text(&[place, &[name]].concat()).await?;
    let path = folder.join(name);
    std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::write(&path, text))
        .map_err(|error| Failure::failed(format!("cannot write {}: {error}", path.display())))?;
    output::line(&path.display().to_string())
}
