//! Services that no page of these tests asks.

use async_trait::async_trait;
use tokenscope::audit::{AuditPage, AuditQuestion};
use tokenscope::fault::Fault;
use tokenscope::purchase::{Ground, PurchaseInput, PurchaseList, PurchasePreview};
use tokenscope::service::{Audit, Caller, Purchases, Removal, Setup};
use tokenscope::setup::{DemoContents, DemoMade, FirstStart, Opening};

pub struct Absent;

#[async_trait]
impl Purchases for Absent {
    async fn purchases(&self, _: &Caller, _: i64) -> Result<PurchaseList, Fault> {
        Err(Fault::Busy)
    }
    async fn purchase_ground(&self, _: &Caller) -> Result<Ground, Fault> {
        Err(Fault::Busy)
    }
    async fn preview_purchase(
        &self,
        _: &Caller,
        _: &PurchaseInput,
        _: Option<&str>,
    ) -> Result<PurchasePreview, Fault> {
        Err(Fault::Busy)
    }
    async fn record_purchase(
        &self,
        _: &Caller,
        _: &PurchaseInput,
        _: &str,
    ) -> Result<String, Fault> {
        Err(Fault::Busy)
    }
}

#[async_trait]
impl Setup for Absent {
    async fn opening(&self, _: &str) -> Result<Opening, Fault> {
        Err(Fault::Busy)
    }
    async fn begin(&self, _: &str, _: FirstStart) -> Result<(Caller, DemoMade), Fault> {
        Err(Fault::Busy)
    }
}

#[async_trait]
impl Removal for Absent {
    async fn demo_contents(&self, _: &Caller) -> Result<DemoContents, Fault> {
        Err(Fault::Busy)
    }
    async fn remove_demo(&self, _: &Caller) -> Result<(), Fault> {
        Err(Fault::Busy)
    }
}

#[async_trait]
impl Audit for Absent {
    async fn audit(&self, _: &Caller, _: &AuditQuestion) -> Result<AuditPage, Fault> {
        Err(Fault::Busy)
    }
}
