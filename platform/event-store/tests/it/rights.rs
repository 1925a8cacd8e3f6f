//! Nobody writes around the function: by the guards, and by rights. The roles are made as `docs/rights.md` says.
use std::sync::Arc;

use event_store::postgres::{MIGRATOR, PostgresStore};
use event_store::{
    AppendError, ExecuteError, Executor, Expected, Hindrance, Metadata, ReadError, Store, open_log,
};
use jiff::Timestamp;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection};
use testing::Scratch;
use uuid::Uuid;

use crate::support::made_by;
use crate::support::tickets::{Command, Tickets};

const DOCUMENT: &str = include_str!("../../../../docs/rights.md");

const APPEND: &str = "SELECT append_events('{s-2}', '{-1}', '{1}', '{1}', '{0}', ARRAY[gen_random_uuid()], '{t}', '{1}', '{1}')";

/// A log with the document's roles, and one that is granted nothing but the way in.
struct Roles {
    scratch: Scratch,
    /// Ends the names: roles belong to the whole server.
    suffix: String,
}

impl Roles {
    async fn new() -> Self {
        let scratch = Scratch::new(&MIGRATOR).await;
        let mut roles = Self { scratch, suffix: String::new() };
        let database = roles.database();
        roles.suffix = database.trim_start_matches("scratch").to_owned();
        let sql = DOCUMENT.split("```sql").nth(1).and_then(|it| it.split("```").next()).unwrap();
        let sql = sql.replace("courtside_log", &database);
        let sql = ["writer", "reader"]
            .iter()
            .fold(sql, |sql, it| sql.replace(&format!("log_{it}"), &roles.named(it)));
        let stranger = roles.named("stranger");
        let extra = format!(
            "CREATE ROLE {stranger} LOGIN; GRANT CONNECT ON DATABASE {database} TO {stranger};"
        );
        roles.run(&(sql + &extra)).await;
        for role in ["writer", "reader", "stranger"] {
            roles.run(&format!("ALTER ROLE {} PASSWORD 'open'", roles.named(role))).await;
        }
        roles
    }

    fn database(&self) -> String {
        let options: PgConnectOptions = self.scratch.url.parse().unwrap();
        options.get_database().unwrap().to_owned()
    }

    fn named(&self, role: &str) -> String {
        format!("log_{role}{}", self.suffix)
    }

    fn options(&self, role: &str) -> PgConnectOptions {
        let options: PgConnectOptions = self.scratch.url.parse().unwrap();
        options.username(&self.named(role)).password("open")
    }

    fn store(&self, role: &str) -> Store {
        let url = self.options(role).to_url_lossy().to_string();
        Arc::new(PostgresStore::connect(&url, 2).unwrap())
    }

    async fn run(&self, sql: &str) {
        sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&self.scratch.pool).await.unwrap();
    }

    async fn end(self) {
        for role in ["writer", "reader", "stranger"] {
            let name = self.named(role);
            self.run(&format!("DROP OWNED BY {name} CASCADE; DROP ROLE {name}")).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_documents_grants_are_enough() {
    let roles = Roles::new().await;
    let writer = roles.store("writer");
    open_log(&writer, Uuid::from_u128(1), Timestamp::UNIX_EPOCH).await.unwrap();
    writer.append("s-1", Expected::NoStream, made_by(1, "s-1", 0, 2)).await.unwrap();
    for role in ["writer", "reader"] {
        let store = roles.store(role);
        assert_eq!(store.read_all(0, 9).await.unwrap().len(), 3);
        assert_eq!(store.read_stream("s-1", 0, 9).await.unwrap().len(), 2);
        assert_eq!(store.head().await.unwrap(), 3);
        open_log(&store, Uuid::from_u128(2), Timestamp::UNIX_EPOCH).await.unwrap();
    }
    roles.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_granted_is_refused() {
    let roles = Roles::new().await;
    roles.store("writer").append("s-1", Expected::NoStream, made_by(1, "s-1", 0, 1)).await.unwrap();
    let insert = "INSERT INTO events VALUES (2, 's-1', 1, gen_random_uuid(), 't', '', '')";
    let nobodys = [
        insert.to_owned(),
        // The guard's own word, said by somebody else.
        format!("SET courtside.appending = 'on'; {insert}"),
        format!("BEGIN; {APPEND}; {insert}"),
        "UPDATE events SET data = ''".to_owned(),
        "DELETE FROM events".to_owned(),
        "TRUNCATE events".to_owned(),
        "ALTER TABLE events DISABLE TRIGGER ALL".to_owned(),
        "DROP TRIGGER events_are_only_appended ON events".to_owned(),
        "CREATE TRIGGER mine BEFORE INSERT ON events EXECUTE FUNCTION refuse_stray_events()"
            .to_owned(),
        "DROP TABLE events".to_owned(),
        "DROP FUNCTION append_events".to_owned(),
        "ALTER FUNCTION append_events SECURITY INVOKER".to_owned(),
        "SET session_replication_role = 'replica'".to_owned(),
        "CREATE TABLE mine ()".to_owned(),
    ];
    let strangers = ["SELECT count(*) FROM events".to_owned()];
    let append = [APPEND.to_owned()];
    for (role, refused) in [
        ("writer", nobodys.iter().collect::<Vec<_>>()),
        ("reader", nobodys.iter().chain(&append).collect()),
        ("stranger", nobodys.iter().chain(&append).chain(&strangers).collect()),
    ] {
        for statement in refused {
            let mut db = PgConnection::connect_with(&roles.options(role)).await.unwrap();
            let tried = sqlx::raw_sql(AssertSqlSafe(statement.clone())).execute(&mut db).await;
            let error = tried.expect_err(statement);
            let code = error.as_database_error().and_then(|it| it.code().map(|it| it.to_string()));
            assert_eq!(code.as_deref(), Some("42501"), "{role}: {statement}: {error}");
        }
    }
    assert_eq!(roles.store("reader").head().await.unwrap(), 1, "nothing came of it");
    roles.end().await;
}

/// A function with its owner's rights must not be led to another table.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_function_writes_to_the_log_whatever_the_callers_path() {
    let roles = Roles::new().await;
    let (database, writer) = (roles.database(), roles.named("writer"));
    roles.run(&format!("GRANT TEMPORARY ON DATABASE {database} TO {writer}")).await;
    let mut db = PgConnection::connect_with(&roles.options("writer")).await.unwrap();
    let statements = format!(
        "CREATE TEMPORARY TABLE events (LIKE public.events); SET search_path = pg_temp, public; {APPEND}"
    );
    sqlx::raw_sql(AssertSqlSafe(statements)).execute(&mut db).await.unwrap();
    db.close().await.unwrap();
    assert_eq!(roles.store("reader").head().await.unwrap(), 1);
    roles.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_role_that_lacks_a_right_is_told_which() {
    let roles = Roles::new().await;
    let reader = roles.store("reader");
    let append = async || reader.append("s-1", Expected::NoStream, made_by(1, "s-1", 0, 1)).await;
    match append().await {
        Err(AppendError::Hindered { hindrance: Hindrance::Rights, source }) => {
            assert!(source.to_string().contains("append_events"), "{source}");
        }
        other => panic!("{other:?}"),
    }
    let meta = Metadata::new(Uuid::from_u128(1), Timestamp::UNIX_EPOCH);
    let executor = Executor::new(reader.clone());
    let sold = executor.execute::<Tickets>("t", Command::Sell { ticket: 1 }, &meta).await;
    assert!(
        matches!(sold, Err(ExecuteError::Hindered { hindrance: Hindrance::Rights, .. })),
        "{sold:?}"
    );
    match roles.store("stranger").head().await {
        Err(ReadError::Hindered { hindrance: Hindrance::Rights, source }) => {
            assert!(source.to_string().contains("events"), "{source}");
        }
        other => panic!("{other:?}"),
    }
    let unopened = open_log(&reader, Uuid::from_u128(1), Timestamp::UNIX_EPOCH).await.unwrap_err();
    assert_eq!(unopened.hindrance(), Some(Hindrance::Rights), "{unopened:?}");

    let grant = format!("GRANT EXECUTE ON FUNCTION append_events TO {}", roles.named("reader"));
    roles.run(&grant).await;
    append().await.expect("granted, and nothing has to be started again");
    roles.end().await;
}
