use serde_json::{Value, json};
use vault::Vault;

use crate::world::{With, World};

const PATH: &str = "/v1/me/preferences";

#[tokio::test]
async fn preferences_change_where_they_are_named_and_the_number_is_sealed() {
    let world = World::new().await;
    let eva = world.join("eva").await;
    let number = "+491701234567";
    let german = json!({ "language": "de", "clock": "12h" });
    let first = world.send(eva.patch(PATH, &german)).await;
    assert_eq!((first.summary().as_str(), first.header("etag")), ("204", Some("\"3\"")));
    let by_sms = json!({ "reminders": "sms", "sms_number": number });
    let second = world.send(eva.patch(PATH, &by_sms).header("if-match", "\"3\"")).await;
    assert_eq!((second.summary().as_str(), second.header("etag")), ("204", Some("\"4\"")));
    let stale = json!({ "reminders": "none" });
    let stale = world.send(eva.patch(PATH, &stale).header("if-match", "\"3\"")).await;
    assert_eq!(stale.summary(), "412 stale If-Match stale");
    let again = world.send(eva.patch(PATH, &by_sms).header("if-match", "\"3\"")).await;
    assert_eq!(again.summary(), "204", "what is so already is no conflict");
    let out = json!({ "sms_number": null });
    let without = world.send(eva.patch(PATH, &out)).await;
    assert_eq!(without.summary(), "422 invalid #/reminders no-number", "the way needs it");
    let neither = json!({ "reminders": "mail", "sms_number": null });
    assert_eq!(world.send(eva.patch(PATH, &neither)).await.summary(), "204");

    let events = world.events(&eva.user.stream()).await;
    let set: Vec<&Value> =
        events.iter().filter(|it| it.0 == "user.preferences-set.v1").map(|it| &it.1).collect();
    assert_eq!(set.len(), 3);
    let expected =
        json!({ "reminders": "mail", "language": "de", "clock": "12h", "sms_number": null });
    assert_eq!((set[0], set[2]), (&expected, &expected));
    let kek = world.platform.settings.keys.kek.as_ref().unwrap();
    let vault = Vault::new(world.vault.pool.clone(), kek).unwrap();
    let sealed = serde_json::from_value(set[1]["sms_number"].clone()).unwrap();
    let opened = vault.open(&eva.user.stream(), "sms_number", &sealed).await.unwrap();
    assert_eq!(opened.as_deref(), Some(number));
}

#[tokio::test]
#[rustfmt::skip] // a table
async fn what_cannot_be_preferred_is_said() {
    let world = World::new().await;
    let eva = world.join("eva").await;
    let before = world.all().await.len();
    let rows: &[(&str, Value, &str)] = &[
        ("no number",         json!({ "reminders": "sms" }),               "422 invalid #/reminders no-number"),
        ("a local number",    json!({ "sms_number": "0170 1234567" }),     "422 invalid #/sms_number malformed"),
        ("an empty number",   json!({ "sms_number": "" }),                 "422 invalid #/sms_number malformed"),
        ("a pigeon",          json!({ "reminders": "pigeon" }),            "400 malformed-request #/reminders malformed"),
        ("no language",       json!({ "language": null }),                 "400 malformed-request #/language malformed"),
        ("Klingon",           json!({ "language": "tlh" }),                "400 malformed-request #/language malformed"),
        ("a sundial",         json!({ "clock": "sun" }),                   "400 malformed-request #/clock malformed"),
        ("a number",          json!({ "sms_number": 491_701_234_567_i64 }), "400 malformed-request #/sms_number wrong-type"),
        ("something else",    json!({ "colour": "red" }),                  "400 malformed-request #/colour unknown-field"),
    ];
    let told: Vec<(&str, String)> = {
        let mut told = vec![];
        for (case, body, _) in rows {
            told.push((*case, world.send(eva.patch(PATH, body)).await.summary()));
        }
        told
    };
    let expected: Vec<(&str, String)> = rows.iter().map(|it| (it.0, it.2.to_owned())).collect();
    assert_eq!(told, expected);
    assert_eq!(world.all().await.len(), before, "nothing was changed");
    let mut blind = eva.patch(PATH, &json!({ "clock": "12h" }));
    blind.headers_mut().remove("if-match");
    assert_eq!(world.send(blind).await.summary(), "428 if-match-required If-Match missing-header");
}
