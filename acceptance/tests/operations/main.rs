//! What operators are given, held against the product: every metric, rule, panel and runbook, and the proxy in front.
mod metrics;
mod names;
mod page;
mod proxy;
mod runbooks;
