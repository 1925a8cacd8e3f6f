//! One trace from the request to the mail, over real processes, read by a collector.
mod collector;

use std::time::Duration;

use acceptance::{Client, PASSWORD, Process, Servers};
use serde_json::Value;
use testing::eventually;

use crate::traces::collector::{Collector, HEADERS, Span};

const SOON: Duration = Duration::from_mins(1);
/// What spans may say. Anything else would have to be thought about first: it stays where no erasure reaches it.
const SAID: [&str; 9] = [
    "courtside.request_id",
    "events",
    "follower",
    "http.request.method",
    "http.response.status_code",
    "http.route",
    "notice.kind",
    "stream.category",
    "timer.kind",
];

/// A trace of the caller's, with its span in it.
struct Caller {
    trace: String,
    span: String,
}

impl Caller {
    /// The collector is the test's own, so a number tells it from others.
    fn new(n: u64) -> Self {
        Self { trace: format!("{:032x}", 0xa_0000 + n), span: format!("{:016x}", 0xb_0000 + n) }
    }

    fn header(&self) -> String {
        format!("00-{}-{}-01", self.trace, self.span)
    }
}

struct Apart {
    collector: Collector,
    command: Process,
    query: Process,
    projector: Process,
    scheduler: Process,
    servers: Servers,
}

impl Apart {
    /// The roles in processes of their own, each a service to the collector. Commands go by way of query-api.
    async fn start() -> Self {
        let collector = Collector::start().await;
        let servers = Servers::scratch().await.with("COURTSIDE_DEMO", "true");
        let load = Process::run(&["demo", "load"], &servers.environment).await;
        assert!(load.0, "{}", load.1);
        let start = |role: &str, more: &[(&str, String)]| {
            let mut environment = servers.environment.clone();
            let traced = [
                ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url.clone()),
                ("OTEL_EXPORTER_OTLP_HEADERS", HEADERS.to_owned()),
                ("OTEL_SERVICE_NAME", role.to_owned()),
            ];
            let all = traced.iter().chain(more);
            environment.extend(all.map(|(name, value)| ((*name).to_owned(), value.clone())));
            Process::start(&[role], &environment)
        };
        let command = start("command-api", &[]);
        let there = format!("http://127.0.0.1:{}", command.port);
        let query = start("query-api", &[("COMMAND_API_URL", there)]);
        let (projector, scheduler) = (start("projector", &[]), start("scheduler", &[]));
        let mut it = Self { collector, command, query, projector, scheduler, servers };
        for process in [&mut it.command, &mut it.query, &mut it.projector, &mut it.scheduler] {
            process.ready().await;
        }
        it.client().built().await;
        it
    }

    fn client(&self) -> Client {
        Client::new(self.query.port, self.query.port)
    }

    /// The one span of this trace that a test is for, once it has come.
    async fn find(&self, trace: &str, what: &str, is: impl Fn(&Span) -> bool) -> Span {
        let found = std::cell::RefCell::new(None);
        eventually(&format!("{what} of {trace} has come"), SOON, || {
            found.replace(self.collector.of(trace).into_iter().find(|it| is(it)));
            let has_come = found.borrow().is_some();
            async move { has_come }
        })
        .await;
        found.into_inner().expect("it has come")
    }
}

#[tokio::test]
async fn a_booking_is_one_trace_from_the_request_to_the_mail() {
    let mut apart = Apart::start().await;
    let me = apart.client().login("player", PASSWORD).await;
    let kept = Caller::new(1);

    // One that is confirmed, which a mail follows; and one that runs out, which goes by way of the broker.
    let held = hold(&me, "riverside", "kept", &kept).await;
    let confirm = me.booking_request(held["id"].as_str().expect("an id"), "confirm");
    let confirm = confirm.header("traceparent", kept.header());
    me.attempt(confirm).await.expect("an answer").expect(200);
    let (lost, expired) = run_out(&apart, &me).await;

    let mail = apart.find(&kept.trace, "the mail", |it| it.name == "send mail").await;
    assert_eq!(mail.service, "scheduler");
    let request = "POST /v1/bookings/{id}/confirm";
    let way = ["send mail", "notify", "append", "execute", request, "POST"];
    assert_eq!(apart.collector.way(&mail), (way.map(str::to_owned).to_vec(), kept.span.clone()));

    let is_last = |it: &Span| it.name == "append" && it.service == "scheduler";
    let written = apart.find(&lost.trace, "what it wrote", is_last).await;
    let request = "POST /v1/bookings";
    // A hold is decided while it waits for the player's lease, so its append stands by itself.
    let way = ["append", "execute", "end timer", "publish timer", "append", request, request];
    assert_eq!(apart.collector.way(&written), (way.map(str::to_owned).to_vec(), lost.span.clone()));

    for it in apart.collector.spans() {
        let is_ours = it.trace == kept.trace || it.trace == lost.trace;
        assert!(!(is_ours && it.is_error), "{it:?}");
    }

    // A batch has many causes: it is a trace of its own, and names them.
    let append = apart.collector.of(&kept.trace);
    let append: Vec<_> = append.iter().filter(|it| it.name == "append").map(|it| &it.id).collect();
    eventually("a read model's batch is linked", SOON, || {
        let followed = apart.collector.spans().into_iter().any(|it| {
            it.service == "projector"
                && it.name == "follow"
                && it.trace != kept.trace
                && it.links.iter().any(|(trace, id)| *trace == kept.trace && append.contains(&id))
        });
        async move { followed }
    })
    .await;

    says_nothing_of_anybody(&apart, &[&held, &expired]);
    // The log and the metrics name the trace.
    let line = apart.command.log();
    let line =
        line.lines().find(|it| it.contains("\"message\":\"request\"") && it.contains(&kept.trace));
    assert!(line.is_some_and(|it| it.contains("\"route\":\"/v1/bookings")), "{line:?}");
    let operations = Client::new(apart.command.operations_port, apart.command.operations_port);
    let metrics = operations.get("/metrics").await.expect(200).body.to_string();
    assert!(metrics.contains("# {trace_id="), "no exemplar");
    assert!(metrics.contains("trace_spans_exported_total"));

    // What nobody waited for is sent at the end; and probes and scrapes are no requests of anybody's.
    let last = Caller::new(2);
    let search = me.get_request(&Client::search_path("riverside", 10, "10:00", "11:00"));
    me.attempt(search.header("traceparent", last.header())).await.expect("an answer").expect(200);
    assert!(apart.query.terminate().await, "{}", apart.query.log());
    apart.find(&last.trace, "the search", |it| it.name == "GET /v1/courts/available").await;
    let spans = apart.collector.spans();
    assert!(spans.iter().all(|it| !it.name.contains("/health") && !it.name.contains("/metrics")));
    drop(apart.servers);
}

/// The answer of a hold that is a part of the caller's trace.
async fn hold(me: &Client, venue: &str, key: &str, caller: &Caller) -> Value {
    let found = me.get(&Client::search_path(venue, 10, "10:00", "11:00")).await.expect(200);
    let request = me.hold_request(key, &Client::place(&found, 0));
    let request = request.header("traceparent", caller.header());
    me.attempt(request).await.expect("an answer").expect(201).body
}

/// Holds a court until a hold is ended by its message. On a machine that stands still for seconds the sweep is faster.
async fn run_out(apart: &Apart, me: &Client) -> (Caller, Value) {
    for n in 0..5 {
        let caller = Caller::new(10 + n);
        let held = hold(me, "harbour", &format!("lost {n}"), &caller).await;
        let is_end = |it: &Span| ["end timer", "sweep timer"].contains(&it.name.as_str());
        let end = apart.find(&caller.trace, "the end", is_end).await;
        assert_eq!(end.attributes["timer.kind"], "hold");
        if end.name == "end timer" {
            return (caller, held);
        }
    }
    panic!("no hold was ended by its message");
}

fn says_nothing_of_anybody(apart: &Apart, bookings: &[&Value]) {
    let spans = apart.collector.spans();
    let said = format!("{spans:?}");
    for it in bookings {
        for field in ["id", "court"] {
            let value = it[field].as_str().unwrap_or_else(|| panic!("no {field} in {it}"));
            assert!(!said.contains(value), "{field} {value} is in a span");
        }
    }
    // The searches had queries, the logins names, and the paths ids.
    for word in ["start_time", "?", "@example", "127.0.0.1"] {
        let found = spans.iter().find(|it| format!("{it:?}").contains(word));
        assert!(found.is_none(), "{word} is in {found:?}");
    }
    for it in &spans {
        let unknown = it.attributes.keys().find(|it| !SAID.contains(&it.as_str()));
        assert!(unknown.is_none() && it.events == 0, "{it:?}");
    }
}

#[tokio::test]
async fn a_collector_that_hangs_or_is_not_there_changes_nothing() {
    let hanging = Collector::hanging().await;
    let nobody = format!("http://127.0.0.1:{}", testing::free_port());
    for (n, endpoint) in [hanging.url.clone(), nobody].iter().enumerate() {
        let servers = Servers::scratch().await.with("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint);
        let mut process = Process::start(&["up", "--demo"], &servers.environment);
        process.ready().await;
        let anyone = Client::new(process.port, process.port);
        anyone.built().await;
        let me = anyone.login("player", PASSWORD).await;
        let found =
            me.get(&Client::search_path("riverside", 9, "07:00", "08:00")).await.expect(200);
        let held = me.hold(&format!("away {n}"), &Client::place(&found, 0)).await.expect(201);
        let id = held.text("id");
        let confirmed = me.booking(&id, "confirm").await.expect(200);
        let path = format!("/v1/bookings/{id}");
        assert_eq!(me.get_after(&path, &confirmed.position()).await.text("state"), "confirmed");

        let operations = Client::new(process.operations_port, process.operations_port);
        eventually("what was given up is counted", SOON, || async {
            let metrics = operations.get("/metrics").await.body.to_string();
            metrics.contains("trace_spans_dropped_total{reason=\\\"refused\\\"}")
        })
        .await;
        let told = process
            .log()
            .lines()
            .filter(|it| it.contains("the collector does not take spans"))
            .count();
        assert_eq!(told, 1, "it is said once");
        // `terminate` bounds it.
        assert!(process.terminate().await, "{}", process.log());
    }
}
