use domain::calendars::CalendarEvent;
use domain::users::{ErasureCause, UserEvent};
use serde_json::{Value, json};

use crate::given::{Log, PLAYER};
use crate::views::cuts::Bench;

#[tokio::test]
async fn a_link_counts_until_another_one_or_none_is_wanted_or_its_owner_goes() {
    let bench = Bench::of("calendars").await;
    let (calendar, user) = (format!("calendar-{PLAYER}"), format!("user-{PLAYER}"));
    let linked = |digest: &str| CalendarEvent::Linked { digest: digest.to_owned() };
    let row = |digest: &str| json!([{ "id": PLAYER, "digest": digest }]);
    let check = async |claim: &str, log: &Log, rows: Value| {
        bench.check(claim, &log.0, "calendars_v1", rows).await;
    };
    let log = Log::default().with(&calendar, 0, &linked("a"));
    check("a link", &log, row("a")).await;
    let log = log.with(&calendar, 1, &linked("b"));
    check("another in its place", &log, row("b")).await;
    let none = Log(log.0.clone()).with(&calendar, 2, &CalendarEvent::Unlinked {});
    check("none", &none, json!([])).await;
    let again = none.with(&calendar, 3, &linked("c"));
    check("one again", &again, row("c")).await;
    let erased = UserEvent::ErasureRequested { cause: ErasureCause::Own, reason: None };
    check("its owner goes", &log.with(&user, 0, &erased), json!([])).await;
}
