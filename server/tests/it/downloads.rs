//! The view as a file adds up to what the page says.

use crate::given::{at, event, red_team, send};
use crate::harness::{Database, on_each_database};
use tokenscope::event::NewEvent;
use tokenscope::report::{Preset, Range};
use tokenscope::service::Reports;
use tokenscope::time::{DAY, HOUR, Instant};
use tokenscope::tokens::Tokens;
use tokenscope::view::View;
use tokenscope_server::http::downloads;

on_each_database!(the_rows_add_up_to_the_total);

async fn the_rows_add_up_to_the_total(database: Database) {
    let now = at("2026-11-21T12:00:00Z");
    let service = database.service(now).await;
    let program = red_team(&service, "a").await;
    let one = |n: i64| NewEvent {
        api: ["calls", "=cmd", "maps, \"large\""][usize::try_from(n % 3).unwrap()].into(),
        tokens: Some(Tokens::from_micro(1 + n * 1_001)),
        ..event(&n.to_string(), now.plus(-n * 5 * HOUR))
    };
    send(&service, &program, (0..300).map(one)).await;
    for preset in [Preset::Days28, Preset::Today, Preset::Months12] {
        let view = View { range: Range::Preset(preset), ..View::default() };
        let report = service.overview(&program, &view).await.unwrap();
        let text = downloads::csv(&report.frame, &report.usage).unwrap();
        let mut rows = csv::Reader::from_reader(text.as_bytes());
        let heads = rows.headers().unwrap().iter().map(ToOwned::to_owned).collect::<Vec<_>>();
        let place = |name: &str| heads.iter().position(|head| head == name).unwrap();
        let (mut sum, mut events, mut count) = (0, 0, 0);
        for row in rows.records().map(Result::unwrap) {
            sum += row[place("tokens")].parse::<Tokens>().unwrap().micro();
            events += row[place("events")].parse::<i64>().unwrap();
            count += 1;
            let time = |name: &str| row[place(name)].parse::<Instant>().unwrap();
            assert_eq!(time("from"), time("from_utc"));
            assert!(time("from") < time("to") && time("to").since(time("from")) <= 7 * DAY);
            assert_eq!(row[place("date")], time("from").rfc3339()[..10]);
            assert_eq!(
                row[place("in_progress")] == *"true",
                time("from") <= now && now < time("to")
            );
        }
        assert_eq!(sum, report.usage.total, "{preset:?}");
        let of_rows: i64 = report.top_apps.iter().map(|row| row.events).sum();
        assert_eq!(events, of_rows, "{preset:?}");
        assert_eq!(count, report.usage.columns.len() * report.usage.series.len());
        assert!(text.contains(",'=cmd,"), "a formula is made harmless");
        assert!(text.contains("\"maps, \"\"large\"\"\""), "{text}");
    }
}
