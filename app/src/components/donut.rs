//! A part of a whole as a ring.

use leptos::prelude::*;

/// A part of a whole, with something in the middle. The colour is that of the `data-health` of what
/// stands around it.
pub fn donut(label: String, part: i64, whole: i64, middle: AnyView) -> AnyView {
    let arc = thousandths(part, whole);
    let dashes = format!("{arc} 1000");
    view! {
        <div class="ring">
            <svg viewBox="0 0 120 120" role="img" aria-label=label>
                <circle class="ring__track" cx="60" cy="60" r="52"></circle>
                {(arc > 0).then(|| view! {
                    <circle class="ring__part" cx="60" cy="60" r="52" pathLength="1000"
                        stroke-dasharray=dashes transform="rotate(-90 60 60)"></circle>
                })}
            </svg>
            <div class="ring__middle">{middle}</div>
        </div>
    }
    .into_any()
}

/// The length of an arc; what is there at all stays visible.
fn thousandths(part: i64, whole: i64) -> i64 {
    let share = i128::from(part.max(0)) * 1000 / i128::from(whole.max(1));
    let least = i64::from(part > 0) * 4;
    i64::try_from(share).unwrap_or(1000).clamp(least, 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arcs_are_shares_and_never_vanish() {
        assert_eq!(thousandths(620, 1000), 620);
        assert_eq!(thousandths(1, 1_000_000), 4);
        assert_eq!(thousandths(0, 100), 0);
        assert_eq!(thousandths(-5, 100), 0);
        assert_eq!(thousandths(i64::MAX, i64::MAX), 1000);
        assert_eq!(thousandths(5, 0), 1000);
    }
}
