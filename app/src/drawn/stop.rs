//! The page of a request that never came to a page: refused before anything was drawn for it, or
//! stopped by an error. It needs no router and no script.

use super::Paper;
use crate::components::empty::Empty;
use crate::components::icon::Icon;
use crate::context::{Assets, Reading};
use crate::{text, tr};
use leptos::prelude::*;
use tokenscope::fault::Fault;

/// Why a request was stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stop {
    /// It cannot be read.
    Unreadable,
    /// A form that came from another site.
    CrossSite,
    /// There is nothing at its address.
    Nothing,
    /// Its address takes another method.
    Method,
    /// Its address is too long.
    LongAddress,
    /// It holds more than is taken.
    TooLarge,
    /// It holds something of another kind.
    Kind,
    /// It took too long.
    Slow,
    /// Whatever else, by its status.
    Other(u16),
    /// A fault of the boundary.
    Fault(Fault),
}

/// The whole document.
#[must_use]
pub fn document(stop: &Stop, reading: Reading, assets: &Assets) -> String {
    let paper = Paper {
        locale: text::locale_of(reading.language),
        icons: assets.icons.clone(),
        standing: super::Standing::default(),
    };
    let html = paper.with(|| {
        let (title, text) = words(stop);
        let (css, favicon) = (assets.css.clone(), assets.favicon.clone());
        let empty = Empty {
            name: "stopped",
            icon: "warning",
            lines: vec![text],
            link: Some(("/".to_owned(), tr!(stop.home))),
            ..Empty::default()
        };
        view! {
            <html lang=reading.language.code() data-theme=reading.theme.code()>
                <head>
                    <meta charset="utf-8"/>
                    <meta name="viewport" content="width=device-width, initial-scale=1"/>
                    <meta name="color-scheme" content="light dark"/>
                    <link rel="expect" href="#end" blocking="render"/>
                    <title>{tr!(app.title, page = title)}</title>
                    <link rel="icon" type="image/svg+xml" href=favicon/>
                    <link rel="stylesheet" href=css/>
                </head>
                <body>
                    <header class="header">
                        <div class="header__inner">
                            <a class="brand" href="/">
                                <Icon name="brand"/>
                                <span>{tr!(app.name)}</span>
                            </a>
                        </div>
                    </header>
                    <main class="page">
                        <h1 class="page-title">{title}</h1>
                        {empty.view()}
                    </main>
                    // As in the other documents, nothing is painted before all of it is there.
                    <div id="end"></div>
                </body>
            </html>
        }
        .to_html()
    });
    format!("<!DOCTYPE html>{html}")
}

/// What happened, in short and with what to do.
fn words(stop: &Stop) -> (&'static str, String) {
    let (title, text) = match stop {
        Stop::Fault(fault) => return words_of(fault),
        Stop::Unreadable => (tr!(stop.unreadable), tr!(stop.unreadable_text)),
        Stop::CrossSite => (tr!(stop.cross_site), tr!(stop.cross_site_text)),
        Stop::Nothing => (tr!(not_found.title), tr!(not_found.text)),
        Stop::Method => (tr!(stop.method), tr!(stop.method_text)),
        Stop::LongAddress => (tr!(stop.long_address), tr!(stop.long_address_text)),
        Stop::TooLarge => (tr!(stop.too_large), tr!(stop.too_large_text)),
        Stop::Kind => (tr!(stop.kind), tr!(stop.kind_text)),
        Stop::Slow => (tr!(stop.slow), tr!(stop.slow_text)),
        Stop::Other(status) => {
            return (tr!(stop.other), tr!(stop.other_text, status = status.to_string()));
        }
    };
    (title, text.to_owned())
}

fn words_of(fault: &Fault) -> (&'static str, String) {
    let same = match fault {
        Fault::Malformed { .. } => Stop::Unreadable,
        Fault::NotFound { .. } => Stop::Nothing,
        Fault::TooLarge { .. } => Stop::TooLarge,
        Fault::Unsupported { .. } => Stop::Kind,
        Fault::Internal { .. } => return (tr!(stop.failed), text::fault(fault)),
        Fault::Forbidden { needs } => {
            let needs = tr!(empty.denied_needs, needs = text::needs(*needs));
            return (tr!(empty.denied_title), needs);
        }
        other => return (tr!(stop.other), text::fault(other)),
    };
    words(&same)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokenscope::preference::Language;

    fn drawn(stop: &Stop, language: Language) -> String {
        let assets = Assets { css: "/assets/main.css".into(), ..Assets::default() };
        document(stop, Reading { language, ..Reading::default() }, &assets)
    }

    #[test]
    fn it_is_a_whole_document_in_the_language_asked_for() {
        let html = drawn(&Stop::CrossSite, Language::En);
        assert!(html.starts_with("<!DOCTYPE html><html lang=\"en\""), "{html}");
        assert!(html.contains("href=\"/assets/main.css\"") && html.contains("another site"));
        assert_eq!((html.matches("<h1").count(), html.matches("<script").count()), (1, 0));
        assert!(!html.contains(" style="), "{html}");
        let html = drawn(&Stop::TooLarge, Language::Ja);
        assert!(html.contains("<html lang=\"ja\"") && html.contains("フォーム"), "{html}");
    }

    #[test]
    fn a_failure_names_its_incident() {
        let fault = Fault::Internal { incident: "abc123".into() };
        assert!(drawn(&Stop::Fault(fault), Language::En).contains("abc123"));
    }

    #[test]
    fn every_reason_has_words_in_both_languages() {
        let stops = [
            Stop::Unreadable,
            Stop::CrossSite,
            Stop::Nothing,
            Stop::Method,
            Stop::LongAddress,
            Stop::TooLarge,
            Stop::Kind,
            Stop::Slow,
            Stop::Other(418),
            Stop::Fault(Fault::Busy),
            Stop::Fault(Fault::Malformed { reason: "x".into() }),
        ];
        for stop in stops {
            let (en, ja) = (drawn(&stop, Language::En), drawn(&stop, Language::Ja));
            assert_ne!(en, ja, "{stop:?}");
        }
    }
}
