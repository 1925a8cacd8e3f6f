use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use runtime::telemetry::json_lines;
use serde_json::{Value, json};
use tracing_subscriber::layer::SubscriberExt;

use crate::http::world::{edge, get_, post_, routes};

/// Keeps what would go to standard error.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Lines {
    fn take(&self) -> Vec<Value> {
        let bytes = std::mem::take(&mut *self.0.lock().unwrap());
        let text = String::from_utf8(bytes).unwrap();
        text.lines().map(|it| serde_json::from_str(it).unwrap()).collect()
    }
}

#[tokio::test]
async fn a_request_is_one_line_and_tells_no_secret() {
    let lines = Lines::default();
    let writer = lines.clone();
    let layer = json_lines(move || writer.clone());
    let router = edge().around(routes());
    let _logging = tracing::subscriber::set_default(tracing_subscriber::registry().with(layer));

    let answer = get_(&router, "/bookings/7?token=hunter2").await;
    let [line] = &lines.take()[..] else { panic!("one line a request") };
    assert_eq!(line["request_id"], answer.header("x-request-id"));
    assert_eq!(line["method"], "GET");
    assert_eq!(line["route"], "/bookings/{id}");
    assert_eq!((line["status"].as_u64(), line["level"].as_str()), (Some(200), Some("INFO")));
    assert!(line["ms"].is_number());

    post_(&router, "POST /bookings?token=hunter2", "application/json", r#"{"court":"hunter2"}"#)
        .await;
    get_(&router, "/text-failure").await;
    let [refused, failed] = &lines.take()[..] else { panic!("one line a request") };
    assert_eq!((refused["status"].as_u64(), refused["level"].as_str()), (Some(400), Some("INFO")));
    assert_eq!((failed["status"].as_u64(), failed["level"].as_str()), (Some(502), Some("WARN")));
    assert!(!refused.to_string().contains("hunter2"));

    for path in ["/health", "/health/ready", "/ready"] {
        get_(&router, path).await;
    }
    assert!(lines.take().is_empty(), "probes come every second");
}

#[derive(Debug, thiserror::Error)]
#[error("the court cannot be read")]
struct Outer(#[source] Inner);

#[derive(Debug, thiserror::Error)]
#[error("db01 says \"no\"\nand more")]
struct Inner;

#[test]
fn an_error_is_told_with_everything_behind_it() {
    let lines = Lines::default();
    let writer = lines.clone();
    let layer = json_lines(move || writer.clone());
    let _logging = tracing::subscriber::set_default(tracing_subscriber::registry().with(layer));
    let span = tracing::info_span!("folding", stream = "court-7FK2");
    span.in_scope(|| {
        let error = Outer(Inner);
        let error: &dyn std::error::Error = &error;
        tracing::warn!(error, times = 3, ratio = 0.5, known = true, why = ?Some(1), "a fault");
    });
    let mut lines = lines.take();
    let [line] = &mut lines[..] else { panic!("one line an event, whatever stands in it") };
    let line = line.as_object_mut().expect("an object");
    assert!(line.remove("timestamp").is_some_and(|it| it.as_str().unwrap().ends_with('Z')));
    assert_eq!(
        Value::Object(line.clone()),
        json!({
            "level": "WARN", "message": "a fault", "target": module_path!(),
            "error": "the court cannot be read: db01 says \"no\"\nand more",
            "times": 3, "ratio": 0.5, "known": true, "why": "Some(1)",
            "span": { "name": "folding", "stream": "court-7FK2" },
        })
    );
}
