use domain::audit::AuditEvent;
use domain::bookings::{BookingEvent, CancelCause};
use domain::ids::{ServiceAccountId, ServiceKeyId, UserId};
use domain::logins::LoginEvent;
use domain::money::Money;
use domain::projections::{How, ProjectionEvent};
use domain::sealed::Sealed;
use domain::service_accounts::{Description, Scope, ServiceAccountEvent};
use domain::stored::StoredEvent;
use domain::users::{ErasureCause, Role, UserEvent};
use domain::venues::VenueEvent;
use event_store::Recorded;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::given::{Log, PLAYER, at, court_day, held, id};
use crate::views::cuts::Bench;

const ADMIN: Uuid = Uuid::from_u128(0xAD);
const STAFF: Uuid = Uuid::from_u128(0x57AFF);

/// A log in which each event has its actor.
struct Acted(Log);

impl Acted {
    fn new() -> Self {
        Self(Log::default())
    }

    fn by(mut self, actor: &str, stream: &str, event: &impl StoredEvent) -> Self {
        let minute = i64::try_from(self.0.0.len()).expect("a short log");
        self.0 = self.0.with(stream, minute, event);
        if let Some(last) = self.0.0.last_mut() {
            last.meta = last.meta.clone().actor(actor);
        }
        self
    }

    fn events(&self) -> &[Recorded] {
        &self.0.0
    }
}

fn user(id: Uuid) -> String {
    format!("user-{id}")
}

fn registered(role: Role) -> UserEvent {
    let sealed = || Sealed("v1.erased".to_owned());
    UserEvent::Registered {
        email: sealed(),
        username: sealed(),
        display_name: sealed(),
        phone: None,
        email_claim: "claim-email-1".to_owned(),
        username_claim: "claim-username-1".to_owned(),
        role,
        verification_required: false,
    }
}

async fn sealed(bench: &Bench, whose: Uuid, field: &str, text: &str) -> Sealed {
    bench.vault.seal(&user(whose), field, Uuid::from_u128(1), text).await.expect("a sealed text")
}

/// A row with `changes`.
fn action(position: u64, kind: &str, about: Value, changes: Value) -> Value {
    let mut row = json!({
        "position": position,
        "event_id": Uuid::from_u128(position.into()),
        "at": at(i64::try_from(position).expect("a short log") - 1),
        "by": "user",
        "actor": ADMIN,
        "role": "admin",
        "kind": kind,
        "about": about,
        "reason": null,
        "details": {},
    });
    for (column, value) in changes.as_object().expect("changed columns") {
        row[column] = value.clone();
    }
    row
}

#[tokio::test]
async fn an_action_is_what_somebody_with_a_role_brings_about() {
    let bench = Bench::of("actions").await;
    let (admin, staff, player) =
        (format!("user:{ADMIN}"), format!("user:{STAFF}"), format!("user:{PLAYER}"));
    let venue =
        |reason| VenueEvent::ClosedOn { date: "2026-03-09".parse().expect("a date"), reason };
    let role = |role| UserEvent::RoleChanged { role, venues: vec![], reason: None };
    let why = sealed(&bench, ADMIN, "reason", "a flood").await;
    let account = sealed(&bench, PLAYER, "reason", "called us").await;
    let refund = Money { amount_minor: 100, currency: "EUR".to_owned() };
    let torn = sealed(&bench, STAFF, "reason", "the net was torn").await;
    let cancelled = BookingEvent::Cancelled {
        booking: id(7, "A").parse().expect("a booking id"),
        refund,
        cause: CancelCause::Staff { reason: Some(torn) },
    };
    let day = court_day(7);
    let log = Acted::new()
        // Nobody has a role yet: whoever registers is nobody's action.
        .by(&player, &user(PLAYER), &registered(Role::Player))
        .by("cli", &user(ADMIN), &registered(Role::Admin))
        .by(&staff, &user(STAFF), &registered(Role::Player))
        .by(&staff, &day, &held(7, "A", 120))
        .by(&admin, &user(STAFF), &role(Role::Staff))
        .by(&staff, &day, &cancelled)
        .by(&player, &day, &held(7, "B", 240))
        .by(&admin, "venue-riverside", &venue(Some(why)))
        .by("system:scheduler", &day, &BookingEvent::Unblocked { block: block() })
        .by(&admin, &format!("login-{PLAYER}"), &LoginEvent::Unlocked { reason: Some(account) })
        .by(
            "cli",
            "projection-courts",
            &ProjectionEvent::RebuildRequested { rebuild: ADMIN, how: How::default() },
        )
        .by(
            &admin,
            &format!("audit-readings-2026-03-01-{ADMIN}"),
            &AuditEvent::Read { what: "/v1/audit/logins".to_owned() },
        )
        .by(&admin, &user(STAFF), &role(Role::Player))
        .by(&staff, &day, &held(7, "C", 360));
    let command_line = json!({ "by": "cli", "actor": null, "role": null });
    let and = |mut one: Value, other: Value| {
        one.as_object_mut().expect("columns").extend(other.as_object().expect("columns").clone());
        one
    };
    let role = |role: &str| json!({ "details": { "role": role, "venues": [] } });
    let rows = json!([
        action(
            2,
            "user.registered",
            json!(ADMIN),
            and(command_line.clone(), json!({ "details": { "role": "admin" } }))
        ),
        action(5, "user.role-changed", json!(STAFF), role("staff")),
        action(
            6,
            "booking.cancelled",
            json!(id(7, "A")),
            json!({
                "actor": STAFF,
                "role": "staff",
                "reason": "the net was torn",
                "details": {
                    "booking": id(7, "A"),
                    "refund": { "amount_minor": 100, "currency": "EUR" },
                    "cause": { "by": "staff" },
                },
            })
        ),
        action(
            8,
            "venue.closed-on",
            json!("riverside"),
            json!({ "reason": "a flood", "details": { "date": "2026-03-09" } })
        ),
        action(10, "login.unlocked", json!(PLAYER), json!({ "reason": "called us" })),
        action(
            11,
            "projection.rebuild-requested",
            json!("courts"),
            and(
                command_line,
                json!({ "details": { "rebuild": ADMIN, "workers": 1, "verifies": false } })
            )
        ),
        action(12, "audit.read", json!(null), json!({ "details": { "what": "/v1/audit/logins" } })),
        action(13, "user.role-changed", json!(STAFF), role("player")),
    ]);
    bench.check("who did what", log.events(), "actions_v1", rows).await;
}

#[tokio::test]
async fn what_a_program_does_is_an_action_and_so_is_what_is_done_to_it() {
    let bench = Bench::of("actions").await;
    let door = ServiceAccountId(Uuid::from_u128(0xD00B));
    let (admin, program) = (format!("user:{ADMIN}"), format!("service:{door}"));
    let reason = bench.vault.seal(&door.stream(), "reason", ADMIN, "the lamp is broken").await;
    let date = "2026-03-09".parse().expect("a date");
    let closed = VenueEvent::ClosedOn { date, reason: Some(reason.expect("a sealed text")) };
    let scopes = [Scope::Catalogue].into();
    let created = Description { name: "Door".to_owned(), scopes, venues: None };
    let (key, digest) = (ServiceKeyId(STAFF), "5e".repeat(32));
    let log = Acted::new()
        .by("cli", &user(ADMIN), &registered(Role::Admin))
        .by(&admin, &door.stream(), &ServiceAccountEvent::Created(created))
        .by(
            &admin,
            &door.stream(),
            &ServiceAccountEvent::KeyIssued { key, digest, expires_at: None },
        )
        .by(&program, "venue-riverside", &closed)
        .by("system:scheduler", "venue-riverside", &VenueEvent::ReopenedOn { date });
    let columns = ["by", "actor", "role", "kind", "about", "reason", "details"];
    let row = |by: &str, actor: Value, role: Value, kind: &str, about: Value, more: Value| {
        json!({ "by": by, "actor": actor, "role": role, "kind": kind, "about": about,
            "reason": more["reason"], "details": more["details"] })
    };
    let of_admin = |kind: &str, details: Value| {
        let more = json!({ "details": details });
        row("user", json!(ADMIN), json!("admin"), kind, json!(door), more)
    };
    let registered = json!({ "details": { "role": "admin" } });
    let closed = json!({ "reason": "the lamp is broken", "details": { "date": "2026-03-09" } });
    let rows = json!([
        row("cli", json!(null), json!(null), "user.registered", json!(ADMIN), registered),
        of_admin("service-account.created", json!({ "name": "Door", "scopes": ["catalogue"] })),
        of_admin("service-account.key-issued", json!({ "key": STAFF })),
        row("service", json!(door), json!(null), "venue.closed-on", json!("riverside"), closed),
    ]);
    bench.check_columns("who did what", log.events(), "actions_v1", &columns, &rows).await;
}

#[tokio::test]
async fn whoever_was_erased_has_done_it_and_says_nothing_of_it_any_more() {
    let bench = Bench::of("actions").await;
    let admin = format!("user:{ADMIN}");
    let reason = Some(sealed(&bench, ADMIN, "reason", "Mr Smith asked us to").await);
    let date = "2026-03-09".parse().expect("a date");
    let log = Acted::new()
        .by("cli", &user(ADMIN), &registered(Role::Admin))
        .by(&admin, "venue-riverside", &VenueEvent::ClosedOn { date, reason })
        .by(
            "system:scheduler",
            &user(ADMIN),
            &UserEvent::ErasureRequested { cause: ErasureCause::Operator, reason: None },
        )
        .by("system:scheduler", &user(ADMIN), &UserEvent::Erased {});
    let rows = json!([{ "kind": "user.registered", "reason": null }, { "kind": "venue.closed-on", "reason": "[erased]" }]);
    let columns = ["kind", "reason"];
    bench.check_columns("live", log.events(), "actions_v1", &columns, &rows).await;
    bench.vault.destroy(&user(ADMIN), None).await.expect("an erasure");
    bench.check_columns("rebuilt", log.events(), "actions_v1", &columns, &rows).await;
}

#[tokio::test]
async fn an_action_of_a_newer_shape_is_waited_for() {
    let bench = Bench::of("actions").await;
    let mut log = Acted::new().by("cli", &user(ADMIN), &registered(Role::Admin)).0;
    log = log.with_kind("venue-riverside", 1, "venue.closed-on.v9", "{}");
    if let Some(last) = log.0.last_mut() {
        last.meta = last.meta.clone().actor(format!("user:{ADMIN}"));
    }
    bench.refuses("a newer shape", &log.0, "the event at 2 cannot be applied").await;
}

fn block() -> domain::ids::BlockId {
    domain::ids::BlockId(UserId(ADMIN).0)
}
