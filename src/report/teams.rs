//! Teams on the pages: cards with their future, what expires, what is owed, and what somebody
//! should look at.

use super::TeamBalance;
use crate::access::{Access, Overdraft, Unblock};
use crate::forecast::{Outlook, RunOut};
use crate::lot::LotKind;
use crate::time::{DAY, Date, Instant, Zone};
use crate::tokens::Tokens;
use serde::{Deserialize, Serialize};

/// How far ahead lots are listed before they expire.
const EXPIRING: i64 = 90 * DAY;
/// How long before it happens an expiry of unused tokens is worth an alert.
const WASTE_ALERT: i64 = 30 * DAY;
/// How many days before it happens a run-out is worth an alert.
const RUN_OUT_ALERT_DAYS: i64 = 14;

/// Something by its slug and name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    /// What URLs call it.
    pub slug: String,
    /// What people call it.
    pub name: String,
}

/// A lot of a card that expires.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExpiringLot {
    /// Whose.
    pub team: Named,
    /// Where it came from.
    pub kind: LotKind,
    /// What is left in it.
    pub remaining: Tokens,
    /// When it ends.
    pub at: Instant,
    /// How much of it is expected to expire unused.
    pub unused: Tokens,
}

/// A team's balance with its future.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TeamCard {
    /// What it holds.
    pub balance: TeamBalance,
    /// How long that lasts.
    pub outlook: Outlook,
    /// When its debt began; none without debt.
    pub debt_since: Option<Instant>,
    /// Its lots with an expiry and a remainder.
    pub expiring: Vec<ExpiringLot>,
}

impl TeamCard {
    fn named(&self) -> Named {
        Named { slug: self.balance.slug.clone(), name: self.balance.name.clone() }
    }
    /// What it owes, if it does.
    #[must_use]
    pub fn uncharged(&self) -> Option<Uncharged> {
        (!self.balance.debt.is_zero()).then(|| Uncharged {
            team: self.named(),
            debt: self.balance.debt,
            since: self.debt_since,
            access: self.balance.access,
        })
    }
}

/// A team in debt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Uncharged {
    /// Which.
    pub team: Named,
    /// What no lot covers.
    pub debt: Tokens,
    /// When the present run of debt began.
    pub since: Option<Instant>,
    /// Until when grace lasts, or since when it is over.
    pub access: Access,
}

/// What a team's policy says about calls without tokens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limit {
    /// Name of the team.
    pub team: String,
    /// Days in debt before rated calls are refused.
    pub grace_days: u16,
    /// What happens to calls that cost more than is available.
    pub overdraft: Overdraft,
    /// How a restriction ends.
    pub unblock: Unblock,
}

/// Something that somebody should look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Alert {
    /// Rated calls of a team are refused.
    Restricted {
        /// Which.
        team: Named,
        /// Since when.
        since: Instant,
    },
    /// A team is in debt.
    Grace {
        /// Which.
        team: Named,
        /// From when on its rated calls are refused.
        until: Instant,
    },
    /// No event for a day, while there usually are.
    Silent {
        /// The time of the newest event.
        since: Instant,
    },
    /// A team's tokens run out within 14 days.
    RunOut {
        /// Which.
        team: Named,
        /// On what day.
        day: Date,
    },
    /// 20 % or less of a team's active lots is available.
    Low {
        /// Which.
        team: Named,
        /// What is available, in whole percent.
        percent: u8,
    },
    /// Tokens are expected to expire unused within 30 days.
    Waste {
        /// Whose.
        team: Named,
        /// How many.
        amount: Tokens,
        /// When.
        at: Instant,
    },
    /// An app without a team is used: nobody pays.
    Unassigned {
        /// Which.
        app: Named,
        /// Its events in the last 28 days.
        events: i64,
    },
    /// An API that nobody listed is used: it has no rate, so it costs nothing.
    Unlisted {
        /// Which.
        api: Named,
        /// Its events in the last 28 days.
        events: i64,
    },
}

/// The lots of all cards that expire within 90 days, first ones first.
#[must_use]
pub fn expiring_lots(cards: &[TeamCard], now: Instant) -> Vec<ExpiringLot> {
    let lots = cards.iter().flat_map(|card| &card.expiring);
    let mut soon: Vec<ExpiringLot> =
        lots.filter(|lot| lot.at <= now.plus(EXPIRING)).cloned().collect();
    soon.sort_by(|a, b| (a.at, &a.team.slug).cmp(&(b.at, &b.team.slug)));
    soon
}

/// What the cards say that somebody should look at, most urgent first.
#[must_use]
pub fn alerts_of_teams(cards: &[TeamCard], now: Instant, zone: &Zone) -> Vec<Alert> {
    let today = zone.date(now);
    let mut alerts: Vec<Alert> = cards.iter().filter_map(in_debt).collect();
    alerts.sort_by_key(|alert| !matches!(alert, Alert::Restricted { .. }));
    let payers = || cards.iter().filter(|card| in_debt(card).is_none());
    let run_out = |card: &TeamCard| match card.outlook.run_out {
        RunOut::On { day, .. } if (day - today).num_days() <= RUN_OUT_ALERT_DAYS => {
            Some(Alert::RunOut { team: card.named(), day })
        }
        _ => None,
    };
    let low = |card: &TeamCard| {
        let percent = card.balance.percent_available()?;
        (!card.balance.is_healthy()).then(|| Alert::Low { team: card.named(), percent })
    };
    alerts.extend(payers().filter_map(run_out));
    alerts.extend(payers().filter_map(low));
    let waste = expiring_lots(cards, now)
        .into_iter()
        .filter(|lot| !lot.unused.is_zero() && lot.at <= now.plus(WASTE_ALERT));
    alerts.extend(waste.map(|lot| Alert::Waste { team: lot.team, amount: lot.unused, at: lot.at }));
    alerts
}

fn in_debt(card: &TeamCard) -> Option<Alert> {
    match card.balance.access {
        Access::Restricted { since } => Some(Alert::Restricted { team: card.named(), since }),
        Access::Grace { until } => Some(Alert::Grace { team: card.named(), until }),
        Access::Trial { .. } | Access::Full => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Instant {
        "2026-11-21T12:00:00Z".parse().unwrap()
    }
    fn card(slug: &str, available: i64, access: Access, run_out: RunOut) -> TeamCard {
        let tokens = Tokens::whole;
        TeamCard {
            balance: TeamBalance {
                slug: slug.into(),
                name: slug.to_uppercase(),
                balance: tokens(available),
                available: tokens(available),
                used: tokens(100 - available),
                total: tokens(100),
                debt: Tokens::ZERO,
                access,
                next_expiry: None,
            },
            outlook: Outlook { burn_rate: None, run_out, waste: vec![] },
            debt_since: None,
            expiring: vec![],
        }
    }
    fn on(day: &str) -> RunOut {
        RunOut::On { day: day.parse().unwrap(), range: None }
    }
    fn said(cards: &[TeamCard]) -> Vec<String> {
        let word = |alert: Alert| match alert {
            Alert::Restricted { team, .. } => format!("restricted {}", team.slug),
            Alert::Grace { team, .. } => format!("grace {}", team.slug),
            Alert::RunOut { team, day } => format!("run-out {} {day}", team.slug),
            Alert::Low { team, percent } => format!("low {} {percent}", team.slug),
            Alert::Waste { team, amount, .. } => format!("waste {} {amount}", team.slug),
            other => panic!("{other:?}"),
        };
        alerts_of_teams(cards, now(), &Zone::utc()).into_iter().map(word).collect()
    }

    #[test]
    fn what_is_urgent_comes_first() {
        let cards = [
            card("fine", 21, Access::Full, on("2026-12-06")),
            card("low", 20, Access::Full, RunOut::NotSoon),
            card("soon", 50, Access::Full, on("2026-12-05")),
            card("owes", 0, Access::Grace { until: now() }, RunOut::Already),
            card("stopped", 0, Access::Restricted { since: now() }, RunOut::Already),
        ];
        let wanted = ["restricted stopped", "grace owes", "run-out soon 2026-12-05", "low low 20"];
        assert_eq!(said(&cards), wanted);
    }

    #[test]
    fn waste_within_thirty_days_is_told_and_lots_within_ninety_listed() {
        let lot = |days: i64, unused: i64| ExpiringLot {
            team: Named { slug: "t".into(), name: "T".into() },
            kind: LotKind::Flex,
            remaining: Tokens::whole(10),
            at: now().plus(days * DAY),
            unused: Tokens::whole(unused),
        };
        let lots = vec![lot(91, 1), lot(90, 2), lot(30, 3), lot(31, 4), lot(2, 0)];
        let cards = [TeamCard { expiring: lots, ..card("t", 50, Access::Full, RunOut::NotSoon) }];
        assert_eq!(said(&cards), ["waste t 3"]);
        let listed = expiring_lots(&cards, now());
        let days: Vec<i64> = listed.iter().map(|lot| lot.at.since(now()) / DAY).collect();
        assert_eq!(days, [2, 30, 31, 90]);
    }

    #[test]
    fn only_a_debt_is_uncharged() {
        let mut card = card("t", 5, Access::Full, RunOut::Already);
        assert_eq!(card.uncharged(), None);
        card.balance.debt = Tokens::whole(3);
        card.debt_since = Some(now());
        let found = card.uncharged().unwrap();
        assert_eq!((found.debt, found.since), (Tokens::whole(3), Some(now())));
    }
}
