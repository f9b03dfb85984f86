#![allow(clippy::float_arithmetic, reason = "colour distances are no amounts")]

use super::*;

type Rgb = [f64; 3];

fn linear(hex: &str) -> Rgb {
    let (r, g, b) = channels(hex);
    [r, g, b].map(|channel| {
        let c = f64::from(channel) / 255.0;
        if c <= 0.040_45 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
    })
}

fn times(matrix: [[f64; 3]; 3], v: Rgb) -> Rgb {
    matrix.map(|row| row[0] * v[0] + row[1] * v[1] + row[2] * v[2])
}

fn luminance(hex: &str) -> f64 {
    let [r, g, b] = linear(hex);
    0.2126 * r + 0.7152 * g + 0.0722 * b
}

fn contrast(a: &str, b: &str) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// Machado, Oliveira, Fernandes 2009, full severity, on linear light.
const VISIONS: [(&str, [[f64; 3]; 3]); 4] = [
    ("normal", [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]),
    (
        "protan",
        [
            [0.152_286, 1.052_583, -0.204_868],
            [0.114_503, 0.786_281, 0.099_216],
            [-0.003_882, -0.048_116, 1.051_998],
        ],
    ),
    (
        "deutan",
        [
            [0.367_322, 0.860_646, -0.227_968],
            [0.280_085, 0.672_501, 0.047_413],
            [-0.011_820, 0.042_940, 0.968_881],
        ],
    ),
    (
        "tritan",
        [
            [1.255_528, -0.076_749, -0.178_779],
            [-0.078_411, 0.930_809, 0.147_602],
            [0.004_733, 0.691_367, 0.303_900],
        ],
    ),
];

fn lab(rgb: Rgb) -> Rgb {
    let rgb = rgb.map(|c| c.clamp(0.0, 1.0));
    let xyz = times(
        [
            [0.412_456_4, 0.357_576_1, 0.180_437_5],
            [0.212_672_9, 0.715_152_2, 0.072_175_0],
            [0.019_333_9, 0.119_192_0, 0.950_304_1],
        ],
        rgb,
    );
    let f = |t: f64| match t {
        t if t > 216.0 / 24389.0 => t.cbrt(),
        t => (24389.0 / 27.0 * t + 16.0) / 116.0,
    };
    let [x, y, z] = [f(xyz[0] / 0.950_47), f(xyz[1]), f(xyz[2] / 1.088_83)];
    [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
}

/// CIEDE2000 (Sharma, Wu, Dalal 2005).
fn distance(one: Rgb, two: Rgb) -> f64 {
    let chroma = |lab: Rgb| lab[1].hypot(lab[2]);
    let mean = f64::midpoint(chroma(one), chroma(two)).powi(7);
    let g = 0.5 * (1.0 - (mean / (mean + 25_f64.powi(7))).sqrt());
    let prime = |lab: Rgb| {
        let a = lab[1] * (1.0 + g);
        let hue = lab[2].atan2(a).to_degrees().rem_euclid(360.0);
        (lab[0], a.hypot(lab[2]), hue)
    };
    let ((l1, c1, h1), (l2, c2, h2)) = (prime(one), prime(two));
    let grey = c1 * c2 == 0.0;
    let mut dh = h2 - h1;
    if dh > 180.0 {
        dh -= 360.0;
    } else if dh < -180.0 {
        dh += 360.0;
    }
    let dh = if grey { 0.0 } else { 2.0 * (c1 * c2).sqrt() * (dh / 2.0).to_radians().sin() };
    let h = match h1 + h2 {
        sum if grey => sum,
        sum if (h1 - h2).abs() <= 180.0 => sum / 2.0,
        sum if sum < 360.0 => (sum + 360.0) / 2.0,
        sum => (sum - 360.0) / 2.0,
    };
    let (l, c) = (f64::midpoint(l1, l2), f64::midpoint(c1, c2));
    let cos = |degrees: f64| degrees.to_radians().cos();
    let t = 1.0 - 0.17 * cos(h - 30.0) + 0.24 * cos(2.0 * h) + 0.32 * cos(3.0 * h + 6.0)
        - 0.20 * cos(4.0 * h - 63.0);
    let bend = 30.0 * (-((h - 275.0) / 25.0).powi(2)).exp();
    let rc = 2.0 * (c.powi(7) / (c.powi(7) + 25_f64.powi(7))).sqrt();
    let sl = 1.0 + 0.015 * (l - 50.0).powi(2) / (20.0 + (l - 50.0).powi(2)).sqrt();
    let (sc, sh) = (1.0 + 0.045 * c, 1.0 + 0.015 * c * t);
    let rt = -(2.0 * bend).to_radians().sin() * rc;
    let (dl, dc, dh) = ((l2 - l1) / sl, (c2 - c1) / sc, dh / sh);
    (dl * dl + dc * dc + dh * dh + rt * dc * dh).sqrt()
}

#[test]
fn the_distance_is_that_of_the_published_pairs() {
    let near = |one, two, wanted: f64| (distance(one, two) - wanted).abs() < 0.0001;
    assert!(near([50.0, 2.6772, -79.7751], [50.0, 0.0, -82.7485], 2.0425));
    assert!(near([50.0, 2.49, -0.001], [50.0, -2.49, 0.0011], 7.2195));
    assert!(near([22.7233, 20.0904, -46.6940], [23.0331, 14.9730, -42.5619], 2.0373));
}

#[test]
fn every_colour_stands_out_from_its_background() {
    for (colours, paper) in [(LIGHT, PAPER), (DARK, DARK_PAPER)] {
        for colour in colours {
            assert!(contrast(colour, paper) >= 3.0, "{colour} on {paper}");
        }
    }
    assert!(contrast(OTHERS, PAPER) >= 3.0);
}

#[test]
fn colours_are_told_apart_in_every_vision() {
    for colours in [LIGHT, DARK] {
        for (vision, matrix) in VISIONS {
            for (i, one) in colours.iter().enumerate() {
                for two in &colours[i + 1..] {
                    let seen = |hex| lab(times(matrix, linear(hex)));
                    let apart = distance(seen(one), seen(two));
                    assert!(apart >= 15.0, "{one} and {two} in {vision} vision: {apart:.1}");
                }
            }
        }
    }
}

#[test]
fn the_style_sheet_maps_every_colour() {
    let charts = include_str!("../../../style/charts.css");
    let tokens = include_str!("../../../style/tokens.css");
    for (i, (light, dark)) in LIGHT.iter().zip(DARK).enumerate() {
        let number = i + 1;
        let rule = format!("[fill=\"{light}\"] {{ fill: var(--s{number}); }}");
        assert!(charts.contains(&rule), "{rule}");
        assert!(tokens.contains(&format!("--s{number}: {light};")), "{light}");
        assert!(tokens.contains(&format!("--s{number}: {dark};")), "{dark}");
    }
    for (name, colour) in [("OTHERS", OTHERS), ("GRID", GRID), ("AXIS", AXIS), ("PAPER", PAPER)] {
        assert!(charts.contains(&format!("\"{colour}\"")), "{name}");
    }
}

#[test]
fn a_second_round_of_hues_is_striped() {
    assert_eq!(light(0), light(8));
    assert!(!is_striped(7));
    assert!(is_striped(8));
    assert!(!is_striped(16));
}
