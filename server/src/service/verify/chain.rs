//! The audit log: its chain, and the facts that it tells of beside those that are stored.

use super::{Head, PAGE, Verifier, at, hex, tokens};
use crate::store::audit::{self, AuditRow};
use crate::store::books::{self, LotRow, RateRow};
use crate::store::db::DbError;
use serde_json::Value;
use std::collections::BTreeMap;
use tokenscope::audit::NOTHING_BEFORE;
use tokenscope::fact::Fact;
use tokenscope::id::TeamId;

/// Rate lines by API, variant and instant.
type Rates = BTreeMap<(i64, i64, i64), RateRow>;

impl Verifier<'_> {
    /// Follows the chain, then holds the facts against it.
    pub(super) async fn chain(&mut self) -> Result<(), DbError> {
        let (mut entry, mut hash) = (0, NOTHING_BEFORE.to_vec());
        let mut removed = 0;
        loop {
            let page = audit::after(self.tx, self.org(), entry, PAGE).await?;
            let Some(last) = page.last() else { break };
            let end = last.entry;
            for row in page {
                if !self.link(&row, entry, &hash) {
                    // Behind a broken link nothing can be said of the others.
                    return Ok(());
                }
                if row.action == "demo_removed" {
                    removed = row.entry;
                }
                (entry, hash) = (row.entry, row.hash);
            }
            entry = end;
            self.tell("audit entries", u64::try_from(entry).unwrap_or(0));
        }
        if entry > 0 {
            let (organization, hash) = (self.slug.clone(), hex(&hash));
            self.report.heads.push(Head { organization, entry, hash });
        }
        self.told(removed).await
    }

    /// Whether an entry follows the one before.
    fn link(&mut self, row: &AuditRow, before: i64, hash: &[u8]) -> bool {
        let entry = format!("entry {}", before + 1);
        if row.entry != before + 1 {
            let next = format!("entry {} follows", row.entry);
            self.differs("audit_log", entry, "nothing", format!("an entry: {next}"));
            return false;
        }
        let due = row.due_hash(self.org(), hash);
        if row.previous_hash != hash {
            self.differs("audit_log", entry, hex(&row.previous_hash), hex(hash));
            return false;
        }
        if row.hash != due {
            self.differs("audit_log", entry, hex(&row.hash), hex(&due));
            return false;
        }
        true
    }

    /// The facts that were recorded after an entry are stored as they were told.
    async fn told(&mut self, mut entry: i64) -> Result<(), DbError> {
        let key = |row: &RateRow| (row.api_id, row.variant_id, row.from_at);
        let rates = books::rules(self.tx, self.org()).await?.rates;
        let rates: Rates = rates.into_iter().map(|row| (key(&row), row)).collect();
        loop {
            let page = audit::after(self.tx, self.org(), entry, PAGE).await?;
            let Some(last) = page.last() else { return Ok(()) };
            entry = last.entry;
            for row in page {
                match row.action.as_str() {
                    "lot" | "void" | "transfer" | "rate" | "close" => {
                        if let Some(fact) = fact_of(&row) {
                            self.stored(fact, &rates).await?;
                        }
                    }
                    _ => {}
                }
            }
        }
    }

    async fn stored(&mut self, fact: Fact, rates: &Rates) -> Result<(), DbError> {
        let org = self.org();
        match fact {
            Fact::Lot { ref id, .. } => {
                let row = books::lot(self.tx, org, id).await?;
                self.lot(&fact, row);
            }
            Fact::Void { lot, at: asked } => {
                let known = books::void_of(self.tx, org, &lot).await?;
                let stored = known.map(|(at, about)| about.unwrap_or(at));
                if stored != Some(asked.micros()) {
                    let stored = stored.map_or("nothing".into(), at);
                    self.differs("lot_void", lot, stored, asked);
                }
            }
            Fact::Transfer { id, lot, at: asked, tokens: amount, .. } => {
                let known = books::transfer(self.tx, org, &id).await?;
                let due = (id.clone(), lot.clone(), asked.micros(), amount.micro());
                if known.as_ref() != Some(&due) {
                    let say = |(_, lot, time, amount): (String, String, i64, i64)| {
                        format!("{} tokens of {lot} at {}", tokens(amount), at(time))
                    };
                    let stored = known.map_or("nothing".into(), say);
                    self.differs("lot_transfer", id, stored, say(due));
                }
            }
            Fact::Rate { .. } => self.rate(&fact, rates),
            Fact::Close { until } if !self.rater.opened(until.micros()) => {
                self.differs("books_close", until.rfc3339(), "nothing", "a close");
            }
            _ => {}
        }
        Ok(())
    }

    fn lot(&mut self, fact: &Fact, row: Option<LotRow>) {
        let Fact::Lot { id, team, kind, tokens: granted, effective, pays_for, .. } = fact else {
            return;
        };
        let Some(row) = row else {
            return self.differs("lot", id, "nothing", granted);
        };
        let begins = row.belongs_to.unwrap_or(row.effective_at);
        let pays = pays_for.unwrap_or(kind.pays_for()).code();
        // Pools of one owner stand under their number in the log.
        let owner = self.book.teams.get(&TeamId(row.team_id)).map(|team| team.slug.as_str());
        let owner = owner.filter(|slug| !slug.starts_with('~')).map(ToOwned::to_owned);
        let owner = owner.unwrap_or_else(|| format!("~{}", row.team_id));
        for (what, stored, told) in [
            ("tokens", tokens(row.granted), granted.to_string()),
            ("team", owner, team.clone()),
            ("kind", row.kind, kind.code().to_owned()),
            ("effective", at(begins), effective.rfc3339()),
            ("pays_for", row.pays_for, pays.to_owned()),
        ] {
            if stored != told {
                self.differs("lot", format!("{id} {what}"), stored, told);
            }
        }
        let Fact::Lot { expires, priority, unit_cost, reference, channel, .. } = fact else {
            return;
        };
        let cost = row.unit_cost.zip(row.currency.clone());
        let told_cost = unit_cost.as_ref().map(|cost| (cost.micro, cost.currency.clone()));
        let ends = row.belongs_to.is_some() || row.expires_at == expires.map(|at| at.micros());
        let burns = row.priority == i64::from(priority.unwrap_or(kind.priority()));
        let words = (&row.reference, &row.channel) == (reference, channel);
        if !ends || !burns || cost != told_cost || !words {
            let said = "another expiry, priority, unit cost, reference or channel";
            self.differs("lot", id, said, "as the audit log tells");
        }
    }

    fn rate(&mut self, fact: &Fact, rates: &Rates) {
        let Fact::Rate { api, variant, tokens: price, per, rounding, charge_failed, from } = fact
        else {
            return;
        };
        let number = self.book.api(api);
        let class = |code: &String| number.and_then(|api| self.book.variant(api, code));
        let variant = variant.as_ref().map_or(Some(0), |code| class(code).map(|v| v.0));
        let key = number.zip(variant).map(|(api, variant)| (api.0, variant, from.micros()));
        let row = key.and_then(|key| rates.get(&key));
        let same = row.is_some_and(|row| {
            (row.tokens, row.per) == (price.micro(), per.micro())
                && row.rounding == rounding.code()
                && (row.charge_failed != 0) == *charge_failed
        });
        if !same {
            let stored = row.map_or("nothing".to_owned(), |row| {
                format!("{} tokens, {}", tokens(row.tokens), row.rounding)
            });
            let expected = format!("{price} tokens, {}", rounding.code());
            self.differs("rate", format!("of {api} from {from}"), stored, expected);
        }
    }
}

/// The fact that an entry tells; none where it is about something else.
fn fact_of(row: &AuditRow) -> Option<Fact> {
    let Ok(Value::Object(mut members)) = serde_json::from_str(&row.content) else { return None };
    members.insert("fact".into(), row.action.clone().into());
    serde_json::from_value(Value::Object(members)).ok()
}
