//! Statements, parameters and bulk writes as values, without a driver.

/// A statement with its name, which stands in logs and in the test that prepares all of them.
#[derive(Debug, Clone, Copy)]
pub struct Sql {
    /// The constant's name.
    pub name: &'static str,
    pub(super) sqlite: &'static str,
    pub(super) postgres: &'static str,
}

impl Sql {
    /// One text for both databases.
    #[must_use]
    pub const fn both(name: &'static str, text: &'static str) -> Self {
        Self { name, sqlite: text, postgres: text }
    }
    /// Two texts where the databases differ.
    #[must_use]
    pub const fn split(name: &'static str, sqlite: &'static str, postgres: &'static str) -> Self {
        Self { name, sqlite, postgres }
    }
    /// The texts for SQLite and PostgreSQL.
    #[must_use]
    pub const fn texts(&self) -> (&'static str, &'static str) {
        (self.sqlite, self.postgres)
    }
}

/// Declares statements as constants and lists them in `STATEMENTS`, for the tests that prepare and
/// lint every one of them.
#[macro_export]
macro_rules! statements {
    ($($(#[$doc:meta])* $name:ident = $first:literal $(| $second:literal)?;)+) => {
        $($(#[$doc])* const $name: $crate::store::sql::Sql =
            $crate::statements!(@one $name $first $(| $second)?);)+
        /// Every statement of this file.
        pub const STATEMENTS: &[$crate::store::sql::Sql] = &[$($name),+];
    };
    (@one $name:ident $text:literal) => {
        $crate::store::sql::Sql::both(stringify!($name), $text)
    };
    (@one $name:ident $sqlite:literal | $postgres:literal) => {
        $crate::store::sql::Sql::split(stringify!($name), $sqlite, $postgres)
    };
}

/// A parameter. Lists are for `= ANY($n)` on PostgreSQL and `json_each($n)` on SQLite.
#[derive(Debug, Clone)]
pub enum Value {
    /// A number, a time in microseconds or a flag.
    Int(Option<i64>),
    /// A text.
    Text(Option<String>),
    /// Bytes.
    Bytes(Vec<u8>),
    /// Several numbers.
    Ints(Vec<i64>),
    /// Several texts.
    Texts(Vec<String>),
    /// Several byte strings, as hexadecimal texts on SQLite.
    Blobs(Vec<Vec<u8>>),
}

macro_rules! value_from {
    ($($type:ty => |$v:ident| $value:expr),+ $(,)?) => {
        $(impl From<$type> for Value { fn from($v: $type) -> Self { $value } })+
    };
}
value_from!(
    i64 => |v| Value::Int(Some(v)),
    Option<i64> => |v| Value::Int(v),
    bool => |v| Value::Int(Some(i64::from(v))),
    &str => |v| Value::Text(Some(v.to_owned())),
    String => |v| Value::Text(Some(v)),
    Option<String> => |v| Value::Text(v),
    Vec<u8> => |v| Value::Bytes(v),
    Vec<i64> => |v| Value::Ints(v),
    Vec<String> => |v| Value::Texts(v),
    Vec<Vec<u8>> => |v| Value::Blobs(v),
);

/// A list as a text for `json_each`; byte strings as hexadecimal texts.
pub(super) fn as_json(value: Value) -> String {
    let list = match value {
        Value::Ints(v) => serde_json::json!(v),
        Value::Texts(v) => serde_json::json!(v),
        Value::Blobs(v) => {
            let hex = |bytes: &Vec<u8>| bytes.iter().map(|b| format!("{b:02x}")).collect();
            serde_json::json!(v.iter().map(hex).collect::<Vec<String>>())
        }
        Value::Int(_) | Value::Text(_) | Value::Bytes(_) => serde_json::Value::Null,
    };
    list.to_string()
}

/// Builds the parameters of a statement.
#[macro_export]
macro_rules! args {
    ($($value:expr),* $(,)?) => { vec![$($crate::store::sql::Value::from($value)),*] };
}

/// The values of one column of a bulk write.
#[derive(Debug, Clone)]
pub enum Column {
    /// Numbers.
    Ints(Vec<i64>),
    /// Numbers, some absent.
    OptInts(Vec<Option<i64>>),
    /// Texts.
    Texts(Vec<String>),
    /// Texts, some absent.
    OptTexts(Vec<Option<String>>),
    /// Byte strings.
    Blobs(Vec<Vec<u8>>),
}

impl Column {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Ints(v) => v.len(),
            Self::OptInts(v) => v.len(),
            Self::Texts(v) => v.len(),
            Self::OptTexts(v) => v.len(),
            Self::Blobs(v) => v.len(),
        }
    }
    pub(super) const fn postgres_type(&self) -> &'static str {
        match self {
            Self::Ints(_) | Self::OptInts(_) => "bigint[]",
            Self::Texts(_) | Self::OptTexts(_) => "text[]",
            Self::Blobs(_) => "bytea[]",
        }
    }
}

/// A write of many rows of one organization, column by column.
#[derive(Debug, Clone)]
pub struct Bulk<'a> {
    /// The table.
    pub table: &'static str,
    /// The organization, which leads every row.
    pub org: i64,
    /// The columns after `org_id`; all of one length.
    pub columns: Vec<(&'a str, Column)>,
    /// The text after the rows, e.g. `ON CONFLICT (…) DO NOTHING`.
    pub on_conflict: &'static str,
}
