//! What the SMS provider tells: believed if it is signed, recorded once, never backwards.
use std::time::Duration;

use access::identifiers::Identifiers;
use axum::body::Body;
use axum::http::Request;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::maintenance::{Maintenance, MaintenanceCommand, STREAM};
use domain::notices::{Notice, NoticeCommand, stream};
use event_store::Metadata;
use hmac::{Hmac, KeyInit, Mac};
use runtime::ids;
use serde_json::{Value, json};
use sha1::Sha1;
use uuid::Uuid;

use crate::world::{KEY, World, registration};

const TOKEN: &str = "ffeeddccbbaa99887766554433221100";
const FORMER: &str = "00112233445566778899aabbccddeeff";
const SETTINGS: [(&str, &str); 3] = [
    ("TWILIO_ACCOUNT_SID", "AC00112233445566778899aabbccddeeff"),
    ("TWILIO_AUTH_TOKEN", "ffeeddccbbaa99887766554433221100 00112233445566778899aabbccddeeff"),
    ("TWILIO_FROM", "+493098765432"),
];
const SERVER: &str = "https://courtside.example";
const NUMBER: &str = "+491701234567";
const REPLIES: &str = "/v1/sms-replies";

fn encoded(text: &str) -> String {
    let digit = |it: u8| char::from_digit(it.into(), 16).unwrap();
    text.bytes().flat_map(|it| ['%', digit(it >> 4), digit(it & 15)]).collect()
}

fn signature(token: &str, path: &str, pairs: &[(&str, &str)]) -> String {
    let mut sorted = pairs.to_vec();
    sorted.sort_unstable();
    let said: String = sorted.iter().flat_map(|it| [it.0, it.1]).collect();
    let mut mac = Hmac::<Sha1>::new_from_slice(token.as_bytes()).unwrap();
    mac.update(format!("{SERVER}{path}{said}").as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

/// As Twilio sends it.
fn told(path: &str, pairs: &[(&str, &str)]) -> Request<Body> {
    told_with(&signature(TOKEN, path, pairs), path, pairs)
}

fn told_with(signature: &str, path: &str, pairs: &[(&str, &str)]) -> Request<Body> {
    let pairs = pairs.iter().map(|it| format!("{}={}", encoded(it.0), encoded(it.1)));
    let form = pairs.collect::<Vec<_>>().join("&");
    Request::builder()
        .method("POST")
        .uri(path)
        .header("content-type", "application/x-www-form-urlencoded; charset=UTF-8")
        .header("x-twilio-signature", signature)
        .body(Body::from(form))
        .unwrap()
}

fn reply<'a>(body: &'a str, sid: &'a str) -> [(&'a str, &'a str); 4] {
    [("From", NUMBER), ("To", "+493098765432"), ("Body", body), ("MessageSid", sid)]
}

fn report<'a>(status: &'a str, code: &'a str) -> Vec<(&'a str, &'a str)> {
    let mut report = vec![("MessageSid", "SM1"), ("MessageStatus", status), ("To", NUMBER)];
    if !code.is_empty() {
        report.push(("ErrorCode", code));
    }
    report
}

fn numbers_stream() -> String {
    Identifiers::new(&KEY.into()).number_stream(NUMBER)
}

#[tokio::test]
async fn stop_and_start_are_the_numbers_last_word_and_recorded_once() {
    let world = World::with(&SETTINGS).await;
    for (body, sid) in [
        ("STOP", "SM1"),
        ("STOP", "SM1"),
        (" stop!\n", "SM2"),
        ("when do I play?", "SM3"),
        ("Start", "SM4"),
        ("unsubscribe", "SM5"),
    ] {
        let answer = world.send(told(REPLIES, &reply(body, sid))).await;
        assert_eq!(answer.summary(), "204", "{body}");
    }
    let events = world.events(&numbers_stream()).await;
    let expected = [
        ("number.opted-out.v1", "SM1"),
        ("number.opted-in.v1", "SM4"),
        ("number.opted-out.v1", "SM5"),
    ];
    let expected = expected.map(|(name, sid)| (name.to_owned(), json!({ "message_id": sid })));
    assert_eq!(events, expected);
    let all = world.all().await;
    let text: String =
        all.iter().map(|it| String::from_utf8_lossy(&it.data).into_owned()).collect();
    assert!(!text.contains("170123"), "no number in clear");
    assert!(all.iter().all(|it| !it.stream.contains("170123")));
}

#[tokio::test]
async fn twilios_own_word_for_an_answer_goes_first() {
    let world = World::with(&SETTINGS).await;
    let mut arrived = reply("ARRET", "SM1").to_vec();
    arrived.push(("OptOutType", "STOP"));
    assert_eq!(world.send(told(REPLIES, &arrived)).await.summary(), "204");
    assert_eq!(world.names(&numbers_stream()).await, ["number.opted-out.v1"]);
}

#[tokio::test]
async fn what_became_of_a_message_is_recorded_upwards_alone() {
    let world = World::with(&SETTINGS).await;
    let notice = Uuid::from_u128(7);
    let path = format!("/v1/sms-events/{notice}");
    let send = NoticeCommand::Send {
        kind: "reminder".to_owned(),
        channel: "sms".to_owned(),
        message_id: "SM1".to_owned(),
    };
    let meta = Metadata::new(ids::new(), world.platform.clock.now());
    world.platform.executor.execute::<Notice>(&stream(notice), send, &meta).await.unwrap();
    for (status, code) in [
        ("queued", ""),
        ("sent", ""),
        ("undelivered", "30005"),
        ("undelivered", "30005"),
        ("sent", ""),
        ("failed", "30001"),
        ("delivered", ""),
        ("undelivered", "30005"),
        ("whatever", ""),
    ] {
        let answer = world.send(told(&path, &report(status, code))).await;
        assert_eq!(answer.summary(), "204", "{status}");
    }
    let events = world.events(&stream(notice)).await;
    let reported = |status: &str, code: Value| {
        let data = json!({ "message_id": "SM1", "status": status, "code": code });
        ("notice.delivery-reported.v1".to_owned(), data)
    };
    let expected = [reported("undelivered", json!(30005)), reported("delivered", Value::Null)];
    assert_eq!(events[1..], expected);
}

#[tokio::test]
async fn a_report_that_comes_before_the_record_says_that_it_was_sent() {
    let world = World::with(&SETTINGS).await;
    let notice = Uuid::from_u128(8);
    let path = format!("/v1/sms-events/{notice}");
    assert_eq!(world.send(told(&path, &report("queued", ""))).await.summary(), "204");
    let names = world.names(&stream(notice)).await;
    assert_eq!(names, ["notice.delivery-reported.v1"]);
}

#[tokio::test]
async fn nothing_is_believed_that_twilio_has_not_signed() {
    let world = World::with(&SETTINGS).await;
    let before = world.all().await.len();
    let path = format!("/v1/sms-events/{}", Uuid::from_u128(9));
    let stop = reply("STOP", "SM1");
    let delivered = report("delivered", "");
    for (case, request) in [
        ("another token", told_with(&signature("guessed", REPLIES, &stop), REPLIES, &stop)),
        (
            "another body",
            told_with(&signature(TOKEN, REPLIES, &reply("HELLO", "SM1")), REPLIES, &stop),
        ),
        ("another notice", told_with(&signature(TOKEN, REPLIES, &delivered), &path, &delivered)),
        (
            "with a query",
            told_with(&signature(TOKEN, REPLIES, &stop), "/v1/sms-replies?a=1", &stop),
        ),
        ("no base64", told_with("?", REPLIES, &stop)),
        ("empty", told_with("", REPLIES, &stop)),
    ] {
        assert_eq!(world.send(request).await.summary(), "403 unsigned-message", "{case}");
    }
    let mut missing = told(REPLIES, &stop);
    missing.headers_mut().remove("x-twilio-signature");
    let mut twice = told(REPLIES, &stop);
    twice.headers_mut().append("x-twilio-signature", "AAAA".parse().unwrap());
    for request in [missing, twice] {
        let summary = world.send(request).await.summary();
        assert_eq!(summary, "400 malformed-request x-twilio-signature malformed");
    }
    let mut no_form = told(REPLIES, &stop);
    *no_form.body_mut() = Body::from("a=%zz");
    assert_eq!(world.send(no_form).await.summary(), "400 malformed-request");
    let nameless = [("From", NUMBER), ("Body", "STOP")];
    assert_eq!(world.send(told(REPLIES, &nameless)).await.summary(), "400 malformed-request");
    assert_eq!(world.all().await.len(), before, "nothing was changed");

    let former = told_with(&signature(FORMER, REPLIES, &stop), REPLIES, &stop);
    assert_eq!(world.send(former).await.summary(), "204", "while the token is exchanged");

    let nobody = World::new().await;
    let answer = nobody.send(told(REPLIES, &stop)).await;
    assert_eq!(answer.summary(), "403 unsigned-message", "without a provider nobody is one");
}

#[tokio::test]
async fn a_stop_is_taken_also_while_an_operator_works() {
    let world = World::with(&SETTINGS).await;
    let at = world.platform.clock.now();
    let begin = MaintenanceCommand::Begin { reason: "x".to_owned(), until: None, at };
    let meta = Metadata::new(ids::new(), at);
    world.platform.executor.execute::<Maintenance>(STREAM, begin, &meta).await.unwrap();
    let refused = async || {
        let reply = world.post("/v1/registrations", registration("berta")).await;
        reply.summary() == "503 maintenance"
    };
    testing::eventually("commands are refused", Duration::from_secs(20), refused).await;
    assert_eq!(world.send(told(REPLIES, &reply("STOP", "SM1"))).await.summary(), "204");
    assert_eq!(world.names(&numbers_stream()).await, ["number.opted-out.v1"]);
}
