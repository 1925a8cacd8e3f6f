use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use acceptance::Stack;
use serde_json::Value;

use crate::operations::names::series;
use crate::operations::page::{Page, files, read, root};

/// The page says what a process serves.
pub async fn compare(stack: &Stack) {
    let url = format!("http://127.0.0.1:{}/metrics", stack.process.operations_port);
    let text = reqwest::get(url).await.expect("it answers").text().await.expect("it is text");
    let served = families(&text);
    let page = Page::read();

    let wrong: Vec<String> = served
        .iter()
        .map(|(name, family)| (page.ours.get(name), family.row(name, page.ours.get(name))))
        .filter(|(said, row)| said.is_none_or(|it| it != row))
        .map(|it| it.1)
        .collect();
    assert!(wrong.is_empty(), "docs/metrics.md has to say:\n{}", wrong.join("\n"));

    // What has not happened yet is not served; then at least somebody counts it.
    let sources = sources();
    for name in page.ours.keys().filter(|it| !served.contains_key(*it)) {
        let without_unit = name.trim_end_matches("_total").trim_end_matches("_seconds");
        let is_counted = [name.trim_end_matches("_total"), without_unit]
            .iter()
            .any(|it| sources.contains(&format!("\"{it}\"")));
        assert!(is_counted, "docs/metrics.md has {name}, and nobody counts it");
    }
}

/// What is only counted in some installations is not served by the demo, and stands on the page all the same.
#[test]
fn whatever_is_registered_is_on_the_page() {
    let (page, sources) = (Page::read(), sources());
    let mut names = 0;
    for call in ["registry.register(", "registry.register_with_unit("] {
        for part in sources.split(call).skip(1) {
            // A name that is put together is one that the demo serves.
            let Some(part) = part.trim_start().strip_prefix('"') else { continue };
            let name = part.split('"').next().unwrap_or_default();
            names += 1;
            let is_there = ["", "_total", "_seconds", "_seconds_total"]
                .iter()
                .any(|it| page.ours.contains_key(&format!("{name}{it}")));
            assert!(is_there, "docs/metrics.md has no {name}");
        }
    }
    assert!(30 < names, "{names} names");
}

#[test]
fn rules_and_panels_ask_for_metrics_that_there_are() {
    let page = Page::read();
    let mut recorded = BTreeSet::new();
    let mut asked: Vec<(String, String)> = Vec::new();
    for path in files("ops/observability/rules") {
        for line in read(&path).lines().map(str::trim) {
            if let Some(name) = line.strip_prefix("- record: ") {
                recorded.insert(name.to_owned());
            } else if let Some(expression) = line.strip_prefix("expr: ") {
                assert!(
                    expression.len() > 3,
                    "{path}: an expression stands on the line of its name"
                );
                asked.push((path.clone(), expression.to_owned()));
            }
        }
    }
    for path in files("ops/observability/tests") {
        let text = read(&path);
        let named = text.split("series: '").skip(1).filter_map(|it| it.split_once('\''));
        asked.extend(named.map(|it| (path.clone(), it.0.to_owned())));
    }
    for path in files("ops/observability/dashboards") {
        let dashboard = serde_json::from_str(&read(&path)).expect("a dashboard is JSON");
        let before = asked.len();
        expressions(&dashboard, &mut |it| asked.push((path.clone(), it.to_owned())));
        assert!(before < asked.len(), "{path} asks for nothing");
    }
    assert!(100 < asked.len(), "{} expressions", asked.len());
    for (path, expression) in asked {
        for name in series(&expression) {
            let is_known = page.knows(&name) || recorded.contains(&name) || name == "ALERTS";
            assert!(is_known, "{path}: there is no {name} (of {expression})");
        }
    }
}

#[test]
fn every_alert_is_tried() {
    let tests: String = files("ops/observability/tests").iter().map(read).collect();
    let mut alerts = 0;
    for path in files("ops/observability/rules") {
        for name in read(&path).lines().filter_map(|it| it.trim().strip_prefix("- alert: ")) {
            alerts += 1;
            let fired = format!("{{alertname=\"{name}\"}}");
            assert!(tests.contains(&fired), "{path}: no test fires {name}");
        }
    }
    assert!(20 < alerts, "{alerts} alerts");
}

/// What is served of one metric.
#[derive(Default)]
struct Family {
    kind: String,
    help: String,
    labels: Vec<String>,
    has_samples: bool,
}

impl Family {
    /// Its line of the page. Labels of what has no samples yet are taken as the page has them.
    fn row(&self, name: &str, said: Option<&String>) -> String {
        let base = name.trim_end_matches("_total");
        let units = [("_seconds", "s"), ("_ms", "ms"), ("_bytes", "bytes"), ("_events", "events")];
        let unit = units.iter().find(|it| base.ends_with(it.0)).map_or("", |it| it.1);
        let labels: Vec<String> = self.labels.iter().map(|it| format!("`{it}`")).collect();
        let labels = match said.and_then(|it| it.split(" | ").nth(3)) {
            Some(said) if !self.has_samples => said.to_owned(),
            _ => labels.join(", "),
        };
        format!("| `{name}` | {} | {unit} | {labels} | {} |", self.kind, self.help)
    }
}

/// By the names that Prometheus knows them by.
fn families(text: &str) -> BTreeMap<String, Family> {
    let mut found: BTreeMap<String, Family> = BTreeMap::new();
    let mut current = String::new();
    let mut helps = BTreeMap::new();
    for line in text.lines() {
        if let Some((name, help)) = line.strip_prefix("# HELP ").and_then(|it| it.split_once(' ')) {
            helps.insert(name.to_owned(), help.trim_end_matches('.').to_owned());
        } else if let Some((name, kind)) =
            line.strip_prefix("# TYPE ").and_then(|it| it.split_once(' '))
        {
            current = if kind == "counter" { format!("{name}_total") } else { name.to_owned() };
            let help = helps.remove(name).unwrap_or_default();
            let family = Family { kind: kind.to_owned(), help, ..Family::default() };
            found.insert(current.clone(), family);
        } else if !line.starts_with('#') {
            let family = found.get_mut(&current).expect("a sample follows its type");
            family.has_samples = true;
            let labels = line.split_once('{').map_or("", |it| it.1);
            let names = labels.split("=\"").filter_map(|it| it.rsplit([',', '"']).next());
            let names =
                names.filter(|it| !it.is_empty() && !it.contains(['}', ' ']) && *it != "le");
            family.labels = names.map(ToOwned::to_owned).collect();
        }
    }
    found
}

/// Every `expr` of a dashboard.
fn expressions(value: &Value, found: &mut impl FnMut(&str)) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                match value.as_str() {
                    Some(text) if name == "expr" => found(text),
                    _ => expressions(value, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|it| expressions(it, found)),
        _ => {}
    }
}

/// All of the product's sources, in one.
fn sources() -> String {
    let listed = Command::new("git").args(["ls-files", "*.rs"]).current_dir(root()).output();
    let listed = String::from_utf8(listed.expect("git lists files").stdout).expect("text");
    listed.lines().filter(|it| !it.contains("/tests/")).map(read).collect()
}
