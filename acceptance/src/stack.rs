//! Databases of one's own on the test servers, and what runs on them.
use testing::Scratch;

use crate::{Client, Process};

/// Four empty databases and the settings that name them.
pub struct Servers {
    _databases: Vec<Scratch>,
    pub environment: Vec<(String, String)>,
}

impl Servers {
    /// On the servers that `ops/test` started.
    pub async fn scratch() -> Self {
        let mut databases = Vec::new();
        let mut environment = common();
        for name in
            ["EVENT_STORE_URL", "READ_DATABASE_URL", "EDGE_DATABASE_URL", "VAULT_DATABASE_URL"]
        {
            let database = Scratch::empty().await;
            environment.push((name.to_owned(), database.url.clone()));
            databases.push(database);
        }
        let amqp = std::env::var("TEST_AMQP_URL")
            .expect("TEST_AMQP_URL names a RabbitMQ; ops/test starts one");
        environment.push(("AMQP_URL".to_owned(), amqp));
        Self { _databases: databases, environment }
    }

    /// On servers of its own, named by `environment`: for tests that kill them.
    pub fn named(environment: Vec<(String, String)>) -> Self {
        let mut all = common();
        all.extend(environment);
        Self { _databases: Vec::new(), environment: all }
    }

    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }
}

/// Settings that do not depend on where the servers are.
fn common() -> Vec<(String, String)> {
    let secret = || format!("{}{}", uuid::Uuid::new_v4().simple(), uuid::Uuid::new_v4().simple());
    let mut environment: Vec<(String, String)> =
        ["KEK", "INDEX_KEY", "PEPPER", "REFRESH_KEY", "MAIL_KEY", "AUDIT_KEY"]
            .iter()
            .map(|it| ((*it).to_owned(), secret()))
            .collect();
    let state = std::env::temp_dir().join(format!("courtside-{}", uuid::Uuid::new_v4().simple()));
    environment.push(("COURTSIDE_STATE".to_owned(), state.display().to_string()));
    // Stacks share the test broker: each has queues of its own.
    environment
        .push(("AMQP_QUEUE_PREFIX".to_owned(), format!("{}.", uuid::Uuid::new_v4().simple())));
    environment.push(("LOG_FORMAT".to_owned(), "json".to_owned()));
    // All of a test's people come from one address.
    environment.push(("RATE_LIMIT_FACTOR".to_owned(), "1000".to_owned()));
    // The demo's people have none, and some stories run the roles apart.
    environment.push(("AUTH_SECOND_FACTOR_REQUIRED".to_owned(), "false".to_owned()));
    environment
}

/// The demo in one process.
pub struct Stack {
    pub process: Process,
    pub servers: Servers,
}

impl Stack {
    /// `courtside up --demo`, ready to be asked.
    pub async fn demo() -> Self {
        let servers = Servers::scratch().await;
        let mut process = Process::start(&["up", "--demo"], &servers.environment);
        process.ready().await;
        let stack = Self { process, servers };
        stack.client().built().await;
        stack
    }

    pub fn client(&self) -> Client {
        Client::new(self.process.port, self.process.port)
    }
}
