//! The table: one line an endpoint.
//!
//! `METHOD path | outcomes | whose data | kind body`, continued by a line that begins with a space.
//!
//! **Outcomes** are one letter for each caller, in this order; spaces are for reading:
//!
//! ```text
//! n  ofmgsp  MA X  icraz y
//! n  nobody                              M  manager of the organization
//! o  developer with an app, team red     A  admin of the organization
//! f  developer of team blue              X  admin of another organization
//! m  member of team red                  i  API key with the scope ingest
//! g  manager of team red                 c  API key with the scope check
//! s  secondary admin of team red         r  API key with the scope read
//! p  primary admin of team red           a  API key with the scope admin
//!                                        z  API key that was revoked
//!                                        y  another organization's key, scope read
//! ```
//!
//! Each letter says what he gets:
//!
//! ```text
//! .  an answer (2xx)                     0  400, cannot be read
//! >  a redirect after something done     1  401, not signed in
//! L  a redirect to sign in               3  403, not allowed
//! S  a redirect to his start page        4  404, there is none
//! =  the same as nobody                  9  409, stale or in conflict
//! -  refused, however (L 1 3 4)          2  422, a wrong field: allowed, that is
//! ~  allowed, whatever became of it (. > S 0 2 9)
//! ```
//!
//! A form that is refused leads back to its page with the reason; here it counts as that reason's
//! status.
//!
//! **Whose data** is a list of `callers:marks`, e.g. `MA:oR p:R`. The answer holds exactly the
//! names behind these marks (`MARKS` of `world.rs`), and none of the others: `o` the app of caller
//! o, `r` another app of team red, `b` an app of team blue, `R` and `B` the teams, `P` the e-mail
//! of the primary admin, `k` the organization's key; `x`, `X` and `K` app, team and key of the
//! other organization.
//!
//! **Kind** is `form`, `json` or `call` (of a server function, meant for the build `t`). In a body
//! and in a path, `{id}` and `{number}` stand for the number of a key
//! that may be revoked, and `{n}` for a number that is used once.

use super::world::Answer;
use std::collections::BTreeMap;

/// The callers, in the order of the columns.
const CALLERS: &str = "nofmgspMAXicrazy";

/// The endpoints there are.
const ROWS: &str = r#"
GET /                  | L SSSSSS SS S =====  = |
GET /login             | . SSSSSS SS S =====  = |
POST /login            | 1 111111 11 1 =====  = | | form email=nobody{n}@example.org&password=wrong
POST /logout           | > >>>>>> >> > =====  = |
GET /overview          | L 333333 .. . =====  = | MA:orbRB X:xX
GET /me                | L ...... .. . =====  = | o:oRP f:bB mgs:RP p:R
POST /_call/overview   | 1 333333 .. . =====  = | MA:orbRB X:xX
    | call {"view":{"range":{"Preset":"Days28"},"metric":"Tokens"}}
POST /_call/me         | 1 ...... .. . =====  = | o:oRP f:bB mgs:RP p:R
    | call {"view":{"range":{"Preset":"Days28"},"metric":"Tokens"}}
POST /_call/draw       | . ...... .. . =====  = | | call {"path":"/login","query":""}
GET /assets/{*path}    | . ...... .. . =====  = |
GET /robots.txt        | . ...... .. . =====  = |
GET /healthz           | . ...... .. . =====  = |
GET /readyz            | . ...... .. . =====  = |
POST /api/v1/events    | 1 111111 11 1 .3331  3 |
    | json {"source":"matrix","id":"{n}","client_id":"rouge-gadget","api":"calls"}
POST /api/v1/events/corrections | 1 111111 11 1 333.1  3 |
    | json {"source":"matrix","id":"{n}","void":true}
GET /api/v1/jobs       | 1 111111 11 1 333.1  3 |
GET /api/v1/jobs/{number} | 1 111111 11 1 33341  3 |
POST /api/v1/check     | 1 111111 11 1 3.331  3 |
    | json {"client_id":"rouge-gadget","api":"calls"}
POST /api/v1/holds/{id}/settle  | 1 111111 11 1 33331  3 |
    | json {"source":"matrix","id":"{n}","client_id":"rouge-gadget","api":"calls"}
POST /api/v1/holds/{id}/release | 1 111111 11 1 34331  3 |
GET /api/v1/apps       | 1 111111 11 1 33.31  . | r:orb y:x
GET /api/v1/balance    | 1 111111 11 1 33.31  . | r:RB y:X
GET /api/v1/teams      | 1 111111 11 1 33.31  . | r:RB y:X
GET /api/v1/apis       | 1 111111 11 1 33.31  . |
GET /api/v1/rates      | 1 111111 11 1 33.31  . |
GET /api/v1/audit      | 1 111111 11 1 33.31  . | r:orbRB y:xX
POST /api/v1/teams     | 1 111111 11 1 333.1  3 | | json {"slug":"t{n}","name":"T"}
POST /api/v1/apps      | 1 111111 11 1 333.1  3 | | json {"client_id":"a{n}","name":"A"}
POST /api/v1/assignments | 1 111111 11 1 333.1  3 |
    | json {"client_id":"rouge-gadget","team":"rouge","from":"2020-01-01T00:00:00Z"}
POST /api/v1/owners    | 1 111111 11 1 333.1  3 |
    | json {"client_id":"rouge-gadget","owner":null,"from":"2020-01-01T00:00:00Z"}
POST /api/v1/payer     | 1 111111 11 1 333.1  3 |
    | json {"payer":"app_team","from":"2020-01-01T00:00:00Z"}
POST /api/v1/products  | 1 111111 11 1 333.1  3 |
    | json {"user":"u","api":"calls","assigned":true,"from":"2020-01-01T00:00:00Z"}
POST /api/v1/apis      | 1 111111 11 1 333.1  3 | | json {"code":"c{n}","name":"C","unit":"u"}
POST /api/v1/rates     | 1 111111 11 1 333.1  3 |
    | json {"api":"c{n}","tokens":"1","per":"1","rounding":"exact","from":"2020-01-01T00:00:00Z"}
POST /api/v1/lots      | 1 111111 11 1 333.1  3 |
  | json {"id":"l{n}","team":"rouge","kind":"flex","tokens":"1","effective":"2020-01-01T00:00:00Z"}
POST /api/v1/transfers | 1 111111 11 1 333.1  3 |
    | json {"id":"m{n}","lot":"rouge","to":"bleu","at":"2021-01-01T00:00:00Z","tokens":"1"}
POST /api/v1/voids     | 1 111111 11 1 333.1  3 |
    | json {"lot":"bleu","at":"2090-01-01T00:00:00Z"}
POST /api/v1/unblocks  | 1 111111 11 1 333.1  3 |
    | json {"team":"rouge","at":"2021-01-01T00:00:00Z"}
POST /api/v1/policy    | 1 111111 11 1 333.1  3 |
    | json {"from":"2020-01-01T00:00:00Z","policy":{}}
POST /api/v1/trials    | 1 111111 11 1 333.1  3 |
    | json {"team":"rouge","until":"2001-01-01T00:00:00Z"}
POST /api/v1/closes    | 1 111111 11 1 333.1  3 | | json {"until":"0002-01-01T00:00:00Z"}
GET /balance           | L ...... .. . =====  = | omgsp:R f:B MA:RB X:X
GET /balance/{team}    | L .4.... .. 4 =====  = | om:R gspMA:orR
GET /api/v1/lots       | 1 111111 11 1 33.31  . |
GET /api/v1/statement  | 1 111111 11 1 33231  2 |
GET /api/v1/explain    | 1 111111 11 1 33231  2 |
GET /account                        | L ...... .. . =====  = | omgsp:R f:B
GET /account/profile                | L ...... .. . =====  = | omgsp:R f:B
POST /account/profile               | L 999999 99 9 =====  = | | form
GET /account/preferences            | L ...... .. . =====  = |
POST /account/preferences           | L 222222 22 2 =====  = | | form
GET /account/password               | L ...... .. . =====  = |
POST /account/password              | L 222222 22 2 =====  = | | form
GET /account/sessions               | L ...... .. . =====  = |
POST /account/sessions/others       | L >>>>>> >> > =====  = | | form
POST /account/sessions/{id}/end     | L 444444 44 4 =====  = | | form
GET /account/keys                   | L ...... .. . =====  = |
GET /account/keys/new               | L ...... .. . =====  = |
POST /account/keys                  | L 222222 22 2 =====  = | | form
GET /account/keys/{number}/revoke   | L 444444 44 4 =====  = |
POST /account/keys/{number}/revoke  | L 444444 44 4 =====  = | | form
GET /account/two-factor             | L ...... .. . =====  = |
GET /account/two-factor/set-up      | L ...... .. . =====  = |
GET /account/two-factor/codes       | L ...... .. . =====  = |
GET /account/two-factor/off         | L ...... .. . =====  = |
POST /account/two-factor/set-up     | L 222222 22 2 =====  = | | form
POST /account/two-factor/confirm    | L 444444 44 4 =====  = | | form
POST /account/two-factor/codes      | L 222222 22 2 =====  = | | form
POST /account/two-factor/off        | L 222222 22 2 =====  = | | form
GET /admin/keys                     | L 333333 .. . =====  = | MA:k X:K
GET /admin/keys/new                 | L 333333 3. . =====  = |
POST /admin/keys                    | L 333333 32 2 =====  = | | form
GET /admin/keys/{number}/revoke     | L 333333 3. 4 =====  = |
POST /admin/keys/{number}/revoke    | L 333333 3> 4 =====  = | | form
GET /password/forgot                | . ...... .. . =====  = |
POST /password/forgot               | 2 222222 22 2 =====  = | | form email=nobody
GET /password/reset                 | . ...... .. . =====  = |
POST /password/reset                | 4 444444 44 4 =====  = | | form token=unknown
GET /login/code                     | L SSSSSS SS S =====  = |
POST /login/code                    | L LLLLLL LL L =====  = | | form code=000000
POST /login/oidc                    | 4 444444 44 4 =====  = | | form
GET /login/oidc/callback            | 2 222222 22 2 =====  = |
GET /setup                          | 4 444444 44 4 =====  = |
POST /setup                         | 4 444444 44 4 =====  = | | form
GET /admin/audit                    | L 333333 .. . =====  = | MA:orbRB X:xX
GET /admin/tokens                   | L 333333 .. . =====  = | MA:RB X:X
GET /admin/tokens/new               | L 333333 3. . =====  = | A:RB X:X
POST /admin/tokens/new              | L 333333 32 2 =====  = | | form
GET /admin/tokens/confirm           | L 333333 3. . =====  = | A:RB X:X
POST /admin/tokens                  | L 333333 32 2 =====  = | | form
GET /admin/demo                     | L 333333 34 4 =====  = |
POST /admin/demo                    | L 333333 34 4 =====  = | | form
GET /help                           | L ...... .. . =====  = |
GET /help/components                | L 333333 3. . =====  = |
GET /overview.csv                   | L 333333 .. . =====  = |
GET /overview.json                  | L 333333 .. . =====  = |
GET /overview.svg                   | L 333333 .. . =====  = |
GET /me.csv                         | L ...... .. . =====  = |
GET /me.json                        | L ...... .. . =====  = |
GET /me.svg                         | L ...... .. . =====  = |
POST /_call/pulse                   | 1 ...... .. . =====  = | | call {}
"#;

/// A line of the table.
#[derive(Debug, Clone)]
pub struct Row {
    pub method: String,
    pub path: String,
    /// One letter for each caller.
    pub answers: Vec<char>,
    /// Marks by caller.
    pub sees: BTreeMap<char, String>,
    /// What a POST sends: its content type and its text.
    pub body: Option<(&'static str, String)>,
}

/// The letters of the callers.
pub fn callers() -> impl Iterator<Item = char> {
    CALLERS.chars()
}

/// The lines of the endpoints there are.
pub fn rows() -> Vec<Row> {
    read(ROWS)
}

fn read(table: &str) -> Vec<Row> {
    let whole = table.trim().replace("\n ", " ");
    whole.lines().map(row).collect()
}

fn row(line: &str) -> Row {
    let parts: Vec<&str> = line.splitn(4, '|').map(str::trim).collect();
    let part = |n: usize| parts.get(n).copied().unwrap_or_default();
    let (method, path) = part(0).split_once(' ').unwrap();
    let letters: Vec<char> = part(1).chars().filter(|c| !c.is_whitespace()).collect();
    assert_eq!(letters.len(), CALLERS.len(), "outcomes of `{}`", part(0));
    let like_nobody = |letter: &char| if *letter == '=' { letters[0] } else { *letter };
    let mut sees = BTreeMap::new();
    for group in part(2).split_whitespace() {
        let (who, marks) = group.split_once(':').unwrap();
        sees.extend(who.chars().map(|caller| (caller, marks.to_owned())));
    }
    let body = (!part(3).is_empty()).then(|| {
        let (kind, body) = part(3).split_once(' ').unwrap_or((part(3), ""));
        let kind = match kind {
            "form" => "application/x-www-form-urlencoded",
            "json" => "application/json",
            // A server function: the first line names the build, here `t`.
            "call" => "application/x-ndjson",
            other => panic!("`{other}` is no kind of body, in `{}`", part(0)),
        };
        let build = if kind == "application/x-ndjson" { "\"t\"\n" } else { "" };
        (kind, format!("{build}{body}"))
    });
    Row {
        method: method.to_owned(),
        path: path.trim().to_owned(),
        answers: letters.iter().map(like_nobody).collect(),
        sees,
        body,
    }
}

/// Whether an answer is what a letter says.
pub fn fits(letter: char, answer: &Answer) -> bool {
    match letter {
        '-' => "L134".contains(answer.outcome),
        '~' => ".>S029".contains(answer.outcome),
        exact => exact == answer.outcome,
    }
}

/// Who a caller is, in words.
pub fn name(caller: char) -> &'static str {
    match caller {
        'n' => "nobody",
        'o' => "o, the developer with an app in team red",
        'f' => "f, the developer of team blue",
        'm' => "m, the member of team red",
        'g' => "g, the manager of team red",
        's' => "s, the secondary admin of team red",
        'p' => "p, the primary admin of team red",
        'M' => "M, the manager of the organization",
        'A' => "A, the admin of the organization",
        'X' => "X, the admin of the other organization",
        'i' => "i, the key with the scope ingest",
        'c' => "c, the key with the scope check",
        'r' => "r, the key with the scope read",
        'a' => "a, the key with the scope admin",
        'z' => "z, the revoked key",
        'y' => "y, the other organization's key with the scope read",
        other => panic!("there is no caller `{other}`"),
    }
}

#[test]
fn a_line_is_read_by_its_columns() {
    let row = row("POST /a/{id} | L ...... .3 4 =====  = | MA:oR p:R | form a=1&b=2");
    assert_eq!((row.method.as_str(), row.path.as_str()), ("POST", "/a/{id}"));
    assert_eq!(row.answers.iter().collect::<String>(), "L.......34LLLLLL");
    assert_eq!(row.sees.get(&'A').map(String::as_str), Some("oR"));
    assert_eq!(row.sees.get(&'p').map(String::as_str), Some("R"));
    assert_eq!(row.body, Some(("application/x-www-form-urlencoded", "a=1&b=2".to_owned())));
}
