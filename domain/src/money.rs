//! Amounts of money.
use serde::{Deserialize, Serialize};

/// An amount in the currency's minor unit (cents), and the currency by its ISO 4217 code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Money {
    pub amount_minor: i64,
    pub currency: String,
}
