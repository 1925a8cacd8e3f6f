//! The document, the routes and the pages about problems say the same.
use std::collections::HashSet;
use std::path::Path;

use axum::http::Request;
use serde_json::Value;

use crate::world::World;

fn document() -> Value {
    serde_json::to_value(command_api::openapi()).unwrap()
}

fn operations(document: &Value) -> Vec<(String, String, &Value)> {
    let paths = document["paths"].as_object().unwrap();
    paths
        .iter()
        .flat_map(|(path, item)| {
            let methods = item.as_object().unwrap().iter();
            methods.map(|(method, it)| (method.to_uppercase(), path.clone(), it))
        })
        .collect()
}

#[test]
fn every_operation_says_what_it_is_whom_it_is_for_and_how_it_fails() {
    let document = document();
    let operations = operations(&document);
    let mut ids = HashSet::new();
    for (method, path, it) in &operations {
        let name =
            it["operationId"].as_str().unwrap_or_else(|| panic!("{method} {path} has no id"));
        assert!(ids.insert(name), "{name} twice");
        assert_eq!(it["tags"].as_array().map(Vec::len), Some(1), "{name} has one tag");
        assert!(it["security"].is_array(), "{name} says whom it is for");
        assert!(it["summary"].is_string(), "{name} has a summary");
        let responses = it["responses"].as_object().unwrap();
        assert!(responses.contains_key("default"), "{name} can fail");
        for (status, response) in responses {
            let problem = &response["content"]["application/problem+json"]["schema"]["$ref"];
            let fails = !status.starts_with('2');
            assert_eq!(problem == "#/components/schemas/Problem", fails, "{name} {status}");
        }
    }
    // A path with two methods is named with both.
    let named = include_str!("../../src/routes.rs").split("routes!(").skip(1);
    let named: usize =
        named.filter_map(|it| it.split_once(')')).map(|it| it.0.split(',').count()).sum();
    assert_eq!(operations.len(), named, "routes.rs names every operation");
}

#[test]
fn every_reference_leads_somewhere() {
    fn references<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
        match value {
            Value::Object(fields) => {
                found.extend(fields.get("$ref").and_then(Value::as_str));
                fields.values().for_each(|it| references(it, found));
            }
            Value::Array(items) => items.iter().for_each(|it| references(it, found)),
            _ => {}
        }
    }
    let document = document();
    let mut found = Vec::new();
    references(&document, &mut found);
    assert!(!found.is_empty());
    for reference in found {
        let pointer = reference.strip_prefix('#').expect("a place in this document");
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
}

#[tokio::test]
async fn every_documented_route_is_served_and_closed_to_strangers() {
    let world = World::new().await;
    let document = document();
    for (method, path, it) in operations(&document) {
        let path = path
            .replace("/venues/{id}", "/venues/riverside")
            .replace("/bookings/{id}", "/bookings/2026-11-22-RV01-00000000")
            .replace("{code}", "RV01")
            .replace("{name}", "bookings")
            .replace("{date}", "2026-11-22")
            .replace("{id}", "00000000-0000-0000-0000-000000000000");
        let request = Request::builder().method(method.as_str()).uri(&path);
        let reply = world.send(request.body(axum::body::Body::empty()).unwrap()).await;
        let is_open =
            it["security"] == serde_json::json!([{}]) || it["security"] == serde_json::json!([]);
        let expected = if is_open { [400, 415] } else { [401, 401] };
        assert!(expected.contains(&reply.status), "{method} {path}: {}", reply.summary());
        if !is_open {
            assert!(reply.header("www-authenticate").is_some(), "{method} {path}");
        }
    }
}

#[test]
fn every_problem_has_its_page() {
    let pages = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/problems");
    let mut names = HashSet::new();
    for kind in command_api::KINDS.iter().copied().flatten() {
        assert!(names.insert(kind.name), "{} twice", kind.name);
        let page =
            std::fs::read_to_string(pages.join(kind.name).with_extension("md")).unwrap_or_default();
        assert!(page.starts_with(&format!("# {}\n", kind.title)), "the page of {}", kind.name);
        let line = format!("`{}`, status {}", kind.name, kind.status.as_u16());
        assert!(page.contains(&line), "the page of {}", kind.name);
    }
}
