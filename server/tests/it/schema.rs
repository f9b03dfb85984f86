//! The tables of a database, read from its catalogue in the words of SQLite.

use std::collections::{BTreeMap, BTreeSet};
use tokenscope_server::args;
use tokenscope_server::statements;
use tokenscope_server::store::db::{Db, Tx};

statements! {
    /// Table, column, type, whether it may be null; in order.
    COLUMNS = "SELECT m.name, c.name AS column_name, c.type AS kind,
        CASE WHEN c.\"notnull\" = 1 THEN 0 ELSE 1 END AS nullable
        FROM sqlite_master m JOIN pragma_table_info(m.name) c
        WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' ORDER BY m.name, c.cid"
        | "SELECT cast(c.table_name AS text), cast(c.column_name AS text),
        CASE c.data_type WHEN 'bigint' THEN 'INTEGER' WHEN 'text' THEN 'TEXT'
            WHEN 'bytea' THEN 'BLOB' ELSE c.data_type END AS kind,
        cast(CASE c.is_nullable WHEN 'YES' THEN 1 ELSE 0 END AS bigint) AS nullable
        FROM information_schema.columns c WHERE c.table_schema = 'public'
        ORDER BY c.table_name, c.ordinal_position";
    /// Table, name, kind and columns of every index, those of constraints too: p, u or i.
    INDEXES = "SELECT m.name, CASE i.origin WHEN 'c' THEN i.name ELSE '' END AS index_name,
        CASE i.origin WHEN 'u' THEN 'u' ELSE 'i' END AS kind,
        (SELECT group_concat(name, ' ') FROM (SELECT name FROM pragma_index_info(i.name)
            ORDER BY seqno)) AS columns
        FROM sqlite_master m JOIN pragma_index_list(m.name) i
        WHERE m.type = 'table' AND i.origin <> 'pk'
        UNION ALL
        SELECT name, '' AS index_name, 'p' AS kind, group_concat(key, ' ') AS columns
        FROM (SELECT m.name, c.name AS key FROM sqlite_master m
            JOIN pragma_table_info(m.name) c WHERE m.type = 'table' AND c.pk > 0
            ORDER BY m.name, c.pk) GROUP BY name"
        | "SELECT cast(t.relname AS text),
        cast(CASE WHEN k.contype IN ('p', 'u') THEN '' ELSE c.relname END AS text) AS index_name,
        coalesce(cast(k.contype AS text), 'i') AS kind,
        (SELECT string_agg(a.attname, ' ' ORDER BY s.n)
            FROM unnest(x.indkey) WITH ORDINALITY AS s(attnum, n)
            JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = s.attnum) AS columns
        FROM pg_index x JOIN pg_class c ON c.oid = x.indexrelid
        JOIN pg_class t ON t.oid = x.indrelid
        JOIN pg_namespace n ON n.oid = t.relnamespace AND n.nspname = 'public'
        LEFT JOIN pg_constraint k ON k.conindid = c.oid AND k.contype IN ('p', 'u')";
    /// Table, other table, and how the columns map, of every foreign key.
    REFERENCES = "SELECT m.name, f.\"table\" AS other,
        group_concat(f.\"from\" || '>' || f.\"to\", ' ' ORDER BY f.seq) AS columns
        FROM sqlite_master m JOIN pragma_foreign_key_list(m.name) f WHERE m.type = 'table'
        GROUP BY m.name, f.id, f.\"table\""
        | "SELECT cast(t.relname AS text), cast(o.relname AS text) AS other,
        (SELECT string_agg(a.attname || '>' || b.attname, ' ' ORDER BY s.n)
            FROM unnest(k.conkey, k.confkey) WITH ORDINALITY AS s(mine, theirs, n)
            JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = s.mine
            JOIN pg_attribute b ON b.attrelid = k.confrelid AND b.attnum = s.theirs) AS columns
        FROM pg_constraint k JOIN pg_class t ON t.oid = k.conrelid
        JOIN pg_class o ON o.oid = k.confrelid WHERE k.contype = 'f'";
    /// The text that made each table.
    TABLE_TEXTS = "SELECT name, sql FROM sqlite_master WHERE type = 'table'
        AND name NOT LIKE 'sqlite_%'"
        | "SELECT '' AS name, '' AS sql WHERE false";
    /// The named constraints of each table.
    CONSTRAINTS = "SELECT '' AS name, '' AS named WHERE false"
        | "SELECT cast(t.relname AS text) AS name, cast(k.conname AS text) AS named
        FROM pg_constraint k JOIN pg_class t ON t.oid = k.conrelid
        JOIN pg_namespace n ON n.oid = t.relnamespace AND n.nspname = 'public'
        WHERE k.contype IN ('p', 'u', 'f', 'c')";
}

/// All tables.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Schema {
    /// By name.
    pub tables: BTreeMap<String, Table>,
}

/// One table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Table {
    /// In order.
    pub columns: Vec<Column>,
    /// Name (empty for that of a constraint), kind (p, u, i) and columns.
    pub indexes: BTreeSet<(String, String, String)>,
    /// Other table and columns of every foreign key.
    pub references: BTreeSet<(String, String)>,
    /// Names of the constraints.
    pub constraints: BTreeSet<String>,
}

/// One column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// INTEGER, TEXT or BLOB.
    pub kind: String,
    /// Whether it may be null.
    pub nullable: bool,
}

/// Reads the tables of a database.
pub async fn read(db: &Db) -> Schema {
    let mut tx = db.read().await.unwrap();
    let mut schema = Schema::default();
    let columns: Vec<(String, String, String, i64)> = tx.rows(COLUMNS, args![]).await.unwrap();
    for (table, name, kind, nullable) in columns {
        let column = Column { name, kind, nullable: nullable == 1 };
        schema.tables.entry(table).or_default().columns.push(column);
    }
    let indexes: Vec<(String, String, String, String)> = tx.rows(INDEXES, args![]).await.unwrap();
    for (table, name, kind, columns) in indexes {
        schema.tables.entry(table).or_default().indexes.insert((name, kind, columns));
    }
    let references: Vec<(String, String, String)> = tx.rows(REFERENCES, args![]).await.unwrap();
    for (table, other, columns) in references {
        schema.tables.entry(table).or_default().references.insert((other, columns));
    }
    for (table, name) in constraints(&mut tx).await {
        schema.tables.entry(table).or_default().constraints.insert(name);
    }
    schema
}

async fn constraints(tx: &mut Tx) -> Vec<(String, String)> {
    let mut named: Vec<(String, String)> = tx.rows(CONSTRAINTS, args![]).await.unwrap();
    let texts: Vec<(String, String)> = tx.rows(TABLE_TEXTS, args![]).await.unwrap();
    for (table, text) in texts {
        let words: Vec<&str> = text.split_whitespace().collect();
        let after = words.windows(2).filter(|pair| pair[0] == "CONSTRAINT");
        named.extend(after.map(|pair| (table.clone(), pair[1].to_owned())));
    }
    named
}
