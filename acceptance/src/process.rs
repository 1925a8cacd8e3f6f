//! A `courtside` process, killed with its test.
use std::fs::File;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use testing::{eventually, free_port};

/// One running role, or several in one process.
pub struct Process {
    child: Child,
    arguments: Vec<String>,
    environment: Vec<(String, String)>,
    log: PathBuf,
    pub port: u16,
    pub operations_port: u16,
}

impl Process {
    /// Starts `courtside <arguments>` on free ports and returns at once.
    pub fn start(arguments: &[&str], environment: &[(String, String)]) -> Self {
        let (port, operations_port) = (free_port(), free_port());
        let log =
            std::env::temp_dir().join(format!("courtside-{}.log", uuid::Uuid::new_v4().simple()));
        let arguments: Vec<String> = arguments.iter().map(|&it| it.to_owned()).collect();
        let mut environment = environment.to_vec();
        environment.push(("SERVER_PORT".to_owned(), port.to_string()));
        environment.push(("METRICS_PORT".to_owned(), operations_port.to_string()));
        let child = spawn(&arguments, &environment, &log);
        Self { child, arguments, environment, log, port, operations_port }
    }

    /// Runs a command to its end; returns whether it went well, and what it said. Some read a whole log, which may be long.
    pub async fn run(arguments: &[&str], environment: &[(String, String)]) -> (bool, String) {
        let mut process = Self::start(arguments, environment);
        let child = std::cell::RefCell::new(&mut process.child);
        eventually(&format!("{arguments:?} ends"), Duration::from_mins(10), || {
            let ended = child.borrow_mut().try_wait().expect("a child can be waited for").is_some();
            async move { ended }
        })
        .await;
        let well = process.child.wait().expect("a child can be waited for").success();
        (well, process.log())
    }

    /// Waits until everything this process needs is there.
    pub async fn ready(&mut self) {
        let url = format!("http://127.0.0.1:{}/health/ready", self.operations_port);
        let http = reqwest::Client::new();
        let log = self.log.clone();
        let arguments = self.arguments.clone();
        let child = std::cell::RefCell::new(&mut self.child);
        eventually(
            &format!("{arguments:?} is ready, see {}", log.display()),
            Duration::from_mins(3),
            || {
                if let Ok(Some(status)) = child.borrow_mut().try_wait() {
                    panic!(
                        "{arguments:?} ended with {status}:\n{}",
                        std::fs::read_to_string(&log).unwrap_or_default()
                    );
                }
                let request = http.get(&url).timeout(Duration::from_secs(3)).send();
                async { request.await.is_ok_and(|it| it.status().is_success()) }
            },
        )
        .await;
    }

    /// Ends it the hard way (`SIGKILL`): nothing is finished, nothing is said.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Starts it again, as it was.
    pub fn restart(&mut self) {
        self.child = spawn(&self.arguments, &self.environment, &self.log);
    }

    /// From the next start on. `COURTSIDE_BIN` is the binary itself.
    pub fn set(&mut self, name: &str, value: Option<&str>) {
        self.environment.retain(|it| it.0 != name);
        self.environment.extend(value.map(|it| (name.to_owned(), it.to_owned())));
    }

    pub fn role(&self) -> &str {
        &self.arguments[0]
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Asks it to end (`SIGTERM`) and returns whether it ended well.
    pub async fn terminate(&mut self) -> bool {
        self.signal("-TERM");
        let child = std::cell::RefCell::new(&mut self.child);
        eventually("the process ends after SIGTERM", Duration::from_secs(30), || {
            let ended = child.borrow_mut().try_wait().expect("a child can be waited for").is_some();
            async move { ended }
        })
        .await;
        self.child.wait().expect("a child can be waited for").success()
    }

    /// Tells it to look again at what may change while it runs (`SIGHUP`).
    pub fn hang_up(&self) {
        self.signal("-HUP");
    }

    fn signal(&self, signal: &str) {
        let _ = Command::new("kill").args([signal, &self.child.id().to_string()]).status();
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
        // A failing test wants to be read; a passing one leaves nothing behind.
        if std::thread::panicking() {
            eprintln!("the log of {:?} is {}", self.arguments, self.log.display());
        } else {
            let _ = std::fs::remove_file(&self.log);
        }
    }
}

fn spawn(arguments: &[String], environment: &[(String, String)], log: &PathBuf) -> Child {
    let given = environment.iter().find(|it| it.0 == "COURTSIDE_BIN").map(|it| it.1.clone());
    let binary = given.or_else(|| std::env::var("COURTSIDE_BIN").ok());
    let binary = binary.expect("COURTSIDE_BIN names the binary; ops/test builds it");
    let out = File::options().create(true).append(true).open(log).expect("the log can be written");
    let err = out.try_clone().expect("a file handle can be copied");
    let mut command = Command::new(binary);
    // What is given here holds; a file of the same name in the test's own environment would be a second opinion.
    for (name, _) in environment {
        command.env_remove(format!("{name}_FILE"));
    }
    command
        .args(arguments)
        .envs(environment.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .stdout(out)
        .stderr(err)
        .spawn()
        .expect("the binary starts")
}
