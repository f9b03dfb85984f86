//! What a report page shows: one answer that all its parts read, so that a newer one changes them
//! in place. Nothing is drawn anew, so focus, open disclosures and the scroll position stay.

use crate::answer::{ChartView, ReportPage, Stamped, UsageView};
use crate::error::AppError;
use leptos::prelude::*;
use tokenscope::fault::Fault;

/// What the server said.
pub type Answer = Result<Stamped, AppError>;

/// The answer on display.
#[derive(Clone, Copy)]
pub struct Shown(RwSignal<Option<Answer>>);

impl Shown {
    /// Nothing yet.
    #[must_use]
    pub fn nothing() -> Self {
        Self(RwSignal::new(None))
    }
    /// Shows the first answer, unless a later question was answered before it.
    pub fn begin(self, answer: Answer) {
        if self.0.with_untracked(Option::is_none) {
            self.0.set(Some(answer));
        }
    }
    /// Shows a newer answer.
    pub fn set(self, answer: Answer) {
        self.0.set(Some(answer));
    }
    /// Whether there was an answer.
    #[must_use]
    pub fn has_begun(self) -> bool {
        self.0.with_untracked(Option::is_some)
    }
    /// The state of the organization of which it speaks; none for a fault.
    #[must_use]
    pub fn stamp(self) -> Option<String> {
        self.0.with_untracked(|answer| match answer {
            Some(Ok(stamped)) => Some(stamped.stamp.clone()),
            _ => None,
        })
    }
    /// Why there is nothing to show.
    #[must_use]
    pub fn fault(self) -> Option<AppError> {
        self.0.with(|answer| answer.as_ref().and_then(|answer| answer.as_ref().err().cloned()))
    }
    /// Whether the page is closed to the visitor, who has to sign in or to be given a role.
    #[must_use]
    pub fn is_closed(self) -> bool {
        use Fault::{Forbidden, Unauthenticated};
        let fault = self.fault();
        matches!(fault, Some(AppError::Fault(Forbidden { .. } | Unauthenticated { .. })))
    }
    /// Reads the report.
    pub fn page<T: Default>(self, read: impl FnOnce(&ReportPage) -> T) -> T {
        let (mut read, mut found) = (Some(read), None);
        self.visit(&mut |page| found = read.take().map(|read| read(page)));
        found.unwrap_or_default()
    }
    /// Reads the usage.
    pub fn usage<T: Default>(self, read: impl FnOnce(&UsageView) -> T) -> T {
        self.page(|page| page.usage.as_ref().map(read)).unwrap_or_default()
    }
    /// Reads the chart.
    pub fn chart<T: Default>(self, read: impl FnOnce(&ChartView) -> T) -> T {
        self.usage(|usage| read(&usage.chart))
    }
    /// Whatever is read, the signal's part of it is compiled once.
    fn visit(self, read: &mut dyn FnMut(&ReportPage)) {
        self.0.with(|answer| {
            if let Some(Ok(stamped)) = answer {
                read(&stamped.page);
            }
        });
    }
}
