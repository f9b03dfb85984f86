//! Stacked columns, drawn by plotters: grid, bars and hatching, no words.

use super::area::{Area, NARROW, Slot, UNITS, WIDE};
use super::stack::{Layer, heights, layers};
use super::{palette, scale};
use crate::answer::ChartSvgs;
use plotters::prelude::*;
use std::fmt::Write;
use tokenscope::report::{Metric, UsageSeries};

pub(super) type Drawing<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;
pub(super) type Outcome = Result<(), Box<dyn std::error::Error>>;

/// Draws the chart at both widths. A drawing that fails is left out: the same numbers stand in
/// the table beneath.
#[must_use]
pub fn draw(usage: &UsageSeries) -> ChartSvgs {
    let layers = layers(usage);
    let whole = usage.metric == Metric::Events;
    let ticks = scale::ticks(heights(usage).into_iter().max().unwrap_or(0), whole);
    let picture = Picture { usage, layers: &layers, ticks: &ticks };
    ChartSvgs { narrow: picture.at(NARROW), wide: picture.at(WIDE) }
}

struct Picture<'a> {
    usage: &'a UsageSeries,
    layers: &'a [Layer],
    ticks: &'a [i64],
}

impl Picture<'_> {
    fn at(&self, area: Area) -> String {
        let mut svg = group(area, "grid", |root| self.grid(root, area));
        let mut floor = vec![0; self.usage.columns.len()];
        for (number, layer) in self.layers.iter().enumerate() {
            let class = format!("layer-{number}");
            let base = floor.clone();
            svg.push_str(&group(area, &class, |root| self.bars(root, area, layer, &base)));
            for (height, value) in floor.iter_mut().zip(&layer.values) {
                *height += value;
            }
        }
        svg.push_str(&group(area, "hatch", |root| self.hatch(root, area, &floor)));
        svg
    }

    fn top(&self) -> i64 {
        self.ticks.last().copied().unwrap_or(1)
    }

    fn grid(&self, root: &Drawing, area: Area) -> Outcome {
        for tick in self.ticks {
            let y = area.y(*tick, self.top()).clamp(1, area.height - 1);
            let colour = if *tick == 0 { palette::AXIS } else { palette::GRID };
            let style = ShapeStyle::from(&rgb(colour)).stroke_width(1);
            root.draw(&PathElement::new(vec![(0, y), (area.width, y)], style))?;
        }
        Ok(())
    }

    fn bars(&self, root: &Drawing, area: Area, layer: &Layer, floor: &[i64]) -> Outcome {
        let fill = rgb(layer.hue.map_or(palette::OTHERS, palette::light)).filled();
        let striped = layer.hue.is_some_and(palette::is_striped);
        for (i, (value, base)) in layer.values.iter().zip(floor).enumerate() {
            if *value <= 0 {
                continue;
            }
            let slot = area.slot(i, self.usage.columns.len());
            let (top, bottom) = (area.y(base + value, self.top()), area.y(*base, self.top()));
            // What was used is never invisible, however small it is.
            let top = top.min(bottom - 2);
            let corners = [(slot.bar_left, top), (slot.bar_right, bottom)];
            root.draw(&Rectangle::new(corners, fill))?;
            if striped {
                stripes(root, slot, top, bottom)?;
            }
        }
        Ok(())
    }

    /// Diagonal lines over the columns that are not over yet.
    fn hatch(&self, root: &Drawing, area: Area, heights: &[i64]) -> Outcome {
        let columns = self.usage.columns.iter().zip(heights);
        for (i, (column, height)) in columns.enumerate() {
            if column.in_progress && *height > 0 {
                let slot = area.slot(i, self.usage.columns.len());
                diagonals(root, slot, area.y(*height, self.top()), area.height)?;
            }
        }
        Ok(())
    }
}

/// Horizontal gaps: the second cue of a colour that two series share.
fn stripes(root: &Drawing, slot: Slot, top: i32, bottom: i32) -> Outcome {
    let style = ShapeStyle::from(&rgb(palette::PAPER)).stroke_width(UNITS.unsigned_abs());
    let mut y = bottom - 3 * UNITS;
    while y > top + UNITS {
        root.draw(&PathElement::new(vec![(slot.bar_left, y), (slot.bar_right, y)], style))?;
        y -= 4 * UNITS;
    }
    Ok(())
}

/// Lines at 45 degrees, cut to the bar.
fn diagonals(root: &Drawing, slot: Slot, top: i32, bottom: i32) -> Outcome {
    let style = ShapeStyle::from(&rgb(palette::PAPER)).stroke_width(2 * UNITS.unsigned_abs());
    let width = slot.bar_right - slot.bar_left;
    let mut start = top - width;
    while start < bottom {
        // The line runs from (left, start + width) up to (right, start).
        let (from_y, to_y) = ((start + width).min(bottom), start.max(top));
        let from_x = slot.bar_left + (start + width - from_y);
        let to_x = slot.bar_right - (to_y - start);
        if from_x < to_x {
            root.draw(&PathElement::new(vec![(from_x, from_y), (to_x, to_y)], style))?;
        }
        start += 6 * UNITS;
    }
    Ok(())
}

/// A colour of the palette for plotters.
pub(super) fn rgb(hex: &str) -> RGBColor {
    let (r, g, b) = palette::channels(hex);
    RGBColor(r, g, b)
}

/// One `<g>`: what plotters draws, without its frame and with the bars of one colour as one path.
pub(super) fn group(area: Area, class: &str, draw: impl FnOnce(&Drawing) -> Outcome) -> String {
    let mut svg = String::new();
    let size = (area.width.unsigned_abs(), area.height.unsigned_abs());
    let drawn = {
        let root = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        draw(&root).and_then(|()| Ok(root.present()?))
    };
    let marks = if drawn.is_ok() { joined(&svg) } else { String::new() };
    if marks.is_empty() { marks } else { format!("<g class=\"{class}\">{marks}</g>") }
}

/// Joins plotters' shapes by colour into paths: a tenth of the bytes, which travel twice, in the
/// page and in the answer that brings it to life.
fn joined(svg: &str) -> String {
    let mut paths: Vec<(String, String)> = Vec::new();
    for line in svg.lines() {
        let Some((style, path)) = shape(line) else {
            continue;
        };
        match paths.iter_mut().find(|(known, _)| *known == style) {
            Some((_, known)) => known.push_str(&path),
            None => paths.push((style, path)),
        }
    }
    paths.iter().fold(String::new(), |mut out, (style, path)| {
        let _ = write!(out, "<path {style} d=\"{path}\"/>");
        out
    })
}

fn shape(line: &str) -> Option<(String, String)> {
    let get = |name: &str| {
        let (_, rest) = line.split_once(&format!(" {name}=\""))?;
        rest.split_once('"').map(|(value, _)| value)
    };
    if line.starts_with("<rect") {
        let (x, y, w, h) = (get("x")?, get("y")?, get("width")?, get("height")?);
        return Some((format!("fill=\"{}\"", get("fill")?), format!("M{x} {y}h{w}v{h}h-{w}z")));
    }
    if line.starts_with("<polygon") {
        let points = get("points")?.trim().replace(' ', "L").replace(',', " ");
        return Some((format!("fill=\"{}\"", get("fill")?), format!("M{points}z")));
    }
    if line.starts_with("<polyline") {
        let (stroke, width) = (get("stroke")?, get("stroke-width")?);
        let style = format!("fill=\"none\" stroke=\"{stroke}\" stroke-width=\"{width}\"");
        let points = get("points")?.trim().replace(' ', "L").replace(',', " ");
        return Some((style, format!("M{points}")));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokenscope::report::{Column, Series};
    use tokenscope::time::{Instant, Period};

    fn usage() -> UsageSeries {
        let period = Period::new(Instant::from_micros(0), Instant::from_micros(1));
        let series = |hue: u8, values: Vec<i64>| Series {
            slug: format!("api-{hue}"),
            name: format!("<API {hue}>"),
            hue,
            total: values.iter().sum(),
            values,
            before: Vec::new(),
            used: Vec::new(),
        };
        UsageSeries {
            metric: Metric::Tokens,
            columns: vec![
                Column { period, in_progress: false },
                Column { period, in_progress: true },
            ],
            series: vec![series(0, vec![30, 10]), series(9, vec![20, 0])],
            total: 60,
            previous_total: 0,
        }
    }

    #[test]
    fn marks_carry_the_palette_and_no_words() {
        let svgs = draw(&usage());
        for svg in [&svgs.narrow, &svgs.wide] {
            assert!(svg.contains("<g class=\"layer-0\"><path fill=\"#5B1A19\""), "{svg}");
            assert!(svg.contains("<g class=\"layer-1\"><path fill=\"#4A176E\""), "{svg}");
            assert!(svg.contains("<g class=\"grid\">"));
            assert!(svg.contains("<g class=\"hatch\">"));
            for forbidden in ["<text", "style=", "API", "<svg"] {
                assert!(!svg.contains(forbidden), "{forbidden} in {svg}");
            }
        }
    }

    #[test]
    fn bars_stand_on_each_other() {
        let wide = draw(&usage()).wide;
        // 60 is the top tick: 30 stand on the axis, 20 stand on them.
        let (half, third) = (WIDE.height / 2, WIDE.height / 3);
        assert!(wide.contains(&format!("v{half}h-")), "{wide}");
        let rounded = [third, third + 1].map(|height| wide.contains(&format!("v{height}h-")));
        assert!(rounded.contains(&true), "{wide}");
    }

    #[test]
    fn nothing_used_is_an_empty_grid() {
        let mut usage = usage();
        usage.series.clear();
        let wide = draw(&usage).wide;
        assert!(wide.starts_with("<g class=\"grid\">"));
        assert!(!wide.contains("layer"));
    }
}
