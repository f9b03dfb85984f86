//! Lots: granted tokens with a validity, and the order in which they burn down.

use crate::time::Instant;
use crate::tokens::Tokens;
use serde::{Deserialize, Serialize};

/// What a charge is for: a metered API call or a daily product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Class {
    /// An API call.
    Api,
    /// A daily product: its rate line is `user_day`.
    Product,
}

impl Class {
    /// Both classes, in the order in which sums are kept.
    pub const ALL: [Self; 2] = [Self::Api, Self::Product];
}

/// Amounts per class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PerClass {
    /// Of API calls.
    pub api: Tokens,
    /// Of daily products.
    pub product: Tokens,
}

impl PerClass {
    /// An amount of one class, nothing of the other.
    #[must_use]
    pub fn of(class: Class, amount: Tokens) -> Self {
        let mut both = Self::default();
        *both.get_mut(class) = amount;
        both
    }
    /// The amount of a class.
    #[must_use]
    pub const fn get(&self, class: Class) -> Tokens {
        match class {
            Class::Api => self.api,
            Class::Product => self.product,
        }
    }
    /// The amount of a class, to change it.
    pub const fn get_mut(&mut self, class: Class) -> &mut Tokens {
        match class {
            Class::Api => &mut self.api,
            Class::Product => &mut self.product,
        }
    }
    /// Both together.
    #[must_use]
    pub fn total(&self) -> Tokens {
        self.api + self.product
    }
    /// Adds the other amounts to these.
    pub fn add(&mut self, other: Self) {
        self.api += other.api;
        self.product += other.product;
    }
}

/// What a lot pays for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PaysFor {
    /// Metered APIs only.
    Api,
    /// Daily products only.
    Product,
    /// Everything.
    All,
}

impl PaysFor {
    /// Whether it pays for charges of the class.
    #[must_use]
    pub const fn covers(self, class: Class) -> bool {
        matches!(
            (self, class),
            (Self::All, _) | (Self::Api, Class::Api) | (Self::Product, Class::Product)
        )
    }
    /// How many classes it covers.
    #[must_use]
    pub const fn width(self) -> u8 {
        match self {
            Self::All => 2,
            Self::Api | Self::Product => 1,
        }
    }
}

/// Where a lot came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LotKind {
    /// Given back by a correction that came after the books were closed; used before all others.
    /// Nobody can send it: it comes out of the correction.
    Returned,
    /// Cloud credits: for APIs only, used first.
    CloudCredit,
    /// A promotion.
    Promo,
    /// Tokens of an enterprise contract.
    Contract,
    /// Bought Flex tokens.
    Flex,
}

impl LotKind {
    /// Whether somebody grants such lots; others come out of a correction.
    #[must_use]
    pub const fn is_granted(self) -> bool {
        !matches!(self, Self::Returned)
    }
    /// What lots of this kind pay for unless they say otherwise.
    #[must_use]
    pub const fn pays_for(self) -> PaysFor {
        match self {
            Self::CloudCredit => PaysFor::Api,
            Self::Returned | Self::Promo | Self::Contract | Self::Flex => PaysFor::All,
        }
    }
    /// Their priority unless they say otherwise; lower burns first.
    #[must_use]
    pub const fn priority(self) -> i16 {
        match self {
            Self::Returned => i16::MIN,
            Self::CloudCredit => 0,
            Self::Promo => 1,
            Self::Contract => 2,
            Self::Flex => 3,
        }
    }
}

macro_rules! codes {
    ($type:ty: $($variant:ident = $code:literal),+) => {
        impl $type {
            /// The name in facts, columns and answers.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code),+ }
            }
            /// The value of that name.
            #[must_use]
            pub fn from_code(code: &str) -> Option<Self> {
                match code { $($code => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}
codes!(Class: Api = "api", Product = "product");
codes!(PaysFor: Api = "api", Product = "product", All = "all");
codes!(LotKind: Returned = "returned", CloudCredit = "cloud_credit", Promo = "promo",
    Contract = "contract", Flex = "flex");

/// A price per token, in millionths of a currency unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitCost {
    /// Millionths of the currency's unit for one token.
    pub micro: i64,
    /// ISO 4217 code.
    pub currency: String,
}

/// Tokens granted to a team, usable in `[effective, expires)`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lot {
    /// The sender's id, unique within the organization; breaks the last tie.
    pub id: String,
    /// Where it came from.
    pub kind: LotKind,
    /// What it pays for.
    pub pays_for: PaysFor,
    /// Lower burns first.
    pub priority: i16,
    /// How much, more than zero.
    pub granted: Tokens,
    /// First instant at which it can be used.
    pub effective: Instant,
    /// First instant at which it can no longer be used; none = never ends.
    pub expires: Option<Instant>,
    /// What one token cost.
    pub unit_cost: Option<UnitCost>,
    /// Order or contract number.
    pub reference: Option<String>,
    /// Through whom it was bought.
    pub channel: Option<String>,
}

impl Lot {
    /// Whether the instant lies in its validity.
    #[must_use]
    pub fn is_valid_at(&self, at: Instant) -> bool {
        self.effective <= at && self.expires.is_none_or(|end| at < end)
    }

    /// Its place in the burn order: lots that cover fewer classes first, then priority ascending,
    /// earliest expiry (none = last), smallest granted amount, earliest effective, id
    /// (accounting.md, "Burn-down", rule 2).
    #[must_use]
    pub fn burn_key(&self) -> BurnKey<'_> {
        BurnKey {
            width: self.pays_for.width(),
            priority: self.priority,
            endless: self.expires.is_none(),
            expires: self.expires.unwrap_or(Instant::MAX),
            granted: self.granted,
            effective: self.effective,
            id: self.id.as_bytes(),
        }
    }
}

/// What the burn order looks at, compared member by member; the smallest burns first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct BurnKey<'a> {
    width: u8,
    priority: i16,
    endless: bool,
    expires: Instant,
    granted: Tokens,
    effective: Instant,
    id: &'a [u8],
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::DAY;

    fn lot(id: &str) -> Lot {
        Lot {
            id: id.into(),
            kind: LotKind::Flex,
            pays_for: PaysFor::All,
            priority: 3,
            granted: Tokens::whole(10),
            effective: Instant::from_micros(0),
            expires: Some(Instant::from_micros(9 * DAY)),
            unit_cost: None,
            reference: None,
            channel: None,
        }
    }

    #[test]
    fn the_burn_order_goes_from_scope_to_id() {
        let ordered = [
            Lot { pays_for: PaysFor::Api, priority: 9, ..lot("z") },
            Lot { priority: 0, expires: None, ..lot("y") },
            Lot {
                expires: Some(Instant::from_micros(DAY)),
                granted: Tokens::whole(99),
                ..lot("x")
            },
            Lot { granted: Tokens::whole(1), ..lot("w") },
            Lot { effective: Instant::from_micros(-1), ..lot("v") },
            lot("a"),
            lot("b"),
            Lot { expires: Some(Instant::MAX), ..lot("t") },
            Lot { expires: None, ..lot("c") },
        ];
        for (n, earlier) in ordered.iter().enumerate() {
            for later in &ordered[n + 1..] {
                assert!(earlier.burn_key() < later.burn_key(), "{} {}", earlier.id, later.id);
            }
        }
    }

    #[test]
    fn validity_is_half_open() {
        let lot = lot("a");
        assert!(lot.is_valid_at(lot.effective));
        assert!(!lot.is_valid_at(lot.expires.unwrap()));
        assert!(lot.is_valid_at(lot.expires.unwrap().plus(-1)));
    }
}
