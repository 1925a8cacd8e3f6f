use serde::Deserialize;
use serde_json::Value;

use super::*;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only read to be refused")]
struct Booking {
    court: String,
    starts_at: u32,
    #[serde(default)]
    players: Vec<Player>,
    #[serde(default)]
    kind: Option<Kind>,
    #[serde(rename = "a/b~c d", default)]
    odd: Option<u8>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only read to be refused")]
struct Player {
    name: String,
    age: Option<u8>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Single,
}

#[test]
fn what_is_right_is_read() {
    for text in [
        r#"{"court":"A","starts_at":7}"#,
        r#" {"starts_at":7,"court":"\u00e9","players":[{"name":"x","age":3}],"kind":"single"} "#,
    ] {
        assert!(read::<Booking>(text.as_bytes()).is_ok(), "{text}");
    }
}

#[test]
fn what_is_wrong_is_pointed_at() {
    let nul = "{\"court\":\"A\\u0000\",\"starts_at\":7}";
    let table: &[(&str, &str, &str)] = &[
        ("", "#", "malformed"),
        (" \n", "#", "malformed"),
        ("[", "#/0", "malformed"),
        ("null", "#", "wrong-type"),
        ("[]", "#", "wrong-type"),
        (r#"["A",7,[],null,null]"#, "#", "wrong-type"),
        ("{}{}", "#", "malformed"),
        (r#"{"court":"A","starts_at":7} x"#, "#", "malformed"),
        (r#"{"court":"A","starts_at":-}"#, "#/starts_at", "malformed"),
        (r#"{"court":"A","starts_at":1e999}"#, "#/starts_at", "malformed"),
        (r#"{"court":"A","starts_at":NaN}"#, "#/starts_at", "malformed"),
        (r#"{"court":"A\ud800","starts_at":7}"#, "#/court", "malformed"),
        (r#"{"court":"A","starts_at":"7"}"#, "#/starts_at", "wrong-type"),
        (r#"{"court":"A","starts_at":7.5}"#, "#/starts_at", "wrong-type"),
        (r#"{"court":null,"starts_at":7}"#, "#/court", "wrong-type"),
        (r#"{"court":"A","starts_at":-7}"#, "#/starts_at", "malformed"),
        (r#"{"court":"A"}"#, "#/starts_at", "missing-field"),
        ("{}", "#/court", "missing-field"),
        (r#"{"court":"A","starts_at":7,"role":"admin"}"#, "#/role", "unknown-field"),
        (r#"{"court":"A","starts_at":7,"starts_at":8}"#, "#/starts_at", "duplicate-field"),
        (
            r#"{"court":"A","starts_at":7,"players":[{"name":"x","name":"y"}]}"#,
            "#/players/0/name",
            "duplicate-field",
        ),
        (
            r#"{"court":"A","starts_at":7,"players":[{"name":"x"},{"age":3}]}"#,
            "#/players/1/name",
            "missing-field",
        ),
        (
            r#"{"court":"A","starts_at":7,"players":[{"name":"x","agee":3}]}"#,
            "#/players/0/agee",
            "unknown-field",
        ),
        (
            r#"{"court":"A","starts_at":7,"players":[{"name":"x","age":300}]}"#,
            "#/players/0/age",
            "malformed",
        ),
        (r#"{"court":"A","starts_at":7,"players":{}}"#, "#/players", "wrong-type"),
        (r#"{"court":"A","starts_at":7,"kind":"double"}"#, "#/kind", "malformed"),
        (r#"{"court":"A","starts_at":7,"a/b~c d":"x"}"#, "#/a~1b~0c%20d", "wrong-type"),
        (r#"{"court":"A","starts_at":7,"naïve":1}"#, "#/na%C3%AFve", "unknown-field"),
        (nul, "#/court", "malformed"),
    ];
    for (text, pointer, code) in table {
        let fault = read::<Booking>(text.as_bytes()).expect_err(text);
        assert_eq!(
            (fault.pointer.as_str(), fault.code),
            (*pointer, *code),
            "{text}: {}",
            fault.detail
        );
        assert!(!fault.detail.is_empty(), "{text}");
    }
}

#[test]
fn bytes_that_are_no_text_and_endless_nesting_are_refused() {
    assert_eq!(read::<Value>(b"{\"court\":\"\xff\"}").unwrap_err().pointer, "#/court");
    assert_eq!(read::<Value>(b"\xff\xfe{\0}\0").unwrap_err().pointer, "#");
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        // The outermost object is one level.
        let nested = |depth: usize| {
            format!("{{\"a\":{}1{}}}", open.repeat(depth - 1), close.repeat(depth - 1))
        };
        assert!(read::<Value>(nested(MAX_DEPTH).as_bytes()).is_ok());
        for depth in [MAX_DEPTH + 1, 10_000] {
            let fault = read::<Value>(nested(depth).as_bytes()).unwrap_err();
            assert!(fault.detail.starts_with("nested deeper"), "{}", fault.detail);
        }
    }
}
