use serde_json::{Value, json};

use crate::world::World;

const PATH: &str = "/v1/me/calendar";

#[tokio::test]
async fn a_link_is_shown_once_and_the_log_cannot_be_read_by_it() {
    let world = World::new().await;
    let eva = world.join("eva").await;
    let first = world.send(eva.post(PATH, &Value::Null)).await;
    let second = world.send(eva.post(PATH, &Value::Null)).await;
    assert_eq!((first.summary().as_str(), second.summary().as_str()), ("201", "201"));
    let (first, second) = (first.body["url"].to_string(), second.body["url"].to_string());
    assert_ne!(first, second);
    assert!(second.contains("/v1/calendars/") && second.ends_with(".ics\""), "{second}");
    for _ in 0..2 {
        assert_eq!(world.send(eva.delete(PATH)).await.summary(), "204");
    }
    let events = world.events(&format!("calendar-{}", eva.user)).await;
    let kinds: Vec<&str> = events.iter().map(|it| it.0.as_str()).collect();
    assert_eq!(kinds, ["calendar.linked.v1", "calendar.linked.v1", "calendar.unlinked.v1"]);
    let log = json!(events.iter().map(|it| &it.1).collect::<Vec<_>>()).to_string();
    let secret = second.rsplit('/').next().and_then(|it| it.split('.').next()).unwrap();
    assert!(secret.len() == 43 && !log.contains(secret), "{log}");
}
