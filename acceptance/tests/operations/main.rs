//! What operators are given, held against the product: every metric, rule and panel.
mod metrics;
mod names;
mod page;
