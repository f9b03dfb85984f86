//! Exact amounts: micro-tokens and micro-units as integers, decimal strings outside.
//!
//! Source: accounting.md, "Quantities and clocks". There is no floating point on the way in, on
//! the way out or between.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Neg, Sub, SubAssign};
use std::str::FromStr;

/// Parts of one whole: 1 token = 1 000 000 micro-tokens, 1 unit = 1 000 000 micro-units.
pub const MICRO: i64 = 1_000_000;

/// Why a decimal string is no amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AmountError {
    /// Not of the form `[-]digits[.digits]`.
    #[error("is not a decimal number like 12.5")]
    Syntax,
    /// More than six digits behind the point.
    #[error("has more than six decimals")]
    TooFine,
    /// Beyond the range of the kind of amount.
    #[error("is too large")]
    TooLarge,
    /// Below zero where only zero and more make sense.
    #[error("is negative")]
    Negative,
}

/// A signed number of micro-tokens. Single amounts that come from outside stay within
/// [`Tokens::MAX_GIVEN`]; sums may be larger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Tokens(i64);

impl Tokens {
    /// No tokens.
    pub const ZERO: Self = Self(0);
    /// The largest amount that one fact may carry: a thousand million tokens. It leaves room for
    /// nine thousand such facts before a sum of 64 bits ends.
    pub const MAX_GIVEN: Self = Self(1_000_000_000 * MICRO);

    /// From micro-tokens.
    #[must_use]
    pub const fn from_micro(micro: i64) -> Self {
        Self(micro)
    }
    /// From whole tokens.
    #[must_use]
    pub const fn whole(tokens: i64) -> Self {
        Self(tokens * MICRO)
    }
    /// As micro-tokens.
    #[must_use]
    pub const fn micro(self) -> i64 {
        self.0
    }
    /// True for exactly nothing.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }
    /// True below zero.
    #[must_use]
    pub const fn is_negative(self) -> bool {
        self.0 < 0
    }
    /// This amount, or nothing where it is below zero.
    #[must_use]
    pub fn or_zero(self) -> Self {
        self.max(Self::ZERO)
    }
    /// An amount given by somebody: not negative, at most [`Tokens::MAX_GIVEN`].
    ///
    /// # Errors
    /// [`AmountError`] with the reason.
    pub fn parse_given(text: &str) -> Result<Self, AmountError> {
        let amount: Self = text.parse()?;
        if amount.is_negative() {
            return Err(AmountError::Negative);
        }
        if amount > Self::MAX_GIVEN {
            return Err(AmountError::TooLarge);
        }
        Ok(amount)
    }
}

impl Add for Tokens {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}
impl AddAssign for Tokens {
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
    }
}
impl Sub for Tokens {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}
impl SubAssign for Tokens {
    fn sub_assign(&mut self, other: Self) {
        self.0 -= other.0;
    }
}
impl Neg for Tokens {
    type Output = Self;
    fn neg(self) -> Self {
        Self(-self.0)
    }
}
impl Sum for Tokens {
    fn sum<I: Iterator<Item = Self>>(iter: I) -> Self {
        iter.fold(Self::ZERO, Add::add)
    }
}

impl FromStr for Tokens {
    type Err = AmountError;
    fn from_str(text: &str) -> Result<Self, AmountError> {
        parse_micro(text).map(Self)
    }
}
impl fmt::Display for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        print_micro(self.0, f)
    }
}

/// How much was used, in micro-units of the API's unit (jobs, seconds, photos, calls).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Quantity(i64);

impl Quantity {
    /// One unit: what an event that names no quantity stands for.
    pub const ONE: Self = Self(MICRO);
    /// The largest quantity of one event: 10^12 units.
    pub const MAX: Self = Self(1_000_000_000_000 * MICRO);

    /// From micro-units.
    #[must_use]
    pub const fn from_micro(micro: i64) -> Self {
        Self(micro)
    }
    /// From whole units.
    #[must_use]
    pub const fn whole(units: i64) -> Self {
        Self(units * MICRO)
    }
    /// As micro-units.
    #[must_use]
    pub const fn micro(self) -> i64 {
        self.0
    }
}

impl FromStr for Quantity {
    type Err = AmountError;
    fn from_str(text: &str) -> Result<Self, AmountError> {
        let micro = parse_micro(text)?;
        if micro < 0 {
            return Err(AmountError::Negative);
        }
        if micro > Self::MAX.0 {
            return Err(AmountError::TooLarge);
        }
        Ok(Self(micro))
    }
}
impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        print_micro(self.0, f)
    }
}

fn parse_micro(text: &str) -> Result<i64, AmountError> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (whole, fraction) = match digits.split_once('.') {
        Some((whole, fraction)) if !fraction.is_empty() => (whole, fraction),
        Some(_) => return Err(AmountError::Syntax),
        None => (digits, ""),
    };
    let all_digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !all_digits(whole) || !all_digits(fraction) {
        return Err(AmountError::Syntax);
    }
    // Zeros at the end say nothing: "1.5000000" is as exact as "1.5".
    let fraction = fraction.trim_end_matches('0');
    if fraction.len() > 6 {
        return Err(AmountError::TooFine);
    }
    let whole: i64 = whole.parse().map_err(|_| AmountError::TooLarge)?;
    let micro: i64 = format!("{fraction:0<6}").parse().map_err(|_| AmountError::Syntax)?;
    let sum =
        whole.checked_mul(MICRO).and_then(|w| w.checked_add(micro)).ok_or(AmountError::TooLarge)?;
    Ok(if negative { -sum } else { sum })
}

fn print_micro(micro: i64, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let sign = if micro < 0 { "-" } else { "" };
    let (whole, part) =
        (micro.unsigned_abs() / MICRO.unsigned_abs(), micro.unsigned_abs() % MICRO.unsigned_abs());
    if part == 0 {
        return f.pad(&format!("{sign}{whole}"));
    }
    let part = format!("{part:06}");
    f.pad(&format!("{sign}{whole}.{}", part.trim_end_matches('0')))
}

macro_rules! serde_as_decimal_string {
    ($type:ty) => {
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.collect_str(self)
            }
        }
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let text = String::deserialize(from)?;
                text.parse().map_err(|e: AmountError| de::Error::custom(format!("`{text}` {e}")))
            }
        }
    };
}
serde_as_decimal_string!(Tokens);
serde_as_decimal_string!(Quantity);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_and_prints_decimals_exactly() {
        for (text, micro) in [
            ("0", 0),
            ("12.5", 12_500_000),
            ("-0.000001", -1),
            ("97.979444", 97_979_444),
            ("1000000000", 1_000_000_000_000_000),
        ] {
            let tokens: Tokens = text.parse().unwrap();
            assert_eq!(tokens.micro(), micro);
            assert_eq!(tokens.to_string(), text);
        }
    }

    #[test]
    fn refuses_what_is_no_amount() {
        for (text, error) in [
            ("", AmountError::Syntax),
            ("1.", AmountError::Syntax),
            (".5", AmountError::Syntax),
            ("+1", AmountError::Syntax),
            ("1e3", AmountError::Syntax),
            ("NaN", AmountError::Syntax),
            ("１", AmountError::Syntax),
            ("0.0000001", AmountError::TooFine),
            ("99999999999999999999", AmountError::TooLarge),
            ("9223372036855", AmountError::TooLarge),
        ] {
            assert_eq!(text.parse::<Tokens>(), Err(error), "{text}");
        }
        assert_eq!("-1".parse::<Quantity>(), Err(AmountError::Negative));
        assert_eq!("1000000000001".parse::<Quantity>(), Err(AmountError::TooLarge));
        assert_eq!(Tokens::parse_given("-1"), Err(AmountError::Negative));
        assert_eq!(Tokens::parse_given("1000000001"), Err(AmountError::TooLarge));
    }

    proptest! {
        #[test]
        fn what_is_printed_reads_back(micro in -i64::MAX..=i64::MAX) {
            let tokens = Tokens::from_micro(micro);
            prop_assert_eq!(tokens.to_string().parse::<Tokens>().unwrap(), tokens);
        }
    }
}
