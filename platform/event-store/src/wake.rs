//! How followers in this process are woken.
use std::time::Duration;

use tokio::sync::watch;

use crate::Position;

/// Waits until something after `after` is known to have been written, at most for `within`.
///
/// The value is compared, not only watched, so that news between the caller's last look and this call is not lost.
pub(crate) async fn beyond(news: &watch::Sender<Position>, after: Position, within: Duration) {
    let mut news = news.subscribe();
    let _ = tokio::time::timeout(within, news.wait_for(|it| after < *it)).await;
}

/// Tells everybody who waits that the log reaches to `position` at least.
pub(crate) fn announce(news: &watch::Sender<Position>, position: Position) {
    news.send_if_modified(|it| {
        let is_news = *it < position;
        *it = position.max(*it);
        is_news
    });
}
