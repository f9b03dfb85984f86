//! A call as the book sees it: its app and team, its rate line and price. No question to the
//! database is needed but for who is in a window of a daily product.

use super::super::book::Book;
use tokenscope::check::AskedCall;
use tokenscope::event::Status;
use tokenscope::explain::PricedBy;
use tokenscope::fault::Fault;
use tokenscope::id::{ApiId, AppId, TeamId, VariantId};
use tokenscope::lot::Class;
use tokenscope::rate::{Basis, RateLine, Rating, Rounding, Usage, rate};
use tokenscope::time::Instant;
use tokenscope::tokens::Tokens;

/// What a call would cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Price {
    /// So much.
    Fixed(Tokens),
    /// The price of a day, unless a window of the user is open.
    Day(Tokens),
}

/// A call with all that the book knows of it.
#[derive(Debug, Clone)]
pub struct Priced {
    /// The app, where it is known.
    pub app: Option<AppId>,
    /// Whether calls may be made in its name.
    pub app_in_use: bool,
    /// Who would pay.
    pub team: Option<TeamId>,
    /// The API, where it is known.
    pub api: Option<ApiId>,
    /// The price class; [`Variant::Unknown`] has no line and no window of its own.
    pub variant: Variant,
    /// The rate line in force; none = free.
    pub line: Option<RateLine>,
    /// What it would cost.
    pub price: Price,
    /// Why.
    pub basis: Basis,
}

/// A price class of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Variant {
    /// None was named.
    None,
    /// This one.
    Known(VariantId),
    /// One that nobody named before.
    Unknown,
}

impl Priced {
    /// Prices a call that is made at an instant.
    ///
    /// # Errors
    /// [`Fault::Malformed`] with the member of a call that cannot be rated.
    pub fn new(book: &Book, call: &AskedCall, at: Instant) -> Result<Self, Fault> {
        let app = book.app(&call.client_id).and_then(|id| Some((id, book.apps.get(&id)?)));
        let team = app.and_then(|(_, app)| app.team_at(at));
        let api = book.api(&call.api);
        let variant = match (&call.variant, api) {
            (None, _) => Variant::None,
            (Some(code), Some(api)) => {
                book.variant(api, code).map_or(Variant::Unknown, Variant::Known)
            }
            (Some(_), None) => Variant::Unknown,
        };
        let usage = Usage {
            time: at,
            // No API has this number.
            api: api.unwrap_or(ApiId(0)),
            variant: variant.known(),
            quantity: call.quantity,
            status: Status::Success,
            tokens: None,
            has_user: call.user.is_some(),
        };
        let trial = team.and_then(|team| book.trial(team));
        let rated = rate(&book.card, &usage, trial)
            .map_err(|e| Fault::Malformed { reason: format!("`{}` {e}", e.member()) })?;
        let in_trial = trial.is_some_and(|until| at < until);
        let (price, basis) = match rated.rating {
            Rating::Price(_, amount) => (Price::Fixed(amount), rated.basis),
            Rating::Session if in_trial => (Price::Fixed(Tokens::ZERO), Basis::Trial),
            Rating::Session => {
                (Price::Day(rated.line.map_or(Tokens::ZERO, |l| l.tokens)), rated.basis)
            }
        };
        Ok(Self {
            app: app.map(|(id, _)| id),
            app_in_use: app.is_some_and(|(_, app)| app.is_in_use(at)),
            team,
            api,
            variant,
            line: rated.line.cloned(),
            price,
            basis,
        })
    }
    /// Whether it is a daily product, which has to be assigned to its users.
    pub fn is_daily(&self) -> bool {
        self.line.as_ref().is_some_and(|line| line.rounding == Rounding::UserDay)
    }
    /// The class of its charge.
    pub fn class(&self) -> Class {
        self.line.as_ref().map_or(Class::Api, RateLine::class)
    }
    /// The rate line, to explain the price.
    pub fn priced_by(&self) -> Option<PricedBy> {
        self.line.as_ref().map(|line| PricedBy {
            tokens: line.tokens,
            per: line.per,
            rounding: line.rounding,
            from: line.from,
        })
    }
}

impl Variant {
    /// Its number, where it has one.
    pub const fn known(self) -> Option<VariantId> {
        match self {
            Self::Known(id) => Some(id),
            Self::None | Self::Unknown => None,
        }
    }
}
