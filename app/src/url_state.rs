//! The view that a URL holds: reading its query forgivingly, printing it in one canonical way.
//!
//! A bad value never breaks a page: it falls back to its default and leaves a notice behind.
//! Keys stand in one order: `range` or `from` and `to`, `cmp`, `grain`, `metric`, `api`, `app`,
//! `team`, `hide`; defaults are not written; what repeats is sorted and stands once.

use tokenscope::report::{Metric, Preset, Range};
use tokenscope::time::{Date, Grain};
use tokenscope::view::{Compare, Filters, Term, View};

/// The longest range of two dates. Ten years keep the number of columns and the work small.
pub const DAYS_MAX: i64 = 3660;
/// Most filters of a view, and most series that it hides.
pub const TERMS_MAX: usize = 50;
/// The longest name of a filter, in characters.
pub const TERM_CHARS_MAX: usize = 200;
/// Most columns that a chosen length may make.
const COLUMNS_MAX: i64 = 92;
/// How much of a bad value a notice repeats.
const ECHO_MAX: usize = 40;

/// Something in a URL that was not understood, with the text as it stood there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// No such range.
    Range(String),
    /// No such metric.
    Metric(String),
    /// No such comparison.
    Compare(String),
    /// No such length of a column.
    Grain(String),
    /// Dates that are none, stand alone, or are too far apart.
    Dates(String),
    /// A range beside dates, which go before it.
    RangeAndDates(String),
    /// A filter without a name, or with one that is too long.
    Filter(String),
    /// More filters than [`TERMS_MAX`].
    TooMany,
    /// A key without meaning here.
    Key(String),
    /// A key that was there already.
    Repeated(String),
}

/// The pairs of a query string, decoded as browsers encode forms. (The router's own map decodes
/// twice, which changes a name that holds a percent sign.)
#[must_use]
pub fn pairs(search: &str) -> Vec<(String, String)> {
    let query = search.trim_start_matches('?');
    let pair = |pair: &str| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decoded(key), decoded(value))
    };
    query.split('&').filter(|text| !text.is_empty()).map(pair).collect()
}

/// Reads a query: the view, and a notice for everything that was not understood.
pub fn parse<'a>(query: impl IntoIterator<Item = (&'a str, &'a str)>) -> (View, Vec<Notice>) {
    let mut reader = Reader::default();
    for (key, value) in query {
        reader.take(key, value);
    }
    reader.finish()
}

/// What a query said so far. Of what stands once, the first counts.
#[derive(Default)]
struct Reader<'a> {
    once: [Option<&'a str>; ONCE.len()],
    filters: Filters,
    hide: Vec<String>,
    terms: usize,
    notices: Vec<Notice>,
}

const ONCE: [&str; 6] = ["range", "from", "to", "cmp", "grain", "metric"];

impl<'a> Reader<'a> {
    fn take(&mut self, key: &str, value: &'a str) {
        if let Some(place) = ONCE.iter().position(|known| *known == key) {
            match self.once[place] {
                None => self.once[place] = Some(value),
                Some(_) => self.notices.push(Notice::Repeated(echo(key))),
            }
            return;
        }
        match key {
            "api" | "app" | "team" => self.term(key, value),
            "hide" => {
                for name in listed(value) {
                    if self.fits(&name, value) && self.hide.len() < TERMS_MAX {
                        self.hide.push(name);
                    }
                }
            }
            _ => self.notices.push(Notice::Key(echo(key))),
        }
    }

    fn term(&mut self, key: &str, value: &str) {
        let term = term(value);
        if !self.fits(&term.slug, value) {
            return;
        }
        self.terms += 1;
        if self.terms > TERMS_MAX {
            if self.terms == TERMS_MAX + 1 {
                self.notices.push(Notice::TooMany);
            }
            return;
        }
        match key {
            "api" => self.filters.api.push(term),
            "app" => self.filters.app.push(term),
            _ => self.filters.team.push(term),
        }
    }

    fn fits(&mut self, slug: &str, value: &str) -> bool {
        let fits = is_name(slug);
        if !fits {
            self.notices.push(Notice::Filter(echo(value)));
        }
        fits
    }

    fn finish(self) -> (View, Vec<Notice>) {
        let [preset, from, to, compare, grain, metric] = self.once;
        let mut notices = self.notices;
        let mut view = View { filters: self.filters, hide: self.hide, ..View::default() };
        if let Some(code) = preset {
            match Preset::from_code(code) {
                Some(preset) => view.range = Range::Preset(preset),
                None => notices.push(Notice::Range(echo(code))),
            }
        }
        if from.is_some() || to.is_some() {
            match dates(from, to) {
                Some(range) => {
                    notices.extend(preset.map(|code| Notice::RangeAndDates(echo(code))));
                    view.range = range;
                }
                None => {
                    let text = format!("{} – {}", from.unwrap_or("…"), to.unwrap_or("…"));
                    notices.push(Notice::Dates(echo(&text)));
                }
            }
        }
        if let Some(code) = compare {
            match Compare::from_code(code) {
                Some(compare) => view.compare = compare,
                None => notices.push(Notice::Compare(echo(code))),
            }
        }
        if let Some(code) = grain {
            match GRAINS.iter().find(|(_, known)| *known == code) {
                Some((grain, _)) => view.grain = Some(*grain),
                None => notices.push(Notice::Grain(echo(code))),
            }
        }
        if let Some(code) = metric {
            match Metric::from_code(code) {
                Some(metric) => view.metric = metric,
                None => notices.push(Notice::Metric(echo(code))),
            }
        }
        tidy(&mut view);
        (view, notices)
    }
}

/// The lengths of a column with their names in URLs, shortest first.
pub const GRAINS: [(Grain, &str); 4] =
    [(Grain::Hour, "hour"), (Grain::Day, "day"), (Grain::Week, "week"), (Grain::Month, "month")];

/// Sorts what repeats and lets it stand once.
fn tidy(view: &mut View) {
    for terms in [&mut view.filters.api, &mut view.filters.app, &mut view.filters.team] {
        in_order(terms);
    }
    in_order(&mut view.hide);
}

/// They are few: a sort for many would cost the browser more to load than it ever saves.
fn in_order<T: Ord>(list: &mut Vec<T>) {
    for item in std::mem::take(list) {
        if let Err(place) = list.binary_search(&item) {
            list.insert(place, item);
        }
    }
}

/// The keys and values of a view in their order, not encoded: for URLs and hidden fields.
#[must_use]
pub fn query(view: &View) -> Vec<(&'static str, String)> {
    let mut view = view.clone();
    tidy(&mut view);
    let mut pairs = Vec::new();
    match view.range {
        Range::Preset(preset) if preset == Preset::default() => {}
        Range::Preset(preset) => pairs.push(("range", preset.code().to_owned())),
        Range::Days { from, to } => {
            pairs.push(("from", from.min(to).to_string()));
            pairs.push(("to", from.max(to).to_string()));
        }
    }
    if view.compare != Compare::default() {
        pairs.push(("cmp", view.compare.code().to_owned()));
    }
    if let Some((_, code)) = GRAINS.iter().find(|(grain, _)| Some(*grain) == view.grain) {
        pairs.push(("grain", (*code).to_owned()));
    }
    if view.metric != Metric::default() {
        pairs.push(("metric", view.metric.code().to_owned()));
    }
    let Filters { api, app, team } = &view.filters;
    for (key, terms) in [("api", api), ("app", app), ("team", team)] {
        pairs.extend(terms.iter().map(|term| (key, written(term))));
    }
    if !view.hide.is_empty() {
        let names: Vec<String> = view.hide.iter().map(|name| escaped(name)).collect();
        pairs.push(("hide", names.join(",")));
    }
    pairs
}

/// The canonical URL of a view: defaults are not written, keys stand in one order.
#[must_use]
pub fn url(path: &str, view: &View) -> String {
    let mut url = path.to_owned();
    for (key, value) in query(view) {
        push(&mut url, key, &value);
    }
    url
}

/// The same URL with other hidden series, for a link that was drawn before they changed.
#[must_use]
pub fn with_hidden(url: &str, hide: &[String]) -> String {
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    let mut url = path.to_owned();
    for pair in query.split('&').filter(|pair| !pair.is_empty() && !pair.starts_with("hide=")) {
        url.push(if url.contains('?') { '&' } else { '?' });
        url.push_str(pair);
    }
    let hidden = self::query(&View { hide: hide.to_vec(), ..View::default() });
    for (key, value) in hidden {
        push(&mut url, key, &value);
    }
    url
}

fn push(url: &mut String, key: &str, value: &str) {
    url.push(if url.contains('?') { '&' } else { '?' });
    url.push_str(key);
    url.push('=');
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~!,".contains(&byte) {
            url.push(char::from(byte));
        } else {
            url.push('%');
            for digit in [byte >> 4, byte & 15] {
                url.push(char::from(b"0123456789ABCDEF"[usize::from(digit)]));
            }
        }
    }
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        rest = tail;
        let byte = match (*first, tail) {
            (b'+', _) => b' ',
            (b'%', [high, low, tail @ ..]) => match (hex(*high), hex(*low)) {
                (Some(high), Some(low)) => {
                    rest = tail;
                    high << 4 | low
                }
                _ => b'%',
            },
            (byte, _) => byte,
        };
        bytes.push(byte);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

/// `!slug` leaves out. A name that itself starts with `!` or `\` stands behind a `\`.
fn term(value: &str) -> Term {
    match value.strip_prefix('!') {
        Some(slug) => Term { slug: slug.to_owned(), not: true },
        None => {
            let slug = value.strip_prefix('\\').unwrap_or(value);
            Term { slug: slug.to_owned(), not: false }
        }
    }
}

fn written(term: &Term) -> String {
    let plain = !term.slug.starts_with(['!', '\\']);
    let mark = if term.not {
        "!"
    } else if plain {
        ""
    } else {
        "\\"
    };
    format!("{mark}{}", term.slug)
}

/// The names of a list with commas; a comma within a name stands behind a `\`.
fn listed(value: &str) -> Vec<String> {
    let (mut names, mut name) = (Vec::new(), String::new());
    let mut letters = value.chars();
    while let Some(letter) = letters.next() {
        match letter {
            ',' => names.push(std::mem::take(&mut name)),
            '\\' => name.extend(letters.next()),
            letter => name.push(letter),
        }
    }
    names.push(name);
    names
}

fn escaped(name: &str) -> String {
    name.replace('\\', "\\\\").replace(',', "\\,")
}

fn is_name(slug: &str) -> bool {
    !slug.is_empty() && slug.chars().nth(TERM_CHARS_MAX).is_none()
}

/// Whether a range is one that a URL can ask for; server functions can be called with others.
#[must_use]
pub fn is_allowed(range: Range) -> bool {
    match range {
        Range::Preset(_) => true,
        Range::Days { from, to } => is_year_known(from) && is_year_known(to) && near(from, to),
    }
}

/// Whether filters and hidden series are as few and short as a URL can hold.
#[must_use]
pub fn is_short(view: &View) -> bool {
    let Filters { api, app, team } = &view.filters;
    let terms = || api.iter().chain(app).chain(team);
    let names = || terms().map(|term| &term.slug).chain(&view.hide);
    terms().count() <= TERMS_MAX && view.hide.len() <= TERMS_MAX && names().all(|n| is_name(n))
}

/// Whether columns of this length suit a range: more than one, and not too many to be told apart.
#[must_use]
pub fn suits(grain: Grain, range: Range) -> bool {
    let days = match range {
        Range::Days { from, to } => (to - from).num_days().abs() + 1,
        // How long everything is, only the server knows.
        Range::Preset(Preset::All) => return matches!(grain, Grain::Week | Grain::Month),
        Range::Preset(Preset::Today | Preset::Yesterday) => 1,
        Range::Preset(Preset::Days7) => 7,
        Range::Preset(Preset::Days28) => 28,
        Range::Preset(Preset::Days90) => 90,
        Range::Preset(Preset::MonthToDate | Preset::LastMonth) => 31,
        Range::Preset(Preset::QuarterToDate) => 92,
        Range::Preset(Preset::YearToDate | Preset::Months12) => 366,
    };
    match grain {
        Grain::Hour => days * 24 <= COLUMNS_MAX,
        Grain::Day => days > 1 && days <= COLUMNS_MAX,
        Grain::Week => days > 7 && days / 7 < COLUMNS_MAX,
        Grain::Month => days > 31,
    }
}

fn dates(from: Option<&str>, to: Option<&str>) -> Option<Range> {
    let (a, b) = (date(from?)?, date(to?)?);
    let range = Range::Days { from: a.min(b), to: a.max(b) };
    is_allowed(range).then_some(range)
}

/// `2026-10-31`, exactly so: the calendar's own parser also takes signs and single digits.
fn date(text: &str) -> Option<Date> {
    let plain = text.bytes().enumerate().all(|(i, b)| match i {
        4 | 7 => b == b'-',
        _ => b.is_ascii_digit(),
    });
    if text.len() == 10 && plain { text.parse().ok() } else { None }
}

fn is_year_known(date: Date) -> bool {
    use chrono::Datelike;
    (1970..=2999).contains(&date.year())
}

fn near(a: Date, b: Date) -> bool {
    (b - a).num_days().abs() < DAYS_MAX
}

fn echo(text: &str) -> String {
    match text.char_indices().nth(ECHO_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
#[path = "url_state_tests.rs"]
mod tests;
