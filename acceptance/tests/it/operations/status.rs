//! `/status` of a running demo: everything is there, and nothing that is nobody's business.
use acceptance::{Client, Process, Servers, Stack};

pub async fn look(stack: &Stack) {
    let operations = Client::new(stack.process.operations_port, stack.process.operations_port);
    let status = operations.get("/status").await.expect(200).body;
    let process = &status["process"];
    assert_eq!(process["roles"].as_array().map(Vec::len), Some(4), "{status:#}");
    assert_eq!((&process["log_level"], &process["demo"]), (&"info".into(), &true.into()));
    for number in [
        &process["uptime_seconds"],
        &process["clock_skew_ms"],
        &status["projections"]["head"],
        &status["projections"]["builds"]["availability"]["lag_events"],
        &status["waiting"]["timers"]["armed"],
        &status["waiting"]["outbox"]["pending"],
        &status["pools"]["query_api_read"]["most"],
        &status["pools"]["command_api_vault"]["open"],
        &status["pools"]["scheduler_read"]["open"],
    ] {
        assert!(number.is_i64() || number.is_u64(), "{status:#}");
    }
    assert_eq!(status["signing_keys"][0]["phase"], "active", "{status:#}");
    assert_eq!(status["health"]["event_store"]["ok"], true, "{status:#}");
    assert!(status["broker"]["publishes"].is_boolean(), "{status:#}");

    let text = status.to_string();
    let secrets = stack.servers.environment.iter().filter(|it| {
        it.0.ends_with("_URL")
            || (16 <= it.1.len() && it.1.chars().all(|it| it.is_ascii_hexdigit()))
    });
    for (name, value) in secrets {
        assert!(!text.contains(value), "{name} is told");
    }
    for personal in ["@", "example.test", "127.0.0.1", "localhost", "/tmp/"] {
        assert!(!text.contains(personal), "{personal} is told: {text}");
    }
    // Clients' port has none.
    stack.client().get("/status").await.expect(404);
}

#[tokio::test]
async fn each_role_tells_its_own_status_to_whom_the_guard_lets_in() {
    let servers = Servers::scratch()
        .await
        .with("METRICS_GUARD", "secret")
        .with("METRICS_SECRET", "correct horse battery");
    let mut process = Process::start(&["query-api"], &servers.environment);
    process.ready().await;
    let operations = Client::new(process.operations_port, process.operations_port);
    let refused = operations.get("/status").await.expect(403);
    assert!(!refused.body.to_string().contains("horse"));
    assert!(process.log().contains("a look at the status was refused"), "{}", process.log());
}
