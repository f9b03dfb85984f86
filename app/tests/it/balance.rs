//! The pages of balances, on books made up here.

use crate::pages::{answers, has, is_clean};
use crate::sample::{cards, now};
use crate::site::{caller, get, keep};
use async_trait::async_trait;
use tokenscope::access::Access;
use tokenscope::fault::Fault;
use tokenscope::forecast::{BurnRate, Expected, Outlook, RunOut};
use tokenscope::history::Point;
use tokenscope::lot::{LotKind, PaysFor};
use tokenscope::permission::OrgRole;
use tokenscope::purchase::Standing;
use tokenscope::report::{
    AccountList, AccountReport, Balances, Explanation, Figure, LedgerFrame, LotEvent, LotLine,
    LotList, Moments, Named, Names, Seen, SeenAt, Stretch, TeamStatement,
};
use tokenscope::service::{Caller, Ledger, LotQuestion};
use tokenscope::statement::{Kind, Line, Position, Statement};
use tokenscope::time::{DAY, Instant, Zone};
use tokenscope::tokens::Tokens;

/// Books of one team that owes, under any name but `nobody`.
pub struct Books;

fn zone() -> Zone {
    Zone::new("Asia/Tokyo".into(), 9 * 3600, vec![])
}

fn frame(moments: Moments) -> LedgerFrame {
    let seen = moments.seen(&zone());
    let known_at = seen.known_at.filter(|known_at| *known_at <= now());
    LedgerFrame {
        token_name: "token".into(),
        zone: zone(),
        instants: None,
        now: now(),
        seen: SeenAt { as_of: seen.as_of.unwrap_or(now()), known_at },
        demo: true,
        known_refused: known_at != seen.known_at,
    }
}

fn lot(id: &str, state: Standing, used: i64, lost: i64, left: i64) -> LotLine {
    let tokens = Tokens::whole;
    LotLine {
        id: id.into(),
        team: "viz".into(),
        kind: LotKind::Contract,
        pays_for: PaysFor::All,
        priority: 2,
        state,
        granted: tokens(used + lost + left),
        remaining: tokens(left),
        burned: tokens(used),
        settled: Tokens::ZERO,
        expired: tokens(lost),
        voided: Tokens::ZERO,
        moved_out: Tokens::ZERO,
        effective: now().plus(-90 * DAY),
        expires: Some(now().plus(-10 * DAY)),
        moved_in: false,
        reference: Some(format!("PO <{id}>")),
        channel: None,
        unit_cost: None,
        currency: None,
    }
}

fn statement(known_at: Option<Instant>) -> TeamStatement {
    let line = |line: Kind, lot: Option<&str>, api: Option<&str>, available: i64, debt: i64| Line {
        line,
        lot: lot.map(Into::into),
        app: api.map(|_| "plant-twin".into()),
        api: api.map(Into::into),
        available: Tokens::whole(available),
        debt: Tokens::whole(debt),
    };
    let position = |available: i64, debt: i64| Position {
        available: Tokens::whole(available),
        debt: Tokens::whole(debt),
        balance: Tokens::whole(available - debt),
    };
    TeamStatement {
        team: "viz".into(),
        from: Some(now().plus(-89 * DAY)),
        to: now().plus(1),
        known_at,
        totals_only: true,
        statement: Statement {
            opening: position(1_000, 0),
            lines: vec![
                line(Kind::Consumed, None, Some("viewer"), -900, 812),
                line(Kind::Expired, Some("one"), None, -100, 0),
            ],
            closing: position(0, 812),
        },
    }
}

fn account(stretch: Stretch, moments: Moments) -> AccountReport {
    let point = |days: i64, balance: i64, debt: i64| Point {
        at: now().plus(days * DAY),
        balance: Tokens::whole(balance),
        debt: Tokens::whole(debt),
    };
    let (balance, outlook) = owing();
    let event = |days: i64, kind: Kind, amount: i64, other: Option<&str>| LotEvent {
        at: now().plus(days * DAY),
        kind,
        lot_kind: Some(LotKind::Contract),
        lot: "PO <one>".into(),
        other: other.map(Into::into),
        amount: Tokens::whole(amount),
    };
    let range = Some((Tokens::whole(-2_000), Tokens::whole(-900)));
    AccountReport {
        frame: frame(moments),
        team: Named { slug: balance.slug.clone(), name: balance.name.clone() },
        debt_since: Some(now().plus(-9 * DAY)),
        first: zone().date(now().plus(-89 * DAY)),
        points: vec![
            point(-89, 1_000, 0),
            point(-10, 100, 0),
            point(-10, 0, 0),
            point(-9, -12, 12),
            point(0, -812, 812),
        ],
        expected: vec![Expected {
            at: now().plus(14 * DAY),
            balance: Tokens::whole(-1_300),
            range: range.filter(|_| stretch != Stretch::Days28),
        }],
        events: vec![
            event(-10, Kind::Expired, 100, None),
            event(-89, Kind::MovedIn, 1_000, Some("Platform")),
        ],
        lots: vec![
            lot("one", Standing::Expired, 900, 100, 0),
            lot("two", Standing::Upcoming, 0, 0, 250),
        ],
        statement: statement(None),
        names: Names {
            apps: [("plant-twin".into(), "Plant twin".into())].into(),
            apis: [("viewer".into(), "Viewer <3D>".into())].into(),
        },
        balance,
        outlook,
    }
}

fn owing() -> (tokenscope::report::TeamBalance, Outlook) {
    let grace = |access: Access| matches!(access, Access::Grace { .. });
    let card = cards().into_iter().find(|card| grace(card.balance.access)).unwrap();
    let rate = BurnRate { per_day: Tokens::whole(35), days: 28 };
    let outlook = Outlook { burn_rate: Some(rate), run_out: RunOut::Already, waste: Vec::new() };
    (card.balance, outlook)
}

#[async_trait]
impl Ledger for Books {
    async fn balances_seen(&self, _: &Caller, _: Option<&str>, _: Seen) -> Result<Balances, Fault> {
        Err(Fault::Busy)
    }
    async fn lots(&self, _: &Caller, _: LotQuestion<'_>) -> Result<LotList, Fault> {
        Err(Fault::Busy)
    }
    async fn statement(
        &self,
        _: &Caller,
        _: &str,
        _: (Option<Instant>, Option<Instant>),
        _: Option<Instant>,
    ) -> Result<TeamStatement, Fault> {
        Err(Fault::Busy)
    }
    async fn explain(&self, _: &Caller, _: Figure) -> Result<Explanation, Fault> {
        Err(Fault::Busy)
    }
    async fn accounts(&self, caller: &Caller, moments: Moments) -> Result<AccountList, Fault> {
        let manages = caller.roles.everywhere(tokenscope::permission::Action::SeeUsage);
        let teams = cards().into_iter().filter(|_| manages);
        let teams = teams.map(|card| (card.balance, card.outlook)).collect();
        Ok(AccountList { frame: frame(moments), teams })
    }
    async fn account(
        &self,
        _: &Caller,
        team: &str,
        stretch: Stretch,
        moments: Moments,
    ) -> Result<AccountReport, Fault> {
        match team {
            "nobody" => Err(Fault::NotFound { what: "the team `nobody`".into() }),
            _ => Ok(account(stretch, moments)),
        }
    }
}

async fn page(name: &str, url: &str, role: OrgRole) -> (u16, String) {
    let (status, html) = get(url, Some(caller(role)), answers(), None).await;
    keep(name, &html);
    is_clean(&html);
    (status, html)
}

#[tokio::test]
async fn a_balance_is_shown_with_line_lots_events_and_statement() {
    let (status, html) = page("balance-team.html", "/balance/viz", OrgRole::Manager).await;
    assert_eq!(status, 200);
    has(
        &html,
        &[
            "<title>Balance of Visualisation · Tokenscope</title>",
            "Figures as of 21 Nov 2026, 06:15",
            "The balance is −812 tokens: 812 tokens of usage are covered by no lot",
            "<g class=\"line\">",
            "<g class=\"debt\">",
            "<g class=\"band\">",
            "<g class=\"expected\">",
            "<g class=\"today\">",
            "since 12 Nov 2026",
            "Grace until 27 Nov 2026",
            "They have run out",
            "PO &lt;one&gt;",
            "aria-label=\"Used 90 %, Lost 10 %\"",
            "Received from Platform",
            "Viewer &lt;3D&gt; · Plant twin",
            "You see the team’s totals.",
            "At the beginning",
            "At the end",
        ],
    );
    // The table is as complete as the chart: a balance for each day that has a point.
    assert_eq!(html.matches("<tr><th scope=\"row\"><time datetime=\"2026-").count(), 4 + 2);
}

#[tokio::test]
async fn the_statement_adds_up_in_two_columns() {
    let (_, html) = page("balance-statement.html", "/balance/viz", OrgRole::Manager).await;
    let plain = html.replace("<!>", "");
    let start = plain.find("<table id=\"statement\"").unwrap();
    let table = &plain[start..start + plain[start..].find("</table>").unwrap()];
    let cells: Vec<&str> = table
        .split("<td class=\"number\">")
        .skip(1)
        .filter_map(|rest| rest.split('<').next())
        .collect();
    let wanted = ["1,000", "0", "−900", "812", "−100", "–", "0", "812"];
    assert_eq!(cells, wanted);
}

#[tokio::test]
async fn what_the_url_says_is_kept_and_what_is_wrong_is_said() {
    let url = "/balance/viz?range=28d&as_of=2026-10-31T12:00&known_at=2027-01-01T00:00&x=1";
    let (status, html) = page("balance-seen.html", url, OrgRole::Manager).await;
    assert_eq!(status, 200);
    has(
        &html,
        &[
            "Figures as of 31 Oct 2026, 12:00",
            "value=\"2026-10-31T12:00\"",
            "“x=1” could not be followed",
            "the second instant was left out",
            "name=\"range\" value=\"28d\"",
            "href=\"/balance/viz?range=28d\"",
            "href=\"/balance/viz?range=12m&amp;as_of=2026-10-31T12%3A00",
        ],
    );
    assert!(!html.contains("<g class=\"band\">"), "there is no range to show");
    let (_, html) = page("balance-now.html", "/balance/viz?as_of=soon", OrgRole::Manager).await;
    has(&html, &["“as_of=soon” could not be followed", "Figures as of 21 Nov 2026, 06:15"]);
}

#[tokio::test]
async fn the_list_leads_to_each_team() {
    let (status, html) = page("balances.html", "/balance?range=12m", OrgRole::Manager).await;
    assert_eq!(status, 200);
    has(
        &html,
        &[
            "href=\"/balance/platform?range=12m\"",
            "1,234,567.25",
            "Restricted since 12 Nov 2026",
            "80 % likely between 12 Jan 2027 and 20 Feb 2027",
            "aria-current=\"page\"",
        ],
    );
    let (_, html) = page("balances-none.html", "/balance", OrgRole::Developer).await;
    has(&html, &["No team to show"]);
}

#[tokio::test]
async fn a_team_that_is_not_there_is_a_page_that_is_not_there() {
    let (status, html) = page("balance-nobody.html", "/balance/nobody", OrgRole::Manager).await;
    assert_eq!(status, 404);
    has(&html, &["Page not found"]);
}
