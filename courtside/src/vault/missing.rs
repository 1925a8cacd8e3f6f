//! Keys that data is sealed under and that are lost, as operators see it.
use std::fmt;

use async_trait::async_trait;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;
use prometheus_client::metrics::gauge::ConstGauge;
use runtime::health::Check;
use runtime::metrics::write;

/// Both a metric and a part of readiness. What is not sealed under them goes on.
#[derive(Debug)]
pub struct MissingKeys;

#[async_trait]
impl Check for MissingKeys {
    fn name(&self) -> &'static str {
        "vault_keys"
    }

    fn is_needed(&self) -> bool {
        false
    }

    async fn check(&self) -> Result<(), String> {
        match vault::missing_keys() {
            0 => Ok(()),
            missing => Err(format!("{missing} missing; `courtside vault check` names them")),
        }
    }
}

impl Collector for MissingKeys {
    fn encode(&self, mut encoder: DescriptorEncoder) -> Result<(), fmt::Error> {
        let missing = u32::try_from(vault::missing_keys()).unwrap_or(u32::MAX);
        let missing = ConstGauge::new(i64::from(missing));
        let help = "Keys that this process asked for and that are neither there nor destroyed";
        write(&mut encoder, "vault_keys_missing", help, &missing)
    }
}
