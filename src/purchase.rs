//! Purchases as people enter them: what was typed, what it means, and what it would change.
//!
//! A purchase becomes a lot. It begins with its first day and ends before the day on which it
//! expires, both in the organization's zone. Its consequence is the difference of two burn-downs
//! of the same team, without and with the lot; nothing is worked out apart from them.

use crate::access::Access;
use crate::burn::{LotState, TeamState};
use crate::fact::Fact;
use crate::fault::{Fault, FieldFault, Wrong};
use crate::id::slug_of;
use crate::lot::{Lot, LotKind, PerClass, UnitCost};
use crate::time::{Date, Instant, Zone};
use crate::tokens::Tokens;
use chrono::{Datelike, NaiveDate};

/// Most characters of a reference, a channel or a team's name.
const TEXT_MAX: usize = 128;
/// Purchases lie in these years.
const YEARS: std::ops::RangeInclusive<i32> = 1970..=2999;

/// What was typed, by field.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PurchaseInput {
    /// Slug of the team.
    pub team: String,
    /// Name of a team that is made with the purchase, in place of `team`.
    pub new_team: String,
    /// Code of the kind.
    pub kind: String,
    /// How many tokens.
    pub amount: String,
    /// The first day, like 2026-10-31.
    pub effective: String,
    /// The first day of no more use; empty = never.
    pub expires: String,
    /// What one token cost; may be empty.
    pub unit_cost: String,
    /// In which currency (ISO 4217).
    pub currency: String,
    /// Order or contract number; may be empty.
    pub reference: String,
    /// Through whom they were bought; may be empty.
    pub channel: String,
}

impl PurchaseInput {
    /// From fields by their names.
    #[must_use]
    pub fn from_fields(get: impl Fn(&str) -> String) -> Self {
        Self {
            team: get("team"),
            new_team: get("new_team"),
            kind: get("kind"),
            amount: get("amount"),
            effective: get("effective"),
            expires: get("expires"),
            unit_cost: get("unit_cost"),
            currency: get("currency"),
            reference: get("reference"),
            channel: get("channel"),
        }
    }

    /// The fields with their names, in the order of the form.
    #[must_use]
    pub fn fields(&self) -> [(&'static str, &str); 10] {
        [
            ("team", &self.team),
            ("new_team", &self.new_team),
            ("kind", &self.kind),
            ("amount", &self.amount),
            ("effective", &self.effective),
            ("expires", &self.expires),
            ("unit_cost", &self.unit_cost),
            ("currency", &self.currency),
            ("reference", &self.reference),
            ("channel", &self.channel),
        ]
    }

    /// What it means.
    ///
    /// # Errors
    /// [`Fault::Invalid`] with every field that is wrong.
    pub fn read(&self) -> Result<Purchase, Fault> {
        let mut fields = Vec::new();
        let team = check(&mut fields, self.read_team());
        let kind = LotKind::from_code(&self.kind).filter(|kind| kind.is_granted());
        let kind = kind.ok_or(("kind", Wrong::NotChoice));
        let kind = check(&mut fields, kind);
        let tokens = check(&mut fields, amount("amount", &self.amount));
        let effective = check(&mut fields, date("effective", &self.effective));
        let expires = match self.expires.as_str() {
            "" => Some(None),
            text => check(&mut fields, date("expires", text)).map(Some),
        };
        if let (Some(first), Some(Some(end))) = (effective, expires)
            && end <= first
        {
            fields.push(FieldFault::of("expires", Wrong::NotLater));
        }
        let unit_cost = check(&mut fields, self.read_cost());
        let reference = check(&mut fields, text("reference", &self.reference));
        let channel = check(&mut fields, text("channel", &self.channel));
        let read = || {
            Some(Purchase {
                team: team?,
                kind: kind?,
                tokens: tokens?,
                effective: effective?,
                expires: expires?,
                unit_cost: unit_cost?,
                reference: reference?,
                channel: channel?,
            })
        };
        match read() {
            Some(purchase) if fields.is_empty() => Ok(purchase),
            _ => Err(Fault::Invalid { fields }),
        }
    }

    fn read_team(&self) -> Result<PayingTeam, (&'static str, Wrong)> {
        if self.new_team.is_empty() {
            let slug = Some(self.team.clone()).filter(|slug| !slug.is_empty());
            return slug.map(PayingTeam::Known).ok_or(("team", Wrong::Missing));
        }
        let name = text("new_team", &self.new_team)?.unwrap_or_default();
        Ok(PayingTeam::New { slug: slug_of(&name, "team"), name })
    }

    fn read_cost(&self) -> Result<Option<UnitCost>, (&'static str, Wrong)> {
        match (self.unit_cost.as_str(), self.currency.as_str()) {
            ("", "") => Ok(None),
            ("", _) => Err(("unit_cost", Wrong::Missing)),
            (_, "") => Err(("currency", Wrong::Missing)),
            (cost, currency) => {
                let micro = amount("unit_cost", cost)?.micro();
                let currency = currency.to_ascii_uppercase();
                let letters =
                    currency.len() == 3 && currency.bytes().all(|b| b.is_ascii_uppercase());
                if !letters {
                    return Err(("currency", Wrong::NotCurrency));
                }
                Ok(Some(UnitCost { micro, currency }))
            }
        }
    }
}

/// Notes what is wrong and goes on with the next field.
fn check<T>(fields: &mut Vec<FieldFault>, read: Result<T, (&'static str, Wrong)>) -> Option<T> {
    read.map_err(|(field, wrong)| fields.push(FieldFault::of(field, wrong))).ok()
}

fn amount(field: &'static str, text: &str) -> Result<Tokens, (&'static str, Wrong)> {
    if text.is_empty() {
        return Err((field, Wrong::Missing));
    }
    let amount = Tokens::parse_given(text).ok().filter(|amount| !amount.is_zero());
    amount.ok_or((field, Wrong::NotAmount))
}

fn date(field: &'static str, text: &str) -> Result<Date, (&'static str, Wrong)> {
    if text.is_empty() {
        return Err((field, Wrong::Missing));
    }
    let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok();
    date.filter(|date| YEARS.contains(&date.year())).ok_or((field, Wrong::NotDate))
}

fn text(field: &'static str, text: &str) -> Result<Option<String>, (&'static str, Wrong)> {
    if text.chars().count() > TEXT_MAX || text.chars().any(char::is_control) {
        let most = u32::try_from(TEXT_MAX).unwrap_or(u32::MAX);
        return Err((field, Wrong::TooLong(most)));
    }
    let text = text.trim();
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

/// The same day a year later; the first of March where that day is not there.
#[must_use]
pub fn year_later(date: Date) -> Date {
    let year = date.year() + 1;
    date.with_year(year).or_else(|| NaiveDate::from_ymd_opt(year, 3, 1)).unwrap_or(date)
}

/// Who gets the tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PayingTeam {
    /// A team that is there, by its slug.
    Known(String),
    /// A team that is made with the purchase.
    New {
        /// Its slug, made from the name.
        slug: String,
        /// Its name.
        name: String,
    },
}

impl PayingTeam {
    /// Its slug.
    #[must_use]
    pub fn slug(&self) -> &str {
        match self {
            Self::Known(slug) | Self::New { slug, .. } => slug,
        }
    }
}

/// A purchase that can be recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Purchase {
    /// Who gets the tokens.
    pub team: PayingTeam,
    /// Of which kind they are.
    pub kind: LotKind,
    /// How many.
    pub tokens: Tokens,
    /// The first day.
    pub effective: Date,
    /// The first day of no more use; none = never.
    pub expires: Option<Date>,
    /// What one token cost.
    pub unit_cost: Option<UnitCost>,
    /// Order or contract number.
    pub reference: Option<String>,
    /// Through whom they were bought.
    pub channel: Option<String>,
}

impl Purchase {
    /// The lot that it becomes, under an id.
    #[must_use]
    pub fn lot(&self, id: &str, zone: &Zone) -> Lot {
        Lot {
            id: id.to_owned(),
            kind: self.kind,
            pays_for: self.kind.pays_for(),
            priority: self.kind.priority(),
            granted: self.tokens,
            effective: zone.day_start(self.effective),
            expires: self.expires.map(|date| zone.day_start(date)),
            unit_cost: self.unit_cost.clone(),
            reference: self.reference.clone(),
            channel: self.channel.clone(),
        }
    }

    /// The facts that record it: the lot, after its team where that is new.
    #[must_use]
    pub fn facts(&self, id: &str, zone: &Zone) -> Vec<Fact> {
        let lot = self.lot(id, zone);
        let team = match &self.team {
            PayingTeam::Known(_) => None,
            PayingTeam::New { slug, name } => {
                Some(Fact::Team { slug: slug.clone(), name: name.clone() })
            }
        };
        let lot = Fact::Lot {
            id: lot.id,
            team: self.team.slug().to_owned(),
            kind: lot.kind,
            tokens: lot.granted,
            effective: lot.effective,
            expires: lot.expires,
            priority: None,
            pays_for: None,
            unit_cost: lot.unit_cost,
            reference: lot.reference,
            channel: lot.channel,
        };
        team.into_iter().chain([lot]).collect()
    }
}

/// An amount without and with the purchase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    /// Without it.
    pub before: Tokens,
    /// With it.
    pub after: Tokens,
}

/// A lot's place in the burn order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InOrder {
    /// The lot.
    pub lot: Lot,
    /// What is left in it.
    pub remaining: Tokens,
    /// Whether it is the purchase itself.
    pub is_new: bool,
}

/// What a purchase changes, as of an instant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consequence {
    /// The instant.
    pub at: Instant,
    /// Usable remainders minus debt.
    pub balance: Change,
    /// Usable remainders.
    pub available: Change,
    /// What no lot covers.
    pub debt: Change,
    /// What stays in debt, per class.
    pub left: PerClass,
    /// What calls may do without and with it.
    pub access: (Access, Access),
    /// The lots that still hold something, in the order in which they are used.
    pub order: Vec<InOrder>,
}

impl Consequence {
    /// Older usage that it pays.
    #[must_use]
    pub fn settled(&self) -> Tokens {
        self.debt.before - self.debt.after
    }
}

/// The difference between a team's books without and with the lot of this id.
#[must_use]
pub fn consequence(before: &TeamState, after: &TeamState, id: &str) -> Consequence {
    let change = |of: fn(&TeamState) -> Tokens| Change { before: of(before), after: of(after) };
    let holds = |state: &&LotState| state.usable && !state.remaining.is_zero();
    let place = |state: &LotState| InOrder {
        is_new: state.lot.id == id,
        remaining: state.remaining,
        lot: state.lot.clone(),
    };
    Consequence {
        at: after.at,
        balance: change(TeamState::balance),
        available: change(TeamState::available),
        debt: change(|state| state.debt.total()),
        left: after.debt,
        access: (before.access, after.access),
        order: after.lots.iter().filter(holds).map(place).collect(),
    }
}

/// What has become of a lot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It is not usable yet.
    Upcoming,
    /// It pays.
    Active,
    /// Nothing is left.
    UsedUp,
    /// Its rest expired.
    Expired,
    /// Its rest was taken away.
    Void,
}

impl Standing {
    /// Of a lot at the instant of its books.
    #[must_use]
    pub fn of(state: &LotState, at: Instant) -> Self {
        if !state.voided.is_zero() {
            return Self::Void;
        }
        if state.lot.effective > at {
            return Self::Upcoming;
        }
        if !state.expired.is_zero() {
            return Self::Expired;
        }
        if state.remaining.is_zero() { Self::UsedUp } else { Self::Active }
    }
    /// Its name on pages and in tests.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Upcoming => "upcoming",
            Self::Active => "active",
            Self::UsedUp => "used-up",
            Self::Expired => "expired",
            Self::Void => "void",
        }
    }
}

/// A lot in the list of all teams' lots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PurchaseLine {
    /// Its id.
    pub id: String,
    /// Order or contract number.
    pub reference: Option<String>,
    /// Name of the team.
    pub team: String,
    /// Of which kind it is.
    pub kind: LotKind,
    /// How many tokens it had.
    pub granted: Tokens,
    /// What is left.
    pub remaining: Tokens,
    /// First usable instant.
    pub effective: Instant,
    /// First instant of no more use.
    pub expires: Option<Instant>,
    /// What has become of it.
    pub standing: Standing,
}

/// What pages of purchases say about the organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ground {
    /// Its zone, in which days begin.
    pub zone: Zone,
    /// What one token is called there.
    pub unit: String,
    /// Today's date.
    pub today: Date,
    /// Whether its data is invented.
    pub demo: bool,
    /// Slug and name of its teams, by name.
    pub teams: Vec<(String, String)>,
}

/// One page of all lots, newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PurchaseList {
    /// Where.
    pub ground: Ground,
    /// The lots.
    pub lines: Vec<PurchaseLine>,
    /// How many lots there are in all.
    pub count: i64,
    /// Which page this is, from 1.
    pub page: i64,
    /// How many pages there are, at least 1.
    pub pages: i64,
    /// Whether the caller may record purchases.
    pub may_purchase: bool,
}

/// What a purchase would change, to be confirmed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PurchasePreview {
    /// Where.
    pub ground: Ground,
    /// The id under which it is recorded, however often it is sent.
    pub id: String,
    /// The purchase.
    pub purchase: Purchase,
    /// Name of the team.
    pub team: String,
    /// What it changes; none when it is recorded already.
    pub consequence: Option<Consequence>,
}

#[cfg(test)]
#[path = "purchase_tests.rs"]
mod tests;
