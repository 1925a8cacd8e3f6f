//! What is seen while it runs: a line for each measurement, and on a terminal one that says what is under way.
use std::io::{IsTerminal, Write};
use std::time::Instant;

pub struct Progress {
    begin: Instant,
    on_terminal: bool,
}

impl Progress {
    pub fn new() -> Self {
        Self { begin: Instant::now(), on_terminal: std::io::stderr().is_terminal() }
    }

    /// A line that stays.
    pub fn say(&self, line: &str) {
        let clear = if self.on_terminal { "\r\x1b[K" } else { "" };
        eprintln!("{clear}{:>5.0} s  {line}", self.begin.elapsed().as_secs_f64());
    }

    /// What is under way, on a terminal only.
    pub fn doing(&self, what: &str) {
        if self.on_terminal {
            let mut out = std::io::stderr().lock();
            let _ = write!(out, "\r\x1b[K{:>5.0} s  {what} …", self.begin.elapsed().as_secs_f64());
            let _ = out.flush();
        }
    }

    /// Still under way.
    pub fn tick(&self) {
        if self.on_terminal {
            let mut out = std::io::stderr().lock();
            let _ = out.write_all(b".");
            let _ = out.flush();
        }
    }
}
