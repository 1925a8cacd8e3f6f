//! `courtside projections verify NAME`.
use domain::projections::{How, ProjectionCommand, ProjectionState, stream};
use projector::status::{Difference, DifferingRow};
use runtime::Platform;
use uuid::Uuid;

/// Asks for a comparison; of one that runs or stands, its differences may be accepted.
pub async fn request(
    platform: &Platform,
    name: &str,
    workers: u8,
    accept: bool,
) -> anyhow::Result<Uuid> {
    let loaded = platform.executor.load::<ProjectionState>(&stream(name)).await?;
    match loaded.state.running {
        Some(rebuild) if loaded.state.verifies => {
            if accept {
                let accept = ProjectionCommand::Accept { rebuild };
                super::ask(platform, name, accept, "may differ").await?;
            }
            Ok(rebuild)
        }
        Some(rebuild) => anyhow::bail!(
            "{name} is being rebuilt without a comparison ({rebuild}): abort that, or wait for its end"
        ),
        None => {
            let how = How { workers, verifies: true };
            super::request(platform, name, how, accept).await
        }
    }
}

/// What a comparison found.
pub fn show(differences: &[Difference]) {
    if differences.is_empty() {
        println!("the new build is as the live one");
    }
    for Difference { table, live_rows, new_rows, columns, rows } in differences {
        println!("{table} differs: {live_rows} rows in the live build, {new_rows} in the new one");
        if !columns.is_empty() {
            println!("  only one of them has {}", columns.join(", "));
        }
        for DifferingRow { key, is_in, columns } in rows {
            match is_in.as_str() {
                "live" => println!("  {key} is only in the live one"),
                "new" => println!("  {key} is only in the new one"),
                _ => println!("  {key}: {}", columns.join(", ")),
            }
        }
    }
}
