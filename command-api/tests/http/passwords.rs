//! Which pepper a password is hashed with, and which passwords are nobody's.
use std::fs::File;

use access::blocklist::Compiler;
use prometheus_client::encoding::text::encode;
use runtime::metrics::Metrics;
use serde_json::json;

use crate::world::{KEY, PASSWORD, World, post, registration, send_to};

const WRONG: &str = "seven lobs before luncheon";
const NEW: &str = "ffeeddccbbaa99887766554433221100ffeeddccbbaa99887766554433221100";

/// How many passwords a process has hashed.
fn hashes(metrics: &Metrics) -> u32 {
    let mut text = String::new();
    encode(&mut text, &metrics.registry.lock().unwrap()).unwrap();
    let line = text.lines().find_map(|it| it.strip_prefix("password_hashes_total "));
    line.expect("it is counted").parse().unwrap()
}

#[tokio::test]
async fn a_new_pepper_takes_over_login_by_login() {
    let world = World::new().await;
    let eva = world.join("eva").await;
    world.register("locked").await;
    for _ in 0..5 {
        world.try_password("locked", WRONG).await;
    }
    let mut settings = (*world.platform.settings).clone();
    settings.keys.pepper = Some(NEW.into());
    settings.keys.pepper_version = 2;
    settings.keys.pepper_also = vec![(1, KEY.into())];
    let (router, metrics) = world.another_process_with(settings).await;
    let ask = async |name: &str, password: &str| {
        let before = hashes(&metrics);
        let body = json!({ "identifier": name, "password": password });
        let reply = send_to(&router, post("/v1/sessions", &body)).await;
        (reply.summary(), hashes(&metrics) - before)
    };
    let refused = || ("401 invalid-credentials".to_owned(), 1);
    assert_eq!(ask("eva", WRONG).await, refused());
    assert_eq!(ask("nobody", PASSWORD).await, refused());
    assert_eq!(ask("locked", PASSWORD).await, refused(), "the right one, and nobody let in");
    assert_eq!(ask("eva", PASSWORD).await, ("201".to_owned(), 2), "checked, and hashed anew");
    assert_eq!(ask("eva", PASSWORD).await, ("201".to_owned(), 1), "once");

    let names = world.names(&eva.user.stream()).await;
    assert_eq!(names.last().map(String::as_str), Some("user.password-rehashed.v1"));
    assert_eq!(names.iter().filter(|it| it.ends_with("rehashed.v1")).count(), 1);
    assert!(world.lets_in(&eva).await, "no session ends");
    // A process that does not know the new one yet cannot check what it made.
    assert_eq!(world.try_password("eva", PASSWORD).await.summary(), refused().0);
    let mut settings = (*world.platform.settings).clone();
    settings.keys.pepper_also = vec![(2, NEW.into())];
    let (router, metrics) = world.another_process_with(settings).await;
    let body = json!({ "identifier": "eva", "password": PASSWORD });
    assert_eq!(send_to(&router, post("/v1/sessions", &body)).await.summary(), "201");
    assert_eq!(hashes(&metrics), 1, "one that knows it does, and takes nothing back");
}

#[tokio::test]
async fn a_password_of_the_list_is_nobodys() {
    let listed = "Eleven Quiet Towers by the Sea";
    let path = std::env::temp_dir().join(format!("courtside-list-{}", runtime::ids::new()));
    let mut compiler = Compiler::for_at_most(1);
    assert!(compiler.add(&listed.to_lowercase()));
    compiler.write(&mut File::create(&path).unwrap()).unwrap();
    let world = World::with(&[("PASSWORD_BLOCKLIST", path.to_str().unwrap())]).await;
    std::fs::remove_file(&path).unwrap();

    let mut body = registration("eva");
    body["password"] = json!(listed);
    let reply = world.post("/v1/registrations", body).await;
    assert_eq!(reply.summary(), "422 invalid #/password too-common");

    let eva = world.join("eva").await;
    let change = json!({ "current_password": PASSWORD, "new_password": listed });
    let reply = world.send(eva.put("/v1/me/password", &change)).await;
    assert_eq!(reply.summary(), "422 invalid #/new_password too-common");

    let asked = json!({ "email": registration("eva")["email"] });
    assert_eq!(world.post("/v1/password-resets", asked).await.summary(), "202");
    let token = world.mailed_reset(eva.user).await;
    let reset = json!({ "token": token, "new_password": listed });
    let reply = world.post("/v1/password-resets/confirm", reset).await;
    assert_eq!(reply.summary(), "422 invalid #/new_password too-common");
}
