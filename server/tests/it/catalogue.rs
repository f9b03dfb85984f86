//! The rules for tables of a distributed database (distributed.md), read from PostgreSQL's
//! catalogue.

use std::collections::BTreeSet;
use tokenscope_server::store::db::{Db, Sql, Tx};
use tokenscope_server::{args, statements};

/// The longest name; a distributed database puts the number of a shard behind it.
const NAME_MAX: usize = 49;

/// What PostgreSQL puts behind names that it makes up.
const MADE_UP: &[&str] = &["_pkey", "_key", "_fkey", "_check", "_idx", "_excl", "_seq"];

statements! {
    /// Every table.
    TABLES = "SELECT '' AS name" | "SELECT cast(c.relname AS text) AS name FROM pg_class c
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')";
    /// Table, name and first column of every primary key, unique constraint and unique index.
    KEYS = "SELECT '', '', ''" | "SELECT cast(t.relname AS text), cast(c.relname AS text),
        coalesce(cast(a.attname AS text), '(expression)')
        FROM pg_index x JOIN pg_class c ON c.oid = x.indexrelid
        JOIN pg_class t ON t.oid = x.indrelid
        LEFT JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = x.indkey[0]
        WHERE t.relnamespace = 'public'::regnamespace AND x.indisunique";
    /// Table and whether it has a primary key.
    WITHOUT_KEY = "SELECT '' AS name" | "SELECT cast(t.relname AS text) AS name FROM pg_class t
        WHERE t.relnamespace = 'public'::regnamespace AND t.relkind IN ('r', 'p')
        AND NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conrelid = t.oid
            AND k.contype = 'p')";
    /// Table, other table, name, the columns that refer and those referred to, and what happens
    /// when the other row goes.
    FOREIGN = "SELECT '', '', '', '', '', ''"
        | "SELECT cast(t.relname AS text), cast(o.relname AS text), cast(k.conname AS text),
        (SELECT string_agg(a.attname, ' ' ORDER BY s.n) FROM unnest(k.conkey)
            WITH ORDINALITY AS s(num, n)
            JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = s.num),
        (SELECT string_agg(a.attname, ' ' ORDER BY s.n) FROM unnest(k.confkey)
            WITH ORDINALITY AS s(num, n)
            JOIN pg_attribute a ON a.attrelid = o.oid AND a.attnum = s.num),
        cast(k.confdeltype AS text)
        FROM pg_constraint k JOIN pg_class t ON t.oid = k.conrelid
        JOIN pg_class o ON o.oid = k.confrelid WHERE k.contype = 'f'";
    /// Table and name of every trigger that somebody made, and of every rule.
    TRIGGERS = "SELECT '', ''" | "SELECT cast(t.relname AS text), cast(g.tgname AS text)
        FROM pg_trigger g JOIN pg_class t ON t.oid = g.tgrelid WHERE NOT g.tgisinternal";
    /// Table and name of every column that fills itself from a sequence or a function.
    SELF_FILLING = "SELECT '', ''" | "SELECT cast(t.relname AS text), cast(a.attname AS text)
        FROM pg_attribute a JOIN pg_class t ON t.oid = a.attrelid
        LEFT JOIN pg_attrdef d ON d.adrelid = t.oid AND d.adnum = a.attnum
        WHERE t.relnamespace = 'public'::regnamespace AND t.relkind IN ('r', 'p')
        AND (a.attidentity <> '' OR pg_get_expr(d.adbin, d.adrelid) LIKE '%(%')";
    /// Tables that inherit from another.
    HEIRS = "SELECT '' AS name" | "SELECT cast(t.relname AS text) AS name
        FROM pg_inherits i JOIN pg_class t ON t.oid = i.inhrelid
        WHERE t.relkind = 'r' AND NOT t.relispartition";
    /// Names of tables, indexes and constraints.
    NAMES = "SELECT '' AS name" | "SELECT cast(relname AS text) AS name FROM pg_class
        WHERE relnamespace = 'public'::regnamespace
        UNION SELECT cast(conname AS text) FROM pg_constraint
        WHERE connamespace = 'public'::regnamespace";
}

/// Tables that break one rule each, with a part of what must be said about it.
pub const BAD_TABLES: &[(&str, &str)] = &[
    (
        "CREATE TABLE bad (org_id bigint, id bigint, CONSTRAINT bad_pk PRIMARY KEY (id))",
        "the key bad_pk of bad does not begin with org_id",
    ),
    (
        "CREATE TABLE bad (org_id bigint, id bigint,
            CONSTRAINT bad_pk PRIMARY KEY (org_id, id), CONSTRAINT bad_uq UNIQUE (id, org_id))",
        "the key bad_uq of bad does not begin with org_id",
    ),
    (
        "CREATE TABLE bad (org_id bigint, id text, CONSTRAINT bad_pk PRIMARY KEY (org_id, id));
        CREATE UNIQUE INDEX bad_ix ON bad (lower(id))",
        "the key bad_ix of bad does not begin with org_id",
    ),
    ("CREATE TABLE bad (org_id bigint NOT NULL)", "bad has no primary key"),
    (
        "CREATE TABLE bad (org_id bigint, id bigint, CONSTRAINT bad_pk PRIMARY KEY (org_id, id),
            CONSTRAINT bad_fk FOREIGN KEY (id, org_id) REFERENCES team (team_id, org_id));",
        "bad_fk of bad",
    ),
    (
        "CREATE TABLE bad (org_id bigint, id bigint, CONSTRAINT bad_pk PRIMARY KEY (org_id, id),
            CONSTRAINT bad_fk FOREIGN KEY (org_id, id) REFERENCES team (org_id, team_id)
            ON DELETE SET NULL)",
        "bad_fk of bad empties",
    ),
    (
        "ALTER TABLE person ADD CONSTRAINT person_org_fk FOREIGN KEY (org_id) REFERENCES org",
        "person_org_fk: person of the directory refers to org",
    ),
    (
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
        CREATE TRIGGER bad_trigger BEFORE INSERT ON team FOR EACH ROW EXECUTE FUNCTION f()",
        "team has the trigger bad_trigger",
    ),
    ("ALTER TABLE team ADD COLUMN bad bigint GENERATED ALWAYS AS IDENTITY", "team.bad fills"),
    ("ALTER TABLE team ADD COLUMN bad bigserial", "team.bad fills"),
    ("ALTER TABLE team ADD COLUMN bad timestamptz DEFAULT now()", "team.bad fills"),
    ("CREATE TABLE bad (CONSTRAINT bad_pk PRIMARY KEY (org_id)) INHERITS (org)", "bad inherits"),
    ("CREATE TABLE bad (org_id bigint PRIMARY KEY)", "bad_pkey is a made-up name"),
    ("ALTER TABLE team ADD CHECK (slug <> '')", "team_slug_check is a made-up name"),
    (
        "CREATE INDEX an_index_whose_name_is_longer_than_a_shard_allows_ix ON team (org_id)",
        "an_index_whose_name_is_longer_than_a_shard_allows_ix is longer",
    ),
];

/// What the catalogue says.
pub struct Catalogue {
    tables: Vec<(String,)>,
    keys: Vec<(String, String, String)>,
    without_key: Vec<(String,)>,
    foreign: Vec<(String, String, String, String, String, String)>,
    triggers: Vec<(String, String)>,
    self_filling: Vec<(String, String)>,
    heirs: Vec<(String,)>,
    names: Vec<(String,)>,
}

impl Catalogue {
    /// Reads the catalogue of a database.
    pub async fn read(db: &Db) -> Self {
        Self::of(&mut db.read().await.unwrap()).await
    }
    /// Reads the catalogue as a transaction sees it.
    pub async fn of(tx: &mut Tx) -> Self {
        async fn rows<T: tokenscope_server::store::db::Record>(tx: &mut Tx, sql: Sql) -> Vec<T> {
            tx.rows(sql, args![]).await.unwrap()
        }
        Self {
            tables: rows(tx, TABLES).await,
            keys: rows(tx, KEYS).await,
            without_key: rows(tx, WITHOUT_KEY).await,
            foreign: rows(tx, FOREIGN).await,
            triggers: rows(tx, TRIGGERS).await,
            self_filling: rows(tx, SELF_FILLING).await,
            heirs: rows(tx, HEIRS).await,
            names: rows(tx, NAMES).await,
        }
    }
    /// The names of all tables.
    pub fn tables(&self) -> impl Iterator<Item = &str> {
        self.tables.iter().map(|(name,)| name.as_str())
    }
    /// Everything in which the tables break the rules.
    pub fn complaints(&self, directory: &[&str]) -> BTreeSet<String> {
        let tenant = |table: &str| !directory.contains(&table);
        let mut found = BTreeSet::new();
        for (table, name, first) in &self.keys {
            if tenant(table) && first != "org_id" {
                found.insert(format!("the key {name} of {table} does not begin with org_id"));
            }
        }
        found.extend(self.without_key.iter().map(|(table,)| format!("{table} has no primary key")));
        for (table, other, name, mine, theirs, on_delete) in &self.foreign {
            let first = |columns: &str| columns.split(' ').next() == Some("org_id");
            if !tenant(table) && tenant(other) {
                found.insert(format!("{name}: {table} of the directory refers to {other}"));
            }
            if tenant(table) && tenant(other) && !(first(mine) && first(theirs)) {
                found.insert(format!("{name} of {table} does not lead with org_id on both sides"));
            }
            if ["n", "d"].contains(&on_delete.as_str()) {
                found.insert(format!("{name} of {table} empties the row that refers"));
            }
        }
        found.extend(self.triggers.iter().map(|(t, name)| format!("{t} has the trigger {name}")));
        let fills = |(t, column): &(String, String)| format!("{t}.{column} fills itself");
        found.extend(self.self_filling.iter().map(fills));
        found.extend(self.heirs.iter().map(|(table,)| format!("{table} inherits")));
        for (name,) in &self.names {
            // These tables are called so themselves.
            let is_table = ["event_key", "api_key", "idempotency_key"].contains(&name.as_str());
            if !is_table && MADE_UP.iter().any(|s| name.ends_with(s)) {
                found.insert(format!("{name} is a made-up name"));
            }
            if name.len() > NAME_MAX {
                found.insert(format!("{name} is longer than {NAME_MAX} bytes"));
            }
        }
        found
    }
}
