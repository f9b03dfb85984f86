//! Facts as programs send them, one kind a path. The members are those of the fact; what the
//! server may make up is said in [`Made`].

use super::item::Item;
use super::members::{Members, Read, below};
use crate::clock;
use tokenscope::access::Policy;
use tokenscope::fact::Fact;
use tokenscope::fault::FieldFault;
use tokenscope::lot::{LotKind, UnitCost};
use tokenscope::time::Instant;
use tokenscope::tokens::{Quantity, Tokens};

/// Most days of a grace or a trial.
const DAYS_MAX: i64 = 3650;

/// A kind of fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Teams.
    Team,
    /// Apps.
    App,
    /// Which team pays for an app.
    Assignment,
    /// Whose an app is.
    Owner,
    /// Who pays for apps.
    Payer,
    /// Which products a member may use.
    Product,
    /// APIs.
    Api,
    /// Prices.
    Rate,
    /// Granted tokens.
    Lot,
    /// Tokens that move to another team.
    Transfer,
    /// Lots that are taken away.
    Void,
    /// Restrictions that are lifted.
    Unblock,
    /// What debt means.
    Policy,
    /// Ends of trials.
    Trial,
    /// Closed books.
    Close,
}

/// The paths, what a fact there is called, and its members.
const KINDS: [(Kind, &str, &str, &[&str]); 15] = [
    (Kind::Team, "/teams", "a team", &["slug", "name"]),
    (Kind::App, "/apps", "an app", &["client_id", "name", "owner"]),
    (Kind::Assignment, "/assignments", "an assignment", &["client_id", "team", "from"]),
    (Kind::Owner, "/owners", "an owner line", &["client_id", "owner", "from"]),
    (Kind::Payer, "/payer", "a payer line", &["payer", "from"]),
    (Kind::Product, "/products", "a product line", &["user", "api", "assigned", "from"]),
    (Kind::Api, "/apis", "an API", &["code", "name", "unit"]),
    (
        Kind::Rate,
        "/rates",
        "a rate",
        &["api", "variant", "tokens", "per", "rounding", "charge_failed", "from"],
    ),
    (
        Kind::Lot,
        "/lots",
        "a lot",
        &[
            "id",
            "team",
            "kind",
            "tokens",
            "effective",
            "expires",
            "priority",
            "pays_for",
            "unit_cost",
            "reference",
            "channel",
        ],
    ),
    (Kind::Transfer, "/transfers", "a transfer", &["id", "lot", "to", "at", "tokens"]),
    (Kind::Void, "/voids", "a void", &["lot", "at"]),
    (Kind::Unblock, "/unblocks", "an unblock", &["team", "at"]),
    (Kind::Policy, "/policy", "a policy line", &["team", "from", "policy"]),
    (Kind::Trial, "/trials", "a trial line", &["team", "until"]),
    (Kind::Close, "/closes", "a close", &["until"]),
];

const POLICY: &[&str] = &["grace_days", "unblock", "overdraft", "trial_days", "access_model"];

impl Kind {
    /// All of them with their paths.
    pub fn all() -> impl Iterator<Item = (Self, &'static str)> {
        KINDS.into_iter().map(|(kind, path, ..)| (kind, path))
    }
    fn members(self) -> (&'static str, &'static [&'static str]) {
        let found = KINDS.into_iter().find(|(kind, ..)| *kind == self);
        found.map_or(("a fact", &[]), |(_, _, what, members)| (what, members))
    }
}

/// A fact, and whether the server made up a member of it: a repeat of such a request would be
/// another fact.
pub struct Made {
    /// The fact.
    pub fact: Fact,
    /// Whether its id or its time was left out.
    pub completed: bool,
}

/// Reads one item of a request.
///
/// # Errors
/// The member that is wrong.
pub fn read(kind: Kind, item: Item, now: Instant) -> Read<Made> {
    let (what, known) = kind.members();
    let mut members = Members::of(item, what, known)?;
    let given = |fact| Ok(Made { fact, completed: false });
    match kind {
        Kind::Team => {
            given(Fact::Team { slug: members.required("slug")?, name: members.required("name")? })
        }
        Kind::App => given(Fact::App {
            client_id: members.required("client_id")?,
            name: members.required("name")?,
            owner: members.text("owner")?,
        }),
        Kind::Assignment => given(Fact::Assignment {
            client_id: members.required("client_id")?,
            team: members.text_or_null("team")?,
            from: members.required_time("from")?,
        }),
        Kind::Owner => given(Fact::Owner {
            client_id: members.required("client_id")?,
            owner: members.text_or_null("owner")?,
            from: members.required_time("from")?,
        }),
        Kind::Payer => given(Fact::Payer {
            payer: members.required_choice("payer")?,
            from: members.required_time("from")?,
        }),
        Kind::Product => given(Fact::Product {
            user: members.required("user")?,
            api: members.required("api")?,
            assigned: members.required_flag("assigned")?,
            from: members.required_time("from")?,
        }),
        Kind::Api => given(Fact::Api {
            code: members.required("code")?,
            name: members.required("name")?,
            unit: members.required("unit")?,
        }),
        Kind::Rate => given(rate(&members)?),
        Kind::Policy => given(policy(&mut members)?),
        Kind::Trial => given(Fact::Trial {
            team: members.required("team")?,
            until: members.required_time("until")?,
        }),
        Kind::Close => given(Fact::Close { until: members.required_time("until")? }),
        Kind::Lot => lot(&mut members),
        Kind::Transfer | Kind::Void | Kind::Unblock => completed(kind, &members, now),
    }
}

fn rate(members: &Members) -> Read<Fact> {
    Ok(Fact::Rate {
        api: members.required("api")?,
        variant: members.text("variant")?,
        tokens: members.required_amount("tokens", Tokens::parse_given)?,
        per: members.required_amount("per", str::parse::<Quantity>)?,
        rounding: members.required_choice("rounding")?,
        charge_failed: members.flag("charge_failed")?.unwrap_or(false),
        from: members.required_time("from")?,
    })
}

fn lot(members: &mut Members) -> Read<Made> {
    let kind: LotKind = members.required_choice("kind")?;
    if !kind.is_granted() {
        let reason = "cannot be granted: such lots come out of corrections";
        return Err(FieldFault::new("kind", reason));
    }
    let priority = members.whole("priority", i64::from(i16::MIN) + 1, i64::from(i16::MAX))?;
    let unit_cost = match members.inner("unit_cost", &["amount", "currency"])? {
        Some(cost) => Some(unit_cost(&cost).map_err(|e| below("unit_cost", e))?),
        None => None,
    };
    let (id, completed) = id_of(members)?;
    let fact = Fact::Lot {
        id,
        team: members.required("team")?,
        kind,
        tokens: members.required_amount("tokens", Tokens::parse_given)?,
        effective: members.required_time("effective")?,
        expires: members.time("expires")?,
        // Within the bounds of its type by the bounds above.
        priority: priority.and_then(|priority| i16::try_from(priority).ok()),
        pays_for: members.choice("pays_for")?,
        unit_cost,
        reference: members.text("reference")?,
        channel: members.text("channel")?,
    };
    Ok(Made { fact, completed })
}

/// What one token cost: millionths of the currency's unit are exact, as with tokens.
fn unit_cost(members: &Members) -> Read<UnitCost> {
    let micro = members.required_amount("amount", Tokens::parse_given)?.micro();
    let currency = members.required("currency")?;
    if currency.len() != 3 || !currency.bytes().all(|b| b.is_ascii_uppercase()) {
        let reason = "must be the three letters of a currency, like EUR or JPY";
        return Err(FieldFault::new("currency", reason));
    }
    Ok(UnitCost { micro, currency })
}

fn policy(members: &mut Members) -> Read<Fact> {
    let (team, from) = (members.text("team")?, members.required_time("from")?);
    let said = members.inner("policy", POLICY)?;
    let said = said.ok_or_else(|| FieldFault::new("policy", "is missing"))?;
    let read = || -> Read<Policy> {
        let base = Policy::default();
        let days = |name: &str, otherwise: u16| {
            let days = said.whole(name, 0, DAYS_MAX)?.and_then(|days| u16::try_from(days).ok());
            Ok(days.unwrap_or(otherwise))
        };
        Ok(Policy {
            grace_days: days("grace_days", base.grace_days)?,
            unblock: said.choice("unblock")?.unwrap_or(base.unblock),
            overdraft: said.choice("overdraft")?.unwrap_or(base.overdraft),
            trial_days: days("trial_days", base.trial_days)?,
            access_model: said.choice("access_model")?.unwrap_or(base.access_model),
        })
    };
    Ok(Fact::Policy { team, from, policy: read().map_err(|e| below("policy", e))? })
}

/// The id that was given, or one that nobody else makes.
fn id_of(members: &Members) -> Read<(String, bool)> {
    let given = members.text("id")?;
    let completed = given.is_none();
    Ok((given.unwrap_or_else(clock::random_id), completed))
}

/// What happens now where nothing else is said.
fn completed(kind: Kind, members: &Members, now: Instant) -> Read<Made> {
    let given = members.time("at")?;
    let at = given.unwrap_or(now);
    let mut completed = given.is_none();
    let fact = match kind {
        Kind::Void => Fact::Void { lot: members.required("lot")?, at },
        Kind::Unblock => Fact::Unblock { team: members.required("team")?, at },
        _ => {
            let (id, made) = id_of(members)?;
            completed |= made;
            let tokens = members.required_amount("tokens", Tokens::parse_given)?;
            let (lot, to) = (members.required("lot")?, members.required("to")?);
            Fact::Transfer { id, lot, to, at, tokens }
        }
    };
    Ok(Made { fact, completed })
}
