//! Explanations: the rate line and the lots behind a charge, the cut points behind a balance, and
//! usage per app and API by lot kind, charged and uncharged.
//!
//! Nothing of this is stored: it is worked out from the cut points when somebody asks, since one
//! late fact can move every later one (accounting.md, "Burn-down").

use crate::burn::{Bill, BurnDown, BurnError, Item, TeamState};
use crate::lot::{Class, LotKind};
use crate::rate::{Basis, Rounding};
use crate::time::Instant;
use crate::tokens::{Quantity, Tokens};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What one lot paid of a charge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PaidBy {
    /// Id of the lot.
    pub lot: String,
    /// How much.
    pub tokens: Tokens,
    /// When, where it was debt before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settled: Option<Instant>,
}

/// What paid for a charge.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Payment {
    /// Lots, in the order in which they paid.
    pub lots: Vec<PaidBy>,
    /// What no lot covers.
    pub uncharged: Tokens,
}

/// The price that made a charge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PricedBy {
    /// Tokens per block.
    pub tokens: Tokens,
    /// Size of a block.
    pub per: Quantity,
    /// How quantities become tokens.
    pub rounding: Rounding,
    /// From when on it counts.
    pub from: Instant,
}

/// A charge, explained.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChargeLine {
    /// Id of the event.
    pub event: String,
    /// Which charge of the event, from 0: a long session of a daily product has several.
    pub n: u32,
    /// When it counts.
    pub at: Instant,
    /// Where it belongs, when it came after the books were closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub belongs_to: Option<Instant>,
    /// What it is for.
    pub class: Class,
    /// How much.
    pub tokens: Tokens,
    /// Why so much.
    pub basis: Basis,
    /// The rate line in force.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<PricedBy>,
    /// The lots that paid.
    #[serde(default)]
    pub lots: Vec<PaidBy>,
    /// What no lot covers.
    pub uncharged: Tokens,
}

/// Usage of an API by an app, by what paid for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UsageLine {
    /// The app; none = sent for the team itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app: Option<String>,
    /// Code of the API.
    pub api: String,
    /// What lots of each kind paid.
    pub kinds: BTreeMap<LotKind, Tokens>,
    /// What no lot covers.
    pub uncharged: Tokens,
}

/// Where a lot begins to pay for the charges of a class, or debt begins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cut {
    /// The class.
    pub class: Class,
    /// The time of the first charge, or transfer shortfall, of the stretch.
    pub at: Instant,
    /// So much of the class was charged before.
    pub after: Tokens,
    /// The lot that pays; none = uncharged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lot: Option<String>,
    /// How much it pays here.
    pub tokens: Tokens,
    /// When it paid, where it was debt before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settled: Option<Instant>,
}

/// What paid for each of the bills.
///
/// # Errors
/// [`BurnError::Refine`] where bills are too coarse.
pub fn payments(
    down: &BurnDown,
    opening: Option<&TeamState>,
    bills: &[Bill],
) -> Result<Vec<Payment>, BurnError> {
    let mut payments = vec![Payment::default(); bills.len()];
    down.walk(opening, bills, |item, class, parts| {
        let Item::Bill(n) = item else { return };
        let payment = &mut payments[n];
        for part in parts {
            match part.slice.map(|slice| down.slices(class)[slice]) {
                Some(slice) => payment.lots.push(PaidBy {
                    lot: down.state.lots[slice.lot].lot.id.clone(),
                    tokens: part.amount,
                    settled: slice.settled,
                }),
                None => payment.uncharged += part.amount,
            }
        }
    })?;
    Ok(payments)
}

/// Usage per app and API by lot kind. `usage` names app and API of a bill.
///
/// # Errors
/// [`BurnError::Refine`] where bills are too coarse.
pub fn by_kind(
    down: &BurnDown,
    opening: Option<&TeamState>,
    bills: &[Bill],
    usage: impl Fn(usize) -> (Option<String>, String),
) -> Result<Vec<UsageLine>, BurnError> {
    type Paid = (BTreeMap<LotKind, Tokens>, Tokens);
    let mut lines: BTreeMap<(Option<String>, String), Paid> = BTreeMap::new();
    down.walk(opening, bills, |item, class, parts| {
        let Item::Bill(n) = item else { return };
        let (kinds, uncharged) = lines.entry(usage(n)).or_default();
        for part in parts {
            match part.slice.map(|slice| down.slices(class)[slice].lot) {
                Some(lot) => {
                    *kinds.entry(down.state.lots[lot].lot.kind).or_default() += part.amount;
                }
                None => *uncharged += part.amount,
            }
        }
    })?;
    let line = |((app, api), (kinds, uncharged))| UsageLine { app, api, kinds, uncharged };
    Ok(lines.into_iter().map(line).collect())
}

/// The cut points of a burn-down, class by class: at most one for each time that the lots change,
/// and one where debt begins. `bills` are all charges.
///
/// # Errors
/// [`BurnError::Refine`] where bills are too coarse.
pub fn cuts(down: &BurnDown, bills: &[Bill]) -> Result<Vec<Cut>, BurnError> {
    let mut firsts: BTreeMap<(Class, bool, usize), Cut> = BTreeMap::new();
    let mut charged = BTreeMap::from(Class::ALL.map(|class| (class, Tokens::ZERO)));
    down.walk(None, bills, |item, class, parts| {
        let at = match item {
            Item::Bill(n) => bills[n].period.from,
            Item::Shortfall(n) => down.shortfalls[n].at,
        };
        for part in parts {
            let after = charged.get(&class).copied().unwrap_or_default();
            let slice = part.slice.map(|slice| down.slices(class)[slice]);
            let key = (class, slice.is_none(), part.slice.unwrap_or(0));
            let cut = firsts.entry(key).or_insert_with(|| Cut {
                class,
                at,
                after,
                lot: slice.map(|slice| down.state.lots[slice.lot].lot.id.clone()),
                tokens: Tokens::ZERO,
                settled: slice.and_then(|slice| slice.settled),
            });
            cut.tokens += part.amount;
            charged.insert(class, after + part.amount);
        }
    })?;
    Ok(firsts.into_values().collect())
}
