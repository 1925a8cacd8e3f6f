//! People of every role, and a few more who play.
use command_api::accounts::{NewAccount, Registrar};
use domain::ids::UserId;
use domain::users::Role;
use jiff::Timestamp;
use runtime::Platform;

use super::catalogue::VENUES;
use super::command;

/// One password for all of them: it is a demo, and it is printed.
pub const PASSWORD: &str = "seven lobs before breakfast";

pub struct Person {
    pub username: &'static str,
    pub display_name: &'static str,
    pub role: Role,
}

pub const PEOPLE: [Person; 9] = [
    Person { username: "player", display_name: "Pia Player", role: Role::Player },
    Person { username: "staff", display_name: "Stefan Staff", role: Role::Staff },
    Person { username: "auditor", display_name: "Aude Auditor", role: Role::Auditor },
    Person { username: "operator", display_name: "Olu Operator", role: Role::Operator },
    Person { username: "admin", display_name: "Ada Admin", role: Role::Admin },
    Person { username: "amir", display_name: "Amir Haddad", role: Role::Player },
    Person { username: "bea", display_name: "Bea Lindqvist", role: Role::Player },
    Person { username: "chidi", display_name: "Chidi Okafor", role: Role::Player },
    Person { username: "dora", display_name: "Dóra Kovács", role: Role::Player },
];

/// Registers everybody and returns the players.
pub async fn load(platform: &Platform, at: Timestamp) -> anyhow::Result<Vec<UserId>> {
    let registrar = Registrar::new(platform)?;
    let mut players = Vec::new();
    for person in &PEOPLE {
        let account = NewAccount {
            email: format!("{}@demo.courtside.test", person.username),
            username: person.username.to_owned(),
            display_name: person.display_name.to_owned(),
            phone: None,
            password: PASSWORD.into(),
            role: person.role,
            venues: match person.role {
                Role::Staff => VENUES.iter().map(super::catalogue::DemoVenue::id).collect(),
                _ => Vec::new(),
            },
        };
        let user =
            registrar.create(account, command(&["register", person.username]), at, "demo").await?;
        if person.role == Role::Player {
            players.push(user);
        }
    }
    Ok(players)
}
