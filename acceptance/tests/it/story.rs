//! The main job, end to end, in one process: what a player, an auditor and an operator do in a day.
use std::time::Duration;

use acceptance::{Client, Ear, PASSWORD, Process, Stack, in_days};
use serde_json::json;
use testing::eventually;

#[tokio::test]
async fn the_whole_day() {
    let stack = Stack::demo().await;
    let anyone = stack.client();
    a_newcomer_books(&anyone).await;
    an_unconfirmed_hold_runs_out_by_a_timed_event(&anyone).await;
    who_listens_sees_a_hold_and_its_end(&anyone).await;
    one_key_is_one_booking(&anyone).await;
    of_many_for_one_place_one_wins(&anyone).await;
    a_booking_moves_and_both_places_are_right_at_once(&anyone).await;
    the_desk_books_for_a_guest_and_brings_a_booking_back(&anyone).await;
    everybody_is_handed_what_is_kept_of_them(&anyone).await;
    an_auditor_sees_who_came(&anyone).await;
    an_operator_rebuilds_while_people_search(&anyone).await;
    an_operator_sees_what_is_awaited(&anyone, &stack).await;
    roles_end_at_their_doors(&anyone).await;
}

async fn a_newcomer_books(anyone: &Client) {
    let me = anyone.newcomer("nora").await;
    let path = Client::search_path("riverside", 12, "12:00", "13:00");
    mail_is_text_and_a_page(anyone).await;
    let found = me.get(&path).await.expect(200);
    let place = Client::place(&found, 0);

    let held = me.hold("nora-1", &place).await.expect(201);
    let id = held.text("id");
    assert_eq!(held.header("location").as_deref(), Some(format!("/v1/bookings/{id}").as_str()));
    assert_eq!(held.text("state"), "held");
    let after = me.get_after(&path, &held.position()).await.expect(200);
    assert!(!codes(&after).contains(&place["court"]), "a held court is not offered");

    let confirmed = me.booking(&id, "confirm").await.expect(200);
    assert_eq!(confirmed.text("state"), "confirmed");
    let shown =
        me.get_after(&format!("/v1/bookings/{id}"), &confirmed.position()).await.expect(200);
    assert_eq!(shown.text("state"), "confirmed");
    assert_eq!(shown.body["history"].as_array().map(Vec::len), Some(2), "{}", shown.body);

    let somebody = anyone.login("player", PASSWORD).await;
    somebody.get_after(&format!("/v1/bookings/{id}"), &confirmed.position()).await.expect(404);
    somebody.booking(&id, "cancel").await.expect(404);

    let cancelled = me.booking(&id, "cancel").await.expect(200);
    assert_eq!(cancelled.text("state"), "cancelled");
    let again = me.get_after(&path, &cancelled.position()).await.expect(200);
    assert!(codes(&again).contains(&place["court"]), "a cancelled court is offered again");
}

async fn mail_is_text_and_a_page(anyone: &Client) {
    let inbox = anyone.get("/dev/inbox.json").await.expect(200).body;
    let mail = inbox.as_array().and_then(|it| it.iter().find(|it| it["to"] == "nora@example.test"));
    let mail = mail.expect("the code for Nora");
    let path = format!("/dev/inbox/{}", mail["id"].as_str().unwrap_or_default());
    let page = anyone.get(&path).await.expect(200);
    assert!(page.body.as_str().is_some_and(|it| it.contains("class=\"button\"")), "{}", page.body);
    let policy = page.header("content-security-policy").unwrap_or_default();
    assert!(policy.contains("sandbox"), "{policy}");
    anyone.get("/dev/inbox/00000000-0000-0000-0000-000000000000").await.expect(404);
}

async fn everybody_is_handed_what_is_kept_of_them(anyone: &Client) {
    let path = "/v1/me/export";
    assert_eq!(anyone.get(path).await.expect(401).problem(), "unauthenticated");
    let (me, other) = (anyone.newcomer("ulla").await, anyone.newcomer("viggo").await);
    let found = me.get(&Client::search_path("riverside", 11, "09:00", "10:00")).await.expect(200);
    let mine = me.hold("ulla-1", &Client::place(&found, 0)).await.expect(201).text("id");
    let theirs = other.hold("viggo-1", &Client::place(&found, 1)).await.expect(201).text("id");
    me.booking(&mine, "confirm").await.expect(200);
    let guess = anyone.login_answer("ulla", "a slow walk by the sea").await.expect(401);

    let export = me.get_after(path, &guess.position()).await.expect(200);
    let header = |name: &str| export.header(name).unwrap_or_default();
    assert_eq!(header("cache-control"), "no-store");
    assert_eq!(header("content-disposition"), "attachment; filename=\"courtside-export.json\"");
    let body = &export.body;
    assert_eq!(body["profile"]["username"], "ulla");
    assert_eq!(body["profile"]["email"], "ulla@example.test");
    let [booking] = body["bookings"].as_array().expect("bookings").as_slice() else {
        panic!("one booking: {body}")
    };
    assert_eq!((&booking["id"], &booking["state"]), (&json!(mine), &json!("confirmed")));
    let history = booking["history"].as_array().expect("a history");
    let steps: Vec<_> = history.iter().map(|it| (&it["event"], &it["own"])).collect();
    assert_eq!(steps, [(&json!("held"), &json!(true)), (&json!("confirmed"), &json!(true))]);
    assert_eq!(body["refunds"], json!([]));
    assert_eq!(body["sessions"].as_array().map(Vec::len), Some(1), "{body}");
    let logins = body["logins"].as_array().expect("logins");
    assert!(logins.iter().all(|it| it["ip"] == "127.0.0.1"), "{body}");
    for outcome in ["succeeded", "failed"] {
        assert!(logins.iter().any(|it| it["outcome"] == outcome), "{outcome}: {body}");
    }
    let text = body.to_string();
    assert!(!text.contains(&theirs) && !text.contains("viggo"), "of nobody else: {text}");
}

async fn an_unconfirmed_hold_runs_out_by_a_timed_event(anyone: &Client) {
    // Any hold time will do: this one has no queue of its own and comes straight to the due ones.
    let admin = anyone.login("admin", PASSWORD).await;
    let venue = admin.get("/v1/venues/harbour").await.expect(200);
    let mut policy = venue.body["policy"].clone();
    policy["hold_seconds"] = json!(4);
    let set = admin.put("/v1/venues/harbour/policy", policy).await;
    assert!(set.status.is_success(), "{}", set.body);

    let me = anyone.login("player", PASSWORD).await;
    let path = Client::search_path("harbour", 12, "12:00", "13:00");
    let found = me.get_after(&path, &set.position()).await.expect(200);
    let place = Client::place(&found, 0);
    let held = me.hold("player-out", &place).await.expect(201);
    let id = held.text("id");
    eventually("the hold expires by itself", Duration::from_mins(1), || async {
        let shown = me.get_after(&format!("/v1/bookings/{id}"), &held.position()).await;
        shown.body["history"]
            .as_array()
            .is_some_and(|it| it.iter().any(|it| it["event"] == "expired"))
    })
    .await;
    let late = me.booking(&id, "confirm").await.expect(409);
    assert_eq!(late.problem(), "hold-expired");
    let again = me.get(&path).await.expect(200);
    assert!(codes(&again).contains(&place["court"]), "an expired court is offered again");
}

async fn who_listens_sees_a_hold_and_its_end(anyone: &Client) {
    let me = anyone.login("bea", PASSWORD).await;
    let found = me.get(&Client::search_path("harbour", 12, "15:00", "16:00")).await.expect(200);
    let (first, second) = (Client::place(&found, 0), Client::place(&found, 1));
    let path = format!("/v1/venues/harbour/days/{}/events", in_days(12));
    let mut ear = Ear::open(anyone, &path, None).await;
    let shown = ear.next().await;
    assert_eq!((&*shown.event, &shown.data["venue"]), ("snapshot", &json!("harbour")));

    me.hold("bea-out", &first).await.expect(201);
    let (state, heard) = ear.change_of(&first).await;
    assert_eq!(state, "held");
    assert_eq!(ear.change_of(&first).await.0, "free", "it ran out by itself");
    // Whoever was away meanwhile is told the same.
    let mut again = Ear::open(anyone, &path, Some(&heard)).await;
    assert_eq!(again.change_of(&first).await.0, "free");

    let id = me.hold("bea-in", &second).await.expect(201).text("id");
    me.booking(&id, "confirm").await.expect(200);
    me.booking(&id, "cancel").await.expect(200);
    for state in ["held", "booked", "free"] {
        assert_eq!(ear.change_of(&second).await.0, state);
        assert_eq!(again.change_of(&second).await.0, state);
    }
}

async fn one_key_is_one_booking(anyone: &Client) {
    let me = anyone.login("amir", PASSWORD).await;
    let found = me.get(&Client::search_path("riverside", 12, "15:00", "16:00")).await.expect(200);
    let (place, other) = (Client::place(&found, 0), Client::place(&found, 1));
    let first = me.hold("amir-1", &place).await.expect(201);
    let second = me.hold("amir-1", &place).await.expect(201);
    assert_eq!(first.text("id"), second.text("id"));
    assert_eq!(second.header("idempotent-replayed").as_deref(), Some("true"));
    assert_eq!(me.hold("amir-1", &other).await.expect(422).problem(), "idempotency-key-reused");
    me.booking(&first.text("id"), "release").await.expect(200);
}

async fn of_many_for_one_place_one_wins(anyone: &Client) {
    let mut people = Vec::new();
    for name in ["player", "amir", "bea", "chidi", "dora"] {
        people.push(anyone.login(name, PASSWORD).await);
    }
    let found =
        people[0].get(&Client::search_path("riverside", 12, "09:00", "10:30")).await.expect(200);
    let place = Client::place(&found, 0);
    let mut tries = tokio::task::JoinSet::new();
    for n in 0..50 {
        let (me, place) = (people[n % people.len()].clone(), place.clone());
        tries.spawn(async move { me.hold(&format!("race-{n}"), &place).await });
    }
    let answers = tries.join_all().await;
    let won: Vec<_> = answers.iter().filter(|it| it.status == 201).collect();
    assert_eq!(won.len(), 1, "one place, one winner");
    for lost in answers.iter().filter(|it| it.status != 201) {
        assert_eq!((lost.status.as_u16(), lost.problem()), (409, "slot-taken"), "{}", lost.body);
    }
}

async fn a_booking_moves_and_both_places_are_right_at_once(anyone: &Client) {
    let me = anyone.login("bea", PASSWORD).await;
    let here = Client::search_path("riverside", 12, "19:00", "20:00");
    let there = Client::search_path("riverside", 11, "20:00", "21:00");
    let from = Client::place(&me.get(&here).await.expect(200), 0);
    let to = Client::place(&me.get(&there).await.expect(200), 1);
    let id = me.hold("bea-1", &from).await.expect(201).text("id");
    me.booking(&id, "confirm").await.expect(200);

    let moved = me.post(&format!("/v1/bookings/{id}/move"), to.clone()).await.expect(200);
    let new = moved.text("id");
    assert_eq!((moved.text("reference"), moved.text("state")), (id.clone(), "confirmed".into()));
    let free = me.get_after(&here, &moved.position()).await.expect(200);
    assert!(codes(&free).contains(&from["court"]), "the old place is offered again");
    let taken = me.get_after(&there, &moved.position()).await.expect(200);
    assert!(!codes(&taken).contains(&to["court"]), "the new one is not");
    let old = me.get_after(&format!("/v1/bookings/{id}"), &moved.position()).await.expect(200);
    assert_eq!((old.text("state"), old.text("moved_to")), ("moved".into(), new.clone()));
    assert_eq!(me.booking(&id, "cancel").await.expect(409).problem(), "booking-moved");
    assert_eq!(me.booking(&new, "check-in").await.expect(409).problem(), "too-early");
}

async fn the_desk_books_for_a_guest_and_brings_a_booking_back(anyone: &Client) {
    let staff = anyone.login("staff", PASSWORD).await;
    let path = Client::search_path("riverside", 12, "20:30", "21:30");
    let mut place = Client::place(&staff.get(&path).await.expect(200), 0);
    place["for"] = json!({ "guest": { "name": "Dóra Kovács", "phone": "+36301234567" } });
    let held = staff.hold("guest-1", &place).await.expect(201);
    let id = held.text("id");
    staff.booking(&id, "confirm").await.expect(200);
    let reason = json!({ "refund": "full", "reason": "the net was torn" });
    staff.post(&format!("/v1/bookings/{id}/cancel"), reason).await.expect(200);
    let reason = json!({ "reason": "the other court's net" });
    let back = staff.post(&format!("/v1/bookings/{id}/reinstate"), reason).await.expect(200);
    let shown = staff.get_after(&format!("/v1/bookings/{id}"), &back.position()).await.expect(200);
    assert_eq!(shown.text("state"), "confirmed");
    assert_eq!(shown.body["guest"]["name"], "Dóra Kovács", "{}", shown.body);
    let from = place["starts_at"].as_str().expect("a start");
    let list = format!("/v1/bookings?venue=riverside&from={from}");
    let listed = staff.get_after(&list, &back.position()).await.expect(200);
    let items = listed.body["items"].as_array().cloned().unwrap_or_default();
    let found = items.iter().find(|it| it["id"] == json!(id)).expect("it is listed");
    assert_eq!(found["guest"]["phone"], "+36301234567");
    let found = staff.get_after(&path, &back.position()).await.expect(200);
    assert!(!codes(&found).contains(&place["court"]), "a place brought back is taken");
}

async fn an_auditor_sees_who_came(anyone: &Client) {
    let wrong = json!({ "identifier": "dora", "password": "not her password" });
    let failed = anyone.post("/v1/sessions", wrong).await.expect(401);
    let unknown = json!({ "identifier": "nobody-we-know", "password": "whatever it is" });
    let unknown = anyone.post("/v1/sessions", unknown).await.expect(401);
    assert_eq!(failed.body["type"], unknown.body["type"], "wrong and unknown look alike");
    assert_eq!(failed.body["detail"], unknown.body["detail"]);

    let auditor = anyone.login("auditor", PASSWORD).await;
    let projections = Duration::from_secs(10);
    eventually("the failures are listed", projections, || async {
        let listed = auditor.get("/v1/audit/logins?outcome=failed").await.expect(200);
        let items = listed.body["items"].as_array().cloned().unwrap_or_default();
        let dora = items.iter().find(|it| it["identifier"] == "dora");
        let nobody = items.iter().find(|it| it["reason"] == "unknown_identifier");
        dora.is_some_and(|it| {
            it["ip"] == "127.0.0.1" && it["at"].is_string() && it["reason"] == "wrong_password"
        }) && nobody.is_some_and(|it| it["user"].is_null())
    })
    .await;
    let listed = auditor.get("/v1/audit/logins?outcome=succeeded&limit=2").await.expect(200);
    assert_eq!(listed.body["items"].as_array().map(Vec::len), Some(2));
    let next = listed.text("next");
    assert!(next.contains("outcome=succeeded") && next.contains("after="), "{next}");
    auditor.get(&next).await.expect(200);
}

async fn an_operator_rebuilds_while_people_search(anyone: &Client) {
    let operator = anyone.login("operator", PASSWORD).await;
    let before = operator.get("/v1/projections").await.expect(200);
    let all = before.body["items"].as_array().cloned().unwrap_or_default();
    assert!(!all.is_empty());
    for it in &all {
        assert_eq!((it["state"].as_str(), it.get("next_step")), (Some("live"), None), "{it}");
    }
    let build = |answer: &acceptance::Answer| {
        let items = answer.body["items"].as_array().cloned().unwrap_or_default();
        items.iter().find(|it| it["name"] == "availability").map(|it| it["version"].clone())
    };
    let path = Client::search_path("riverside", 11, "07:00", "08:00");
    let expected = anyone.get(&path).await.expect(200);
    let plan = operator.get("/v1/projections/availability/plan").await.expect(200).body;
    assert_eq!(Some(&plan["live_build"]), build(&before).as_ref(), "{plan}");
    assert!(plan["events"].as_u64().is_some_and(|it| 0 < it), "{plan}");
    operator.get("/v1/projections/nothing/plan").await.expect(404);
    let asked = operator.post("/v1/projections/availability/rebuilds", json!({})).await.expect(202);
    let monitor = asked.header("location").expect("a rebuild has a monitor");
    eventually("the rebuild is switched to", Duration::from_mins(1), || async {
        let found = anyone.get(&path).await.expect(200);
        assert_eq!(
            found.body["items"], expected.body["items"],
            "searches go on meanwhile, and agree"
        );
        let progress = operator.get(&monitor).await;
        progress.body["state"] == "switched"
    })
    .await;
    let after = operator.get("/v1/projections").await.expect(200);
    assert_ne!(build(&before), build(&after), "another build is live");
    operator.post("/v1/projections/nothing/rebuilds", json!({})).await.expect(404);
    let parked = operator.get("/v1/projections/availability/parked").await.expect(200);
    assert_eq!(parked.body, json!({ "items": [], "next": null }));
    operator.get("/v1/projections/nothing/parked").await.expect(404);
}

async fn an_operator_sees_what_is_awaited(anyone: &Client, stack: &Stack) {
    let player = anyone.login("player", PASSWORD).await;
    let path = Client::search_path("riverside", 11, "09:00", "10:00");
    let found = player.get(&path).await.expect(200);
    let held = player.hold("awaited", &Client::place(&found, 0)).await.expect(201);
    let booking = held.text("id");

    let operator = anyone.login("operator", PASSWORD).await;
    let about = format!("/v1/timers?booking={booking}");
    let listed = operator.get_after(&about, &held.position()).await.expect(200);
    let timer = &listed.body["items"][0];
    assert_eq!((&timer["kind"], &timer["state"]), (&json!("hold"), &json!("armed")), "{timer}");
    assert_eq!(timer["due_at"], held.body["expires_at"], "{}", held.body);
    let first = operator.get("/v1/timers?limit=1").await.expect(200);
    let next = first.body["next"].as_str().map(ToOwned::to_owned);
    if let Some(next) = next {
        let second = operator.get(&next).await.expect(200);
        assert_ne!(first.body["items"][0], second.body["items"][0]);
    }
    operator.get("/v1/timers?state=closed&due_before=2030-01-01T00:00:00Z").await.expect(200);
    for wrong in ["state=asleep", "due_before=soon", "booking=mine", "limit=0", "after=x", "of=1"] {
        let refused = operator.get(&format!("/v1/timers?{wrong}")).await.expect(400);
        assert_ne!(refused.body["errors"], json!(null), "{wrong}: {}", refused.body);
    }

    let id = timer["id"].as_str().unwrap_or_default();
    let run = async |arguments: &[&str]| {
        Process::run(&[&["timers"], arguments].concat(), &stack.servers.environment).await
    };
    let (well, said) = run(&["list", "--booking", &booking, "--json"]).await;
    assert!(well && said.contains(id), "{said}");
    let (well, said) = run(&["show", id]).await;
    assert!(well && said.contains("\"attempts\""), "{said}");
    let (well, said) = run(&["fire", id]).await;
    assert!(!well && said.contains("is not due before"), "an alive hold stays: {said}");
    let (well, said) = run(&["stats", "--json"]).await;
    assert!(well && said.contains("timers.hold.900"), "{said}");

    player.booking(&booking, "release").await.expect(200);
    let (well, said) = run(&["fire", id]).await;
    assert!(well && said.contains("was over already"), "{said}");
}

async fn roles_end_at_their_doors(anyone: &Client) {
    let player = anyone.login("player", PASSWORD).await;
    for path in [
        "/v1/audit/logins",
        "/v1/projections",
        "/v1/projections/availability/parked",
        "/v1/timers",
        "/v1/admin/ping",
    ] {
        assert_eq!(player.get(path).await.expect(403).problem(), "forbidden", "{path}");
        assert_eq!(anyone.get(path).await.expect(401).problem(), "unauthenticated", "{path}");
    }
    anyone.login("admin", PASSWORD).await.get("/v1/admin/ping").await.expect(204);
    player.delete("/v1/sessions/current").await.expect(204);
    eventually("a session that was ended is over", Duration::from_secs(30), || async {
        player.get("/v1/me").await.status == 401
    })
    .await;
}

fn codes(found: &acceptance::Answer) -> Vec<serde_json::Value> {
    found.body["items"].as_array().into_iter().flatten().map(|it| it["code"].clone()).collect()
}
