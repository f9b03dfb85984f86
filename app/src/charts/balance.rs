//! A balance over time, drawn by plotters: the line with its steps, debt below zero, what
//! happened, and how it is expected to go on. No words.

use super::area::{Area, NARROW, UNITS, WIDE};
use super::columns::{Drawing, Outcome, group, rgb};
use super::{palette, scale};
use crate::answer::ChartSvgs;
use plotters::prelude::*;
use tokenscope::forecast::Expected;
use tokenscope::history::Point;
use tokenscope::time::Instant;

/// The line and the forecast.
const LINE: &str = "#6B4EF9";
/// What nobody paid.
const DEBT: &str = "#E32080";
/// Tokens that came.
const CAME: &str = "#016354";
/// Tokens that went without being used.
const WENT: &str = "#6F5E10";
/// Today.
const TODAY: &str = "#4A5468";

/// Something that happened at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// Tokens came.
    Came(Instant),
    /// Tokens expired, were voided or went to another team.
    Went(Instant),
}

/// What a chart of a balance shows.
pub struct Line<'a> {
    /// The balance so far, in the order of time.
    pub points: &'a [Point],
    /// How it is expected to go on.
    pub expected: &'a [Expected],
    /// What happened at once.
    pub marks: &'a [Mark],
    /// The instant that divides the past from what is expected.
    pub today: Instant,
}

impl Line<'_> {
    /// Where the time axis begins and ends.
    #[must_use]
    pub fn span(&self) -> (Instant, Instant) {
        let from = self.points.first().map_or(self.today, |point| point.at);
        let to = self.expected.last().map_or(self.today, |expected| expected.at);
        (from, to.max(self.today).max(from.plus(1)))
    }

    /// The values of the ticks, lowest first. Zero is always one of them.
    #[must_use]
    pub fn ticks(&self) -> Vec<i64> {
        let past = self.points.iter().flat_map(|p| [p.balance.micro(), -p.debt.micro()]);
        let range = |e: &Expected| e.range.map(|(low, high)| [low.micro(), high.micro()]);
        let future = self.expected.iter().flat_map(|e| {
            let [low, high] = range(e).unwrap_or([e.balance.micro(); 2]);
            [low, high, e.balance.micro()]
        });
        let (mut low, mut high) = (0, 0);
        for value in past.chain(future) {
            low = low.min(value);
            high = high.max(value);
        }
        // The step that suits the longer side suits both.
        let ticks = scale::ticks(high.max(low.saturating_neg()), false);
        let step = ticks.get(1).copied().unwrap_or(1).max(1);
        let count = |value: i64| value / step + i64::from(value % step != 0);
        let (below, above) = (count(low.saturating_neg()), count(high).max(1));
        (-below..=above).map(|n| n.saturating_mul(step)).collect()
    }

    /// Draws it at both widths. A drawing that fails is left out: the same figures stand in the
    /// tables beneath.
    #[must_use]
    pub fn draw(&self) -> ChartSvgs {
        ChartSvgs { narrow: self.at(NARROW), wide: self.at(WIDE) }
    }

    fn at(&self, area: Area) -> String {
        let ticks = self.ticks();
        let ends = (ticks.first().copied().unwrap_or(0), ticks.last().copied().unwrap_or(1));
        let plane = Plane { area, span: self.span(), ends };
        [
            group(area, "grid", |root| grid(root, plane, &ticks)),
            group(area, "band", |root| self.band(root, plane)),
            group(area, "debt", |root| self.debt(root, plane)),
            group(area, "today", |root| self.today(root, plane)),
            group(area, "expected", |root| self.forecast(root, plane)),
            group(area, "line", |root| self.line(root, plane)),
            group(area, "marks", |root| self.draw_marks(root, plane)),
        ]
        .concat()
    }

    fn line(&self, root: &Drawing, plane: Plane) -> Outcome {
        let points: Vec<_> =
            self.points.iter().map(|p| plane.place(p.at, p.balance.micro())).collect();
        let style = ShapeStyle::from(&rgb(LINE)).stroke_width(2 * UNITS.unsigned_abs());
        Ok(root.draw(&PathElement::new(points, style))?)
    }

    /// Everything that is owed hangs below zero, also while other tokens are left.
    fn debt(&self, root: &Drawing, plane: Plane) -> Outcome {
        for run in self.points.split(|point| point.debt.is_zero()).filter(|run| !run.is_empty()) {
            let (first, last) = (run[0].at, run[run.len() - 1].at);
            // A debt ends when it is paid: at the next point, which has none.
            let next = self.points.iter().find(|point| point.at >= last && point.debt.is_zero());
            let end = next.map_or(last, |point| point.at);
            let mut edge = vec![plane.place(first, 0)];
            edge.extend(run.iter().map(|point| plane.place(point.at, -point.debt.micro())));
            let low = run[run.len() - 1].debt.micro();
            edge.extend([plane.place(end, -low), plane.place(end, 0)]);
            root.draw(&Polygon::new(edge, rgb(DEBT).filled()))?;
        }
        Ok(())
    }

    fn start(&self) -> Option<(Instant, i64)> {
        self.points.last().map(|point| (self.today, point.balance.micro()))
    }

    fn forecast(&self, root: &Drawing, plane: Plane) -> Outcome {
        let expected = self.expected.iter().map(|e| (e.at, e.balance.micro()));
        let points: Vec<_> =
            self.start().into_iter().chain(expected).map(|(at, y)| plane.place(at, y)).collect();
        if self.expected.is_empty() {
            return Ok(());
        }
        let style = ShapeStyle::from(&rgb(LINE)).stroke_width(2 * UNITS.unsigned_abs());
        Ok(root.draw(&PathElement::new(points, style))?)
    }

    fn band(&self, root: &Drawing, plane: Plane) -> Outcome {
        let ranges: Vec<_> = self.expected.iter().filter_map(|e| Some((e.at, e.range?))).collect();
        if ranges.is_empty() {
            return Ok(());
        }
        let start = self.start().map(|(at, y)| plane.place(at, y));
        let upper = ranges.iter().map(|(at, (_, high))| plane.place(*at, high.micro()));
        let lower = ranges.iter().rev().map(|(at, (low, _))| plane.place(*at, low.micro()));
        let edge: Vec<_> = start.into_iter().chain(upper).chain(lower).collect();
        Ok(root.draw(&Polygon::new(edge, rgb(LINE).filled()))?)
    }

    fn today(&self, root: &Drawing, plane: Plane) -> Outcome {
        if self.expected.is_empty() {
            return Ok(());
        }
        let x = plane.x(self.today);
        let style = ShapeStyle::from(&rgb(TODAY)).stroke_width(UNITS.unsigned_abs());
        Ok(root.draw(&PathElement::new(vec![(x, 0), (x, plane.area.height)], style))?)
    }

    /// A triangle on the line: upwards where tokens came, downwards where they went.
    fn draw_marks(&self, root: &Drawing, plane: Plane) -> Outcome {
        for mark in self.marks {
            let (at, colour, up) = match *mark {
                Mark::Came(at) => (at, CAME, true),
                Mark::Went(at) => (at, WENT, false),
            };
            let after = self.points.iter().rev().find(|point| point.at <= at);
            let Some(point) = after else { continue };
            let (x, y) = plane.place(at, point.balance.micro());
            let (wide, high) = (5 * UNITS, if up { -9 * UNITS } else { 9 * UNITS });
            // What would stand beyond an edge stands at it.
            let x = x.clamp(wide, plane.area.width - wide);
            let y = y.clamp((-high).max(0), plane.area.height - high.max(0));
            let corners = vec![(x - wide, y), (x + wide, y), (x, y + high)];
            root.draw(&Polygon::new(corners, rgb(colour).filled()))?;
        }
        Ok(())
    }
}

/// How instants and values become places.
#[derive(Clone, Copy)]
struct Plane {
    area: Area,
    span: (Instant, Instant),
    ends: (i64, i64),
}

impl Plane {
    fn x(self, at: Instant) -> i32 {
        let whole = i128::from(self.span.1.since(self.span.0).max(1));
        let part = i128::from(at.since(self.span.0));
        let x = part * i128::from(self.area.width) / whole;
        i32::try_from(x).unwrap_or(self.area.width).clamp(0, self.area.width)
    }
    fn y(self, value: i64) -> i32 {
        let (low, high) = self.ends;
        let whole = (i128::from(high) - i128::from(low)).max(1);
        let part = i128::from(high) - i128::from(value);
        let y = part * i128::from(self.area.height) / whole;
        i32::try_from(y).unwrap_or(self.area.height).clamp(0, self.area.height)
    }
    fn place(self, at: Instant, value: i64) -> (i32, i32) {
        (self.x(at), self.y(value))
    }
}

fn grid(root: &Drawing, plane: Plane, ticks: &[i64]) -> Outcome {
    for tick in ticks {
        let y = plane.y(*tick).clamp(1, plane.area.height - 1);
        let colour = if *tick == 0 { palette::AXIS } else { palette::GRID };
        let style = ShapeStyle::from(&rgb(colour)).stroke_width(1);
        root.draw(&PathElement::new(vec![(0, y), (plane.area.width, y)], style))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokenscope::time::DAY;
    use tokenscope::tokens::Tokens;

    fn day(n: i64) -> Instant {
        Instant::from_micros(n * DAY)
    }

    fn point(n: i64, balance: i64, debt: i64) -> Point {
        Point { at: day(n), balance: Tokens::whole(balance), debt: Tokens::whole(debt) }
    }

    fn whole(ticks: &[i64]) -> Vec<i64> {
        ticks.iter().map(|tick| tick / 1_000_000).collect()
    }

    #[test]
    fn the_axis_holds_zero_and_both_ends() {
        let points = [point(0, 730, 0), point(1, -120, 120)];
        let line = Line { points: &points, expected: &[], marks: &[], today: day(1) };
        assert_eq!(whole(&line.ticks()), [-200, 0, 200, 400, 600, 800]);
        let high = [point(0, 5, 0)];
        let line = Line { points: &high, expected: &[], marks: &[], today: day(1) };
        assert_eq!(whole(&line.ticks()), [0, 2, 4, 6]);
        let none = Line { points: &[], expected: &[], marks: &[], today: day(1) };
        assert_eq!(none.ticks()[0], 0);
        // Debt shows also where other tokens are left.
        let both = [point(0, 50, 40)];
        let line = Line { points: &both, expected: &[], marks: &[], today: day(0) };
        assert!(line.ticks()[0] <= -40_000_000);
    }

    #[test]
    fn a_drawing_has_its_parts_and_no_words() {
        let points = [point(0, 0, 0), point(0, 10, 0), point(5, -5, 5), point(6, -5, 5)];
        let range = Some((Tokens::whole(-9), Tokens::whole(-6)));
        let expected = [Expected { at: day(8), balance: Tokens::whole(-7), range }];
        let marks = [Mark::Came(day(0)), Mark::Went(day(6))];
        let line = Line { points: &points, expected: &expected, marks: &marks, today: day(6) };
        let svgs = line.draw();
        for svg in [&svgs.narrow, &svgs.wide] {
            for part in ["grid", "band", "debt", "today", "expected", "line", "marks"] {
                assert!(svg.contains(&format!("<g class=\"{part}\">")), "{part} in {svg}");
            }
            for forbidden in ["<text", "style=", "<svg"] {
                assert!(!svg.contains(forbidden), "{forbidden} in {svg}");
            }
        }
    }

    #[test]
    fn without_a_forecast_the_line_ends_today() {
        let points = [point(0, 10, 0), point(6, 4, 0)];
        let line = Line { points: &points, expected: &[], marks: &[], today: day(6) };
        assert_eq!(line.span(), (day(0), day(6)));
        let wide = line.draw().wide;
        assert!(!wide.contains("expected") && !wide.contains("today") && !wide.contains("debt"));
        let (x, y) = (WIDE.width, WIDE.height * 6 / 10);
        let ends = (0, 10_000_000);
        let plane = Plane { area: WIDE, span: line.span(), ends };
        assert_eq!(plane.place(day(6), 4_000_000), (x, y));
    }
}
