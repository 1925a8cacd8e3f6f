//! `courtside timers`: for operators.
use anyhow::{Context, bail};
use clap::{Subcommand, ValueEnum};
use comfy_table::{CellAlignment, Table, presets::NOTHING};
use jiff::Timestamp;
use runtime::{Platform, Settings, Shutdown, postgres};
use scheduler::status::{self, TimerStats};
use scheduler::timers::commands::Answer;
use scheduler::timers::fire::fire;
use scheduler::timers::list::{Listed, Wanted, list};
use scheduler::timers::rabbitmq::depths;
use serde::Serialize;
use sqlx::PgPool;
use uuid::Uuid;

#[derive(Subcommand)]
pub enum Command {
    /// Shows timers in the order of their time.
    List {
        #[arg(long, value_enum, default_value_t = State::Armed)]
        state: State,
        /// Only what is due before this (RFC 3339).
        #[arg(long)]
        due_before: Option<Timestamp>,
        #[arg(long)]
        booking: Option<String>,
        #[arg(long, default_value_t = 50)]
        limit: u32,
        #[arg(long)]
        json: bool,
    },
    /// Shows one timer with everything that is known of it.
    Show { id: Uuid },
    /// Sends a timer's command now, as the sweep would, and says what came of it.
    Fire { id: Uuid },
    /// Counts timers, messages and canaries.
    Stats {
        #[arg(long)]
        json: bool,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum State {
    Armed,
    Closed,
    /// For a confirmation that arms it.
    Waiting,
    All,
}

impl State {
    fn name(self) -> Option<String> {
        match self {
            Self::Armed => Some("armed".to_owned()),
            Self::Closed => Some("closed".to_owned()),
            Self::Waiting => Some("waiting".to_owned()),
            Self::All => None,
        }
    }
}

/// The table, and the broker where it can be reached.
#[derive(Serialize)]
struct Stats {
    #[serde(flatten)]
    timers: TimerStats,
    /// Messages that wait in each queue; null while the broker is away.
    queues: Option<Vec<Depth>>,
}

#[derive(Serialize)]
struct Depth {
    queue: String,
    /// Null where the queue is not there.
    messages: Option<u32>,
}

pub async fn run(command: Command, settings: Settings, shutdown: Shutdown) -> anyhow::Result<()> {
    let db = postgres::pool(&settings.read_database_url, 2)?;
    match command {
        Command::List { state, due_before, booking, limit, json } => {
            let limit = limit.into();
            let wanted = Wanted { state: state.name(), booking, due_before, id: None, limit };
            show(&list(&db, &wanted).await?, json)
        }
        Command::Show { id } => {
            let wanted = Wanted { id: Some(id), limit: 1, ..Wanted::default() };
            let found = list(&db, &wanted).await?.pop();
            let found = found.with_context(|| {
                format!("there is no timer {id}; what was closed a day ago is removed")
            })?;
            println!("{}", serde_json::to_string_pretty(&found)?);
            Ok(())
        }
        Command::Fire { id } => {
            let platform = Platform::start(settings, shutdown).await?;
            let (timer, answer) = fire(&platform, &db, id).await?;
            let (kind, stream) = (timer.kind.name(), timer.stream);
            match answer {
                Answer::Ended => println!("{kind} on {stream}: ended now"),
                Answer::AlreadyOver => println!("{kind} on {stream}: was over already"),
                Answer::NotDue { until } => {
                    bail!("{kind} on {stream} is not due before {until}; nothing was done")
                }
                Answer::Paused => bail!("maintenance is on, and no hold ends; nothing was done"),
            }
            Ok(())
        }
        Command::Stats { json } => stats(&db, &settings, json).await,
    }
}

async fn stats(db: &PgPool, settings: &Settings, json: bool) -> anyhow::Result<()> {
    let timers = status::timers(db).await?;
    let Settings { amqp_url, amqp_queue_prefix, timer_hold_seconds, .. } = settings;
    let queues = depths(amqp_url, amqp_queue_prefix, timer_hold_seconds).await;
    let queues = queues.map(|it| {
        it.into_iter().map(|(queue, messages)| Depth { queue, messages }).collect::<Vec<_>>()
    });
    if json {
        println!("{}", serde_json::to_string_pretty(&Stats { timers, queues })?);
        return Ok(());
    }
    let mut table = Table::new();
    table.load_style(NOTHING);
    let mut row = |what: &str, value: String| {
        table.add_row([what.to_owned(), value]);
    };
    for (kind, armed) in &timers.armed_by_kind {
        row(&format!("armed: {kind}"), armed.to_string());
    }
    row("armed", timers.armed.to_string());
    row("not with the broker", timers.unpublished.to_string());
    row("due within a minute", timers.due_within_a_minute.to_string());
    row("due within an hour", timers.due_within_an_hour.to_string());
    row("overdue", timers.overdue.to_string());
    row("oldest overdue", format!("{:.3} s", timers.oldest_overdue_seconds));
    row("swept in 24 h", timers.swept.to_string());
    row("canaries lost in 24 h", timers.canaries_lost.to_string());
    let late = timers.canary_late_seconds;
    row("last canary late by", late.map_or("none came".to_owned(), |it| format!("{it:.3} s")));
    match queues {
        None => row("broker", "away".to_owned()),
        Some(queues) => {
            for Depth { queue, messages } in queues {
                let messages = messages.map_or("not there".to_owned(), |it| it.to_string());
                row(&queue, messages);
            }
        }
    }
    right(&mut table, 1);
    println!("{table}");
    Ok(())
}

fn show(timers: &[Listed], json: bool) -> anyhow::Result<()> {
    if json {
        println!("{}", serde_json::to_string_pretty(timers)?);
        return Ok(());
    }
    if timers.is_empty() {
        println!("there are none");
        return Ok(());
    }
    let mut table = Table::new();
    table.load_style(NOTHING).set_header(["DUE", "KIND", "BOOKING", "STATE", "TRIES", "ID"]);
    for it in timers {
        let state = match (&it.closed_by, it.published_at) {
            (Some(by), _) => format!("{} by {by}", it.state),
            (None, Some(_)) => format!("{}, with the broker", it.state),
            (None, None) => it.state.clone(),
        };
        table.add_row([
            it.due_at.to_string(),
            it.kind.clone(),
            it.booking.clone().unwrap_or_default(),
            state,
            it.attempts.to_string(),
            it.id.to_string(),
        ]);
    }
    right(&mut table, 4);
    println!("{table}");
    Ok(())
}

fn right(table: &mut Table, column: usize) {
    if let Some(column) = table.column_mut(column) {
        column.set_cell_alignment(CellAlignment::Right);
    }
}
