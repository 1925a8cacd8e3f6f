//! The whole log in order, a page at a time, up to where it ended when the walk began.
use event_store::{Position, ReadError, Recorded, Store};
use indicatif::{ProgressBar, ProgressStyle};

/// Events in one read. The largest of them together are a hundred megabytes, the usual ones one.
const PAGE: usize = 500;

pub struct Walk {
    store: Store,
    after: Position,
    until: Position,
    bar: ProgressBar,
}

/// What the walk met.
pub enum Step {
    Event(Recorded),
    /// Its metadata is no metadata of ours.
    Unreadable {
        position: Position,
        stream: String,
        revision: u64,
        why: String,
    },
}

impl Step {
    fn position(&self) -> Position {
        match self {
            Self::Event(it) => it.position,
            Self::Unreadable { position, .. } => *position,
        }
    }
}

impl Walk {
    pub async fn begin(store: &Store, after: Position, doing: &str) -> Result<Self, ReadError> {
        let until = store.head().await?;
        let bar = bar(until.saturating_sub(after), doing);
        Ok(Self { store: store.clone(), after, until, bar })
    }

    /// Where the log ended when the walk began.
    pub fn until(&self) -> Position {
        self.until
    }

    /// Returns what comes next; nothing at the end. An event that cannot be read is a step of its own.
    pub async fn next(&mut self) -> Result<Vec<Step>, ReadError> {
        let mut steps = Vec::new();
        if self.after < self.until {
            steps = self.page().await?;
            steps.retain(|it| it.position() <= self.until);
        }
        match steps.last() {
            Some(last) => {
                self.bar.inc(last.position() - self.after);
                self.after = last.position();
            }
            None => self.bar.finish_and_clear(),
        }
        Ok(steps)
    }

    async fn page(&self) -> Result<Vec<Step>, ReadError> {
        let mut limit = PAGE;
        loop {
            let error = match self.store.read_all(self.after, limit).await {
                Ok(events) => return Ok(events.into_iter().map(Step::Event).collect()),
                Err(error) => error,
            };
            match error.unreadable() {
                Some(it) if limit == 1 => {
                    return Ok(vec![Step::Unreadable {
                        position: it.position,
                        stream: it.stream.clone(),
                        revision: it.revision,
                        why: it.source.to_string(),
                    }]);
                }
                // Until the culprit is alone; what stands before it is read as well.
                Some(_) => limit = limit.div_ceil(2),
                None => return Err(error),
            }
        }
    }
}

/// A bar that is drawn on a terminal and nowhere else.
pub fn bar(length: u64, doing: &str) -> ProgressBar {
    let template = "{msg:>10} [{wide_bar}] {percent:>3} %, {eta} left";
    let style =
        ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(length).with_style(style).with_message(doing.to_owned())
}
