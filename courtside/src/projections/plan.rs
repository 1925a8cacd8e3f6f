//! `courtside projections rebuild NAME --dry-run`.
use projector::plan::{Plan, plan};
use runtime::Platform;
use sqlx::PgPool;

pub async fn show(db: &PgPool, platform: &Platform, name: &str, json: bool) -> anyhow::Result<()> {
    let plan = plan(db, &platform.store, name).await?;
    if json {
        println!("{}", serde_json::to_string_pretty(&plan)?);
        return Ok(());
    }
    let Plan { events, bytes, rows, .. } = plan;
    match plan.live_build {
        Some(build) => println!("{name}: build {build} is live, and queries go on reading it"),
        None => println!("{name}: there is no build yet; a projector makes the first by itself"),
    }
    println!("  1. the log is read from its beginning: {events} events by now");
    println!("  2. a new build is filled beside it: about {rows} rows, {} MiB", mebibytes(bytes));
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
