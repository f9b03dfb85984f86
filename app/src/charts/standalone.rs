//! The chart as a file: literal colours, words and digits inside, nothing from outside.

use super::area::WIDE;
use super::palette;
use crate::answer::ChartView;
use std::fmt::Write;

/// Width in pixels.
const WIDTH: i32 = 960;
/// Where columns begin and end, and how tall they stand.
const PLOT: (i32, i32, i32, i32) = (72, 76, WIDTH - 72 - 24, 280);
const INK: &str = "#131A2A";
const QUIET: &str = "#4A5468";
const FONT: &str = "system-ui, 'Noto Sans', 'Noto Sans JP', 'Hiragino Sans', sans-serif";

/// What stands on the sheet.
pub struct Sheet<'a> {
    /// Tag of the language of the words.
    pub language: &'a str,
    /// The heading.
    pub title: &'a str,
    /// Of what, where and when it speaks.
    pub subtitle: &'a str,
    /// What the hatching means, where there is some.
    pub in_progress: Option<&'a str>,
    /// The chart.
    pub chart: &'a ChartView,
}

fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            // XML knows no other control characters.
            control if control.is_control() => safe.push(' '),
            letter => safe.push(letter),
        }
    }
    safe
}

/// A rough width in pixels at 13 px: East Asian letters are as wide as high.
fn width(text: &str) -> i32 {
    text.chars().map(|letter| if u32::from(letter) < 0x1100 { 7 } else { 13 }).sum()
}

struct Words<'a> {
    x: i32,
    y: i32,
    size: i32,
    anchor: &'a str,
    colour: &'a str,
}

impl Words<'_> {
    fn draw(&self, svg: &mut String, text: &str) {
        let Self { x, y, size, anchor, colour } = self;
        let text = escaped(text);
        // Writing into a string cannot fail.
        let _ = write!(
            svg,
            "<text x=\"{x}\" y=\"{y}\" font-size=\"{size}\" text-anchor=\"{anchor}\" \
             fill=\"{colour}\">{text}</text>"
        );
    }
}

/// A whole SVG document.
#[must_use]
pub fn sheet(sheet: &Sheet) -> String {
    let (left, top, wide, high) = PLOT;
    let mut body = String::new();
    let words = |x, y, size, anchor, colour| Words { x, y, size, anchor, colour };
    words(24, 32, 20, "start", INK).draw(&mut body, sheet.title);
    words(24, 54, 13, "start", QUIET).draw(&mut body, sheet.subtitle);
    let steps = i32::try_from(sheet.chart.values.len()).unwrap_or(1) - 1;
    for (text, step) in sheet.chart.values.iter().zip(0..) {
        let y = top + high * step / steps.max(1) + 4;
        words(left - 8, y, 12, "end", QUIET).draw(&mut body, text);
    }
    let count = sheet.chart.times.len();
    for (i, tick) in sheet.chart.times.iter().enumerate() {
        let Some(tick) = tick else { continue };
        let slot = WIDE.slot(i, count);
        let x = left + wide * ((slot.left + slot.right) / 2) / WIDE.width;
        words(x, top + high + 20, 12, "middle", QUIET).draw(&mut body, &tick.text);
    }
    let marks = sheet.chart.svgs.wide.replace("stroke-width=\"1\"", "stroke-width=\"4\"");
    let _ = write!(
        body,
        "<svg x=\"{left}\" y=\"{top}\" width=\"{wide}\" height=\"{high}\" viewBox=\"{}\" \
         preserveAspectRatio=\"none\">{marks}</svg>",
        WIDE.view_box()
    );
    let height = legend(sheet, &mut body, top + high + 44) + 20;
    let (language, name) = (escaped(sheet.language), escaped(&sheet.chart.message));
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" \
         viewBox=\"0 0 {WIDTH} {height}\" font-family=\"{FONT}\" role=\"img\" \
         xml:lang=\"{language}\"><title>{name}</title>\
         <rect width=\"{WIDTH}\" height=\"{height}\" fill=\"{}\"/>{body}</svg>\n",
        palette::PAPER
    )
}

/// A swatch and a name for each layer, in lines as long as the sheet; answers where it ends.
fn legend(sheet: &Sheet, body: &mut String, top: i32) -> i32 {
    let layers = sheet.chart.layers.iter().map(|layer| (layer.hue, layer.name.as_str(), false));
    let hatch = sheet.in_progress.map(|name| (None, name, true));
    let (mut x, mut y) = (PLOT.0, top);
    for (hue, name, hatched) in layers.chain(hatch) {
        let long = 20 + width(name) + 24;
        if x > PLOT.0 && x + long > WIDTH - 24 {
            (x, y) = (PLOT.0, y + 24);
        }
        swatch(body, (x, y), hue, hatched);
        let at = Words { x: x + 20, y: y + 11, size: 13, anchor: "start", colour: INK };
        at.draw(body, name);
        x += long;
    }
    y + 12
}

fn swatch(body: &mut String, (x, y): (i32, i32), hue: Option<u8>, hatched: bool) {
    let colour = hue.map_or(palette::OTHERS, palette::light);
    let paper = palette::PAPER;
    let _ = write!(
        body,
        "<rect x=\"{x}\" y=\"{y}\" width=\"12\" height=\"12\" rx=\"2\" fill=\"{colour}\"/>"
    );
    let lines = if hue.is_some_and(palette::is_striped) {
        format!("M{x} {}h12M{x} {}h12M{x} {}h12", y + 3, y + 6, y + 9)
    } else if hatched {
        format!("M{x} {0}l6 -6M{x} {1}l12 -12M{2} {1}l6 -6", y + 6, y + 12, x + 6)
    } else {
        return;
    };
    let _ = write!(body, "<path d=\"{lines}\" fill=\"none\" stroke=\"{paper}\"/>");
}
