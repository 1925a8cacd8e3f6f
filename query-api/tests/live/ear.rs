//! A client that listens, and what it makes of what it hears.
use std::collections::BTreeMap;

use axum::body::{Body, BodyDataStream};
use axum::http::HeaderValue;
use axum::response::Response;
use futures::StreamExt;
use serde_json::Value;
use tokio::time::timeout;

use crate::world::LONG;

/// What was said at once.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Message {
    pub event: String,
    pub id: String,
    pub data: Value,
}

pub struct Ear {
    stream: BodyDataStream,
    text: String,
}

/// What is taken: of a court, from when to when, or of a block.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Picture(pub BTreeMap<String, String>);

impl Ear {
    pub fn of(response: Response) -> Self {
        let type_ = response.headers().get("content-type").cloned();
        assert_eq!(
            (response.status().as_u16(), type_.as_ref().map(HeaderValue::as_bytes)),
            (200, Some(b"text/event-stream".as_slice()))
        );
        Self { stream: Body::into_data_stream(response.into_body()), text: String::new() }
    }

    /// The next message that says something, however many heartbeats come before it; `None` at the end.
    pub async fn next(&mut self) -> Option<Message> {
        timeout(LONG, self.hear()).await.expect("something is said")
    }

    async fn hear(&mut self) -> Option<Message> {
        loop {
            if let Some((message, rest)) = self.text.split_once("\n\n") {
                let (message, rest) = (read(message), rest.to_owned());
                self.text = rest;
                match message {
                    Some(message) => return Some(message),
                    None => continue,
                }
            }
            let bytes = self.stream.next().await?;
            self.text
                .push_str(std::str::from_utf8(&bytes.expect("the stream goes on")).expect("text"));
        }
    }

    /// The next, which is a change.
    pub async fn change(&mut self) -> Message {
        let message = self.next().await.expect("a message");
        assert_eq!(message.event, "change", "{message:?}");
        message
    }

    /// The next, which is the whole day.
    pub async fn snapshot(&mut self) -> Message {
        let message = self.next().await.expect("a message");
        assert_eq!(message.event, "snapshot", "{message:?}");
        message
    }

    /// Everything up to the one at a position.
    pub async fn until(&mut self, position: u64) -> Vec<Message> {
        let mut heard = vec![];
        loop {
            let message = self.next().await.expect("a message");
            let reached = message.position();
            heard.push(message);
            if position <= reached {
                return heard;
            }
        }
    }
}

/// `None` for a heartbeat, and for an id alone.
fn read(text: &str) -> Option<Message> {
    let mut message = Message::default();
    for line in text.lines() {
        match line.split_once(": ") {
            Some(("event", it)) => it.clone_into(&mut message.event),
            Some(("id", it)) => it.clone_into(&mut message.id),
            Some(("data", it)) => message.data = serde_json::from_str(it).expect("JSON"),
            Some(("retry", _)) => {}
            _ => assert!(line.starts_with(':'), "{line}"),
        }
    }
    (!message.data.is_null()).then_some(message)
}

impl Message {
    pub fn position(&self) -> u64 {
        self.id.split_once('-').and_then(|it| it.1.parse().ok()).expect("an id of ours")
    }

    /// `<build>.<epoch>`.
    pub fn telling(&self) -> &str {
        self.id.split_once('-').expect("an id of ours").0
    }

    /// Court and state.
    pub fn said(&self) -> (&str, &str) {
        let text = |name: &str| self.data[name].as_str().expect("a text");
        (text("court"), text("state"))
    }
}

impl Picture {
    pub fn of<'a>(messages: impl IntoIterator<Item = &'a Message>) -> Self {
        let mut picture = Self::default();
        for message in messages {
            picture.hear(message);
        }
        picture
    }

    pub fn hear(&mut self, message: &Message) {
        match &*message.event {
            "snapshot" => {
                self.0.clear();
                for item in message.data["items"].as_array().expect("items") {
                    self.paint(item);
                }
            }
            "change" => self.paint(&message.data),
            other => panic!("what is {other}?"),
        }
    }

    fn paint(&mut self, it: &Value) {
        let key = format!("{} {} {} {}", it["court"], it["starts_at"], it["ends_at"], it["block"]);
        let state = it["state"].as_str().expect("a state");
        if state == "free" {
            self.0.remove(&key);
        } else {
            self.0.insert(key, format!("{state} {}", it["held_until"]));
        }
    }
}
