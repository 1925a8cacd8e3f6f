//! The architecture's invariants, held by looking at the workspace: see ARCHITECTURE.md.
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// Crates of the workspace that each crate may build on. A crate not named here has not been thought about.
const MAY_USE: &[(&str, &[&str])] = &[
    ("acceptance", &["testing"]),
    ("access", &["domain", "event-store", "runtime", "vault"]),
    ("audit", &["domain"]),
    ("backup", &["event-store", "runtime"]),
    ("command-api", &["access", "domain", "event-store", "runtime", "vault"]),
    (
        "courtside",
        &[
            "access",
            "audit",
            "backup",
            "command-api",
            "domain",
            "event-store",
            "projector",
            "query-api",
            "runtime",
            "scheduler",
            "vault",
        ],
    ),
    ("domain", &[]),
    ("event-store", &["domain", "traces"]),
    ("projector", &["audit", "domain", "event-store", "runtime", "vault"]),
    ("query-api", &["access", "audit", "domain", "event-store", "runtime", "traces"]),
    ("runtime", &["event-store", "traces"]),
    ("scheduler", &["access", "audit", "domain", "event-store", "runtime", "traces", "vault"]),
    ("testing", &[]),
    ("traces", &[]),
    ("vault", &["domain"]),
];

/// What may only be said in some places: a text, where it may stand, and why.
const ONLY_IN: &[(&str, &[&str], &str)] = &[
    ("lapin::", &["platform/runtime/src/rabbitmq"], "one place knows the broker's client"),
    (
        "eventstore::",
        &["platform/event-store/src/eventstoredb", "platform/event-store/tests/"],
        "one place knows the client of EventStoreDB",
    ),
    (
        "redis::aio",
        &["platform/runtime/src/rate_limits", "platform/runtime/tests/"],
        "one place knows the client of Redis",
    ),
    (
        "tlog_tiles::",
        &["audit/src/tlog.rs", "audit/tests/"],
        "one place knows the crates of the tree",
    ),
    ("signed_note::", &["audit/src/tlog.rs"], "one place knows the crates of the tree"),
    ("opentelemetry", &["platform/traces/"], "one place knows what a span is, and what is in it"),
    ("lettre::", &["scheduler/src"], "only the scheduler sends"),
    (
        "store.append(",
        &[
            "platform/event-store/src/contract/",
            "platform/event-store/src/execute.rs",
            "platform/event-store/src/log.rs",
            "platform/event-store/src/run.rs",
        ],
        "only `execute` appends, and a log its own id",
    ),
    (
        ".append_in_order(",
        &["ops/bench/", "platform/event-store/src/contract/", "platform/event-store/src/copy.rs"],
        "beside `execute` only a copy appends, and only to what is its copy",
    ),
    (
        "read_database_url",
        &[
            "command-api/src/bookings/candidates.rs",
            "courtside/",
            "platform/runtime/src/settings",
            "projector/",
            "query-api/",
            "scheduler/",
        ],
        "commands are decided on no projection; one look asks for advice",
    ),
    (
        "app.read",
        &[
            "command-api/src/bookings/any.rs",
            "command-api/src/blocks/closures.rs",
            "query-api/",
            "command-api/src/outbox.rs",
            "command-api/src/projections/parked.rs",
        ],
        "only who takes any court, a preview of a closure and who asks for a parked event or a dead letter ask the read models for advice",
    ),
    (
        "env::var",
        &[
            "platform/runtime/src/settings",
            "platform/testing/",
            "courtside/",
            "acceptance/",
            "ops/bench/",
        ],
        "one place reads the environment",
    ),
    (
        "INSERT INTO",
        &["projector/", "platform/", "scheduler/", "command-api/", "migrations/", "ops/bench/"],
        "queries write nothing",
    ),
    (
        "UPDATE ",
        &["projector/", "platform/", "scheduler/", "command-api/", "migrations/", "ops/bench/"],
        "queries write nothing",
    ),
];

/// What a crate never mentions in its own sources, and why.
const NEVER_IN: &[(&str, &str, &str)] = &[
    ("query-api/src", "Event::", "query-api knows no event type"),
    ("query-api/src", "vault", "query-api opens no sealed field"),
    ("domain/src", "async ", "the rules never wait"),
    ("domain/src", "rand::", "the rules draw no random numbers"),
    ("domain/src", "sqlx", "the rules touch no database"),
    ("", "%error", "that drops what is behind an error: log it as `&dyn Error`"),
];

/// A file longer than this asks for a room of its own.
const MAX_LINES: usize = 500;

#[test]
fn crates_build_on_what_the_architecture_allows() {
    let metadata = metadata();
    let members: BTreeMap<&str, &Value> = metadata["packages"]
        .as_array()
        .expect("packages")
        .iter()
        .filter(|it| it["source"].is_null())
        .map(|it| (it["name"].as_str().expect("a name"), it))
        .collect();
    let named: BTreeSet<&str> = MAY_USE.iter().map(|it| it.0).collect();
    assert_eq!(
        named,
        members.keys().copied().collect(),
        "MAY_USE names every crate of the workspace"
    );
    for (name, allowed) in MAY_USE {
        for dependency in members[name]["dependencies"].as_array().expect("dependencies") {
            let used = dependency["name"].as_str().expect("a name");
            let for_tests_only = dependency["kind"] == "dev";
            if members.contains_key(used) && !for_tests_only {
                assert!(allowed.contains(&used), "{name} must not build on {used}");
            }
        }
    }
}

#[test]
fn a_crates_tests_are_one_binary() {
    let metadata = metadata();
    for package in metadata["packages"].as_array().expect("packages") {
        let targets = package["targets"].as_array().expect("targets").iter();
        let binaries = targets.filter(|it| it["kind"][0] == "test").map(|it| &it["name"]);
        let binaries: Vec<_> = binaries.collect();
        assert!(binaries.len() <= 1, "{}: each of {binaries:?} is linked", package["name"]);
    }
}

#[test]
fn some_things_are_said_in_one_place_only() {
    for (path, text) in sources(&["rs", "sql"]) {
        // A test may write whatever its story begins with, and cargo speaks to build scripts by the environment.
        if path.contains("/tests/") || path.ends_with("build.rs") {
            continue;
        }
        for (what, places, why) in ONLY_IN {
            let said = code(&text).contains(what);
            assert!(
                !said || places.iter().any(|it| path.starts_with(it)),
                "{path} says `{what}`: {why}"
            );
        }
    }
}

#[test]
fn some_things_are_never_said() {
    for (path, text) in sources(&["rs", "sql"]) {
        for (place, what, why) in NEVER_IN {
            assert!(
                !path.starts_with(place) || !code(&text).contains(what),
                "{path} says `{what}`: {why}"
            );
        }
    }
}

#[test]
fn platform_knows_no_feature() {
    let features =
        ["bookings", "venues", "courts", "players", "notices", "projections", "policies"];
    for (path, text) in sources(&["rs"]) {
        if !path.starts_with("platform/") || path.contains("/tests/") {
            continue;
        }
        for feature in features {
            assert!(!code(&text).contains(&format!("domain::{feature}")), "{path} knows {feature}");
        }
    }
}

#[test]
fn no_file_is_longer_than_a_reader_can_hold() {
    for (path, text) in sources(&["rs", "sql", "md", "sh"]) {
        let lines = text.lines().count();
        assert!(lines <= MAX_LINES, "{path} has {lines} lines; split it");
    }
}

#[test]
fn the_four_databases_share_no_table() {
    let mut seen = BTreeMap::new();
    for (path, text) in sources(&["sql"]) {
        for line in text.lines().filter_map(|it| it.strip_prefix("CREATE TABLE ")) {
            let table = line
                .trim_start_matches("IF NOT EXISTS ")
                .split([' ', '('])
                .next()
                .unwrap_or_default()
                .to_owned();
            if let Some(other) = seen.insert(table.clone(), path.clone()) {
                panic!("{table} is made in {other} and in {path}");
            }
        }
    }
}

/// Said by both APIs alike: what a command is answered with, and what a query shows of the same.
const IN_BOTH_DOCUMENTS: &[&str] = &["Booking", "Court", "Local", "Venue"];

/// The document has one shape for a name: of two, the first is told of both routes.
#[test]
fn no_two_bodies_have_one_name_in_the_document() {
    let mut named = BTreeMap::new();
    for (path, text) in sources(&["rs"]) {
        let in_documents = path.starts_with("command-api/src") || path.starts_with("query-api/src");
        for shape in text.split("ToSchema").skip(1).filter(|_| in_documents) {
            // What lies between the derive and the shape itself are its other attributes.
            let Some(head) = shape.split_inclusive('\n').find(|it| it.starts_with("pub")) else {
                continue;
            };
            let attributes = shape.split(head).next().unwrap_or_default();
            let renamed =
                attributes.split("schema(as = ").nth(1).and_then(|it| it.split(')').next());
            let own =
                head.split([' ', '<', '(', ';']).skip_while(|it| !matches!(*it, "struct" | "enum"));
            let Some(name) = renamed.or_else(|| own.clone().nth(1)) else { continue };
            if IN_BOTH_DOCUMENTS.contains(&name) {
                continue;
            }
            if let Some(other) = named.insert(name.to_owned(), path.clone()) {
                panic!(
                    "{name} is in {other} and in {path}: name one of them with #[schema(as = …)]"
                );
            }
        }
    }
    assert!(80 < named.len(), "shapes are found: {}", named.len());
}

/// Pages that name tests, and the section whose rows each have at least one.
const PROMISES: &[(&str, &str)] = &[
    ("docs/bookings.md", "## What booking systems are known to get wrong"),
    ("docs/identity.md", "## What must be true"),
];

#[test]
fn every_test_that_the_documents_name_is_there() {
    let sources = sources(&["rs"]);
    for (path, section) in PROMISES {
        let page = std::fs::read_to_string(root().join(path)).expect("the page is there");
        let (_, promises) = page.split_once(section).expect("the section");
        let is_test =
            |it: &&str| it.len() > 15 && it.chars().all(|it| it.is_ascii_lowercase() || it == '_');
        let named: BTreeSet<&str> =
            promises.split('`').skip(1).step_by(2).filter(is_test).collect();
        assert!(10 < named.len(), "{path} names its tests: {named:?}");
        // After the head of the table and the line under it.
        for row in promises.lines().filter(|it| it.starts_with("| ")).skip(1) {
            let has_test = named.iter().any(|it| row.contains(&format!("`{it}`")));
            assert!(has_test, "{path}: no test in: {row}");
        }
        for test in named {
            let defined = format!("fn {test}(");
            let there = sources.iter().any(|(_, text)| is_run(text, &defined));
            assert!(there, "{path} names {test}, and there is no such test");
        }
    }
}

/// Whether a source has this function as a test that is not left out.
fn is_run(text: &str, defined: &str) -> bool {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    lines.iter().enumerate().any(|(n, line)| {
        let attributes = || lines[..n].iter().rev().take_while(|it| it.starts_with("#["));
        line.contains(defined)
            && (attributes().any(|it| it.contains("test")) || text.contains("proptest! {"))
            && !attributes().any(|it| it.starts_with("#[ignore"))
    })
}

/// Every tracked file under the repository with one of these extensions, by its path there.
fn sources(extensions: &[&str]) -> Vec<(String, String)> {
    let root = root();
    let listed = Command::new("git")
        .args(["ls-files"])
        .current_dir(&root)
        .output()
        .expect("git lists files");
    let listed = String::from_utf8(listed.stdout).expect("paths are text");
    let fits = |it: &&str| {
        Path::new(it).extension().is_some_and(|it| extensions.iter().any(|known| it == *known))
    };
    let tidy = |it: &&str| !it.ends_with("it/tidy.rs");
    let read = |it: &str| Some((it.to_owned(), std::fs::read_to_string(root.join(it)).ok()?));
    listed.lines().filter(fits).filter(tidy).filter_map(read).collect()
}

/// The text without comments, which may speak of anything.
fn code(text: &str) -> String {
    text.lines()
        .filter(|it| !it.trim_start().starts_with("//") && !it.trim_start().starts_with("--"))
        .collect::<Vec<_>>()
        .join("\n")
}

fn metadata() -> Value {
    let cargo = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(root())
        .output()
        .expect("cargo tells its metadata");
    serde_json::from_slice(&cargo.stdout).expect("metadata is JSON")
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the crate lies in the workspace")
        .to_owned()
}
