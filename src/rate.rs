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
}

/// What rating makes of one event by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rating {
    /// It costs so much, possibly nothing.
    Price(Class, Tokens),
    /// It is a session of a daily product: [`chain`] rates all of its key together.
    Session,
}

/// Rates one event.
///
/// # Errors
/// [`PriceTooLarge`] when it would cost more than one event may.
pub fn rate(
    card: &RateCard,
    usage: &Usage,
    trial_until: Option<Instant>,
) -> Result<Rating, PriceTooLarge> {
    let line = card.line(usage.api, usage.variant, usage.time);
    let class = line.map_or(Class::Api, RateLine::class);
    let in_trial = trial_until.is_some_and(|until| usage.time < until);
    if let Some(own) = usage.tokens {
        return Ok(Rating::Price(class, if in_trial { Tokens::ZERO } else { own }));
    }
    let Some(line) = line else {
        return Ok(Rating::Price(class, Tokens::ZERO));
    };
    if line.rounding == Rounding::UserDay {
        return Ok(Rating::Session);
    }
    let free = in_trial || (usage.status == Status::Failed && !line.charge_failed);
    let price = line.price(usage.quantity.unwrap_or(Quantity::ONE))?;
    Ok(Rating::Price(class, if free { Tokens::ZERO } else { price }))
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
    fn end(&self) -> Instant {
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
    // Sessions that began in the present run of windows and may outlast them, earliest first.
    let mut running: Vec<usize> = Vec::new();
    let mut next = 0;
    loop {
        let start = sessions.get(next).map(|s| s.time);
        match (window_end, start) {
            (Some(end), start) if start.is_none_or(|start| end <= start) => {
                running.retain(|&s| sessions[s].end() > end);
                window_end = match (running.first(), line_at(end)) {
                    (Some(&session), Some(line)) => Some(charge(session, end, line)),
                    _ => {
                        running.clear();
                        None
                    }
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
        };
        let nothing = Ok(Rating::Price(Class::Api, Tokens::ZERO));
        assert_eq!(rate(&card, &usage, None), nothing);
        let good = Usage { status: Status::Success, ..usage };
        assert_eq!(rate(&card, &good, None), Ok(Rating::Price(Class::Api, Tokens::whole(1))));
        assert_eq!(rate(&card, &good, Some(Instant::from_micros(51))), nothing);
        let own = Usage { tokens: Some(Tokens::whole(7)), ..good };
        assert_eq!(rate(&card, &own, None), Ok(Rating::Price(Class::Api, Tokens::whole(7))));
        assert_eq!(rate(&card, &own, Some(Instant::from_micros(51))), nothing);
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
