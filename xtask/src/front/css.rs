//! One style sheet out of `style/main.css` and the sheets it imports: a browser would fetch each
//! import only after it has read the file that names it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

/// Reads the main sheet with its imports put in, in their order.
pub fn gather(main: &Path) -> Result<String> {
    let folder = main.parent().unwrap_or(Path::new("."));
    inline(&read(main)?, &|name| read(&folder.join(name)))
        .with_context(|| format!("in {}", main.display()))
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

/// Puts every imported sheet in the place of its import.
pub fn inline(main: &str, load: &dyn Fn(&str) -> Result<String>) -> Result<String> {
    let mut sheet = String::new();
    for line in main.lines() {
        let Some(import) = line.trim().strip_prefix("@import") else {
            sheet.push_str(line);
            sheet.push('\n');
            continue;
        };
        let (name, layer) = import_of(import)
            .with_context(|| format!("`{line}` is not `@import \"file.css\";`"))?;
        let text = load(name)?;
        if text.lines().any(|line| line.trim_start().starts_with("@import")) {
            // After other rules a browser ignores an import without a word.
            bail!("{name} has an @import of its own; only the main sheet may");
        }
        match layer {
            Some(layer) => sheet.push_str(&format!("@layer {layer} {{\n{text}\n}}\n")),
            None => sheet.push_str(&format!("{text}\n")),
        }
    }
    Ok(sheet)
}

/// `"x.css";` or `"x.css" layer(base);`, with either kind of quotes.
fn import_of(import: &str) -> Option<(&str, Option<&str>)> {
    let import = import.trim_start();
    let quote = import.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let (name, rest) = import[1..].split_once(quote)?;
    let rest = rest.trim().strip_suffix(';')?.trim();
    if name.is_empty() || name.contains("..") || name.contains(':') {
        return None;
    }
    match rest {
        "" => Some((name, None)),
        layer => Some((name, Some(layer.strip_prefix("layer(")?.strip_suffix(')')?))),
    }
}

/// Lets `url(…)` of a public file name the file's hashed address; others stay as they are.
pub fn point_to_hashed(css: &str, public: &BTreeMap<String, String>) -> String {
    let mut pointed = String::with_capacity(css.len());
    let mut rest = css;
    while let Some(start) = rest.find("url(") {
        let (before, from) = rest.split_at(start + "url(".len());
        pointed.push_str(before);
        let end = from.find(')').unwrap_or(from.len());
        let (target, after) = from.split_at(end);
        let name = target.trim().trim_matches(['"', '\'']).trim_start_matches('/');
        match public.get(name) {
            Some(address) => pointed.push_str(&format!("\"{address}\"")),
            None => pointed.push_str(target),
        }
        rest = after;
    }
    pointed.push_str(rest);
    pointed
}

/// Takes out comments, indentation and empty lines: what compression would still pay for, and
/// nothing that needs a CSS parser to get right.
pub fn strip(css: &str) -> String {
    let mut bare = String::with_capacity(css.len());
    let mut quote = None;
    let mut chars = css.chars().peekable();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (Some(_), '\\') => {
                bare.push(c);
                bare.extend(chars.next());
                continue;
            }
            (Some(open), _) if c == open => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (None, '/') if chars.peek() == Some(&'*') => {
                chars.next();
                let mut last = ' ';
                for inside in chars.by_ref() {
                    if last == '*' && inside == '/' {
                        break;
                    }
                    last = inside;
                }
                // A comment separates words, as a space does.
                bare.push(' ');
                continue;
            }
            _ => {}
        }
        bare.push(c);
    }
    let lines = bare.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.flat_map(|line| [line, "\n"]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(name: &str) -> Result<String> {
        match name {
            "a.css" => Ok("a { color: red }".to_owned()),
            "b.css" => Ok("b { color: blue }".to_owned()),
            "nested.css" => Ok("@import \"a.css\";".to_owned()),
            other => bail!("no {other}"),
        }
    }

    #[test]
    fn imports_are_put_in_in_their_order() {
        let main = "/* all */\n@import \"b.css\";\n  @import 'a.css' layer(base);\n";
        let expected = "/* all */\nb { color: blue }\n@layer base {\na { color: red }\n}\n";
        assert_eq!(inline(main, &load).unwrap(), expected);
    }

    #[test]
    fn what_cannot_be_put_in_is_an_error() {
        for line in [
            "@import url(a.css);",
            "@import \"../a.css\";",
            "@import \"a.css\"",
            "@import \"no.css\";",
        ] {
            assert!(inline(line, &load).is_err(), "{line}");
        }
        let nested = inline("@import \"nested.css\";", &load).unwrap_err();
        assert!(nested.to_string().contains("nested.css"), "{nested}");
    }

    #[test]
    fn urls_of_public_files_get_their_hashed_address() {
        let address = "/assets/f/a.0123456789ab.woff2".to_owned();
        let public = BTreeMap::from([("f/a.woff2".to_owned(), address)]);
        let css = "src: url( '/f/a.woff2' ) format('woff2'), url(f/a.woff2), url(data:x,y)";
        assert_eq!(
            point_to_hashed(css, &public),
            "src: url(\"/assets/f/a.0123456789ab.woff2\") format('woff2'), \
             url(\"/assets/f/a.0123456789ab.woff2\"), url(data:x,y)"
        );
    }

    #[test]
    fn comments_go_and_strings_stay() {
        let css = "/* one\n two */\na {\n  content: \"/* \\\" */\";\n\n  margin: 0/**/1px\n}\n";
        assert_eq!(strip(css), "a {\ncontent: \"/* \\\" */\";\nmargin: 0 1px\n}\n");
    }
}
