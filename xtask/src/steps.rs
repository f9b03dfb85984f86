//! Numbered steps with elapsed seconds, so that a long build always shows where it is.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::process;

/// A sequence of steps whose number is known beforehand.
pub struct Steps {
    total: usize,
    begun: Instant,
    durations: Vec<(String, Duration)>,
}

impl Steps {
    /// Starts the clock.
    pub fn new(total: usize) -> Self {
        Self { total, begun: Instant::now(), durations: Vec::new() }
    }

    /// Announces a step, performs it and says how long it took.
    pub fn run<T>(&mut self, title: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
        if process::interrupted() {
            bail!("interrupted");
        }
        self.announce(title);
        let begun = Instant::now();
        let result = work();
        let took = begun.elapsed();
        self.durations.push((title.to_owned(), took));
        let number = self.durations.len();
        let verdict = if result.is_ok() { "done" } else { "FAILED" };
        println!("[{number}/{}] {verdict} after {}", self.total, seconds(took));
        result.with_context(|| format!("step {number}, {title}"))
    }

    /// Announces a step that does not come back, such as becoming the server.
    pub fn announce(&self, title: &str) {
        let number = self.durations.len() + 1;
        println!("\n[{number}/{}] {title} (+{})", self.total, seconds(self.begun.elapsed()));
    }

    /// Prints every step with its duration.
    pub fn summary(&self) {
        let width = self.durations.iter().map(|(title, _)| title.chars().count()).max();
        let width = width.unwrap_or_default();
        for (title, took) in &self.durations {
            println!("  {title:<width$} {:>9}", seconds(*took));
        }
        println!("  {:<width$} {:>9}", "in all", seconds(self.begun.elapsed()));
    }
}

fn seconds(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}
