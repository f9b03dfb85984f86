//! Tokenscope's domain: types, accounting rules and the boundary traits.
//!
//! Pure: no clock, no randomness, no input or output, no floating point for tokens, no unordered
//! map in a result. The same code runs in the server, the command line and the browser.
//!
//! # Code map
//!
//! | what | where |
//! |---|---|
//! | amounts, instants, zones, ids | [`tokens`], [`time`], [`id`] |
//! | facts as they are sent | [`event`] (usage), [`fact`] (the books), [`correction`], [`scenario`] (files, the conformance vectors) |
//! | what can be metered, and its prices | [`catalog`], [`rate`] |
//! | who pays | [`assignment`], [`payer`] |
//! | work that goes on beside | [`job`] |
//! | lots, burn-down, debt | [`lot`], [`burn`], [`hold`], [`purchase`] (as people enter them) |
//! | the first start | [`setup`] |
//! | what debt means for calls | [`access`], [`decision`], [`check`] (as calls ask) |
//! | from facts to answers without any stored state | [`replay`] |
//! | what made a balance, what paid for a charge | [`statement`], [`explain`] |
//! | when tokens run out | [`forecast`] |
//! | what was done in the books, in a chain of hashes | [`audit`] |
//! | one's own account, keys, mails | [`account`], [`key`], [`mail`] |
//! | questions and answers of the pages | [`view`], [`report`] |
//! | the boundary | [`service`], [`second_factor`], [`oidc`] (traits), [`permission`] (who may), [`preference`] (how somebody wants it), [`fault`] (what can go wrong) |
//!
//! The crate `tokenscope-app` draws pages from [`report`]; `tokenscope-server` implements
//! [`service`] with these rules and its storage.
//!
//! # Three requests, walked
//!
//! **A batch of events** arrives at `POST /api/v1/events` (`server/src/api/v1/events.rs`). Each
//! item is read by itself (`event_input.rs`), then [`service::Intake::accept`]
//! (`server/src/service/intake/`) turns names into numbers, asks [`rate::rate`] for each price and
//! hands the batch to the writer. One transaction takes the keys, writes events, charges, sums and
//! rollups; sessions of daily products go through [`rate::chain`]. The answer leaves after the
//! commit.
//!
//! **A manager opens `/overview`.** `server/src/http/router.rs` finds the session and renders the
//! page; its server function asks [`service::Reports::overview`]
//! (`server/src/service/reports/`), which reads the rollups in one snapshot and, for each
//! balance card, takes the books of the team that are kept (`server/src/service/ledger/now.rs`)
//! or runs [`burn::burn`] over its day sums, refined to hours, parts of hours and single charges
//! only where the rules ask for it (`pieces.rs`).
//!
//! **`tokenscope load books.json`** reads a [`scenario::Scenario`], records its facts through
//! [`service::Books::record`] (`server/src/service/books/`), and sends its events through the
//! same intake as everybody's.

pub mod access;
pub mod account;
pub mod assignment;
pub mod audit;
pub mod burn;
pub mod catalog;
pub mod check;
pub mod correction;
pub mod decision;
pub mod event;
pub mod explain;
pub mod fact;
pub mod fault;
pub mod forecast;
pub mod history;
pub mod hold;
pub mod id;
pub mod job;
pub mod key;
pub mod lot;
pub mod mail;
pub mod oidc;
pub mod payer;
pub mod permission;
pub mod preference;
pub mod purchase;
pub mod rate;
pub mod replay;
pub mod report;
pub mod scenario;
pub mod second_factor;
pub mod service;
pub mod setup;
pub mod statement;
pub mod time;
pub mod tokens;
pub mod view;

#[cfg(test)]
mod properties;
