//! Every route as everybody: who may is let in, who may not is told so, and what is somebody else's is not there.
mod page;
mod scene;

use std::collections::BTreeSet;

use acceptance::Answer;
use serde_json::{Value, json};

use page::{Elsewhere, Page, Row, Whose};
use scene::{Person, Scene};

fn document(path: &str) -> String {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../");
    std::fs::read_to_string(format!("{root}{path}")).expect(path)
}

/// Every route of the document: `GET /v1/me`, and whether it may be asked without a token.
fn declared(document: &Value) -> Vec<(String, bool)> {
    let mut all = Vec::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("operations") {
            if operation["operationId"].is_null() {
                continue;
            }
            let open = operation["security"].as_array().is_none_or(|it| {
                it.iter().any(|it| it.as_object().is_some_and(serde_json::Map::is_empty))
            });
            all.push((format!("{} {path}", method.to_uppercase()), open));
        }
    }
    all
}

#[test]
fn the_page_has_a_row_for_every_route_and_no_other() {
    let page = Page::read();
    let document: Value = serde_json::from_str(&document("openapi.json")).expect("JSON");
    let mut named = BTreeSet::new();
    for row in &page.routes {
        assert!(named.insert(row.to_string()), "docs/roles.md has {row} twice");
    }
    for (route, open) in declared(&document) {
        let row = page.routes.iter().find(|it| it.to_string() == route);
        let row = row.unwrap_or_else(|| panic!("docs/roles.md has no row for {route}"));
        assert_eq!(row.permission.is_none(), open, "{route}: whether it is for anyone");
        named.remove(&route);
    }
    assert!(named.is_empty(), "docs/roles.md has rows for what is no route: {named:?}");
    for permission in page.routes.iter().chain(&page.more).filter_map(|it| it.permission.as_ref()) {
        assert!(page.explains(permission), "docs/roles.md does not say who has {permission}");
    }
}

#[tokio::test]
async fn every_route_lets_in_whom_it_should_and_nobody_else() {
    let page = Page::read();
    let scene = Scene::new().await;
    let served = scene.anyone.get("/openapi.json").await.expect(200).body;
    assert_eq!(declared(&served).len(), page.routes.len(), "what is served is what is committed");

    let mut rows: Vec<&Row> = page.more.iter().chain(&page.routes).collect();
    rows.sort_by_key(|it| match &*it.to_string() {
        // While nothing was offered there is nothing to remove, and no session ends.
        "DELETE /v1/me/second-factor" => 0,
        // Before anybody makes another link.
        "GET /v1/calendars/{file}" => 0,
        "DELETE /v1/sessions/current" => 2,
        _ => 1,
    });
    // All of them at once: one mistake is often a column of them.
    let mut wrong = Vec::new();
    for row in rows {
        let answer = scene.ask(&scene.anyone, row, "nobody", scene.body(row)).await;
        let expected =
            if row.permission.is_some() { Told::Is(401, "unauthenticated") } else { Told::LetIn };
        wrong.extend(differs(row, "nobody", expected, &answer));
        for person in &scene.persons {
            let body = scene.body_of(person, row);
            let answer = scene.ask(&person.client, row, person.name, body).await;
            wrong.extend(differs(row, person.name, expected_for(&page, row, person), &answer));
        }
    }
    assert!(wrong.is_empty(), "docs/roles.md says otherwise:\n{}", wrong.join("\n"));
}

#[derive(Clone, Copy, Debug)]
enum Told {
    /// Nobody stood in the way; whether what was asked makes sense is another matter.
    LetIn,
    Is(u16, &'static str),
    NothingListed,
}

fn expected_for(page: &Page, row: &Row, person: &Person) -> Told {
    match row.whose {
        _ if !person.may(page, row) => Told::Is(403, "forbidden"),
        _ if person.has(row) => Told::LetIn,
        Whose::Venues(Elsewhere::Forbidden) => Told::Is(403, "forbidden"),
        Whose::Venues(Elsewhere::Invalid) => Told::Is(422, "invalid"),
        Whose::Venues(Elsewhere::NotListed) => Told::NothingListed,
        _ => Told::Is(404, "not-found"),
    }
}

/// What was told, if it is not what was expected.
fn differs(row: &Row, who: &str, expected: Told, answer: &Answer) -> Option<String> {
    let (status, problem) = (answer.status.as_u16(), answer.problem());
    let is_so = match expected {
        Told::LetIn => !matches!(status, 401 | 404 | 500..) && problem != "forbidden",
        Told::Is(code, kind) => (status, problem) == (code, kind),
        Told::NothingListed => status == 200 && answer.body["items"] == json!([]),
    };
    (!is_so).then(|| format!("{row} as {who}: {expected:?}, and not {status} {}", answer.body))
}
