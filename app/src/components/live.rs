//! Follows what arrives: asks every two seconds whether anything did, as long as somebody can see
//! the page, and renews the figures only then.

use super::reload::reload_once;
use super::shown::Shown;
use crate::server_fns;
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::future::Future;
use std::time::Duration;
use web_sys::VisibilityState;

const EVERY: Duration = Duration::from_secs(2);
/// After failures it waits longer and longer, but asks again after so many turns: half a minute.
const TURNS_MAX: u32 = 15;

/// Follows as long as the component is there. `renew` asks for the figures and says whether the
/// server answered.
pub fn follow<F: Future<Output = bool> + 'static>(
    shown: Shown,
    renew: impl Fn() -> F + Copy + Send + Sync + 'static,
) {
    Effect::new(move |_| {
        // What is asked is not asked again meanwhile; turns that are left out; failures in a row.
        let asking = StoredValue::new(false);
        let waits = StoredValue::new(0_u32);
        let failures = StoredValue::new(0_u32);
        let turn = move || {
            let idle = asking.get_value() || !is_visible() || !shown.has_begun();
            if idle || untrack(|| shown.is_closed()) {
                return;
            }
            if waits.get_value() > 0 {
                waits.update_value(|waits| *waits -= 1);
                return;
            }
            asking.set_value(true);
            spawn_local(async move {
                let answer = server_fns::pulse().await;
                // A page that was left has nothing to renew.
                if failures.try_get_value().is_none() {
                    return;
                }
                let answered = match answer {
                    Ok(stamp) => shown.stamp() == Some(stamp) || renew().await,
                    Err(error) => {
                        if error.status() == 409 {
                            reload_once();
                        }
                        false
                    }
                };
                let Some(before) = failures.try_get_value() else { return };
                let count = if answered { 0 } else { before + 1 };
                failures.set_value(count);
                waits.set_value(pause(count));
                asking.set_value(false);
            });
        };
        let ticking = set_interval_with_handle(turn, EVERY);
        // It bubbles from the document to the window.
        let seen = window_event_listener_untyped("visibilitychange", move |_| {
            waits.set_value(0);
            turn();
        });
        on_cleanup(move || {
            if let Ok(ticking) = ticking {
                ticking.clear();
            }
            seen.remove();
        });
    });
}

fn is_visible() -> bool {
    document().visibility_state() == VisibilityState::Visible
}

/// Turns to leave out after so many failures in a row.
fn pause(failures: u32) -> u32 {
    2_u32.saturating_pow(failures).min(TURNS_MAX) - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_up_to_half_a_minute() {
        let pauses: Vec<u32> = (1..=6).map(pause).collect();
        assert_eq!(pauses, [1, 3, 7, 14, 14, 14]);
        assert_eq!(pause(0), 0);
        assert_eq!(pause(u32::MAX), 14);
    }
}
