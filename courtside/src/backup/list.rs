//! `courtside backup list`.
use backup::{Archive, BackupError, Folder, Seal};
use comfy_table::{Table, presets::NOTHING};

use super::Place;
use crate::events::show;

pub fn run(place: &Place, json: bool, seal: &Seal) -> anyhow::Result<()> {
    let chains = Folder::at(&place.folder).chains()?;
    let opened = chains.into_iter().map(|it| {
        let name = it.file_name().and_then(|it| it.to_str()).unwrap_or_default().to_owned();
        (name, Archive::open(it, Vec::new(), seal).map(|it| it.manifest))
    });
    let opened: Vec<(String, Result<backup::Manifest, BackupError>)> = opened.collect();
    if json {
        let items = opened.iter().map(|(name, manifest)| match manifest {
            Ok(it) => {
                serde_json::json!({ "chain": name, "taken_at": it.taken_at, "position": it.position,
                "events": it.events, "keys": it.vault.keys, "bytes": it.bytes(), "log": it.log })
            }
            Err(error) => serde_json::json!({ "chain": name, "error": error.to_string() }),
        });
        let items: serde_json::Value = items.collect();
        return show::say(items).map_err(Into::into);
    }
    if opened.is_empty() {
        return show::say(format_args!("there is no backup in {}", place.folder.display()))
            .map_err(Into::into);
    }
    let mut table = Table::new();
    table.load_style(NOTHING);
    table.set_header(["CHAIN", "TAKEN", "POSITION", "EVENTS", "KEYS", "BYTES"]);
    for (name, manifest) in opened {
        match manifest {
            Ok(it) => table.add_row([
                name,
                it.taken_at.strftime("%Y-%m-%d %H:%M:%SZ").to_string(),
                it.position.to_string(),
                it.events.to_string(),
                it.vault.keys.to_string(),
                it.bytes().to_string(),
            ]),
            Err(error) => table.add_row([name, error.to_string()]),
        };
    }
    show::say(table)?;
    Ok(())
}
