//! The README's tour, run as it stands there.
use std::path::Path;
use std::process::Command;

use acceptance::Stack;

#[tokio::test]
async fn the_tour_in_the_readme_works() {
    let root =
        Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crate lies in the workspace");
    let readme = std::fs::read_to_string(root.join("README.md")).expect("there is a README");
    let tour = readme.split("## A five-minute tour").nth(1).expect("the README has a tour");
    let tour = tour.split("\n## ").next().expect("the tour ends");
    let blocks: Vec<&str> =
        tour.split("```sh\n").skip(1).filter_map(|it| it.split("```").next()).collect();
    assert!(7 <= blocks.len(), "the tour has {} steps", blocks.len());

    let stack = Stack::demo().await;
    let script = format!("set -eu\n{}", blocks.join("\n"));
    let output = tokio::task::spawn_blocking({
        let url = format!("http://127.0.0.1:{}", stack.process.port);
        let environment = stack.servers.environment.clone();
        let root = root.to_owned();
        move || {
            let mut command = Command::new("timeout");
            // As in `Process`: the keys are given by `environment`.
            for key in ["KEK", "INDEX_KEY", "PEPPER", "REFRESH_KEY", "MAIL_KEY", "AUDIT_KEY"] {
                command.env_remove(format!("{key}_FILE"));
            }
            command
                .args(["120", "bash", "-c", &script])
                .env("URL", url)
                .envs(environment)
                .current_dir(root)
                .output()
                .expect("bash runs")
        }
    })
    .await
    .expect("the script is waited for");
    let (out, err) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{}\n{out}\n{err}", output.status);
    for sign in [
        "is free from",
        "\"state\":\"cancelled\"",
        "\"outcome\":",
        "availability: build 2 is live",
        "20m ahead",
    ] {
        assert!(out.contains(sign), "the tour shows {sign}:\n{out}\n{err}");
    }
}
