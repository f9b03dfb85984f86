//! Reads scenario files. What is wrong with one is said with the file and the member.

use super::Failed;
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::error::Category;
use serde_path_to_error::{Path as MemberPath, Track};
use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;
use tokenscope::scenario::Scenario;

/// A file of the right form whose facts can be.
///
/// # Errors
/// The first thing that is wrong.
pub fn read(file: &Path) -> Result<Scenario, Failed> {
    let scenario = text(file).and_then(|text| scenario(&text));
    scenario.map_err(|wrong| Failed::input(format!("{}: {wrong}", file.display())))
}

fn text(file: &Path) -> Result<String, String> {
    if file.is_dir() {
        return Err("is a folder; name the files in it, e.g. FOLDER/*.json".into());
    }
    let bytes = std::fs::read(file).map_err(|error| format!("cannot be read: {error}"))?;
    if bytes.starts_with(b"\xEF\xBB\xBF") {
        return Err("begins with a byte order mark; save it as UTF-8 without one".into());
    }
    if bytes.starts_with(b"\xFF\xFE") || bytes.starts_with(b"\xFE\xFF") {
        return Err("is UTF-16; save it as UTF-8".into());
    }
    if bytes.trim_ascii().is_empty() {
        return Err("is empty; the least is {\"name\": \"what it shows\"}".into());
    }
    String::from_utf8(bytes).map_err(|error| {
        let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = valid.iter().filter(|byte| **byte == b'\n').count() + 1;
        format!("is not UTF-8 (line {line}); save it as UTF-8")
    })
}

fn scenario(text: &str) -> Result<Scenario, String> {
    let mut json = serde_json::Deserializer::from_str(text);
    let scenario: Scenario =
        serde_path_to_error::deserialize(&mut json).map_err(|e| said(e.path(), e.inner()))?;
    form(text)?;
    scenario.check().map_err(|error| format!("{}: {}", error.member, error.reason))?;
    Ok(scenario)
}

/// Refuses what the derived readers let through: a repeated key of a map, a list in place of an
/// object, and what follows the object.
fn form(text: &str) -> Result<(), String> {
    let mut json = serde_json::Deserializer::from_str(text);
    let mut track = Track::new();
    let whole = serde_path_to_error::Deserializer::new(&mut json, &mut track);
    if let Err(error) = (Form { list: false }).deserialize(whole) {
        return Err(said(&track.path(), &error));
    }
    json.end().map_err(|error| format!("goes on behind the JSON object (line {})", error.line()))
}

/// What the JSON reader expects, in words for people.
const PLAIN: &[(&str, &str)] = &[
    ("expected a sequence", "expected a list"),
    ("expected a map", "expected an object"),
    ("expected i16", "expected a whole number from -32768 to 32767"),
    ("expected u16", "expected a whole number from 0 to 65535"),
    ("expected u32", "expected a whole number from 0 to 4294967295"),
    ("expected a boolean", "expected true or false"),
];

/// An error of the JSON reader with its member, in words that know nothing of the program.
fn said(path: &MemberPath, error: &serde_json::Error) -> String {
    let whole = error.to_string();
    let position = format!(" at line {} column {}", error.line(), error.column());
    let reason = whole.strip_suffix(&position).unwrap_or(&whole);
    let mut reason = match reason.split_once("expected struct ") {
        Some((before, _)) => format!("{before}expected an object"),
        None => reason.to_owned(),
    };
    for (technical, plain) in PLAIN {
        if let Some(before) = reason.strip_suffix(technical) {
            reason = format!("{before}{plain}");
        }
    }
    let is_number = reason.starts_with("invalid type: integer")
        || reason.starts_with("invalid type: floating point");
    let advice = if is_number && reason.ends_with("expected a string") {
        ": amounts stand in quotes, like \"12.5\""
    } else if reason.contains("missing field `expect`") {
        ": the least is {}"
    } else {
        ""
    };
    let reason = match error.classify() {
        Category::Data | Category::Io => reason,
        Category::Syntax | Category::Eof => format!("cannot be read as JSON: {reason}"),
    };
    let shown = path.to_string();
    // A dot is the whole file; a question mark stands for what was not read yet.
    let member = match shown.trim_end_matches('?').trim_end_matches('.') {
        "" => String::new(),
        member => format!("{member}: "),
    };
    format!("{member}{reason}{advice} (line {}, column {})", error.line(), error.column())
}

/// The members that are lists. Elsewhere the derived readers would take a list for an object, its
/// items for the members in their order.
const LISTS: &[&str] = &[
    "apps",
    "ask",
    "charges",
    "closes",
    "corrections",
    "cuts",
    "events",
    "holds",
    "lines",
    "lots",
    "moves",
    "notices",
    "owners",
    "payers",
    "policies",
    "products",
    "rates",
    "trials",
    "unblocks",
    "usage",
    "voids",
];

/// Looks at the form alone; whether a list may stand here.
#[derive(Clone, Copy)]
struct Form {
    list: bool,
}

impl<'de> DeserializeSeed<'de> for Form {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Form {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a value")
    }
    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }
    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }
    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }
    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }
    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }
    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        if !self.list {
            return Err(A::Error::custom("is a list, expected an object"));
        }
        while items.next_element_seed(Self { list: false })?.is_some() {}
        Ok(())
    }
    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let mut seen = BTreeSet::new();
        while let Some(key) = members.next_key::<String>()? {
            let list = LISTS.contains(&key.as_str());
            if seen.contains(&key) {
                return Err(A::Error::custom(format!("has the member `{key}` twice")));
            }
            seen.insert(key);
            members.next_value_seed(Self { list })?;
        }
        Ok(())
    }
}
