//! Reads statements as far as the rules of a distributed database need it (distributed.md).

use std::collections::BTreeSet;

/// A word, a sign or a string of a statement, in lower case, with the number of open parentheses.
type Token = (usize, String);

/// A part of a statement with tables of its own: the whole, or a question within it.
type Scope = Vec<Token>;

/// What a statement must not hold: its value changes from one server to the next.
const VOLATILE: &[&str] = &[
    "now",
    "random",
    "nextval",
    "clock_timestamp",
    "statement_timestamp",
    "gen_random_uuid",
    "current_timestamp",
    "current_date",
    "localtimestamp",
    "datetime",
    "strftime",
    "randomblob",
];

/// What ends the name of a table without an alias.
const KEYWORDS: &[&str] = &[
    "where",
    "join",
    "inner",
    "left",
    "right",
    "full",
    "cross",
    "on",
    "group",
    "order",
    "limit",
    "for",
    "set",
    "values",
    "select",
    "returning",
    "union",
    "having",
];

/// Everything in which a statement breaks the rules.
pub fn complaints(text: &str, tenant_tables: &BTreeSet<String>) -> Vec<String> {
    let tokens = tokens(text);
    let mut found = Vec::new();
    for (_, word) in tokens.iter().filter(|(_, word)| VOLATILE.contains(&word.as_str())) {
        found.push(format!("`{word}` differs between servers"));
    }
    let writes = |word: &str| ["insert", "update", "delete"].contains(&word);
    if word(&tokens, 0) == "with" && tokens.iter().any(|(_, word)| writes(word)) {
        found.push("writes within a WITH".into());
    }
    found.extend(insert_complaints(&tokens, tenant_tables));
    for scope in scopes(tokens) {
        found.extend(scope_complaints(&scope, tenant_tables));
    }
    found
}

fn insert_complaints(tokens: &[Token], tenant_tables: &BTreeSet<String>) -> Vec<String> {
    let mut found = Vec::new();
    if word(tokens, 0) != "insert" {
        return found;
    }
    let table = word(tokens, 2);
    let is_tenant = tenant_tables.contains(table);
    if is_tenant && (word(tokens, 3), word(tokens, 4)) != ("(", "org_id") {
        found.push(format!("the INSERT into {table} does not begin with org_id"));
    }
    let has = |wanted: &str| tokens.iter().any(|(_, word)| word == wanted);
    if is_tenant && has("unnest") && !pairs(tokens).any(|pair| pair == ("from", "org")) {
        found.push(format!("the bulk INSERT into {table} does not join org"));
    }
    if has("values") && tokens.iter().any(|(depth, word)| *depth > 0 && word == "select") {
        found.push("a question within VALUES".into());
    }
    let words: Vec<&str> = tokens.iter().map(|(_, word)| word.as_str()).collect();
    let conflict = words.windows(4).find(|w| w[..3] == ["on", "conflict", "("]);
    if is_tenant && conflict.is_some_and(|w| w[3] != "org_id") {
        found.push(format!("the key of ON CONFLICT in {table} does not begin with org_id"));
    }
    found
}

fn scope_complaints(scope: &Scope, tenant_tables: &BTreeSet<String>) -> Vec<String> {
    let mut found = Vec::new();
    let tables = tables(scope);
    let filters = filters(scope);
    for (table, alias) in &tables {
        let named = filters.contains(alias) || (tables.len() == 1 && filters.contains(""));
        if tenant_tables.contains(table) && !named {
            found.push(format!("{table} {alias} has no `org_id = $n` of its own"));
        }
        if locks(scope) && !named {
            found.push(format!("locks rows of {table} of any organization"));
        }
    }
    if sets(scope).contains("org_id") {
        found.push("changes org_id".into());
    }
    found
}

fn locks(scope: &Scope) -> bool {
    let lock = |(first, second): (&str, &str)| {
        (first == "for" && (second == "update" || second == "share")) || first == "skip"
    };
    pairs(scope).any(lock)
}

/// The tables that a scope names after FROM, JOIN and UPDATE, with their aliases.
fn tables(scope: &Scope) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut in_list = false;
    for place in 0..scope.len() {
        let before = if place == 0 { "" } else { word(scope, place - 1) };
        let now = word(scope, place);
        let starts = match now {
            "from" | "join" => true,
            "update" => before != "do" && before != "for",
            "," => in_list && scope[place].0 == scope[0].0,
            _ => false,
        };
        in_list = (in_list || now == "from") && !KEYWORDS.contains(&now);
        let table = word(scope, place + 1);
        if starts && word(scope, place + 2) != "(" {
            let next = place + 2 + usize::from(word(scope, place + 2) == "as");
            let alias = word(scope, next);
            let is_alias = alias.starts_with(char::is_alphabetic) && !KEYWORDS.contains(&alias);
            found.push((table.to_owned(), if is_alias { alias } else { table }.to_owned()));
        }
    }
    found
}

/// The aliases that the scope holds to one organization (empty where none is named): a condition
/// that always counts, with a parameter behind it.
fn filters(scope: &Scope) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let outer = scope.first().map_or(0, |(depth, _)| *depth);
    if scope.iter().any(|(depth, word)| *depth == outer && word == "or") {
        return found;
    }
    for (place, (depth, column)) in scope.iter().enumerate() {
        let bound = word(scope, place + 1) == "=" && word(scope, place + 2).starts_with('$');
        if *depth != outer || column != "org_id" || !bound || place < 2 {
            continue;
        }
        let alias = if word(scope, place - 1) == "." { word(scope, place - 2) } else { "" };
        found.insert(alias.to_owned());
    }
    found
}

/// The columns that an UPDATE sets.
fn sets(scope: &Scope) -> BTreeSet<&str> {
    let start = scope.iter().position(|(_, word)| word == "set").map_or(scope.len(), |n| n + 1);
    let end = scope.iter().skip(start).position(|(_, word)| word == "where");
    let end = end.map_or(scope.len(), |n| start + n);
    let names = (start..end).filter(|place| word(scope, place + 1) == "=");
    names.map(|place| word(scope, place)).collect()
}

fn word(tokens: &[Token], place: usize) -> &str {
    tokens.get(place).map_or("", |(_, word)| word)
}

fn pairs(tokens: &[Token]) -> impl Iterator<Item = (&str, &str)> {
    tokens.windows(2).map(|pair| (pair[0].1.as_str(), pair[1].1.as_str()))
}

/// Every question within the statement apart, and what is left of the statement itself.
fn scopes(tokens: Vec<Token>) -> Vec<Scope> {
    let mut open: Vec<Scope> = vec![Vec::new()];
    let mut done = Vec::new();
    let is_insert = word(&tokens, 0) == "insert";
    for place in 0..tokens.len() {
        let (depth, text) = tokens[place].clone();
        let begins = word(&tokens, place + 1) == "select";
        // The question behind INSERT INTO, and the other half of a UNION.
        if (text == "select" && depth == 0 && is_insert) || text == "union" {
            done.extend(open.last_mut().map(std::mem::take));
        }
        let last = open.last_mut();
        last.into_iter().for_each(|scope| scope.push((depth, text.clone())));
        if text == "(" && begins {
            open.push(Vec::new());
        }
        let inner = open.last().and_then(|scope| scope.first()).map_or(0, |(depth, _)| *depth);
        if text == ")" && open.len() > 1 && depth < inner {
            done.extend(open.pop());
        }
    }
    done.extend(open);
    done.retain(|scope| !scope.is_empty());
    done
}

fn tokens(text: &str) -> Vec<Token> {
    let mut found: Vec<Token> = Vec::new();
    let mut depth: usize = 0;
    let mut chars = text.chars().peekable();
    while let Some(first) = chars.next() {
        let inner = |c: &char| c.is_alphanumeric() || matches!(c, '_' | '$');
        let mut token = first.to_ascii_lowercase().to_string();
        if first.is_whitespace() {
            continue;
        } else if first == '\'' {
            token.extend(chars.by_ref().take_while(|c| *c != '\''));
        } else if inner(&first) {
            while let Some(next) = chars.next_if(inner) {
                token.push(next.to_ascii_lowercase());
            }
        }
        depth = if first == ')' { depth.saturating_sub(1) } else { depth };
        found.push((depth, token));
        depth += usize::from(first == '(');
    }
    found
}
