//! The lots of the demo organization, sized from what its teams consume, so that every team is
//! in its situation for every seed, length and number of events.
//!
//! A team's time is cut into waves. The lots of the waves that are over held more than was used,
//! the rest expired. The lots of the last wave decide: of the healthy and the low team a known
//! part is left now, those of the two others were used up some days ago.

use super::Span;
use super::charges::Charges;
use super::people::Situation;
use tokenscope::fact::Fact;
use tokenscope::lot::{LotKind, PerClass, UnitCost};
use tokenscope::time::{DAY, Instant, Period};
use tokenscope::tokens::{MICRO, Tokens};

/// The debt of the team in grace began so many days ago.
const GRACE_DAYS: i64 = 5;
/// The debt of the restricted team began so many days ago.
const RESTRICTED_DAYS: i64 = 25;
/// Lots that are bought are usable for a year.
const YEAR: i64 = 365 * DAY;
/// Part of their active lots that the healthy and the low team have used, in percent.
const USED: [i64; 2] = [35, 88];

/// Lots, then voids and transfers in the order of their times.
pub(super) fn lots(charges: &Charges, span: Span) -> Vec<Fact> {
    let mut books = Books { span, lots: Vec::new(), later: Vec::new(), serial: 0 };
    for team in Situation::ALL {
        let days = match team {
            Situation::Healthy | Situation::Low => 0,
            Situation::Grace => GRACE_DAYS,
            Situation::Restricted => RESTRICTED_DAYS,
        };
        let waves = waves(span.start, span.now.plus(-days * DAY));
        let Some((last, over)) = waves.split_last() else {
            continue;
        };
        for wave in over {
            books.past_wave(team, *wave, charges.sum(team.slug(), *wave));
        }
        let need = charges.sum(team.slug(), *last);
        match team {
            Situation::Healthy => {
                // What the low team gets from the healthy one.
                let low = charges.sum(Situation::Low.slug(), *last);
                let gift = share(lots_for(low.total(), USED[1]), 10);
                books.healthy(*last, need, gift);
            }
            Situation::Low => books.low(*last, need),
            Situation::Grace | Situation::Restricted => books.used_up(team, *last, need),
        }
    }
    books.later.sort_by_key(|(at, _)| *at);
    let later = books.later.into_iter().map(|(_, fact)| fact);
    books.lots.into_iter().chain(later).collect()
}

/// One to three parts of equal length.
fn waves(start: Instant, end: Instant) -> Vec<Period> {
    let length = end.since(start).max(0);
    let count = match length / DAY {
        ..45 => 1,
        45..150 => 2,
        _ => 3,
    };
    let cut = |n: i64| start.plus(length / count * n);
    (0..count).map(|n| Period::new(cut(n), if n + 1 == count { end } else { cut(n + 1) })).collect()
}

/// A percentage, in whole tokens, rounded down.
fn share(amount: Tokens, percent: i64) -> Tokens {
    Tokens::whole(amount.micro() / 100 * percent / MICRO)
}

/// Lots of which so many percent are used when this much was consumed.
fn lots_for(consumed: Tokens, used_percent: i64) -> Tokens {
    Tokens::whole(consumed.micro() / used_percent * 100 / MICRO + 1)
}

struct Books {
    span: Span,
    lots: Vec<Fact>,
    later: Vec<(Instant, Fact)>,
    serial: u32,
}

impl Books {
    /// Adds a lot and answers its id; nothing where it would be empty.
    fn lot(&mut self, team: Situation, kind: LotKind, tokens: Tokens, valid: Period) -> String {
        self.serial += 1;
        let (code, cents) = match kind {
            LotKind::CloudCredit => ("credit", 100),
            _ => ("flex", 300),
        };
        let id = format!("{code}-{}-{:02}", team.slug(), self.serial);
        if tokens > Tokens::ZERO {
            self.lots.push(Fact::Lot {
                id: id.clone(),
                team: team.slug().into(),
                kind,
                tokens,
                effective: valid.from,
                expires: Some(valid.to),
                priority: None,
                pays_for: None,
                unit_cost: Some(UnitCost { micro: cents * 10_000, currency: "USD".into() }),
                reference: Some(format!("DEMO-{:04}", 1000 + self.serial)),
                channel: Some(
                    if self.serial.is_multiple_of(2) { "reseller" } else { "online" }.into(),
                ),
            });
        }
        id
    }

    /// Flex tokens bought a year before they end.
    fn flex_until(&mut self, team: Situation, tokens: Tokens, end: Instant) -> String {
        self.lot(team, LotKind::Flex, tokens, Period::new(end.plus(-YEAR), end))
    }

    /// Flex tokens bought when the wave began.
    fn flex_from(&mut self, team: Situation, tokens: Tokens, from: Instant) -> String {
        self.lot(team, LotKind::Flex, tokens, Period::new(from, from.plus(YEAR)))
    }

    /// More than was used: the rest expired with the wave.
    fn past_wave(&mut self, team: Situation, wave: Period, need: PerClass) {
        let first = wave.from == self.span.start;
        let credit = share(need.api, if first { 115 } else { 45 });
        self.lot(team, LotKind::CloudCredit, credit, wave);
        let flex = need.total() - credit.min(need.api);
        self.flex_until(team, share(flex, 112) + Tokens::whole(1), wave.to);
    }

    /// Cloud credits for at most half of the wave's API calls, used up by now.
    fn credit(&mut self, team: Situation, wave: Period, need: PerClass, of: Tokens) -> Tokens {
        let credit = share(of, 15).min(share(need.api, 50));
        let valid = Period::new(wave.from, self.span.now.plus(60 * DAY));
        self.lot(team, LotKind::CloudCredit, credit, valid);
        credit
    }

    fn healthy(&mut self, wave: Period, need: PerClass, gift: Tokens) {
        let (team, now) = (Situation::Healthy, self.span.now);
        let total = lots_for(need.total(), USED[0]);
        let credit = self.credit(team, wave, need, total);
        let soon = share(total, 40);
        self.flex_until(team, soon, now.plus(40 * DAY));
        let rest = total - credit - soon;
        let lot = self.flex_from(team, rest + gift, wave.from);
        // Entered twice by mistake; cancelled.
        let copy = self.flex_from(team, rest + gift, wave.from);
        self.later.push((wave.from, Fact::Void { lot: copy, at: wave.from }));
        if gift > Tokens::ZERO {
            let (id, at) = (format!("transfer-{}-01", Situation::Low.slug()), now.plus(-12 * DAY));
            let to = Situation::Low.slug().into();
            self.later.push((at, Fact::Transfer { id, lot, to, at, tokens: gift }));
        }
    }

    /// A tenth of its lots came from the healthy team.
    fn low(&mut self, wave: Period, need: PerClass) {
        let (team, now) = (Situation::Low, self.span.now);
        let total = lots_for(need.total(), USED[1]);
        let credit = self.credit(team, wave, need, total);
        let own = total - share(total, 10) - credit;
        let older = share(own, 55);
        self.flex_until(team, older, now.plus(20 * DAY));
        self.flex_until(team, own - older, now.plus(80 * DAY));
    }

    /// As much as was used until the wave ended: the next charge began the debt.
    fn used_up(&mut self, team: Situation, wave: Period, need: PerClass) {
        let total = share(need.total(), 100);
        let credit = self.credit(team, wave, need, total);
        let older = share(total - credit, 60);
        self.flex_until(team, older, self.span.now.plus(75 * DAY));
        self.flex_from(team, total - credit - older, wave.from);
    }
}
