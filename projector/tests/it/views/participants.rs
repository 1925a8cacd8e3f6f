use domain::ids::UserId;
use domain::participants::{LeftBy, ParticipantsEvent};
use domain::users::{ErasureCause, UserEvent};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::given::{Log, PLAYER, at, id};
use crate::views::cuts::Bench;

const OTHER: Uuid = Uuid::from_u128(0xB0B);

fn joined(user: Uuid) -> ParticipantsEvent {
    ParticipantsEvent::Joined { user: UserId(user) }
}

fn left(user: Uuid) -> ParticipantsEvent {
    ParticipantsEvent::Left { user: UserId(user), by: LeftBy::Booker }
}

fn row(reference: &str, user: Uuid, minute: i64, position: u64) -> Value {
    json!({
        "reference": reference, "user_id": user, "joined_at": at(minute), "position": position,
    })
}

#[tokio::test]
async fn who_plays_along_is_on_the_list_until_they_leave_or_go() {
    let bench = Bench::of("participants").await;
    let (one, two) = (id(7, "A1"), id(8, "B2"));
    let (first, second) = (format!("participants-{one}"), format!("participants-{two}"));
    let check = async |claim: &str, log: &Log, rows: Value| {
        bench.check(claim, &log.0, "participants_v1", rows).await;
    };
    let log = Log::default().with(&first, 0, &ParticipantsEvent::Invited { generation: 1 });
    check("an invitation brings nobody", &log, json!([])).await;
    let log = log.with(&first, 1, &joined(PLAYER)).with(&first, 2, &joined(OTHER));
    let both = || [row(&one, PLAYER, 1, 2), row(&one, OTHER, 2, 3)];
    let by_user = |mut rows: Vec<Value>| {
        rows.sort_by_key(|it| (it["reference"].to_string(), it["user_id"].to_string()));
        Value::from(rows)
    };
    check("two on one list", &log, by_user(both().into())).await;
    let log = log.with(&second, 3, &joined(PLAYER));
    let three = [both().to_vec(), vec![row(&two, PLAYER, 3, 4)]].concat();
    check("on two lists", &log, by_user(three)).await;

    let gone = Log(log.0.clone()).with(&first, 4, &left(PLAYER));
    let rest = vec![row(&one, OTHER, 2, 3), row(&two, PLAYER, 3, 4)];
    check("who was taken off", &gone, by_user(rest)).await;
    let back = gone.with(&first, 5, &joined(PLAYER));
    let rows = vec![row(&one, OTHER, 2, 3), row(&one, PLAYER, 5, 6), row(&two, PLAYER, 3, 4)];
    check("and came back, behind the others", &back, by_user(rows)).await;

    let erased = UserEvent::ErasureRequested { cause: ErasureCause::Own, reason: None };
    let log = log.with(&format!("user-{PLAYER}"), 4, &erased);
    let others = || json!([row(&one, OTHER, 2, 3)]);
    check("whoever is erased is on no list", &log, others()).await;
    let log = log.with(&second, 5, &left(PLAYER)).with(&second, 6, &joined(PLAYER));
    check("nor on one that they join in the same moment", &log, others()).await;
}
