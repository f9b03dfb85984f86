//! What an event costs: its price, and the lots that paid.

use super::Reader;
use super::runs::{Account, Span, single};
use super::sums::class;
use crate::service::book::Book;
use crate::service::fault;
use crate::service::intake::digest;
use crate::store::db::DbError;
use crate::store::explained::{self, EventChargeRow, KnownRateRow, RevisionRow};
use crate::store::ledger;
use tokenscope::burn::Bill;
use tokenscope::event::Status;
use tokenscope::explain::{ChargeLine, Payment, PricedBy, payments};
use tokenscope::fault::Fault;
use tokenscope::id::{ApiId, AppId, TeamId, VariantId};
use tokenscope::lot::Class;
use tokenscope::permission::Action;
use tokenscope::rate::{Basis, RateCard, RateLine, Rounding, Usage, rate};
use tokenscope::report::{ChargeExplained, SeenAt};
use tokenscope::time::Instant;
use tokenscope::tokens::{Quantity, Tokens};

/// Which event.
pub(super) struct Asked {
    /// The sender.
    pub source: String,
    /// The sender's id.
    pub id: String,
    /// Its time, where the asker knows it.
    pub time: Option<Instant>,
}

/// An event with its visible charges.
struct Found {
    revision: RevisionRow,
    is_void: bool,
    charges: Vec<EventChargeRow>,
    rates: Vec<KnownRateRow>,
}

pub(super) async fn explain(
    reader: &mut Reader<'_>,
    asked: Asked,
    seen: SeenAt,
) -> Result<ChargeExplained, Fault> {
    let found = find(reader, &asked, seen).await?;
    let key = digest(&asked.source, &asked.id);
    let mut lines = Vec::new();
    for row in &found.charges {
        let payment = paid(reader, key, row, seen).await?;
        let priced = price(&reader.book, &found, row, seen).map_err(fault::of)?;
        lines.push(line(&asked.id, row, (payment, priced)).map_err(fault::of)?);
    }
    let RevisionRow { revision, at, app_id, api_id, variant_id, quantity, .. } = found.revision;
    let book = &reader.book;
    let (app, api) = reader.codes(AppId(app_id), ApiId(api_id));
    let team = book.apps.get(&AppId(app_id)).and_then(|a| a.team_at(Instant::from_micros(at)));
    Ok(ChargeExplained {
        source: asked.source,
        id: asked.id,
        time: Instant::from_micros(at),
        app,
        team: team.map(|team| reader.slug(team)),
        api,
        variant: book.variants.get(&VariantId(variant_id)).map(|v| v.code.clone()),
        quantity: quantity.map(Quantity::from_micro),
        failed: found.revision.failed != 0,
        tokens: found.revision.own_tokens.map(Tokens::from_micro),
        revision: u32::try_from(revision).unwrap_or_default(),
        is_void: found.is_void,
        seen,
        charges: lines,
    })
}

/// The event as it counts at the instant of knowledge, if the caller may see it.
async fn find(reader: &mut Reader<'_>, asked: &Asked, seen: SeenAt) -> Result<Found, Fault> {
    let missing = || Fault::NotFound { what: format!("the event `{}`", asked.id) };
    let (org, key) = (reader.book.org, digest(&asked.source, &asked.id));
    let known = seen.known_at.map(Instant::micros);
    let tx = &mut reader.tx;
    let sight = ledger::sight(tx, org, known).await.map_err(fault::of)?;
    let rows = explained::charges(tx, org, key, &sight).await.map_err(fault::of)?;
    let mut times: Vec<i64> = rows.iter().map(|row| row.event_at).collect();
    times.extend(asked.time.map(Instant::micros));
    let revisions = explained::revisions(tx, org, key, times).await.map_err(fault::of)?;
    if revisions.is_empty() {
        if explained::is_known(tx, org, key).await.map_err(fault::of)? {
            return Err(untimed());
        }
        return Err(missing());
    }
    let (revision, is_void) = counting(revisions, known).ok_or_else(untimed)?;
    if !reader.sees_event(&revision) {
        return Err(missing());
    }
    let rates = explained::rates(&mut reader.tx, org, revision.api_id).await;
    let mut charges = net(rows).map_err(fault::of)?;
    charges.retain(|row| row.at <= seen.as_of.micros());
    Ok(Found { revision, is_void, charges, rates: rates.map_err(fault::of)? })
}

fn untimed() -> Fault {
    Fault::field("time", "is needed: this event has no charge that would tell its time")
}

/// The revision that counts at an instant of knowledge: the first that was not corrected until
/// then. Of a void event it is the last one. None where a correction leads to one that was not
/// found.
fn counting(revisions: Vec<RevisionRow>, known: Option<i64>) -> Option<(RevisionRow, bool)> {
    let counts = |row: &RevisionRow| match (row.corrected_at, known) {
        (None, _) => true,
        (Some(corrected), Some(known)) => corrected > known,
        (Some(_), None) => false,
    };
    if let Some(row) = revisions.iter().find(|row| counts(row)) {
        return Some((row.clone(), false));
    }
    revisions.into_iter().next_back().filter(|row| row.replacement.is_none()).map(|row| (row, true))
}

/// The rows of each charge added up, each as its newest revision has it.
fn net(mut rows: Vec<EventChargeRow>) -> Result<Vec<EventChargeRow>, DbError> {
    rows.sort_by_key(|row| (row.at, row.n, row.team_id, row.revision));
    let mut net: Vec<EventChargeRow> = Vec::new();
    for row in rows {
        let same = |last: &&mut EventChargeRow| {
            (last.at, last.n, last.team_id, &last.class) == (row.at, row.n, row.team_id, &row.class)
        };
        match net.last_mut().filter(same) {
            Some(last) => {
                let amount = last.amount.checked_add(row.amount).ok_or(DbError::Overflow)?;
                *last = EventChargeRow { amount, ..row };
            }
            None => net.push(row),
        }
    }
    net.retain(|row| row.amount != 0);
    Ok(net)
}

/// What paid for a charge.
async fn paid(
    reader: &mut Reader<'_>,
    key: [u8; 16],
    row: &EventChargeRow,
    seen: SeenAt,
) -> Result<Payment, Fault> {
    let at = Instant::from_micros(row.at);
    let book = reader.book.clone();
    let span = Span { from: None, to: Some(at.plus(1)), seen };
    let mut account = Account::of(&mut reader.tx, &book, TeamId(row.team_id), span).await?;
    let mut bills = account
        .refine_while(&mut reader.tx, |bills, _| {
            let holds = |bill: &&Bill| !bill.single && bill.period.contains(at);
            bills.iter().find(holds).map(|bill| bill.period)
        })
        .await?;
    // Those of the instant itself stand last: one by one, in their order.
    bills.retain(|bill| bill.period.from < at);
    let before = bills.len();
    let rows = ledger::singles(&mut reader.tx, account.charges.asked(), (row.at, row.at + 1)).await;
    let rows = rows.map_err(fault::of)?;
    for row in &rows {
        bills.push(single(row).map_err(fault::of)?.bill);
    }
    let is_it = |other: &ledger::SingleRow| {
        (other.digest.as_slice(), other.n, &other.class) == (key.as_slice(), row.n, &row.class)
    };
    let place = rows.iter().position(is_it).map(|place| before + place);
    let payments = payments(&account.down, None, &bills).map_err(fault::of_burn)?;
    let found = place.and_then(|place| payments.into_iter().nth(place));
    found.ok_or_else(|| fault::internal(&"a charge that is not among those of its instant"))
}

type Priced = (Basis, Option<PricedBy>);

/// Why the charge is what it is, by the rates and trials that were known when it was made: those
/// of closed books are the ones of then.
fn price(
    book: &Book,
    found: &Found,
    row: &EventChargeRow,
    seen: SeenAt,
) -> Result<Priced, DbError> {
    let at = Instant::from_micros(row.belongs_to.unwrap_or(row.at));
    let closed = row.at < book.open().micros();
    let known = if closed { Some(row.recorded_at) } else { seen.known_at.map(Instant::micros) };
    let event = &found.revision;
    let card = card(event.api_id, &found.rates, known)?;
    let (api, variant) = (ApiId(event.api_id), variant_of(event.variant_id));
    let trial = book.trial_known(TeamId(row.team_id), known.map(Instant::from_micros));
    let in_trial = trial.is_some_and(|until| at < until);
    let line = card.line(api, variant, at);
    let usage = Usage {
        time: Instant::from_micros(event.at),
        api,
        variant,
        quantity: event.quantity.map(Quantity::from_micro),
        status: if event.failed == 0 { Status::Success } else { Status::Failed },
        tokens: event.own_tokens.map(Tokens::from_micro),
        has_user: event.user_id != 0,
    };
    let is_daily = class(&row.class)? == Class::Product && usage.tokens.is_none();
    let basis = match rate(&card, &usage, trial) {
        _ if is_daily && in_trial => Basis::Trial,
        Ok(rated) if !is_daily => rated.basis,
        _ => Basis::Rate,
    };
    let priced = line.map(|line| PricedBy {
        tokens: line.tokens,
        per: line.per,
        rounding: line.rounding,
        from: line.from,
    });
    Ok((basis, priced))
}

fn variant_of(number: i64) -> Option<VariantId> {
    (number != 0).then_some(VariantId(number))
}

/// The rate lines that were recorded until an instant.
fn card(api: i64, rows: &[KnownRateRow], known: Option<i64>) -> Result<RateCard, DbError> {
    let mut card = RateCard::default();
    for row in rows.iter().filter(|row| known.is_none_or(|known| row.recorded_at <= known)) {
        let damaged = |what: &str| DbError::Damaged(format!("a rate has {what}"));
        let rounding = Rounding::from_code(&row.rounding);
        let line = RateLine {
            tokens: Tokens::from_micro(row.tokens),
            per: Quantity::from_micro(row.per),
            rounding: rounding.ok_or_else(|| damaged("an unknown rounding"))?,
            charge_failed: row.charge_failed != 0,
            from: Instant::from_micros(row.from_at),
        };
        let added = card.add(ApiId(api), variant_of(row.variant_id), line);
        added.map_err(|_| damaged("a double"))?;
    }
    Ok(card)
}

fn line(
    event: &str,
    row: &EventChargeRow,
    (payment, (basis, rate)): (Payment, Priced),
) -> Result<ChargeLine, DbError> {
    Ok(ChargeLine {
        event: event.to_owned(),
        n: u32::try_from(row.n).map_err(|_| DbError::Damaged("the number of a charge".into()))?,
        at: Instant::from_micros(row.at),
        belongs_to: row.belongs_to.map(Instant::from_micros),
        class: class(&row.class)?,
        tokens: Tokens::from_micro(row.amount),
        basis,
        rate,
        lots: payment.lots,
        uncharged: payment.uncharged,
    })
}

impl Reader<'_> {
    /// Whether he may see a single event: of his own app, his own use, or of a team whose usage
    /// he sees app by app.
    fn sees_event(&self, event: &RevisionRow) -> bool {
        let user = self.caller.user.map(|user| user.0);
        let app = self.book.apps.get(&AppId(event.app_id));
        let team = app.and_then(|app| app.team_at(Instant::from_micros(event.at)));
        self.caller.roles.everywhere(Action::SeeUsage)
            || team.is_some_and(|team| !self.totals_only(team))
            || self.owns(AppId(event.app_id))
            || (event.user_id != 0 && user == Some(event.user_id))
    }
}
