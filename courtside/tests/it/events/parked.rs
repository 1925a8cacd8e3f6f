//! An event that cannot be applied, from where it is noticed to where an operator gives it up.
use serde_json::Value;
use testing::eventually;

use crate::events::system::{LONG, System, add, position};
use crate::events::world::append;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operator_finds_a_parked_event_and_gives_it_up() {
    let system = System::start().await;
    add(&system.store, "01", "before").await;
    append(&system.store, "court-02", 0, "court.added.v1", b"{}").await;
    let culprit = system.head().await;
    add(&system.store, "03", "after").await;
    eventually("courts has it parked", LONG, async || {
        system.states().await.contains(&("courts".to_owned(), "parked".to_owned()))
    })
    .await;
    system.shows("the others", &["after", "before"]).await;

    eventually("queries are answered", LONG, async || {
        system.get("").await.starts_with("http/1.1 200")
    })
    .await;
    let seen = position(&system.get("").await);
    let (log, _) = seen.split_once('-').expect("a token");
    let wanted = format!("{log}-{culprit}");
    let answer = system.get(&wanted).await;
    assert!(answer.starts_with("http/1.1 503"), "{answer}");
    assert!(answer.contains("projection-parked") && answer.contains("retry-after"), "{answer}");
    assert!(system.get(&seen).await.starts_with("http/1.1 200"), "whoever asks for another sees");

    let told = system.run(&["projections", "parked", "list", "--json"]).await;
    let parked: Value = serde_json::from_str(&told.out).expect("JSON");
    assert_eq!(parked[0]["position"], culprit, "{parked}");
    let event = parked[0]["event"].as_str().expect("an id").to_owned();
    let told = system.run(&["projections", "parked", "list", "courts"]).await;
    assert!(told.out.contains(&event) && told.out.contains("court.added.v1"), "{}", told.out);
    let told = system.run(&["projections", "parked", "show", "courts", &event]).await;
    assert!(told.out.contains("missing field") && told.out.contains("0 wait"), "{}", told.out);

    for (arguments, words) in [
        (vec!["retry", "weather", &event], "there is no projection \"weather\""),
        (vec!["retry", "users", &event], "users has no event"),
        (vec!["skip", "courts", &event, "--reason", "  "], "at least one character"),
    ] {
        let arguments = [vec!["projections", "parked"], arguments].concat();
        let told = system.run(&arguments).await;
        assert_eq!(told.code, Some(1), "{told:?}");
        assert!(told.err.contains(words), "{}", told.err);
    }
    let told = system.run(&["projections", "parked", "retry", "courts", "--all"]).await;
    assert_eq!(told.code, Some(0), "{told:?}");
    let told =
        system.run(&["projections", "parked", "skip", "courts", &event, "--reason", "empty"]).await;
    assert_eq!(told.code, Some(0), "{told:?}");
    system.all_are("live").await;
    assert!(system.get(&wanted).await.starts_with("http/1.1 200"), "it is settled");
    let told = system.run(&["projections", "parked", "list"]).await;
    assert_eq!(told.out, "nothing is parked\n");
}
