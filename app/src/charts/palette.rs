//! The colours of series. The style sheet maps the light ones, which stand in the drawings, to
//! custom properties, so that a chart follows the theme.

/// Colours on white.
pub const LIGHT: [&str; 8] =
    ["#5B1A19", "#4A176E", "#016354", "#6F5E10", "#6B4EF9", "#E32080", "#7B9823", "#329EAF"];
/// The same series on [`DARK_PAPER`].
pub const DARK: [&str; 8] =
    ["#BE2F6E", "#6B4EF9", "#967902", "#249BA4", "#E49480", "#C5ADFD", "#DFDC3C", "#7BF8DB"];
/// Everything beyond the ninth series.
pub const OTHERS: &str = "#8A94A6";
/// Grid lines.
pub const GRID: &str = "#E6E9EF";
/// The line at zero.
pub const AXIS: &str = "#9AA3B2";
/// Hatching and gaps: the colour of the card.
pub const PAPER: &str = "#FFFFFF";
/// The background of charts in the dark theme.
pub const DARK_PAPER: &str = "#0F172A";

/// The colour of a hue in drawings.
#[must_use]
pub fn light(hue: u8) -> &'static str {
    LIGHT[usize::from(hue) % LIGHT.len()]
}

/// Whether a hue reuses the colour of another one and is told apart by gaps.
#[must_use]
pub fn is_striped(hue: u8) -> bool {
    usize::from(hue) / LIGHT.len() % 2 == 1
}

/// Red, green and blue of `#RRGGBB`; black for anything else.
#[must_use]
pub fn channels(hex: &str) -> (u8, u8, u8) {
    let channel = |at: usize| {
        let digits = hex.get(at..at + 2);
        digits.and_then(|d| u8::from_str_radix(d, 16).ok()).unwrap_or(0)
    };
    (channel(1), channel(3), channel(5))
}

#[cfg(test)]
#[path = "palette_tests.rs"]
mod tests;
