//! What operators are given, held against the product: every metric, rule, panel and runbook, and the proxy in front.
mod logs;
mod metrics;
mod names;
mod page;
mod proxy;
mod runbooks;
mod status;

#[tokio::test]
async fn the_demo_serves_what_the_page_of_metrics_says_and_answers_runbooks() {
    let stack = acceptance::Stack::demo().await;
    metrics::compare(&stack).await;
    status::look(&stack).await;
    runbooks::look(&stack).await;
}
