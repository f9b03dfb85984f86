//! The chart as CSV: one row a column and API.

use crate::service::fault;
use tokenscope::fault::Fault;
use tokenscope::report::{Frame, UsageSeries};

const HEADS: [&str; 10] = [
    "date",
    "from",
    "to",
    "from_utc",
    "to_utc",
    "api",
    "api_name",
    "tokens",
    "events",
    "in_progress",
];

/// A text that no spreadsheet takes for a formula.
#[must_use]
pub fn harmless(text: &str) -> String {
    match text.chars().next() {
        Some('=' | '+' | '-' | '@' | '\t' | '\r') => format!("'{text}"),
        _ => text.to_owned(),
    }
}

/// One row a column and API, oldest column first; the largest API first within it.
///
/// # Errors
/// [`Fault::Internal`] when it could not be written, which is not to be expected in memory.
pub fn csv(frame: &Frame, usage: &UsageSeries) -> Result<String, Fault> {
    let mut rows = csv::Writer::from_writer(Vec::new());
    let broken = |error: csv::Error| fault::internal(&format!("a file of usage: {error}"));
    rows.write_record(HEADS).map_err(broken)?;
    for (i, column) in usage.columns.iter().enumerate() {
        let (from, to) = (column.period.from, column.period.to);
        let times = [
            frame.zone.date(from).to_string(),
            frame.zone.rfc3339(from),
            frame.zone.rfc3339(to),
            from.rfc3339(),
            to.rfc3339(),
        ];
        for series in &usage.series {
            let used = series.used.get(i).copied().unwrap_or_default();
            let values = [
                harmless(&series.slug),
                harmless(&series.name),
                used.tokens.to_string(),
                used.events.to_string(),
                column.in_progress.to_string(),
            ];
            rows.write_record(times.iter().chain(&values)).map_err(broken)?;
        }
    }
    let bytes = rows.into_inner().map_err(|error| broken(error.into_error().into()))?;
    String::from_utf8(bytes).map_err(|error| fault::internal(&format!("a file of usage: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_made_harmless() {
        for text in ["=1+1", "+1", "-1", "@sum", "\t=1", "\r=1"] {
            assert_eq!(harmless(text), format!("'{text}"));
        }
        for text in ["", "render", "a=b", " =1", "'x"] {
            assert_eq!(harmless(text), text);
        }
    }
}
