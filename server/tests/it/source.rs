//! Reads the program's own source text as far as rules about it need: which paths it names and
//! which texts it holds.

use std::fs;
use std::path::{Path, PathBuf};

/// A source file.
pub struct Source {
    /// From the top folder of the repository, with `/`.
    pub path: String,
    /// All of it.
    pub text: String,
}

/// The top folder of the repository.
fn top() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The files of some folders with one of the endings, in the order of their paths.
pub fn files(folders: &[&str], endings: &[&str]) -> Vec<Source> {
    let mut found = Vec::new();
    let mut open: Vec<PathBuf> = folders.iter().map(|folder| top().join(folder)).collect();
    while let Some(path) = open.pop() {
        if path.is_dir() {
            let inner = fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path());
            open.extend(inner.filter(|path| !path.ends_with("node_modules")));
        } else if endings.iter().any(|ending| path.to_string_lossy().ends_with(ending)) {
            let text = fs::read_to_string(&path).unwrap();
            let short = path.strip_prefix(top()).unwrap().to_string_lossy().replace('\\', "/");
            found.push(Source { path: short, text });
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

/// What a file's code consists of, without its comments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// A name, a keyword or a number.
    Word(String),
    /// `::` or a single sign.
    Sign(&'static str, char),
    /// What a string holds.
    Text(String),
}

/// The code of a file without comments.
pub fn pieces(text: &str) -> Vec<Piece> {
    let chars: Vec<char> = text.chars().collect();
    let at = |place: usize| chars.get(place).copied().unwrap_or('\0');
    let mut found = Vec::new();
    let mut place = 0;
    while place < chars.len() {
        let (one, two) = (at(place), at(place + 1));
        let inner = |c: char| c.is_alphanumeric() || c == '_';
        if (one, two) == ('/', '/') {
            place = (place..chars.len()).find(|n| at(*n) == '\n').unwrap_or(chars.len());
        } else if (one, two) == ('/', '*') {
            let end = (place + 2..chars.len()).find(|n| (at(*n), at(n + 1)) == ('*', '/'));
            place = end.map_or(chars.len(), |n| n + 2);
        } else if one == 'r' && (two == '"' || two == '#') && !inner(before(&chars, place)) {
            let (text, end) = raw_text(&chars, place);
            found.push(text.map_or_else(|| Piece::Word("r".into()), Piece::Text));
            place = end;
        } else if one == '"' {
            let (text, end) = quoted(&chars, place);
            found.push(Piece::Text(text));
            place = end;
        } else if one == '\'' && (two == '\\' || at(place + 2) == '\'') {
            let end = (place + 3..chars.len()).find(|n| at(n - 1) == '\'' && at(n - 2) != '\\');
            place = end.unwrap_or(chars.len()).max(place + 3);
        } else if inner(one) {
            let end = (place..chars.len()).find(|n| !inner(at(*n))).unwrap_or(chars.len());
            found.push(Piece::Word(chars[place..end].iter().collect()));
            place = end;
        } else {
            let double = (one, two) == (':', ':');
            if !one.is_whitespace() {
                found.push(if double { Piece::Sign("::", ':') } else { Piece::Sign("", one) });
            }
            place += 1 + usize::from(double);
        }
    }
    found
}

fn before(chars: &[char], place: usize) -> char {
    place.checked_sub(1).map_or(' ', |n| chars[n])
}

fn quoted(chars: &[char], start: usize) -> (String, usize) {
    let mut text = String::new();
    let mut place = start + 1;
    while place < chars.len() && chars[place] != '"' {
        place += usize::from(chars[place] == '\\');
        text.extend(chars.get(place));
        place += 1;
    }
    (text, place + 1)
}

/// A raw string, or only the `r` of a raw name.
fn raw_text(chars: &[char], start: usize) -> (Option<String>, usize) {
    let hashes = chars[start + 1..].iter().take_while(|c| **c == '#').count();
    let open = start + 1 + hashes;
    if chars.get(open) != Some(&'"') {
        return (None, start + 1);
    }
    let end: Vec<char> = std::iter::once('"').chain(std::iter::repeat_n('#', hashes)).collect();
    let length = chars[open + 1..].windows(end.len()).position(|w| *w == end[..]);
    let close = open + 1 + length.unwrap_or(chars.len() - open - 1);
    (Some(chars[open + 1..close].iter().collect()), close + end.len())
}

/// The same without modules of tests.
pub fn without_tests(pieces: Vec<Piece>) -> Vec<Piece> {
    let words = |from: usize| -> Vec<String> {
        let word = |piece: &Piece| match piece {
            Piece::Word(word) => word.clone(),
            Piece::Sign(_, sign) => sign.to_string(),
            Piece::Text(_) => String::new(),
        };
        pieces[from..].iter().take(8).map(word).collect()
    };
    let begins = ["#", "[", "cfg", "(", "test", ")", "]", "mod"];
    let mut kept = Vec::new();
    let mut place = 0;
    while place < pieces.len() {
        if words(place) == begins {
            let mut depth = 0usize;
            loop {
                match pieces.get(place) {
                    Some(Piece::Sign(_, '{')) => depth += 1,
                    Some(Piece::Sign(_, '}')) => depth -= 1,
                    Some(_) => {}
                    None => break,
                }
                let ends = matches!(pieces[place], Piece::Sign(_, '}' | ';')) && depth == 0;
                place += 1;
                if ends {
                    break;
                }
            }
        } else {
            kept.push(pieces[place].clone());
            place += 1;
        }
    }
    kept
}

/// Every path that the code names, `use a::{b, c::d}` as `a::b` and `a::c::d`; a single name is a
/// path too.
pub fn paths(pieces: &[Piece]) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    // What stands before the braces that are open.
    let mut open: Vec<Vec<String>> = vec![Vec::new()];
    let mut path: Vec<String> = Vec::new();
    for (place, piece) in pieces.iter().enumerate() {
        let goes_on = matches!(pieces.get(place + 1), Some(Piece::Sign("::", _)));
        match piece {
            Piece::Word(word) => {
                if path.is_empty() {
                    path = open.last().cloned().unwrap_or_default();
                }
                path.push(word.clone());
                if !goes_on {
                    found.push(std::mem::take(&mut path));
                }
            }
            Piece::Sign("::", _) => {}
            Piece::Sign(_, '{') => open.push(std::mem::take(&mut path)),
            Piece::Sign(_, '}') => {
                open.pop();
                path.clear();
            }
            // `a::*` and `a::<T>`: what stands before the sign is a path too.
            Piece::Sign(..) | Piece::Text(_) if !path.is_empty() => {
                found.push(std::mem::take(&mut path));
            }
            Piece::Sign(..) | Piece::Text(_) => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(text: &str) -> Vec<String> {
        paths(&without_tests(pieces(text))).iter().map(|path| path.join("::")).collect()
    }

    #[test]
    fn paths_are_found_in_uses_and_in_code() {
        assert_eq!(named("use a::{b, c::{d, e}};"), ["use", "a::b", "a::c::d", "a::c::e"]);
        assert_eq!(named("fn f() { x::y(z) }"), ["fn", "f", "x::y", "z"]);
        assert_eq!(named("use a::b::*; c::d::<E>()"), ["use", "a::b", "c::d", "E"]);
        assert_eq!(named("// a::b\n/* c */ 'd' \"e::f\" r#\"g\"# '\\'' h"), ["h"]);
        assert_eq!(named("fn f<'a>(x: &'a str) {}"), ["fn", "f", "a", "x", "a", "str"]);
    }

    #[test]
    fn modules_of_tests_do_not_count() {
        assert_eq!(named("a; #[cfg(test)] mod tests { use std::fs; fn f() {} } b"), ["a", "b"]);
        assert_eq!(named("#[cfg(test)] mod tests; b"), ["b"]);
    }

    #[test]
    fn texts_keep_what_they_hold() {
        let texts = pieces(r##"f("a \" b", r#"c " d"#)"##);
        let texts = texts.into_iter().filter(|piece| matches!(piece, Piece::Text(_)));
        let expected = ["a \" b", "c \" d"].map(|text| Piece::Text(text.into()));
        assert_eq!(texts.collect::<Vec<_>>(), expected);
    }
}
