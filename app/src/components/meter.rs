//! A part of a whole as a bar, with its text.

use super::badge::Tone;
use leptos::prelude::*;

/// A bar.
pub struct Meter {
    /// What is measured.
    pub label: String,
    /// The part and the whole, in the same unit.
    pub of: (i64, i64),
    /// Both in words.
    pub text: String,
    /// How that stands.
    pub tone: Tone,
}

impl Meter {
    /// Draws it. The widths are attributes of a picture: the page's policy allows no style.
    pub fn view(self) -> AnyView {
        let percent = percent(self.of.0, self.of.1);
        let width = format!("{percent}%");
        let (label, text) = (self.label.clone(), self.text.clone());
        view! {
            <div class="meter" data-tone=self.tone.code()>
                <span aria-hidden="true">{self.label}</span>
                <span class="meter__text" aria-hidden="true">{self.text}</span>
                <svg role="meter" aria-label=label aria-valuemin="0" aria-valuemax="100"
                    aria-valuenow=percent aria-valuetext=text>
                    <rect width="100%" height="100%"></rect>
                    <rect width=width height="100%"></rect>
                </svg>
            </div>
        }
        .into_any()
    }
}

/// Whole percent; what is there at all stays visible, and only a full one looks full.
fn percent(part: i64, whole: i64) -> i64 {
    if part <= 0 {
        return 0;
    }
    if part >= whole {
        return 100;
    }
    let share = i128::from(part) * 100 / i128::from(whole);
    i64::try_from(share).unwrap_or(99).clamp(1, 99)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_all_is_full_and_only_nothing_is_empty() {
        assert_eq!(percent(62, 100), 62);
        assert_eq!(percent(1, 1_000_000), 1);
        assert_eq!(percent(999_999, 1_000_000), 99);
        assert_eq!(percent(7, 5), 100);
        assert_eq!(percent(0, 0), 0);
        assert_eq!(percent(-3, 5), 0);
        assert_eq!(percent(5, 0), 100);
        assert_eq!(percent(i64::MAX - 1, i64::MAX), 99);
    }
}
