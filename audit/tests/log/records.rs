//! What a record says, and that it is written in one way only.
use audit::record::{BadRecord, Draft, Event, Record, Session};
use jiff::Timestamp;
use uuid::Uuid;

use crate::given::{bytes, record};

const USER: Uuid = Uuid::from_u128(0xA11CE);
const SESSION: Uuid = Uuid::from_u128(0x5E55);

fn draft(stream: &str, kind: &str, data: &str, actor: Option<&str>) -> Option<Draft> {
    let at: Timestamp = "2026-03-01T08:00:00.123456Z".parse().unwrap();
    let (id, request) = (Uuid::from_u128(1), Uuid::from_u128(2));
    let event = Event { stream, revision: 7, id, kind, data: data.as_bytes(), at, request, actor };
    Draft::of(event).unwrap()
}

#[test]
fn a_success_commits_to_person_session_and_actor_and_keeps_addresses_sealed() {
    let data = format!(
        r#"{{"session":"{SESSION}","from":{{"address":"v1.sealed","user_agent":null,"identifier":"hash"}}}}"#
    );
    let actor = format!("user:{USER}");
    let draft = draft(&format!("login-{USER}"), "login.succeeded.v1", &data, Some(&actor)).unwrap();
    assert_eq!(draft.subject, Some(USER));
    assert_eq!(draft.session, Some(Session { id: SESSION, user: Some(USER) }));
    assert_eq!(draft.actor, Some(USER));
    let text = |it: &str| Some(it.to_owned());
    let written = draft.finish(text("aa"), text("bb"), text("cc")).write().unwrap();
    assert_eq!(
        written,
        r#"{"actor":"cc","event_id":"00000000-0000-0000-0000-000000000001","outcome":"succeeded","pii":{"address":"v1.sealed"},"reason":null,"request_id":"00000000-0000-0000-0000-000000000002","revision":7,"session":"bb","subject":"aa","time":"2026-03-01T08:00:00.123456Z","type":"login.succeeded.v1","version":1}"#
    );
    assert!(
        !written.contains("hash"),
        "what was typed can be linked by a key that outlives the person"
    );
}

#[test]
fn what_is_audited_is_audited_and_nothing_else() {
    let audited = |stream: &str, kind: &str, data: &str| draft(stream, kind, data, None).is_some();
    let (user, session) = (format!("user-{USER}"), format!("session-{SESSION}"));
    assert!(audited(&user, "user.email-verified.v1", "{}"));
    assert!(audited(&session, "session.revoked.v1", r#"{"reason":"logged_out"}"#));
    assert!(audited("audit-readings-2026-03-01-x", "audit.read.v1", r#"{"what":"/"}"#));
    assert!(!audited("audit-log-2026", "audit.recorded.v1", r#"{"record":"{}"}"#));
    assert!(!audited("venue-nord", "venue.opened.v1", "{}"));
}

#[test]
fn a_verifier_and_a_name_never_come_into_a_record() {
    let data = r#"{"verifier":"v1.secret","pepper":1,"cause":"reset"}"#;
    let draft = draft(&format!("user-{USER}"), "user.password-set.v2", data, Some("cli:root"));
    let record = draft.unwrap().finish(None, None, None);
    assert!(record.pii.is_empty());
    assert_eq!(record.reason.as_deref(), Some("reset"));
    assert_eq!(record.actor.as_deref(), Some("cli"), "who sat at the machine is nobody's business");
}

#[test]
fn a_reason_in_somebodys_own_words_stays_sealed() {
    let record = |data: &str| {
        let draft = draft(&format!("user-{USER}"), "user.disabled.v2", data, None).unwrap();
        draft.finish(None, None, None)
    };
    let sealed = record(r#"{"reason":"v1.0193.0193.AAAA"}"#);
    assert_eq!(sealed.reason, None);
    assert_eq!(sealed.pii["reason"].0, "v1.0193.0193.AAAA");
    assert_eq!(sealed.outcome.as_deref(), Some("disabled"));
    // Nobody seals like this; whatever it is, it is in no record.
    let open = record(r#"{"reason":"He shouted at Ana."}"#);
    assert!(open.reason.is_none() && open.pii.is_empty(), "{open:?}");
}

#[test]
fn an_event_of_a_later_build_is_waited_for() {
    let event = Event {
        stream: "login-unknown-2026-03-01",
        revision: 0,
        id: USER,
        kind: "login.teleported.v1",
        data: b"{}",
        at: Timestamp::UNIX_EPOCH,
        request: USER,
        actor: None,
    };
    assert!(Draft::of(event).is_err());
}

#[test]
fn a_record_has_one_way_to_be_written() {
    let written = bytes(1);
    assert_eq!(Record::read(&written).unwrap(), record(1));
    let text = String::from_utf8(written).unwrap();
    let spaced = text.replace("\":", "\": ");
    assert!(matches!(Record::read(spaced.as_bytes()), Err(BadRecord::NotCanonical)));
    let more = text.replace("\"version\":1", "\"version\":1,\"x\":1");
    assert!(matches!(Record::read(more.as_bytes()), Err(BadRecord::Form(_))));
    // RFC 8785: names in the order of their UTF-16 units, and no space anywhere.
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    let names: Vec<_> = value.as_object().unwrap().keys().collect();
    let places: Vec<_> = names.iter().map(|it| text.find(&format!("\"{it}\":")).unwrap()).collect();
    assert!(names.is_sorted() && places.is_sorted(), "{text}");
}

/// A record that cannot be made would hold up all that come after it.
#[test]
fn every_audited_event_that_was_ever_stored_makes_a_record() {
    let wire = concat!(env!("CARGO_MANIFEST_DIR"), "/../domain/tests/wire");
    let mut made = 0;
    for file in std::fs::read_dir(wire).unwrap() {
        let stored: serde_json::Value =
            serde_json::from_slice(&std::fs::read(file.unwrap().path()).unwrap()).unwrap();
        let kind = stored["type"].as_str().unwrap();
        let stream = match kind.split('.').next().unwrap() {
            it @ ("login" | "session" | "user") => format!("{it}-{USER}"),
            _ => continue,
        };
        let record = draft(&stream, kind, &stored["data"].to_string(), None).expect(kind);
        let record = record.finish(None, None, None);
        assert!(record.outcome.is_some(), "{kind}");
        let written = record.write().unwrap();
        assert_eq!(Record::read(written.as_bytes()).unwrap(), record, "{kind}");
        for closed in ["verifier", "email", "identifier", "nonce", "refresh_key"] {
            let text = stored["data"][closed].as_str().or(stored["data"]["from"][closed].as_str());
            assert!(text.is_none_or(|it| !written.contains(it)), "{kind} tells its {closed}");
        }
        made += 1;
    }
    assert!(20 < made, "{made}");
}
