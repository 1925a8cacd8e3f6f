//! `courtside projections rebuild NAME --dry-run`.
use anyhow::bail;
use query_api::projections::plan::{Plan, plan};
use runtime::Platform;
use sqlx::PgPool;

pub async fn show(db: &PgPool, platform: &Platform, name: &str, json: bool) -> anyhow::Result<()> {
    let head = platform.store.head().await?;
    let plan = async { plan(&mut *db.acquire().await?, head, name).await };
    let Some(plan) = plan.await? else {
        bail!("{name} has no build yet; a projector makes the first by itself");
    };
    if json {
        println!("{}", serde_json::to_string_pretty(&plan)?);
        return Ok(());
    }
    let Plan { live_build, events, bytes, rows, .. } = plan;
    println!("{name}: build {live_build} is live, and queries go on reading it");
    println!("  1. the log is read from its beginning: {events} events by now");
    let rows = rows
        .map_or("rows that nobody has counted so far".to_owned(), |it| format!("about {it} rows"));
    println!("  2. a new build is filled beside it: {rows}, {} MiB", mebibytes(bytes));
    println!("  3. caught up, both are moved in lockstep, and the views are switched");
    println!("  4. the former build is kept until the next switch");
    match (plan.estimated_seconds, plan.events_per_second) {
        (Some(seconds), Some(rate)) => {
            println!("about {seconds} s, at the {rate:.0} events/s of the last rebuild");
        }
        _ => println!("how long it takes is not known: none was finished here so far"),
    }
    println!("nothing was done");
    Ok(())
}

fn mebibytes(bytes: i64) -> i64 {
    const MEBIBYTE: i64 = 1 << 20;
    bytes.div_euclid(MEBIBYTE) + i64::from(0 < bytes.rem_euclid(MEBIBYTE))
}
