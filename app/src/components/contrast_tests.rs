//! Text and marks can be read on what they stand on, in the light and in the dark palette.

#![allow(clippy::float_arithmetic, reason = "contrasts are no amounts")]

use crate::charts::palette::channels;
use std::collections::BTreeMap;

const TOKENS: &str = include_str!("../../../style/tokens.css");

/// Text of any size.
const TEXT: f64 = 4.5;
/// Borders of controls, marks, the ring of the focus.
const MARK: f64 = 3.0;

type Palette = BTreeMap<&'static str, &'static str>;

/// The colours of each block of the sheet that has some: light, dark by the system, dark by choice.
fn palettes() -> Vec<Palette> {
    let blocks = TOKENS.split(" color-scheme: ").skip(1);
    blocks
        .map(|block| {
            let block = block.split('}').next().unwrap_or_default();
            let pairs = block.lines().filter_map(|line| line.trim().split_once(": "));
            let colour = |(name, value): (&'static str, &'static str)| {
                let (name, value) = (name.strip_prefix("--")?, value.strip_suffix(';')?);
                value.starts_with('#').then_some((name, value))
            };
            pairs.filter_map(colour).collect()
        })
        .collect()
}

fn luminance(hex: &str) -> f64 {
    let (r, g, b) = channels(hex);
    let linear = |channel: u8| {
        let c = f64::from(channel) / 255.0;
        if c <= 0.040_45 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b)
}

fn contrast(a: &str, b: &str) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// What stands on what, and the contrast it takes.
fn pairs() -> Vec<(&'static str, &'static str, f64)> {
    let grounds = ["paper", "surface", "surface-2"];
    let mut pairs = Vec::new();
    for ground in grounds {
        for text in ["ink", "ink-2", "accent", "bad-ink", "good-ink", "warn-ink", "info-ink"] {
            pairs.push((text, ground, TEXT));
        }
        for mark in ["line-strong", "focus", "good", "bad", "warn", "info", "accent"] {
            pairs.push((mark, ground, MARK));
        }
    }
    for tone in ["good", "bad", "warn", "info"] {
        let (ink, soft) = match tone {
            "good" => ("good-ink", "good-soft"),
            "bad" => ("bad-ink", "bad-soft"),
            "warn" => ("warn-ink", "warn-soft"),
            _ => ("info-ink", "info-soft"),
        };
        pairs.push((ink, soft, TEXT));
        pairs.push((tone, "track", MARK));
    }
    pairs.extend([
        ("accent", "accent-soft", TEXT),
        ("ink", "accent-soft", TEXT),
        ("ink", "track", TEXT),
        ("surface", "ink", TEXT),
        ("accent-ink", "accent", TEXT),
        ("accent-ink", "accent-2", TEXT),
        ("accent-ink", "bad", TEXT),
        ("accent-ink", "bad-2", TEXT),
        ("accent", "track", MARK),
    ]);
    pairs
}

#[test]
fn text_and_marks_stand_out_from_their_background() {
    let mut missed = Vec::new();
    for (n, palette) in palettes().iter().enumerate() {
        for (front, back, least) in pairs() {
            let found = contrast(palette[front], palette[back]);
            if found < least {
                missed.push(format!("palette {n}: {front} on {back} has {found:.2}, not {least}"));
            }
        }
    }
    assert!(missed.is_empty(), "{missed:#?}");
}

#[test]
fn dark_is_the_same_by_wish_of_the_system_and_by_choice() {
    let palettes = palettes();
    assert_eq!(palettes.len(), 3);
    assert!(palettes[0].len() > 30, "{palettes:?}");
    assert_eq!(palettes[1], palettes[2]);
    assert_ne!(palettes[0], palettes[1]);
    let names = |n: usize| palettes[n].keys().collect::<Vec<_>>();
    assert_eq!(names(0), names(1));
}

#[test]
fn the_contrast_is_that_of_the_guidelines() {
    assert!((contrast("#000000", "#FFFFFF") - 21.0).abs() < 0.001);
    assert!((contrast("#777777", "#FFFFFF") - 4.478).abs() < 0.001);
}

#[test]
fn nothing_is_set_smaller_than_twelve_pixels() {
    let sizes = TOKENS.lines().filter_map(|line| line.trim().strip_prefix("--t-"));
    let sizes: Vec<f64> = sizes
        .filter_map(|line| line.split_once(": ")?.1.strip_suffix("rem;")?.parse().ok())
        .collect();
    assert_eq!(sizes.len(), 6);
    assert!(sizes.iter().all(|rem| rem * 16.0 >= 12.0), "{sizes:?}");
}
