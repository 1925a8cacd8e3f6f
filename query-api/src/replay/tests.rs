//! Over a real socket: what a client sees of a list that ends, and of one that breaks.
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use runtime::Shutdown;
use runtime::problem::UNAVAILABLE;
use testing::eventually;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::*;

const SOON: Duration = Duration::from_secs(20);

#[derive(Serialize)]
struct Number {
    n: i64,
    text: &'static str,
}

impl Row for Number {
    const COLUMNS: &'static [&'static str] = &["n", "text"];

    fn cells(&self) -> Vec<String> {
        vec![self.n.to_string(), self.text.to_owned()]
    }

    fn position(&self) -> i64 {
        self.n
    }
}

/// Numbers from one on; the database goes away behind `fails_behind`.
#[derive(Clone)]
struct Numbers {
    until: i64,
    fails_behind: i64,
    /// There as long as somebody is reading.
    _reader: Option<Arc<()>>,
    readers: Arc<Mutex<Weak<()>>>,
}

impl Numbers {
    fn until(until: i64) -> Self {
        Self { until, fails_behind: i64::MAX, _reader: None, readers: Arc::default() }
    }

    fn begun(&self) -> Self {
        let reader = Arc::new(());
        *self.readers.lock().unwrap() = Arc::downgrade(&reader);
        Self { _reader: Some(reader), ..self.clone() }
    }

    fn is_read(&self) -> bool {
        self.readers.lock().unwrap().strong_count() != 0
    }

    fn rows(&self, after: i64) -> Vec<Number> {
        let last = (after + PAGE).min(self.until);
        (after + 1..=last).map(|n| Number { n, text: "=1+1" }).collect()
    }
}

impl Pages for Numbers {
    type Row = Number;

    async fn page(&self, after: i64) -> Result<Vec<Number>, Problem> {
        if self.fails_behind <= after {
            return Err(Problem::new(UNAVAILABLE, "the read models cannot be read just now"));
        }
        Ok(self.rows(after))
    }
}

/// Asks for the list and leaves the answer to be read.
async fn ask(numbers: &Numbers, format: Format) -> TcpStream {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let numbers = numbers.clone();
    let list = move || async move { body(numbers.begun(), format, &numbers.rows(0)) };
    let router = Router::new().route("/list", get(list));
    tokio::spawn(runtime::http::serve(listener, router, Shutdown::new()));
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = "GET /list HTTP/1.1\r\nhost: courts.example\r\nconnection: close\r\n\r\n";
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}

/// The chunks put together, and whether the last one was the end.
fn unchunked(answer: &str) -> (String, bool) {
    // What breaks at once may not even have a head.
    let Some((_, mut rest)) = answer.split_once("\r\n\r\n") else {
        return (String::new(), false);
    };
    let mut text = String::new();
    while let Some((length, chunk)) = rest.split_once("\r\n") {
        let length = usize::from_str_radix(length, 16).expect("a length");
        if length == 0 {
            return (text, true);
        }
        let Some(data) = chunk.get(..length) else { break };
        text.push_str(data);
        rest = chunk[length..].strip_prefix("\r\n").unwrap_or_default();
    }
    (text, false)
}

async fn read(mut stream: TcpStream) -> (String, bool) {
    let mut answer = Vec::new();
    // A connection that is reset has ended as well; what came before it counts.
    let _ = stream.read_to_end(&mut answer).await;
    unchunked(&String::from_utf8_lossy(&answer))
}

#[tokio::test]
async fn a_list_of_many_pages_is_whole_and_in_its_order() {
    for until in [0, 1, PAGE - 1, PAGE, PAGE + 1, 3 * PAGE] {
        let (text, is_whole) = read(ask(&Numbers::until(until), Format::Ndjson).await).await;
        let expected = (1..=until)
            .map(|n| format!("{{\"n\":{n},\"text\":\"=1+1\"}}\n"))
            .collect::<Vec<_>>()
            .concat();
        assert!(is_whole && text == expected, "{until}: {} bytes", text.len());
        let (text, is_whole) = read(ask(&Numbers::until(until), Format::Csv).await).await;
        let rows = (1..=until).map(|n| format!("{n},'=1+1\r\n")).collect::<Vec<_>>().concat();
        assert!(is_whole && text == format!("n,text\r\n{rows}"), "{until}: {text}");
    }
}

#[tokio::test]
async fn a_failure_in_the_middle_breaks_the_transfer() {
    let numbers = Numbers { fails_behind: 2 * PAGE, ..Numbers::until(3 * PAGE) };
    let (text, is_whole) = read(ask(&numbers, Format::Ndjson).await).await;
    assert!(!is_whole, "a short list must not look like a whole one");
    assert!(text.lines().count() <= usize::try_from(2 * PAGE).unwrap());
}

#[tokio::test]
async fn a_client_that_goes_away_ends_the_reading() {
    let numbers = Numbers::until(i64::MAX - PAGE);
    let mut stream = ask(&numbers, Format::Ndjson).await;
    let mut some = [0; 1024];
    stream.read_exact(&mut some).await.unwrap();
    assert!(numbers.is_read());
    drop(stream);
    eventually("nobody reads on", SOON, async || !numbers.is_read()).await;
}
