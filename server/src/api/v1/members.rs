//! The members of one item of a request: each is checked by itself, and what is wrong is said by
//! name with what would be right.

use super::item::Item;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use tokenscope::event::TEXT_MAX;
use tokenscope::fault::FieldFault;
use tokenscope::time::Instant;
use tokenscope::tokens::AmountError;

/// What reading a member comes to.
pub type Read<T> = Result<T, FieldFault>;

/// The members of an item.
pub struct Members {
    map: Map<String, Value>,
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

fn missing(name: &str) -> FieldFault {
    FieldFault::new(name, "is missing")
}

impl Members {
    /// The members of an object that may have these alone, each once. `what` says what it is.
    ///
    /// # Errors
    /// The member that is unknown or stands there twice.
    pub fn of(item: Item, what: &str, known: &[&str]) -> Read<Self> {
        let (map, twice) = match item {
            Item::Object(map, twice) => (map, twice),
            Item::Other(value) => {
                let reason = format!("expected {what} as an object, found {}", kind(&value));
                return Err(FieldFault::new("", reason));
            }
        };
        if let Some(unknown) = map.keys().find(|name| !known.contains(&name.as_str())) {
            let shown: String = unknown.chars().take(64).collect();
            let reason = format!("is no member of {what}; members are: {}", known.join(", "));
            return Err(FieldFault::new(shown, reason));
        }
        match twice {
            Some(name) => Err(FieldFault::new(name, "stands there twice")),
            None => Ok(Self { map }),
        }
    }

    /// The members of a member that is an object; none where it is not there.
    ///
    /// # Errors
    /// What is wrong with it, under the names of both.
    pub fn inner(&mut self, name: &str, known: &[&str]) -> Read<Option<Self>> {
        let Some(value) = self.map.remove(name).filter(|value| !value.is_null()) else {
            return Ok(None);
        };
        let item = match value {
            Value::Object(map) => Item::Object(map, None),
            other => Item::Other(other),
        };
        Self::of(item, &format!("`{name}`"), known).map(Some).map_err(|e| below(name, e))
    }

    /// A member that is there; null is the same as absent.
    fn get(&self, name: &str) -> Option<&Value> {
        self.map.get(name).filter(|value| !value.is_null())
    }

    /// A text, where it is there.
    ///
    /// # Errors
    /// Why it is none.
    pub fn text(&self, name: &str) -> Read<Option<String>> {
        let Some(value) = self.get(name) else { return Ok(None) };
        let Value::String(text) = value else {
            return Err(FieldFault::new(name, format!("must be a text, is {}", kind(value))));
        };
        let reason = match text {
            text if text.trim().is_empty() => "must not be empty".to_owned(),
            text if text.len() > TEXT_MAX => format!("is longer than {TEXT_MAX} bytes"),
            text if text.chars().any(char::is_control) => "has a control character".to_owned(),
            text => return Ok(Some(text.clone())),
        };
        Err(FieldFault::new(name, reason))
    }

    /// A text that has to be there.
    ///
    /// # Errors
    /// Why it is none.
    pub fn required(&self, name: &str) -> Read<String> {
        self.text(name)?.ok_or_else(|| missing(name))
    }

    /// A text or null; one of them has to be written.
    ///
    /// # Errors
    /// Why it is neither.
    pub fn text_or_null(&self, name: &str) -> Read<Option<String>> {
        if !self.map.contains_key(name) {
            return Err(FieldFault::new(name, "is missing: write null for none"));
        }
        self.text(name)
    }

    /// An instant, where it is there.
    ///
    /// # Errors
    /// Why it is none.
    pub fn time(&self, name: &str) -> Read<Option<Instant>> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        text.parse().map(Some).map_err(|e| FieldFault::new(name, format!("`{text}` {e}")))
    }

    /// An instant that has to be there.
    ///
    /// # Errors
    /// Why it is none.
    pub fn required_time(&self, name: &str) -> Read<Instant> {
        self.time(name)?.ok_or_else(|| missing(name))
    }

    /// An amount as a decimal string or a JSON number, where it is there.
    ///
    /// # Errors
    /// Why it is none.
    pub fn amount<T>(
        &self,
        name: &str,
        parse: impl Fn(&str) -> Result<T, AmountError>,
    ) -> Read<Option<T>> {
        let text = match self.get(name) {
            None => return Ok(None),
            Some(Value::String(text)) => text.clone(),
            // The shortest decimal form is what the sender wrote for up to 15 digits.
            Some(Value::Number(number)) => number.to_string(),
            Some(other) => {
                let reason = format!("must be a decimal number like \"12.5\", is {}", kind(other));
                return Err(FieldFault::new(name, reason));
            }
        };
        let shown: String = text.chars().take(40).collect();
        parse(&text).map(Some).map_err(|e| FieldFault::new(name, format!("`{shown}` {e}")))
    }

    /// An amount that has to be there.
    ///
    /// # Errors
    /// Why it is none.
    pub fn required_amount<T>(
        &self,
        name: &str,
        parse: impl Fn(&str) -> Result<T, AmountError>,
    ) -> Read<T> {
        self.amount(name, parse)?.ok_or_else(|| missing(name))
    }

    /// A whole number within bounds, where it is there.
    ///
    /// # Errors
    /// Why it is none.
    pub fn whole(&self, name: &str, least: i64, most: i64) -> Read<Option<i64>> {
        let Some(value) = self.get(name) else { return Ok(None) };
        let number = value.as_i64().filter(|number| (least..=most).contains(number));
        let wrong = || {
            let reason = format!("must be a whole number from {least} to {most}");
            FieldFault::new(name, reason)
        };
        number.map(Some).ok_or_else(wrong)
    }

    /// True or false, where it is there.
    ///
    /// # Errors
    /// That it is neither.
    pub fn flag(&self, name: &str) -> Read<Option<bool>> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(other) => {
                let reason = format!("must be true or false, is {}", kind(other));
                Err(FieldFault::new(name, reason))
            }
        }
    }

    /// True or false; has to be there.
    ///
    /// # Errors
    /// That it is neither.
    pub fn required_flag(&self, name: &str) -> Read<bool> {
        self.flag(name)?.ok_or_else(|| missing(name))
    }

    /// One of some words, where it is there.
    ///
    /// # Errors
    /// The words there are.
    pub fn choice<T: DeserializeOwned>(&self, name: &str) -> Read<Option<T>> {
        let Some(value) = self.get(name) else { return Ok(None) };
        let Value::String(_) = value else {
            return Err(FieldFault::new(name, format!("must be a text, is {}", kind(value))));
        };
        serde_json::from_value(value.clone())
            .map(Some)
            .map_err(|e| FieldFault::new(name, format!("is not one of the words: {e}")))
    }

    /// One of some words; has to be there.
    ///
    /// # Errors
    /// The words there are.
    pub fn required_choice<T: DeserializeOwned>(&self, name: &str) -> Read<T> {
        self.choice(name)?.ok_or_else(|| missing(name))
    }
}

/// A fault of a member of a member.
pub fn below(name: &str, fault: FieldFault) -> FieldFault {
    let field = match fault.field.as_str() {
        "" => name.to_owned(),
        inner => format!("{name}.{inner}"),
    };
    FieldFault { field, ..fault }
}
