//! The kinds of lots in words.

use crate::tr;
use tokenscope::lot::LotKind;

/// Every kind that can be bought, in the order in which forms offer them.
pub const ALL: [LotKind; 4] =
    [LotKind::Flex, LotKind::Contract, LotKind::Promo, LotKind::CloudCredit];

/// What a kind is called.
pub fn name(kind: LotKind) -> &'static str {
    match kind {
        LotKind::Returned => tr!(kinds.returned),
        LotKind::Flex => tr!(kinds.flex),
        LotKind::Contract => tr!(kinds.contract),
        LotKind::Promo => tr!(kinds.promo),
        LotKind::CloudCredit => tr!(kinds.cloud_credit),
    }
}

/// What a kind means.
pub fn about(kind: LotKind) -> &'static str {
    match kind {
        LotKind::Returned => tr!(kinds.returned_about),
        LotKind::Flex => tr!(kinds.flex_about),
        LotKind::Contract => tr!(kinds.contract_about),
        LotKind::Promo => tr!(kinds.promo_about),
        LotKind::CloudCredit => tr!(kinds.cloud_credit_about),
    }
}
