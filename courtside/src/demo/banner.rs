//! What the demo says once it serves, to people on the terminal and to programs in `demo.json`.
use std::fs::Permissions;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use comfy_table::{Table, presets::NOTHING};
use runtime::{Platform, Settings};
use secrecy::ExposeSecret;
use serde_json::json;

use super::catalogue::VENUES;
use super::people::{PASSWORD, PEOPLE};

/// Writes `demo.json`, readable by its owner alone: it holds the databases' passwords.
pub fn write_file(settings: &Settings) -> anyhow::Result<()> {
    let logins: serde_json::Map<_, _> = PEOPLE
        .iter()
        .take(5)
        .map(|it| {
            (it.username.to_owned(), json!({ "identifier": it.username, "password": PASSWORD }))
        })
        .collect();
    let url = &settings.server_url;
    let demo = json!({
        "url": url,
        "command_url": url,
        "query_url": url,
        "metrics_url": format!("http://{}:{}/metrics", settings.host, settings.metrics_port),
        "logins": logins,
        "venues": VENUES.iter().map(|it| it.id).collect::<Vec<_>>(),
        "courts": VENUES.iter().flat_map(|it| &it.courts).map(|it| it.code).collect::<Vec<_>>(),
        "settings": {
            "EVENT_STORE_URL": settings.event_store_url.expose_secret(),
            "READ_DATABASE_URL": settings.read_database_url.expose_secret(),
            "EDGE_DATABASE_URL": settings.edge_database_url.expose_secret(),
            "VAULT_DATABASE_URL": settings.vault_database_url.expose_secret(),
            "AMQP_URL": settings.amqp_url.expose_secret(),
        },
    });
    std::fs::create_dir_all(&settings.state_dir)?;
    let text = serde_json::to_string_pretty(&demo)?;
    runtime::files::replace(&settings.state_dir.join("demo.json"), |file| {
        file.set_permissions(Permissions::from_mode(0o600))?;
        file.write_all(text.as_bytes())
    })?;
    Ok(())
}

/// Waits until the first build of the read models has caught up, then tells people what to do.
pub async fn announce(platform: Platform) {
    let settings = &platform.settings;
    let Ok(db) = runtime::postgres::pool(&settings.read_database_url, 1) else { return };
    let Ok(wanted) = platform.store.head().await else { return };
    let bar = indicatif::ProgressBar::new_spinner().with_message("building the read models");
    bar.enable_steady_tick(Duration::from_millis(100));
    loop {
        let status =
            projector::status::list(&db, &platform.store, platform.log).await.unwrap_or_default();
        let built = status.len() == domain::projections::PROJECTIONS.len();
        if built && status.iter().all(|it| wanted <= it.position) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    bar.finish_and_clear();

    let mut logins = Table::new();
    logins.load_style(NOTHING).set_header(["LOGIN", "ROLE", "PASSWORD"]);
    for person in PEOPLE.iter().take(5) {
        logins.add_row([person.username, person.role.name(), PASSWORD]);
    }
    let url = &settings.server_url;
    let state = settings.state_dir.display();
    println!(
        "
Courtside is up.

  console   {url}/                the web page
  API       {url}/v1/courts
  inbox     {url}/dev/inbox       every mail the demo would have sent
  health    {url}/health/ready
  metrics   http://{host}:{metrics}/metrics

{logins}

  data      {state}               for programs: {state}/demo.json
  look      ops/courtside projections list
  wait less ops/courtside demo clock +20m
  stop      Ctrl-C                 the data stays
  reset     ops/up --reset         the data goes
",
        host = settings.host,
        metrics = settings.metrics_port,
    );
}
