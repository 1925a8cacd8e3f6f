//! A claim on a message ends, and what was begun has to end before: two schedulers send each message once.
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};

use testing::eventually;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use crate::reactions::notices::{People, ended, mailer};
use crate::reactions::world::SOON;

/// A mail server that reads every letter, and says that it has one only when it may.
#[derive(Clone)]
struct Slow {
    url: String,
    /// The ids of what came.
    came: Arc<Mutex<Vec<String>>>,
    may: Arc<Semaphore>,
}

impl Slow {
    async fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let url = format!("smtp://{}", listener.local_addr().unwrap());
        let it = Self { url, came: Arc::default(), may: Arc::new(Semaphore::new(0)) };
        let server = it.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(server.clone().serve(stream));
            }
        });
        it
    }

    async fn serve(self, mut stream: TcpStream) -> std::io::Result<()> {
        let (reader, mut writer) = stream.split();
        let mut lines = BufReader::new(reader).lines();
        writer.write_all(b"220 here\r\n").await?;
        while let Some(line) = lines.next_line().await? {
            if line == "DATA" {
                writer.write_all(b"354 go on\r\n").await?;
                while let Some(line) = lines.next_line().await?.filter(|it| it != ".") {
                    if let Some(id) = line.strip_prefix("Message-ID: ") {
                        self.came.lock().unwrap().push(id.to_owned());
                    }
                }
                self.may.acquire().await.unwrap().forget();
            }
            let is_hello = line.starts_with("EHLO");
            let answer = if is_hello { "250-localhost\r\n250 8BITMIME" } else { "250 go on" };
            writer.write_all(format!("{answer}\r\n").as_bytes()).await?;
        }
        Ok(())
    }

    fn came(&self) -> Vec<String> {
        self.came.lock().unwrap().clone()
    }

    async fn has(&self, letters: usize) {
        eventually("the letters come", SOON, async || letters <= self.came().len()).await;
    }

    fn answer(&self, letters: usize) {
        self.may.add_permits(letters);
    }
}

/// As if the one who is told had to be told so many times more.
async fn more(people: &People, times: i32) {
    sqlx::query(
        "INSERT INTO outbox (intent, kind, user_id, subject_stream, source_event, source_position, payload, valid_until,
             next_attempt_at)
         SELECT gen_random_uuid(), kind, user_id, subject_stream, source_event, source_position, payload, valid_until,
             next_attempt_at
         FROM outbox, generate_series(1, $1)",
    )
    .bind(times)
    .execute(&people.world.db())
    .await
    .unwrap();
}

async fn claimed(people: &People, times: i32) {
    eventually("it is claimed", SOON, async || attempts(people).await == times).await;
}

async fn attempts(people: &People) -> i32 {
    let asked = sqlx::query_scalar("SELECT attempts FROM outbox");
    asked.fetch_one(&people.world.db()).await.unwrap()
}

#[tokio::test]
async fn what_waits_for_its_turn_at_a_slow_mail_server_is_nobodys_and_goes_out_once() {
    let (people, server) = (People::new().await, Slow::start().await);
    people.register(true).await;
    people.world.follow().await;
    more(&people, 11).await;
    let [one, other] = [0, 1].map(|_| people.worker_with(Some(mailer(&server.url))));
    let shutdown = &people.world.shutdown;
    let first = async {
        let round = one.round(shutdown).await.unwrap();
        (round, one.round(shutdown).await.unwrap())
    };
    let second = async {
        server.has(4).await;
        // A letter may take a minute.
        people.world.later(60);
        server.answer(4);
        server.has(8).await;
        people.world.later(125);
        let answers = async {
            server.has(12).await;
            server.answer(100);
        };
        let (round, ()) = tokio::join!(other.round(shutdown), answers);
        round.unwrap()
    };
    assert_eq!(tokio::join!(first, second), ((4, 4), 4));
    let mut ids = server.came();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!((server.came().len(), ids.len()), (12, 12), "each once");
    let outbox = people.outbox().await;
    assert!(outbox.iter().all(|it| *it == ended("sent", None)), "{outbox:?}");
}

#[tokio::test]
async fn who_was_held_up_beyond_the_claim_sends_nothing_and_leaves_the_next_ones_claim_alone() {
    let (people, server) = (People::new().await, Slow::start().await);
    people.register(true).await;
    people.world.follow().await;
    let (first, third) = (people.worker(), people.worker());
    let second = people.worker_with(Some(mailer(&server.url)));
    let shutdown = &people.world.shutdown;
    let held_up = people.world.store.reads.write().await;
    let overtaken = async {
        claimed(&people, 1).await;
        people.world.later(130);
        let go_on = async {
            claimed(&people, 2).await;
            drop(held_up);
            server.has(1).await;
        };
        tokio::select! {
            _ = second.round(shutdown) => panic!("nobody answered it"),
            () = go_on => {}
        }
    };
    let (round, ()) = tokio::join!(first.round(shutdown), overtaken);
    assert_eq!(round.unwrap(), 1);
    assert_eq!(people.inbox().await, []);
    // The second is dead here, and the first would have tried again by now.
    people.world.later(140);
    assert_eq!(third.round(shutdown).await.unwrap(), 0, "the second could be slow");
    people.world.later(300);
    assert_eq!(third.round(shutdown).await.unwrap(), 1);
    assert_eq!((people.inbox().await.len(), server.came().len()), (1, 1));
    assert_eq!(people.outbox().await, [ended("sent", None)]);
}
