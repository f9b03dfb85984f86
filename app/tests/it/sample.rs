//! Answers with known figures.

use tokenscope::access::{Access, Overdraft, Unblock};
use tokenscope::forecast::{BurnRate, Outlook, RunOut};
use tokenscope::lot::LotKind;
use tokenscope::report::{
    Alert, Column, Contact, Content, ExpiringLot, Frame, Limit, Metric, MyReport, Named,
    OverviewReport, Preset, Range, RankedRow, RecentEvent, Series, TeamBalance, TeamCard,
    Uncharged, UsageSeries, Used, buckets,
};
use tokenscope::time::{DAY, Date, HOUR, Instant, Zone};
use tokenscope::tokens::{Quantity, Tokens};

pub fn now() -> Instant {
    "2026-11-20T21:15:00Z".parse().unwrap()
}

pub fn frame(content: Content, preset: Preset) -> Frame {
    let zone = Zone::new("Asia/Tokyo".into(), 9 * 3600, vec![]);
    let oldest = Some(now().plus(-700 * DAY));
    Frame {
        organization: "Northwind Robotics".into(),
        token_name: "token".into(),
        range: Range::Preset(preset).resolve(now(), &zone, oldest),
        zone,
        now: now(),
        demo: true,
        fresh_at: Some(now().plus(-HOUR / 20)),
        instants: None,
        unknown: Vec::new(),
        grain_refused: None,
        content,
    }
}

fn team(slug: &str, name: &str, available: i64, total: i64, debt: i64) -> TeamBalance {
    TeamBalance {
        slug: slug.into(),
        name: name.into(),
        balance: Tokens::from_micro(available - debt),
        available: Tokens::from_micro(available),
        used: Tokens::from_micro(total - available),
        total: Tokens::from_micro(total),
        debt: Tokens::from_micro(debt),
        access: Access::Full,
        next_expiry: Some((now().plus(41 * DAY), Tokens::from_micro(available / 3))),
    }
}

pub fn teams() -> Vec<TeamBalance> {
    const M: i64 = 1_000_000;
    let restricted = Access::Restricted { since: now().plus(-9 * DAY) };
    let grace = Access::Grace { until: now().plus(6 * DAY) };
    let trial = Access::Trial { until: now().plus(60 * DAY) };
    vec![
        team("platform", "Platform", 1_234_567 * M + 250_000, 2_000_000 * M, 0),
        team("field", "Field engineering", 180_000 * M, 1_000_000 * M, 0),
        TeamBalance { access: grace, ..team("viz", "Visualisation", 0, 250_000 * M, 812 * M) },
        TeamBalance {
            access: restricted,
            next_expiry: None,
            ..team("lab", "Research lab with a rather long name", 0, 40_000 * M, 12_480 * M)
        },
        TeamBalance { access: trial, next_expiry: None, ..team("new", "Newcomers", 0, 0, 0) },
    ]
}

/// The cards of all situations, each with another future.
pub fn cards() -> Vec<TeamCard> {
    let day = |text: &str| text.parse::<Date>().unwrap();
    let likely = Some((day("2027-01-12"), Some(day("2027-02-20"))));
    let futures = [
        RunOut::On { day: day("2027-01-30"), range: likely },
        RunOut::On { day: day("2026-11-22"), range: Some((day("2026-11-22"), None)) },
        RunOut::Already,
        RunOut::NotSoon,
        RunOut::Unused,
    ];
    let card = |(place, (balance, run_out)): (usize, (TeamBalance, RunOut))| TeamCard {
        debt_since: (!balance.debt.is_zero()).then(|| now().plus(-9 * DAY)),
        outlook: Outlook {
            burn_rate: (place < 4).then_some(BurnRate {
                per_day: Tokens::from_micro(17_234_567_890),
                days: if place == 1 { 5 } else { 28 },
            }),
            run_out,
            waste: Vec::new(),
        },
        balance,
        expiring: Vec::new(),
    };
    teams().into_iter().zip(futures).enumerate().map(card).collect()
}

fn named(slug: &str, name: &str) -> Named {
    Named { slug: slug.into(), name: name.into() }
}

fn alerts() -> Vec<Alert> {
    let date: Date = "2026-11-22".parse().unwrap();
    let (field, since) = (named("field", "Field engineering"), now().plus(-9 * DAY));
    vec![
        Alert::Restricted { team: named("lab", "Research <lab>"), since },
        Alert::Grace { team: named("viz", "Visualisation"), until: now().plus(6 * DAY) },
        Alert::Silent { since: now().plus(-30 * HOUR) },
        Alert::RunOut { team: field.clone(), day: date },
        Alert::Low { team: field.clone(), percent: 18 },
        Alert::Waste { team: field, amount: Tokens::whole(1_250), at: now().plus(20 * DAY) },
        Alert::Unassigned { app: named("hack", "Hackday bot"), events: 1_234 },
        Alert::Unlisted { api: named("new-api", "new-api"), events: 7 },
    ]
}

fn expiring() -> Vec<ExpiringLot> {
    let lot = |days: i64, kind, unused: i64| ExpiringLot {
        team: named("platform", "Platform"),
        kind,
        remaining: Tokens::whole(5_000),
        at: now().plus(days * DAY),
        unused: Tokens::from_micro(unused),
    };
    vec![lot(20, LotKind::CloudCredit, 1_250_500_000), lot(80, LotKind::Flex, 0)]
}

const APIS: [(&str, &str); 11] = [
    ("model-derivative", "Model Derivative"),
    ("design-automation", "Design Automation"),
    ("reality-capture", "Reality Capture"),
    ("data-management", "Data Management"),
    ("webhooks", "Webhooks"),
    ("viewer", "Viewer"),
    ("issues", "Issues"),
    ("tandem", "Tandem"),
    ("parameters", "Parameters"),
    ("premium-reporting", "Premium Reporting"),
    ("exchange", "Data Exchange"),
];

/// Series that fall off by rank and rest at the weekend.
pub fn usage(frame: &Frame, apis: usize) -> UsageSeries {
    let periods = buckets(&frame.zone, frame.range.period, frame.range.grain);
    let columns: Vec<Column> =
        periods.iter().map(|p| Column { period: *p, in_progress: p.contains(frame.now) }).collect();
    let value = |rank: i64, day: i64| {
        let wave = 60 + (day * 37 + rank * 53) % 41;
        let rest = if day % 7 >= 5 { 5 } else { 1 };
        wave * 4_125_000 / (rank * rank + 1) / rest
    };
    let series: Vec<Series> = APIS
        .iter()
        .take(apis)
        .enumerate()
        .map(|(rank, (slug, name))| {
            let rank = i64::try_from(rank).unwrap();
            let values: Vec<i64> =
                (0..columns.len()).map(|i| value(rank, i64::try_from(i).unwrap())).collect();
            Series {
                slug: (*slug).into(),
                name: (*name).into(),
                hue: u8::try_from(rank).unwrap(),
                total: values.iter().sum(),
                before: values.iter().map(|value| value / 112 * 100).collect(),
                used: values.iter().map(used).collect(),
                values,
            }
        })
        .collect();
    let total: i64 = series.iter().map(|s| s.total).sum();
    UsageSeries {
        metric: Metric::Tokens,
        columns,
        series,
        total,
        previous_total: total / 112 * 100,
    }
}

fn used(value: &i64) -> Used {
    Used { tokens: Tokens::from_micro(*value), events: value / 1_000_000 }
}

fn rows(groups: &[&str]) -> Vec<RankedRow> {
    let names = ["Plant twin", "Drawing robot", "Site photos", "Nightly exports", "<Viewer> kiosk"];
    let rows = names.iter().zip(groups.iter().cycle()).zip(1..);
    rows.map(|((name, group), rank)| RankedRow {
        slug: format!("app-{rank}"),
        direct: false,
        name: (*name).into(),
        group: (*group).into(),
        group_slug: group.to_lowercase().replace(' ', "-"),
        tokens: Tokens::from_micro(9_876_543_500_000 / (rank * rank * rank)),
        events: 12_345 / rank,
    })
    .collect()
}

pub fn overview() -> OverviewReport {
    overview_of(Preset::Days28, 11)
}

pub fn overview_of(preset: Preset, apis: usize) -> OverviewReport {
    let frame = frame(Content::Figures, preset);
    OverviewReport {
        usage: usage(&frame, apis),
        frame,
        alerts: alerts(),
        uncharged: cards().iter().filter_map(TeamCard::uncharged).collect::<Vec<Uncharged>>(),
        teams: cards(),
        top_apps: rows(&["Platform", "Field engineering", "Visualisation"]),
        top_teams: top_teams(),
        expiring: expiring(),
        first_steps: None,
    }
}

/// Twelve teams and what nobody pays for.
fn top_teams() -> Vec<RankedRow> {
    let row = |slug: String, name: String, rank: i64| RankedRow {
        slug,
        name,
        direct: false,
        group: String::new(),
        group_slug: String::new(),
        tokens: Tokens::whole(1_300 - 100 * rank),
        events: 13 - rank,
    };
    let team = |rank: i64| row(format!("team-{rank}"), format!("Team {rank}"), rank);
    (0..12).map(team).chain([row(String::new(), String::new(), 12)]).collect()
}

pub fn without_figures(content: Content) -> OverviewReport {
    let frame = frame(content, Preset::Today);
    OverviewReport {
        usage: usage(&frame, 0),
        frame,
        alerts: Vec::new(),
        teams: Vec::new(),
        top_apps: Vec::new(),
        top_teams: Vec::new(),
        expiring: Vec::new(),
        uncharged: Vec::new(),
        first_steps: None,
    }
}

pub fn me() -> MyReport {
    let frame = frame(Content::Figures, Preset::Days28);
    let recent = (0..12).map(|i| RecentEvent {
        id: format!("event-{i}"),
        time: now().plus(-i * HOUR),
        app: "Plant twin".into(),
        api: "Model Derivative".into(),
        variant: if i % 3 == 0 { String::new() } else { "complex".into() },
        quantity: Quantity::whole(1 + i),
        unit: "job".into(),
        tokens: Tokens::from_micro(1_500_000 * (1 + i)),
        failed: i == 4,
    });
    MyReport {
        usage: usage(&frame, 4),
        teams: cards().into_iter().take(2).collect(),
        by_app_and_api: rows(&["Model Derivative", "Reality Capture"]),
        recent: recent.collect(),
        limits: vec![
            Limit {
                team: "Platform".into(),
                grace_days: 14,
                overdraft: Overdraft::Allow,
                unblock: Unblock::Manual,
            },
            Limit {
                team: "Field engineering".into(),
                grace_days: 0,
                overdraft: Overdraft::Deny,
                unblock: Unblock::Automatic,
            },
        ],
        contacts: vec![Contact {
            team: "Platform".into(),
            name: "Ayu Prasetyo".into(),
            email: "ayu@example.com".into(),
        }],
        frame,
    }
}
