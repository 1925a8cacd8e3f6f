//! `courtside events tail`.
use std::time::Duration;

use anyhow::{Context, bail};
use clap::Args;
use event_store::{
    Position, PositionToken, ReadError, Recorded, StreamEvent, Subscription, log_id,
};
use runtime::backoff::Backoff;

use super::log::Log;
use super::show;

#[derive(Args)]
pub struct Arguments {
    /// Begins behind this position: a number, or a token from a Courtside-Position header.
    #[arg(long, value_name = "POSITION")]
    after: Option<After>,
    /// The most events; with --follow those to begin with.
    #[arg(long, value_name = "N", default_value_t = 20)]
    limit: usize,
    /// Shows what comes, until Ctrl-C.
    #[arg(long)]
    follow: bool,
    /// One JSON object a line.
    #[arg(long)]
    json: bool,
}

/// A position as an operator has it.
#[derive(Clone, Copy)]
enum After {
    Number(Position),
    Token(PositionToken),
}

impl std::str::FromStr for After {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(number) = text.parse() {
            return Ok(Self::Number(number));
        }
        let token = text.parse().map(Self::Token);
        token.map_err(|_| "a position is a number or a token from Courtside-Position".to_owned())
    }
}

/// Events read at once while following.
const BATCH: usize = 200;
/// The longest wait while a store that went away is asked again.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

pub async fn run(log: &Log, arguments: Arguments) -> anyhow::Result<()> {
    let after = match arguments.after {
        Some(After::Number(it)) => Some(it),
        Some(After::Token(it)) => Some(of_this_log(log, it).await?),
        None => None,
    };
    let events = match after {
        Some(after) => log.store.read_all(after, arguments.limit).await,
        None => log.store.read_all_backwards(None, arguments.limit).await.map(|mut it| {
            it.reverse();
            it
        }),
    };
    let events = events.context("the log cannot be read")?;
    let last = match (events.last(), after) {
        (Some(it), _) => it.position,
        (None, Some(after)) => after,
        (None, None) => log.store.head().await.context("the log cannot be read")?,
    };
    print(&events, arguments.json, true)?;
    if arguments.follow {
        follow(log, last, arguments.json).await?;
    }
    Ok(())
}

/// A token says which log it means; a number of another log would be any place at all.
async fn of_this_log(log: &Log, token: PositionToken) -> anyhow::Result<Position> {
    let id = log_id(&log.store).await.context("the log cannot be read")?;
    if id != Some(token.log) {
        bail!("{token} is a position of another log");
    }
    Ok(token.position)
}

async fn follow(log: &Log, after: Position, json: bool) -> anyhow::Result<()> {
    let mut subscription = Subscription::new(log.store.clone(), after, BATCH);
    let mut backoff = Backoff::up_to(LONGEST_WAIT);
    let ended = tokio::signal::ctrl_c();
    tokio::pin!(ended);
    loop {
        let next = tokio::select! {
            next = subscription.next() => next,
            _ = &mut ended => return Ok(()),
        };
        match next {
            Ok(batch) => {
                backoff.reset();
                print(&batch.events, json, false)?;
            }
            Err(error @ ReadError::Unavailable(_)) => {
                eprintln!("{error}; trying again");
                tokio::select! {
                    () = tokio::time::sleep(backoff.wait()) => {}
                    _ = &mut ended => return Ok(()),
                }
            }
            Err(error) => return Err(error.into()),
        }
    }
}

fn print(events: &[Recorded], json: bool, header: bool) -> anyhow::Result<()> {
    let columns = ["POSITION", "STREAM", "REVISION"].into_iter().chain(show::COLUMNS);
    let mut table = show::table(columns.filter(|_| header));
    for it in events {
        let event = StreamEvent::from(it.clone());
        if json {
            show::say(show::line(Some(it.position), &it.stream, &event)?)?;
        } else {
            let place = [it.position.to_string(), it.stream.clone(), it.revision.to_string()];
            show::row(&mut table, place.into_iter().chain(show::cells(&event)));
        }
    }
    if !json && (header || !events.is_empty()) {
        show::align_right(&mut table, [0, 2]);
        show::say(table)?;
    }
    Ok(())
}
