//! The audit log: what it says of facts, and who may read it.

use super::book::Book;
use super::{Service, fault};
use crate::store::audit::{self, AuditRow, Wanted};
use crate::store::db::{DbError, Tx};
use crate::store::{names, person};
use async_trait::async_trait;
use serde_json::Value;
use std::collections::BTreeMap;
use tokenscope::audit::{ACTIONS, Actor, AuditLine, AuditPage, AuditQuestion};
use tokenscope::correction::{Correction, SubmittedCorrection};
use tokenscope::event::EventResult;
use tokenscope::fact::Fact;
use tokenscope::fault::{Fault, Needs};
use tokenscope::id::{OrgId, PersonId};
use tokenscope::permission::{Action, Scope};
use tokenscope::service::{Audit, Caller};
use tokenscope::time::{Date, Instant, next_day};

/// Most entries of one answer.
const PAGE_MAX: u16 = 1000;

/// Something that was done, to be appended.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// One of [`ACTIONS`].
    pub action: &'static str,
    /// What it was done to, e.g. `team:red`.
    pub subject: String,
    /// All of it; people and keys as numbers.
    pub content: Value,
}

/// Appends entries to an organization's log, in the transaction of what they tell. It takes the
/// organization's row lock, which on PostgreSQL comes before those of teams.
///
/// # Errors
/// [`DbError`]
pub async fn append(
    tx: &mut Tx,
    org: OrgId,
    actor: Actor,
    now: Instant,
    entries: Vec<Entry>,
) -> Result<(), DbError> {
    let row = |entry: Entry| AuditRow {
        entry: 0,
        at: now.micros(),
        actor_kind: actor.code().into(),
        actor_id: actor.number(),
        action: entry.action.into(),
        subject: entry.subject,
        content: canonical(entry.content).to_string(),
        previous_hash: Vec::new(),
        hash: Vec::new(),
    };
    audit::append(tx, org, entries.into_iter().map(row).collect()).await
}

/// The same value with the members of every object in the order of their names.
fn canonical(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let sorted: BTreeMap<String, Value> = members.into_iter().collect();
            sorted.into_iter().map(|(name, value)| (name, canonical(value))).collect()
        }
        Value::Array(values) => values.into_iter().map(canonical).collect(),
        plain => plain,
    }
}

/// What the log says of facts that were recorded just now. People stand there by the number of
/// their user, pools of one owner by that of their team.
///
/// # Errors
/// [`DbError`]
pub async fn of_facts(tx: &mut Tx, book: &Book, facts: &[Fact]) -> Result<Vec<Entry>, DbError> {
    let named = facts.iter().filter_map(person_in).map(str::to_lowercase).collect();
    let numbers: BTreeMap<String, i64> =
        names::users(tx, book.org, named).await?.into_iter().collect();
    facts.iter().map(|fact| of_fact(book, &numbers, fact)).collect()
}

/// The member of a fact that names a person.
fn person_in(fact: &Fact) -> Option<&str> {
    match fact {
        Fact::App { owner, .. } | Fact::Owner { owner, .. } => owner.as_deref(),
        Fact::Product { user, .. } => Some(user),
        _ => None,
    }
}

fn of_fact(book: &Book, numbers: &BTreeMap<String, i64>, fact: &Fact) -> Result<Entry, DbError> {
    let damaged = |what: &str| DbError::Damaged(format!("a fact without {what}"));
    let mut content = serde_json::to_value(fact).map_err(|e| damaged(&e.to_string()))?;
    let members = content.as_object_mut().ok_or_else(|| damaged("members"))?;
    let tag = members.remove("fact").ok_or_else(|| damaged("a kind"))?;
    let action = ACTIONS.into_iter().find(|action| tag == *action);
    let user = person_in(fact).and_then(|name| numbers.get(&name.to_lowercase()));
    for member in ["owner", "user"] {
        if let Some(value @ Value::String(_)) = members.get_mut(member) {
            *value = user.map_or(Value::Null, |number| serde_json::json!({ "user": number }));
        }
    }
    let team = |slug: &str| match book.team(slug) {
        Some(id) if slug.starts_with('~') => format!("~{id}"),
        _ => slug.to_owned(),
    };
    for member in ["team", "to"] {
        if let Some(Value::String(slug)) = members.get_mut(member) {
            *slug = team(slug);
        }
    }
    let subject = match fact {
        Fact::Team { slug, .. } => format!("team:{slug}"),
        Fact::Trial { team: slug, .. } | Fact::Unblock { team: slug, .. } => {
            format!("team:{}", team(slug))
        }
        Fact::Policy { team: Some(slug), .. } => format!("team:{}", team(slug)),
        Fact::App { client_id, .. }
        | Fact::Assignment { client_id, .. }
        | Fact::Owner { client_id, .. } => format!("app:{client_id}"),
        Fact::Api { code: api, .. } | Fact::Rate { api, .. } => format!("api:{api}"),
        Fact::Lot { id: lot, .. } | Fact::Void { lot, .. } | Fact::Transfer { id: lot, .. } => {
            format!("lot:{lot}")
        }
        Fact::Product { .. } => format!("user:{}", user.copied().unwrap_or(0)),
        Fact::Policy { team: None, .. } | Fact::Payer { .. } | Fact::Close { .. } => {
            "organization".into()
        }
    };
    let action = action.ok_or_else(|| damaged("a known kind"))?;
    Ok(Entry { action, subject, content })
}

/// What the log says of the corrections that took. What they say stands with the events.
pub fn of_corrections(asked: &[SubmittedCorrection], results: &[EventResult]) -> Vec<Entry> {
    let taken = |result: &EventResult| matches!(result, EventResult::Accepted { .. });
    let items = asked.iter().zip(results).filter(|(_, result)| taken(result));
    let entry = |correction: &Correction| {
        let Correction { source, id, revision, replacement } = correction;
        let how = if replacement.is_some() { "replaced" } else { "void" };
        let content = serde_json::json!({
            "source": source, "id": id, "revision": revision, "event": how,
        });
        Entry { action: "correction", subject: format!("event:{source}/{id}"), content }
    };
    items.filter_map(|(item, _)| item.as_ref().ok().map(entry)).collect()
}

#[async_trait]
impl Audit for Service {
    async fn audit(&self, caller: &Caller, question: &AuditQuestion) -> Result<AuditPage, Fault> {
        if !caller.roles.everywhere(Action::ReadAdmin) {
            return Err(Fault::Forbidden { needs: Needs::Manager });
        }
        if !caller.has_scope(Scope::Read) {
            return Err(Fault::Forbidden { needs: Needs::Scope(Scope::Read) });
        }
        let most = i64::from(question.limit.clamp(1, PAGE_MAX));
        let mut tx = self.read().await?;
        let zone = self.reading_zone(&mut tx, caller).await?;
        let day = |day: Option<Date>| day.map(|day| zone.day_start(day));
        let from = question.from.max(day(question.first_day));
        let ends = [question.to, day(question.last_day.map(next_day))];
        let to = ends.into_iter().flatten().min();
        let bound = |at: Option<Instant>, open: i64| at.map_or(open, Instant::micros);
        let wanted = Wanted {
            before: question.before.unwrap_or(i64::MAX),
            action: question.action.as_deref().unwrap_or_default(),
            subject: question.subject.as_deref().unwrap_or_default(),
            span: (bound(from, i64::MIN), bound(to, i64::MAX)),
            // One more, to see whether any follow.
            most: most + 1,
        };
        let mut rows = audit::page(&mut tx, caller.org, &wanted).await.map_err(fault::of)?;
        let page = usize::try_from(most).unwrap_or(usize::MAX);
        let more = rows.len() > page;
        rows.truncate(page);
        let next = rows.last().filter(|_| more).map(|row| row.entry);
        let lines = lines(&mut tx, caller.org, rows).await.map_err(fault::of)?;
        Ok(AuditPage { lines, next, zone })
    }
}

/// Entries with what their actors are called now.
async fn lines(tx: &mut Tx, org: OrgId, rows: Vec<AuditRow>) -> Result<Vec<AuditLine>, DbError> {
    let actor = |row: &AuditRow| {
        let damaged = || DbError::Damaged(format!("audit entry {} is by nobody", row.entry));
        Actor::stored(&row.actor_kind, row.actor_id).ok_or_else(damaged)
    };
    let actors = rows.iter().map(actor).collect::<Result<Vec<Actor>, DbError>>()?;
    let number = |wanted: fn(&Actor) -> bool| {
        let mut numbers: Vec<i64> =
            actors.iter().filter(|actor| wanted(actor)).filter_map(|a| a.number()).collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers
    };
    let people = number(|actor| matches!(actor, Actor::Person(_)));
    let keys = number(|actor| matches!(actor, Actor::Key(_)));
    let mut names: BTreeMap<Actor, String> = BTreeMap::new();
    for (person, name, _) in person::names(tx, people).await? {
        names.insert(Actor::Person(PersonId(person)), name);
    }
    for (key, name) in audit::key_names(tx, org, keys).await? {
        names.insert(Actor::Key(key), name);
    }
    let hex = |hash: &[u8]| hash.iter().map(|byte| format!("{byte:02x}")).collect();
    let line = |(row, actor): (AuditRow, Actor)| AuditLine {
        entry: row.entry,
        at: Instant::from_micros(row.at),
        actor,
        name: names.get(&actor).cloned(),
        action: row.action,
        subject: row.subject,
        content: row.content,
        hash: hex(&row.hash),
    };
    Ok(rows.into_iter().zip(actors).map(line).collect())
}
