//! The same job by four processes: command-api, query-api, projector and scheduler.
use std::time::Duration;

use acceptance::{Client, PASSWORD, Process, Servers};
use serde_json::json;
use testing::eventually;

struct Four {
    command: Process,
    query: Process,
    projector: Process,
    scheduler: Process,
}

impl Four {
    /// Loads the demo's data, then starts the roles apart.
    async fn start(servers: &Servers) -> Self {
        let load = Process::run(&["demo", "load"], &servers.environment).await;
        assert!(load.0, "{}", load.1);
        let start = |role: &str| Process::start(&[role], &servers.environment);
        let mut four = Self {
            command: start("command-api"),
            query: start("query-api"),
            projector: start("projector"),
            scheduler: start("scheduler"),
        };
        four.ready().await;
        four.client().built().await;
        four
    }

    async fn ready(&mut self) {
        for process in
            [&mut self.command, &mut self.query, &mut self.projector, &mut self.scheduler]
        {
            process.ready().await;
        }
    }

    fn client(&self) -> Client {
        Client::new(self.command.port, self.query.port)
    }
}

#[tokio::test]
async fn four_processes_do_the_main_job_and_end_when_told() {
    let servers = Servers::scratch().await.with("COURTSIDE_DEMO", "true");
    let mut four = Four::start(&servers).await;
    let anyone = four.client();

    let me = anyone.newcomer("quartet").await;
    let path = Client::search_path("harbour", 12, "10:00", "11:00");
    let found = me.get(&path).await.expect(200);
    let (first, second) = (Client::place(&found, 0), Client::place(&found, 1));
    let held = me.hold("q-1", &first).await.expect(201);
    let confirmed = me.booking(&held.text("id"), "confirm").await.expect(200);
    let lost = me.hold("q-2", &second).await.expect(201);
    let shown = me
        .get_after(&format!("/v1/bookings/{}", held.text("id")), &confirmed.position())
        .await
        .expect(200);
    assert_eq!(shown.text("state"), "confirmed");
    eventually("the other hold expires", Duration::from_secs(30), || async {
        let shown = me.get(&format!("/v1/bookings/{}", lost.text("id"))).await;
        shown.body["history"]
            .as_array()
            .is_some_and(|it| it.iter().any(|it| it["event"] == "expired"))
    })
    .await;
    me.booking(&held.text("id"), "cancel").await.expect(200);

    // Query-api takes no commands unless it was told who does.
    let wrong_door =
        Client::new(four.query.port, four.query.port).login_answer("player", PASSWORD).await;
    assert_eq!(wrong_door.status, 405, "{}", wrong_door.body);

    for process in [&four.command, &four.query, &four.projector, &four.scheduler] {
        let operations = Client::new(process.operations_port, process.operations_port);
        operations.get("/health/live").await.expect(200);
        operations.get("/health/ready").await.expect(200);
        let metrics = operations.get("/metrics").await.expect(200);
        assert!(
            metrics.body.as_str().is_some_and(|it| it.ends_with("# EOF\n")),
            "{}",
            metrics.body
        );
    }
    for process in [&mut four.command, &mut four.query, &mut four.projector, &mut four.scheduler] {
        assert!(process.terminate().await, "ends well:\n{}", process.log());
    }
}

#[tokio::test]
async fn requests_in_flight_finish_before_the_end() {
    let servers = Servers::scratch().await.with("COURTSIDE_DEMO", "true");
    let mut four = Four::start(&servers).await;
    let me = four.client().login("player", PASSWORD).await;
    let found = me.get(&Client::search_path("riverside", 12, "07:00", "08:00")).await.expect(200);
    let place = Client::place(&found, 0);

    let mut flying = tokio::task::JoinSet::new();
    for n in 0..40 {
        let (me, place) = (me.clone(), place.clone());
        flying.spawn(async move {
            (n, me.attempt(me.hold_request(&format!("flight-{n}"), &place)).await)
        });
    }
    // The first answer says that the others are under way.
    let first = flying.join_next().await;
    assert!(four.command.terminate().await);
    let mut acknowledged = 0;
    let mut answers: Vec<_> = flying.join_all().await.into_iter().collect();
    answers.extend(first.and_then(Result::ok));
    for (_, answer) in &answers {
        acknowledged += usize::from(answer.as_ref().is_some_and(|it| it.status == 201));
    }
    assert!(acknowledged <= 1, "one place, one winner");

    four.command.restart();
    four.command.ready().await;
    // Whoever got no answer asks again with the same key, and the sum is right.
    let mut winners = 0;
    for (n, _) in answers {
        let mut again = me.hold(&format!("flight-{n}"), &place).await;
        let lease = tokio::time::Instant::now() + Duration::from_mins(1);
        // The process that ended may not have said what became of it; until its lease is over nobody else looks.
        while again.problem() == "still-running" && tokio::time::Instant::now() < lease {
            tokio::time::sleep(Duration::from_millis(200)).await;
            again = me.hold(&format!("flight-{n}"), &place).await;
        }
        assert!([201, 409].contains(&again.status.as_u16()), "{}", again.body);
        winners += usize::from(again.status == 201);
    }
    assert_eq!(winners, 1);
}

#[tokio::test]
async fn both_apis_share_a_listener() {
    let servers = Servers::scratch().await.with("COURTSIDE_DEMO", "true");
    let load = Process::run(&["demo", "load"], &servers.environment).await;
    assert!(load.0, "{}", load.1);
    let mut projector = Process::start(&["projector"], &servers.environment);
    let mut api = Process::start(&["api"], &servers.environment);
    projector.ready().await;
    api.ready().await;
    let anyone = Client::new(api.port, api.port);
    anyone.built().await;
    let me = anyone.login("player", PASSWORD).await;
    let found = me.get(&Client::search_path("riverside", 12, "07:00", "08:00")).await.expect(200);
    let held = me.hold("both", &Client::place(&found, 0)).await.expect(201);
    me.get_after(&format!("/v1/bookings/{}", held.text("id")), &held.position()).await.expect(200);
    let refused = me.post("/v1/bookings", json!({})).await;
    assert_eq!(refused.status, 400);
}
