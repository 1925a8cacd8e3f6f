//! An operator at the machine and administrators over HTTP, on two processes.
use std::time::Duration;

use acceptance::{Client, PASSWORD, Process, Stack};
use serde_json::{Value, json};
use testing::eventually;

/// What a second can be on a machine that does everything at once.
const SOON: Duration = Duration::from_secs(30);

struct Scene {
    stack: Stack,
    other: Process,
}

impl Scene {
    async fn new() -> Self {
        let stack = Stack::demo().await;
        let mut other = Process::start(&["api"], &stack.servers.environment);
        other.ready().await;
        Self { stack, other }
    }

    /// Both processes.
    fn doors(&self) -> [Client; 2] {
        [self.stack.client(), Client::new(self.other.port, self.other.port)]
    }

    /// `courtside user …`: whether it went well, and what it said.
    async fn user(&self, arguments: &[&str]) -> (bool, String) {
        Process::run(&[&["user"], arguments].concat(), &self.stack.servers.environment).await
    }

    async fn does(&self, arguments: &[&str]) -> String {
        let (well, said) = self.user(arguments).await;
        assert!(well, "{arguments:?}: {said}");
        said
    }

    async fn is_refused(&self, arguments: &[&str], with: &str) {
        let (well, said) = self.user(arguments).await;
        assert!(!well && said.contains(with), "{arguments:?}: {said}");
    }
}

/// Whether a token still counts at each of `doors` for `path`.
async fn statuses(doors: &[Client; 2], token: &str, path: &str) -> [u16; 2] {
    let [one, other] = doors;
    let ask = async |door: &Client| door.with_token(token).get(path).await.status.as_u16();
    [ask(one).await, ask(other).await]
}

#[tokio::test]
async fn an_operator_changes_accounts_and_every_instance_follows() {
    let scene = Scene::new().await;
    let doors = scene.doors();
    let why = ["--reason", "asked on the phone"];
    let set = |name: &'static str, role: &'static str| {
        [&["set-role", "--username", name, "--role", role], &why[..]].concat()
    };

    // The last administrator stays one.
    scene.is_refused(&set("admin", "player"), "this is the last administrator").await;
    let disable = |name: &'static str| [&["disable", "--username", name], &why[..]].concat();
    scene.is_refused(&disable("admin"), "give somebody else the role first").await;

    // A demoted one is none at once, wherever they ask.
    assert!(scene.does(&set("operator", "admin")).await.contains("is admin now"));
    let demoted = doors[0].login("admin", PASSWORD).await.token.expect("a token");
    let second = doors[0].login("operator", PASSWORD).await;
    assert_eq!(statuses(&doors, &demoted, "/v1/admin/ping").await, [204, 204]);
    scene.does(&set("admin", "player")).await;
    assert_eq!(statuses(&doors, &demoted, "/v1/admin/ping").await, [401, 401]);

    // What is said with it is who and why; what a list shows is what the log says.
    let listed: Value =
        serde_json::from_str(&scene.does(&["list", "--role", "staff", "--json"]).await)
            .expect("JSON");
    assert_eq!(listed.as_array().map(Vec::len), Some(1), "{listed}");
    assert_eq!(listed[0]["username"], "staff");

    // A disabled account: neither an access token nor a refresh token counts.
    let login = doors[0].login_answer("player", PASSWORD).await.expect(201);
    let (access, refresh) = (login.text("access_token"), login.text("refresh_token"));
    assert_eq!(statuses(&doors, &access, "/v1/sessions").await, [200, 200]);
    scene.does(&disable("player")).await;
    eventually("a disabled account's token ends everywhere", SOON, async || {
        statuses(&doors, &access, "/v1/sessions").await == [401, 401]
    })
    .await;
    let refresh = json!({ "refresh_token": refresh });
    doors[1].post("/v1/sessions/refresh", refresh).await.expect(401);
    doors[1].login_answer("player", PASSWORD).await.expect(401);
    assert!(scene.does(&["list", "--disabled"]).await.contains("player"));
    scene.does(&[&["enable", "--email", "player@demo.courtside.test"], &why[..]].concat()).await;
    doors[1].login("player", PASSWORD).await;

    // Locked by wrong guesses, and let in again.
    for _ in 0..5 {
        doors[0].login_answer("bea", "seven lobs before luncheon").await.expect(401);
    }
    doors[1].login_answer("bea", PASSWORD).await.expect(401);
    let shown = scene.does(&["show", "--username", "bea"]).await;
    assert!(shown.contains("locked until"), "{shown}");
    eventually("the lists show the lock", SOON, async || {
        let over_http = second.get("/v1/users?locked=true").await.expect(200).body;
        let at_the_machine = scene.does(&["list", "--locked"]).await;
        over_http["items"][0]["username"] == "bea" && at_the_machine.contains("bea")
    })
    .await;
    scene.does(&[&["unlock", "--username", "bea"], &why[..]].concat()).await;
    doors[1].login("bea", PASSWORD).await;
    let bea: Value =
        serde_json::from_str(&scene.does(&["show", "--username", "bea", "--json"]).await)
            .expect("JSON");
    assert_eq!((&bea["locked_until"], &bea["failures"]), (&Value::Null, &json!(0)));

    let path = format!("/v1/users/{}", bea["id"].as_str().expect("an id"));
    assert_eq!(second.get(&path).await.expect(200).body["email"], bea["email"]);
    assert_eq!(doors[1].login("bea", PASSWORD).await.get(&path).await.problem(), "forbidden");
    scene.is_refused(&["show", "--username", "nobody"], "courtside user list").await;
    scene.is_refused(&["disable", "--username", "bea"], "--reason").await;
    let nowhere =
        [&["set-role", "--username", "bea", "--role", "staff", "--venue", "moon"], &why[..]];
    scene.is_refused(&nowhere.concat(), "there is no venue moon").await;
}
