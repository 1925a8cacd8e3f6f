//! The two calls, and what the switches make of them.
#![expect(clippy::result_large_err, reason = "the protocol's own error is that large")]
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use futures::stream::{self, BoxStream};
use futures::{FutureExt, StreamExt};
use tonic::body::BoxBody;
use tonic::codec::ProstCodec;
use tonic::codegen::{Service, http};
use tonic::server::{ClientStreamingService, Grpc, NamedService, ServerStreamingService};
use tonic::{Request, Response, Status, Streaming};
use uuid::Uuid as Id;

use super::Switches;
use super::cluster::Members;
use super::log::{Entry, Expected, Log, Outcome, Proposed};
use super::messages::*;

/// Far longer than anybody here waits for an answer.
const NEVER: Duration = Duration::from_hours(1);

type Answer<T> = Pin<Box<dyn Future<Output = Result<T, Status>> + Send>>;

#[derive(Clone)]
pub struct Streams {
    number: usize,
    log: Arc<Mutex<Log>>,
    members: Arc<Members>,
    switches: Arc<Switches>,
}

impl NamedService for Streams {
    const NAME: &'static str = "event_store.client.streams.Streams";
}

impl Service<http::Request<BoxBody>> for Streams {
    type Response = http::Response<BoxBody>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<BoxBody>) -> Self::Future {
        let streams = self.clone();
        async move {
            if let Some(status) = streams.turned_away(request.headers()) {
                return Ok(status.into_http());
            }
            Ok(match request.uri().path().rsplit('/').next() {
                Some("Read") => {
                    Grpc::new(ProstCodec::default()).server_streaming(Read(streams), request).await
                }
                Some("Append") => {
                    Grpc::new(ProstCodec::default())
                        .client_streaming(Append(streams), request)
                        .await
                }
                _ => Status::unimplemented("not in this double").into_http(),
            })
        }
        .boxed()
    }
}

impl Streams {
    pub fn new(
        number: usize,
        log: Arc<Mutex<Log>>,
        members: Arc<Members>,
        switches: Arc<Switches>,
    ) -> Self {
        Self { number, log, members, switches }
    }

    /// Why this caller gets nothing here: he is not let in, or asks a follower for what only the leader does.
    fn turned_away(&self, headers: &http::HeaderMap) -> Option<Status> {
        let text = |name| headers.get(name).and_then(|it| it.to_str().ok()).map(ToOwned::to_owned);
        *self.switches.authorization.lock().unwrap() = text("authorization");
        if Switches::is_on(&self.switches.deny) {
            return Some(Status::unauthenticated("who are you?"));
        }
        let asks_leader = text("requires-leader").is_some_and(|it| it == "true");
        if asks_leader { self.members.not_leader(self.number) } else { None }
    }

    async fn be_late(&self) {
        let late = self.switches.late.load(Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(late)).await;
    }
}

struct Read(Streams);

impl ServerStreamingService<ReadRequest> for Read {
    type Response = ReadAnswer;
    type ResponseStream = BoxStream<'static, Result<ReadAnswer, Status>>;
    type Future = Answer<Response<Self::ResponseStream>>;

    fn call(&mut self, request: Request<ReadRequest>) -> Self::Future {
        let streams = self.0.clone();
        async move {
            streams.switches.reads.fetch_add(1, Ordering::SeqCst);
            streams.be_late().await;
            let options = request.into_inner().options.ok_or(bad("no options"))?;
            let answers = streams.read(&options)?;
            let answers = stream::iter(
                answers.into_iter().map(|content| Ok(ReadAnswer { content: Some(content) })),
            );
            let is_live = matches!(options.count, Some(Count::Subscription(_)))
                && !Switches::is_on(&streams.switches.end_subscriptions);
            let answers =
                if is_live { answers.chain(stream::pending()).boxed() } else { answers.boxed() };
            Ok(Response::new(answers))
        }
        .boxed()
    }
}

impl Streams {
    fn read(&self, options: &ReadOptions) -> Result<Vec<Content>, Status> {
        let log = self.log.lock().unwrap();
        let backwards = options.direction == 1;
        let mut found: Vec<Entry> = match options.source.as_ref().ok_or(bad("no source"))? {
            Source::Stream(of) => {
                let stream = of.stream.clone().ok_or(bad("no stream"))?;
                let name = String::from_utf8(stream.name.to_vec()).map_err(|_| bad("the name"))?;
                let mut there = log.stream(&name);
                if there.is_empty() {
                    return Ok(vec![Content::NotFound(NotFound { stream: Some(stream) })]);
                }
                // What the log knows, a stream does not say.
                for it in &mut there {
                    it.position = u64::MAX;
                }
                match (of.from.ok_or(bad("no revision"))?, backwards) {
                    (Revision::At(from), false) => there.retain(|it| from <= it.revision),
                    (Revision::At(from), true) => there.retain(|it| it.revision <= from),
                    (Revision::Start(_), false) | (Revision::End(_), true) => {}
                    _ => there.clear(),
                }
                there
            }
            Source::All(of) => {
                let mut there = log.entries().to_vec();
                match (of.from.ok_or(bad("no position"))?, backwards) {
                    (AllFrom::At(at), _) if i64::try_from(at.commit).is_err() => {
                        return Err(bad("a position beyond all"));
                    }
                    (AllFrom::At(at), false) => there.retain(|it| at.commit <= it.position),
                    (AllFrom::At(at), true) => there.retain(|it| it.position < at.commit),
                    (AllFrom::Start(_), false) | (AllFrom::End(_), true) => {}
                    _ => there.clear(),
                }
                there
            }
        };
        if backwards {
            found.reverse();
        }
        match options.count.ok_or(bad("no count"))? {
            Count::Events(0) => Err(bad("a count of nothing")),
            Count::Events(count) => {
                found.truncate(usize::try_from(count).unwrap_or(usize::MAX));
                Ok(found.into_iter().map(content).collect())
            }
            Count::Subscription(_) => {
                let confirmed = Content::Confirmation(Confirmation { id: "1".to_owned() });
                let events = found.into_iter().map(content);
                Ok(std::iter::once(confirmed)
                    .chain(events)
                    .chain([Content::CaughtUp(Empty {})])
                    .collect())
            }
        }
    }
}

struct Append(Streams);

impl ClientStreamingService<AppendRequest> for Append {
    type Response = AppendAnswer;
    type Future = Answer<Response<AppendAnswer>>;

    fn call(&mut self, request: Request<Streaming<AppendRequest>>) -> Self::Future {
        let streams = self.0.clone();
        async move {
            let mut messages = request.into_inner();
            let mut options = None;
            let mut events = Vec::new();
            while let Some(message) = messages.message().await? {
                match message.content {
                    Some(AppendContent::Options(it)) => options = Some(it),
                    Some(AppendContent::Event(it)) => events.push(proposed(it)?),
                    None => return Err(bad("an empty message")),
                }
            }
            let result = streams.append(options.ok_or(bad("no options"))?, events)?;
            if Switches::is_on(&streams.switches.lose_answers) {
                tokio::time::sleep(NEVER).await;
            }
            streams.be_late().await;
            Ok(Response::new(AppendAnswer { result: Some(result) }))
        }
        .boxed()
    }
}

impl Streams {
    fn append(
        &self,
        options: AppendOptions,
        events: Vec<Proposed>,
    ) -> Result<AppendResult, Status> {
        let stream = options.stream.ok_or(bad("no stream"))?;
        let name = String::from_utf8(stream.name.to_vec()).map_err(|_| bad("the name"))?;
        let expected = match options.expected.ok_or(bad("no expectation"))? {
            ExpectedRevision::Exact(it) if i64::try_from(it).is_err() => {
                return Err(bad("a revision beyond all"));
            }
            ExpectedRevision::Exact(it) => Expected::Exact(it),
            ExpectedRevision::NoStream(_) => Expected::NoStream,
            ExpectedRevision::Any(_) => Expected::Any,
        };
        let bytes: u64 = events.iter().map(|it| it.data.len() as u64).sum();
        let most = self.switches.max_append_bytes.load(Ordering::SeqCst);
        if 0 < most && most < bytes {
            return Err(bad(&format!("Maximum Append Size of {most} Exceeded.")));
        }
        let outcome = self.log.lock().unwrap().append(&name, expected, events);
        let forgets_ids = Switches::is_on(&self.switches.forget_ids);
        let forgets_positions = Switches::is_on(&self.switches.forget_positions);
        Ok(match outcome {
            Outcome::Repeated { .. } if forgets_ids => {
                let last = self.log.lock().unwrap().stream(&name).last().map(|it| it.revision);
                wrong(last)
            }
            Outcome::Repeated { revision, .. } if forgets_positions => {
                AppendResult::Success(Success {
                    revision: Some(revision),
                    stands: Some(Stands::Somewhere(Empty {})),
                })
            }
            Outcome::Appended { revision, position } | Outcome::Repeated { revision, position } => {
                let at = Place { commit: position, prepare: position };
                let stands = Some(Stands::At(at));
                AppendResult::Success(Success { revision: Some(revision), stands })
            }
            Outcome::Conflict { current } => wrong(current),
        })
    }
}

fn wrong(current: Option<u64>) -> AppendResult {
    let current = current.map_or(Current::NoStream(Empty {}), Current::At);
    AppendResult::Wrong(WrongRevision { current: Some(current), expected_any: Some(Empty {}) })
}

fn proposed(event: ProposedEvent) -> Result<Proposed, Status> {
    let id = match event.id.and_then(|it| it.value).ok_or(bad("no id"))? {
        UuidValue::Text(text) => text,
        UuidValue::Halves(it) => {
            Id::from_u64_pair(it.most.cast_unsigned(), it.least.cast_unsigned()).to_string()
        }
    };
    let system = |key: &str| event.system.get(key).cloned().ok_or(bad("no type"));
    let (kind, content) = (system("type")?, system("content-type")?);
    Ok(Proposed { id, kind, content, meta: event.meta, data: event.data })
}

fn content(entry: Entry) -> Content {
    let system = [("type", entry.kind), ("content-type", entry.content)];
    let event = Recorded {
        id: Some(Uuid { value: Some(UuidValue::Text(entry.id)) }),
        stream: Some(StreamName { name: entry.stream.into() }),
        revision: entry.revision,
        prepare: entry.position,
        commit: entry.position,
        system: system.map(|(key, value)| (key.to_owned(), value)).into(),
        meta: entry.meta,
        data: entry.data,
    };
    Content::Event(ReadEvent { event: Some(event) })
}

fn bad(why: &str) -> Status {
    Status::invalid_argument(why)
}
