//! Somebody who listens to a venue's day.
use std::time::Duration;

use reqwest::Response;
use serde_json::Value;

use crate::Client;

pub struct Ear {
    response: Response,
    text: String,
}

/// A message that says something.
#[derive(Debug)]
pub struct Message {
    pub event: String,
    pub id: String,
    pub data: Value,
}

/// Longer than any story listens.
const LONG: Duration = Duration::from_mins(3);

impl Ear {
    /// Listens from the beginning, or on from the id of a message.
    pub async fn open(client: &Client, path: &str, last: Option<&str>) -> Self {
        let mut request = client.get_request(path).timeout(LONG);
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        let response = request.send().await.expect("the server answers");
        assert_eq!(response.status(), 200, "{path}");
        Self { response, text: String::new() }
    }

    pub async fn next(&mut self) -> Message {
        loop {
            while let Some((message, rest)) = self.text.split_once("\n\n") {
                let (message, rest) = (read(message), rest.to_owned());
                self.text = rest;
                if let Some(message) = message {
                    return message;
                }
            }
            let bytes = self.response.chunk().await.expect("the stream goes on");
            let bytes = bytes.expect("the stream has no end");
            self.text.push_str(std::str::from_utf8(&bytes).expect("text"));
        }
    }

    /// The next change of a court: its state, and its message's id. What others do is passed over.
    pub async fn change_of(&mut self, place: &Value) -> (String, String) {
        loop {
            let Message { event, id, data } = self.next().await;
            if event == "change" && ["court", "starts_at"].iter().all(|it| data[it] == place[it]) {
                return (data["state"].as_str().expect("a state").to_owned(), id);
            }
        }
    }
}

/// `None` for a heartbeat, and for an id alone.
fn read(text: &str) -> Option<Message> {
    let field = |name: &str| {
        text.lines().find_map(|it| it.strip_prefix(name)?.strip_prefix(": ")).unwrap_or_default()
    };
    let data = serde_json::from_str(field("data")).ok()?;
    Some(Message { event: field("event").to_owned(), id: field("id").to_owned(), data })
}
