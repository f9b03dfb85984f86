//! Rating: from a usage event to the tokens due for it (accounting.md, "Rating").
//!
//! - `exact`: quantity x tokens / block, rounded half up to the micro-token.
//! - `up`: whole blocks started.
//! - `user_day`: the price of a daily product, once per user and 24 hours; see [`chain`].

use crate::event::Status;
use crate::id::{ApiId, VariantId};
use crate::lot::Class;
use crate::time::{DAY, Instant, SECOND};
use crate::tokens::{Quantity, Tokens};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How quantities become tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rounding {
    /// Proportional, to the micro-token.
    Exact,
    /// By blocks started.
    Up,
    /// Once per user and 24 hours.
    UserDay,
}

impl Rounding {
    /// The name in facts, columns and answers.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Up => "up",
            Self::UserDay => "user_day",
        }
    }
    /// The rounding of that name.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Exact, Self::Up, Self::UserDay].into_iter().find(|r| r.code() == code)
    }
}

/// The price of an API from an instant on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RateLine {
    /// Tokens per block.
    pub tokens: Tokens,
    /// Size of a block in the API's unit, more than zero.
    pub per: Quantity,
    /// How quantities become tokens.
    pub rounding: Rounding,
    /// Whether failed calls cost as much.
    pub charge_failed: bool,
    /// The first instant at which it counts.
    pub from: Instant,
}

impl RateLine {
    /// The class of the charges it makes.
    #[must_use]
    pub const fn class(&self) -> Class {
        match self.rounding {
            Rounding::UserDay => Class::Product,
            Rounding::Exact | Rounding::Up => Class::Api,
        }
    }
    /// The price of a quantity.
    ///
    /// # Errors
    /// [`PriceTooLarge`] beyond [`Tokens::MAX_GIVEN`].
    pub fn price(&self, quantity: Quantity) -> Result<Tokens, PriceTooLarge> {
        let (tokens, per) = (i128::from(self.tokens.micro()), i128::from(self.per.micro().max(1)));
        let quantity = i128::from(quantity.micro());
        let micro = match self.rounding {
            Rounding::Exact => (quantity * tokens * 2 + per) / (2 * per),
            Rounding::Up => (quantity + per - 1) / per * tokens,
            Rounding::UserDay => tokens,
        };
        match i64::try_from(micro) {
            Ok(micro) if micro <= Tokens::MAX_GIVEN.micro() => Ok(Tokens::from_micro(micro)),
            _ => Err(PriceTooLarge),
        }
    }
}

/// A price beyond what one event may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("would cost more than 1 000 000 000 tokens; split it or check its unit")]
pub struct PriceTooLarge;

/// All rate lines of an organization.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RateCard {
    lines: BTreeMap<(ApiId, Option<VariantId>), Vec<RateLine>>,
}

/// A rate line for the same API, variant and instant is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there is another rate line for the same API, variant and instant")]
pub struct RateExists;

impl RateCard {
    /// Adds a line.
    ///
    /// # Errors
    /// [`RateExists`] when a line of the same key and `from` is there.
    pub fn add(
        &mut self,
        api: ApiId,
        variant: Option<VariantId>,
        line: RateLine,
    ) -> Result<(), RateExists> {
        let lines = self.lines.entry((api, variant)).or_default();
        match lines.binary_search_by_key(&line.from, |l| l.from) {
            Ok(_) => Err(RateExists),
            Err(place) => {
                lines.insert(place, line);
                Ok(())
            }
        }
    }
    /// The line in force: one with the variant beats one without, then the newest `from` that
    /// has come.
    #[must_use]
    pub fn line(&self, api: ApiId, variant: Option<VariantId>, at: Instant) -> Option<&RateLine> {
        let newest = |variant| {
            let lines = self.lines.get(&(api, variant))?;
            let n = lines.partition_point(|line| line.from <= at);
            n.checked_sub(1).map(|n| &lines[n])
        };
        variant.and_then(|v| newest(Some(v))).or_else(|| newest(None))
    }
    /// Whether any line of an API, whenever in force, prices days of use.
    #[must_use]
    pub fn is_ever_daily(&self, api: ApiId) -> bool {
        let variants = self.lines.range((api, None)..).take_while(|((of, _), _)| *of == api);
        variants.flat_map(|(_, lines)| lines).any(|line| line.rounding == Rounding::UserDay)
    }
    /// Whether any line of an API, whenever in force, gives days of use for nothing.
    #[must_use]
    pub fn is_ever_daily_for_nothing(&self, api: ApiId) -> bool {
        let variants = self.lines.range((api, None)..).take_while(|((of, _), _)| *of == api);
        let mut lines = variants.flat_map(|(_, lines)| lines);
        lines.any(|line| line.rounding == Rounding::UserDay && line.tokens.is_zero())
    }
    /// The class of an API's charges at an instant: `api` where no line is in force.
    #[must_use]
    pub fn class(&self, api: ApiId, variant: Option<VariantId>, at: Instant) -> Class {
        self.line(api, variant, at).map_or(Class::Api, RateLine::class)
    }
}

/// Of an event, what rating looks at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Usage {
    /// When it happened.
    pub time: Instant,
    /// The API.
    pub api: ApiId,
    /// Its price class.
    pub variant: Option<VariantId>,
    /// How much; none = 1, or a session of 300 s.
    pub quantity: Option<Quantity>,
    /// How it ended.
    pub status: Status,
    /// What it cost where it was rated elsewhere.
    pub tokens: Option<Tokens>,
    /// Whether it says who used it.
    pub has_user: bool,
}

/// What rating makes of one event by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rating {
    /// It costs so much, possibly nothing.
    Price(Class, Tokens),
    /// It is a session of a daily product: [`chain`] rates all of its key together.
    Session,
}

/// Why a charge is what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// By the rate line: quantity by quantity, or a day of use.
    Rate,
    /// Rated elsewhere: the event brought its tokens.
    Own,
    /// Inside the trial everything costs nothing.
    Trial,
    /// A failed call costs nothing under its rate line.
    Failed,
    /// No rate line is in force: the API is free.
    Unrated,
}

/// A rating with its reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rated<'a> {
    /// What it comes to.
    pub rating: Rating,
    /// Why.
    pub basis: Basis,
    /// The rate line in force at the event's time.
    pub line: Option<&'a RateLine>,
}

/// Why an event cannot be rated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RatingError {
    /// It would cost more than an event may.
    #[error(transparent)]
    Price(#[from] PriceTooLarge),
    /// It uses a daily product and does not say who used it.
    #[error("is missing: this product is charged per user and day")]
    NoUser,
    /// A session longer than [`SESSION_MAX`].
    #[error("must be at most 31622400 seconds (366 days) for a session of a daily product")]
    TooLong,
}

impl RatingError {
    /// The member of the event that is wrong.
    #[must_use]
    pub const fn member(&self) -> &'static str {
        match self {
            Self::Price(_) | Self::TooLong => "quantity",
            Self::NoUser => "user",
        }
    }
}

/// Rates one event.
///
/// # Errors
/// [`RatingError`] with what is wrong.
pub fn rate<'a>(
    card: &'a RateCard,
    usage: &Usage,
    trial_until: Option<Instant>,
) -> Result<Rated<'a>, RatingError> {
    let line = card.line(usage.api, usage.variant, usage.time);
    let class = line.map_or(Class::Api, RateLine::class);
    let rated = |basis, amount| {
        let in_trial = trial_until.is_some_and(|until| usage.time < until);
        let (basis, amount) = match basis {
            Basis::Rate | Basis::Own if in_trial => (Basis::Trial, Tokens::ZERO),
            _ => (basis, amount),
        };
        Ok(Rated { rating: Rating::Price(class, amount), basis, line })
    };
    if line.is_some_and(|line| line.rounding == Rounding::UserDay) {
        if !usage.has_user {
            return Err(RatingError::NoUser);
        }
        if usage.quantity.is_some_and(|seconds| seconds.micro() > SESSION_MAX) {
            return Err(RatingError::TooLong);
        }
    }
    if let Some(own) = usage.tokens {
        return rated(Basis::Own, own);
    }
    let Some(line) = line else {
        return rated(Basis::Unrated, Tokens::ZERO);
    };
    if line.rounding == Rounding::UserDay {
        return Ok(Rated { rating: Rating::Session, basis: Basis::Rate, line: Some(line) });
    }
    let price = line.price(usage.quantity.unwrap_or(Quantity::ONE))?;
    if usage.status == Status::Failed && !line.charge_failed {
        return rated(Basis::Failed, Tokens::ZERO);
    }
    rated(Basis::Rate, price)
}

/// The shortest session of a daily product that opens a window, and the length of a session
/// that names no quantity: 300 s.
pub const SESSION_MIN: i64 = 300 * SECOND;

/// The longest session that is taken: 366 days. Each of its days is a charge; without an end to
/// them a single event could make millions.
pub const SESSION_MAX: i64 = 366 * DAY;

/// A session of a daily product. All sessions given to [`chain`] are of one key: team, user,
/// product, variant.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Session {
    /// When it started.
    pub time: Instant,
    /// Sender of the event; orders sessions of one instant.
    pub source: String,
    /// The sender's id.
    pub id: String,
    /// How long it ran, in seconds.
    pub quantity: Option<Quantity>,
    /// How it ended.
    pub status: Status,
}

impl Session {
    /// When it ended: 300 s after its start where no quantity says.
    #[must_use]
    pub fn end(&self) -> Instant {
        let micros = match self.quantity {
            // Micro-units of seconds are microseconds.
            Some(seconds) => seconds.micro(),
            None => SESSION_MIN,
        };
        self.time.plus(micros)
    }
    fn opens_windows(&self, line: Option<&RateLine>) -> bool {
        let Some(line) = line.filter(|line| line.rounding == Rounding::UserDay) else {
            return false;
        };
        let long_enough = self.quantity.is_none() || self.end().since(self.time) >= SESSION_MIN;
        long_enough && (self.status == Status::Success || line.charge_failed)
    }
}

/// A charge that a session opens a window with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WindowCharge {
    /// Index of the session in the order given.
    pub session: usize,
    /// Which charge of this session it is, from 0.
    pub n: u32,
    /// When the window opens.
    pub at: Instant,
    /// The price then; nothing inside a trial.
    pub amount: Tokens,
}

/// Rates all sessions of one key, which must be in the order (time, source, id).
///
/// A session that starts outside a window opens `[t, t + 24 h)`. When a window ends while a
/// session still runs, the next opens there and is charged to the earliest such session. Price
/// and trial are those of the charge's time; with no `user_day` line in force the chain stops.
#[must_use]
pub fn chain(
    card: &RateCard,
    api: ApiId,
    variant: Option<VariantId>,
    trial_until: Option<Instant>,
    sessions: &[Session],
) -> Vec<WindowCharge> {
    let line_at = |at| {
        let line = card.line(api, variant, at);
        line.filter(|line| line.rounding == Rounding::UserDay)
    };
    let mut charges: Vec<WindowCharge> = Vec::new();
    let mut counts = vec![0u32; sessions.len()];
    let mut charge = |session: usize, at: Instant, line: &RateLine| {
        let in_trial = trial_until.is_some_and(|until| at < until);
        let amount = if in_trial { Tokens::ZERO } else { line.tokens };
        charges.push(WindowCharge { session, n: counts[session], at, amount });
        counts[session] += 1;
        at.plus(DAY)
    };
    let mut window_end: Option<Instant> = None;
    // Sessions that began and may still run, earliest first; also those of a chain that stopped,
    // since they may outlast a later window.
    let mut running: Vec<usize> = Vec::new();
    let mut next = 0;
    loop {
        let start = sessions.get(next).map(|s| s.time);
        match (window_end, start) {
            (Some(end), start) if start.is_none_or(|start| end <= start) => {
                running.retain(|&s| sessions[s].end() > end);
                window_end = match (running.first(), line_at(end)) {
                    (Some(&session), Some(line)) => Some(charge(session, end, line)),
                    _ => None,
                };
            }
            (_, Some(start)) => {
                let session = next;
                next += 1;
                if !sessions[session].opens_windows(card.line(api, variant, start)) {
                    continue;
                }
                if window_end.is_none()
                    && let Some(line) = line_at(start)
                {
                    window_end = Some(charge(session, start, line));
                }
                running.push(session);
            }
            (_, None) => break,
        }
    }
    charges
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(tokens: &str, per: &str, rounding: Rounding) -> RateLine {
        RateLine {
            tokens: tokens.parse().unwrap(),
            per: per.parse().unwrap(),
            rounding,
            charge_failed: false,
            from: Instant::from_micros(0),
        }
    }

    #[test]
    fn prices_of_the_published_rates() {
        for (tokens, per, rounding, quantity, price) in [
            ("0.5", "1", Rounding::Exact, "3", "1.5"),
            ("2", "3600", Rounding::Exact, "217", "0.120556"),
            ("1", "50", Rounding::Up, "51", "2"),
            ("1", "50", Rounding::Up, "50", "1"),
            ("1", "50", Rounding::Up, "0", "0"),
            ("0.000001", "2", Rounding::Exact, "1", "0.000001"),
            ("0.000001", "3", Rounding::Exact, "1", "0"),
        ] {
            let got = line(tokens, per, rounding).price(quantity.parse().unwrap());
            assert_eq!(got.unwrap().to_string(), price, "{quantity} at {tokens}/{per}");
        }
        let dear = line("1000000000", "1", Rounding::Exact);
        assert_eq!(dear.price(Quantity::whole(2)), Err(PriceTooLarge));
    }

    #[test]
    fn roundings_are_known_by_their_codes() {
        for (rounding, code) in
            [(Rounding::Exact, "exact"), (Rounding::Up, "up"), (Rounding::UserDay, "user_day")]
        {
            assert_eq!((rounding.code(), Rounding::from_code(code)), (code, Some(rounding)));
        }
        assert_eq!(Rounding::from_code("down"), None);
    }

    #[test]
    fn a_variant_line_beats_a_newer_plain_one() {
        let (api, variant) = (ApiId(1), VariantId(2));
        let mut card = RateCard::default();
        let mut newer = line("9", "1", Rounding::Exact);
        newer.from = Instant::from_micros(100);
        card.add(api, None, newer.clone()).unwrap();
        card.add(api, Some(variant), line("1", "1", Rounding::Exact)).unwrap();
        let at = Instant::from_micros(200);
        assert_eq!(card.line(api, Some(variant), at).unwrap().tokens, Tokens::whole(1));
        assert_eq!(card.line(api, Some(VariantId(3)), at).unwrap().tokens, Tokens::whole(9));
        assert_eq!(card.line(api, None, Instant::from_micros(99)), None);
        assert_eq!(card.add(api, None, newer), Err(RateExists));
    }

    #[test]
    fn failed_and_trial_usage_costs_nothing() {
        let mut card = RateCard::default();
        card.add(ApiId(1), None, line("1", "1", Rounding::Exact)).unwrap();
        let usage = Usage {
            time: Instant::from_micros(50),
            api: ApiId(1),
            variant: None,
            quantity: None,
            status: Status::Failed,
            tokens: None,
            has_user: false,
        };
        let end = |micros| Some(Instant::from_micros(micros));
        let good = Usage { status: Status::Success, ..usage.clone() };
        let own = Usage { tokens: Some(Tokens::whole(7)), ..good.clone() };
        let free = Usage { api: ApiId(9), ..good.clone() };
        for (usage, trial_until, basis, amount) in [
            (&usage, None, Basis::Failed, 0),
            (&good, None, Basis::Rate, 1),
            (&good, end(50), Basis::Rate, 1),
            (&good, end(51), Basis::Trial, 0),
            (&own, None, Basis::Own, 7),
            (&own, end(51), Basis::Trial, 0),
            (&free, None, Basis::Unrated, 0),
        ] {
            let rated = rate(&card, usage, trial_until).unwrap();
            let price = Rating::Price(Class::Api, Tokens::whole(amount));
            assert_eq!((rated.basis, rated.rating), (basis, price), "{usage:?} {trial_until:?}");
        }
    }

    #[test]
    fn a_session_needs_a_user_and_an_end() {
        let mut card = RateCard::default();
        card.add(ApiId(1), None, line("7", "1", Rounding::UserDay)).unwrap();
        let longest = Quantity::from_micro(SESSION_MAX);
        let usage = Usage {
            time: Instant::from_micros(0),
            api: ApiId(1),
            variant: None,
            quantity: Some(longest),
            status: Status::Success,
            tokens: None,
            has_user: true,
        };
        assert_eq!(rate(&card, &usage, None).unwrap().rating, Rating::Session);
        let own = Usage { tokens: Some(Tokens::whole(3)), ..usage.clone() };
        let price = Rating::Price(Class::Product, Tokens::whole(3));
        assert_eq!(rate(&card, &own, None).unwrap().rating, price);
        for session in [&usage, &own] {
            let nobody = Usage { has_user: false, ..session.clone() };
            assert_eq!(rate(&card, &nobody, None), Err(RatingError::NoUser));
            let longer = Some(Quantity::from_micro(SESSION_MAX + 1));
            let endless = Usage { quantity: longer, ..session.clone() };
            assert_eq!(rate(&card, &endless, None), Err(RatingError::TooLong));
        }
    }

    fn session(hour: i64, hours: i64) -> Session {
        Session {
            time: Instant::from_micros(hour * 3600 * SECOND),
            source: "s".into(),
            id: hour.to_string(),
            quantity: Some(Quantity::whole(hours * 3600)),
            status: Status::Success,
        }
    }

    /// The chain stops at 24 h, where the line is another one; a session that began before opens no
    /// window by itself any more, but is the earliest that runs when a later window ends.
    #[test]
    fn a_session_that_outlasts_a_stopped_chain_pays_at_a_later_windows_end() {
        let mut card = RateCard::default();
        for (hour, rounding) in
            [(0, Rounding::UserDay), (24, Rounding::Exact), (36, Rounding::UserDay)]
        {
            let from = Instant::from_micros(hour * 3600 * SECOND);
            card.add(ApiId(1), None, RateLine { from, ..line("7", "1", rounding) }).unwrap();
        }
        let charges = chain(&card, ApiId(1), None, None, &[session(0, 96), session(40, 1)]);
        let seen: Vec<_> =
            charges.iter().map(|c| (c.session, c.n, c.at.micros() / SECOND / 3600)).collect();
        assert_eq!(seen, [(0, 0, 0), (1, 0, 40), (0, 1, 64), (0, 2, 88)]);
    }

    #[test]
    fn a_window_shields_and_a_running_session_opens_the_next() {
        let mut card = RateCard::default();
        card.add(ApiId(1), None, line("7", "1", Rounding::UserDay)).unwrap();
        // The second session runs past the first window's end and into a third window.
        let sessions = [session(0, 1), session(10, 40), session(80, 1)];
        let charges = chain(&card, ApiId(1), None, None, &sessions);
        let seen: Vec<_> =
            charges.iter().map(|c| (c.session, c.n, c.at.micros() / SECOND / 3600)).collect();
        assert_eq!(seen, [(0, 0, 0), (1, 0, 24), (1, 1, 48), (2, 0, 80)]);
        let short = Session { quantity: Some(Quantity::whole(299)), ..session(0, 1) };
        assert_eq!(chain(&card, ApiId(1), None, None, &[short]), []);
    }
}
