//! What tools make accounts with.
use command_api::accounts::{AccountError, NewAccount, Registrar};
use domain::ids::UserId;
use domain::users::Role;
use serde_json::json;
use uuid::Uuid;

use crate::world::{PASSWORD, With, World};

fn account(name: &str, role: Role) -> NewAccount {
    NewAccount {
        email: format!("{name}@example.org"),
        username: name.to_owned(),
        display_name: name.to_owned(),
        phone: None,
        password: PASSWORD.into(),
        role,
        venues: if role == Role::Staff { vec!["riverside".parse().unwrap()] } else { Vec::new() },
    }
}

async fn create(world: &World, name: &str, role: Role) -> Result<UserId, AccountError> {
    let registrar = Registrar::new(&world.platform).unwrap();
    let at = world.platform.clock.now();
    registrar.create(account(name, role), Uuid::from_u128(7), at, "cli:test").await
}

#[tokio::test]
async fn an_account_made_twice_is_one_and_may_have_changed_in_between() {
    let world = World::new().await;
    world.open_riverside().await;
    let stefan = create(&world, "stefan", Role::Staff).await.unwrap();
    let logged_in = world.log_in(stefan, "stefan").await;
    let policy = logged_in.put("/v1/venues/riverside/policy", &json!({}));
    assert_eq!(world.send(policy).await.summary(), "204", "no mail, no waiting");

    assert_eq!(create(&world, "stefan", Role::Staff).await.unwrap(), stefan);
    let ada = world.log_in(stefan, "ada").await;
    let demote =
        ada.put(&format!("/v1/users/{}/role", stefan.0), &json!({ "role": "player" })).key("k");
    assert_eq!(world.send(demote).await.summary(), "204");
    assert_eq!(create(&world, "stefan", Role::Staff).await.unwrap(), stefan);
    assert_eq!(world.events(&stefan.stream()).await.last().unwrap().1["role"], "player");
}

#[tokio::test]
async fn an_identifier_taken_is_said_by_its_name() {
    let world = World::new().await;
    world.register("eva").await;
    let error = create(&world, "eva", Role::Admin).await.unwrap_err();
    assert_eq!(error.to_string(), "the username belongs to somebody else");
}

#[tokio::test]
async fn what_no_account_can_be_made_of_is_said_to_tools_as_well() {
    let world = World::new().await;
    let registrar = Registrar::new(&world.platform).unwrap();
    let weak = NewAccount { password: "court-12-side".into(), ..account("eva lind", Role::Admin) };
    let at = world.platform.clock.now();
    let error = registrar.create(weak, Uuid::from_u128(7), at, "cli:test").await.unwrap_err();
    let AccountError::Invalid(faults) = error else { panic!("{error}") };
    let codes: Vec<_> = faults.iter().map(|it| (it.field, it.code)).collect();
    assert_eq!(codes[..2], [("email", "malformed"), ("username", "malformed")]);
    assert!(
        codes.contains(&("password", "too-short")),
        "an admin's password has fifteen characters"
    );
}
