//! Every wrong setting names itself, all of them at once, and no fault shows a secret.
use std::ffi::OsString;
use std::path::PathBuf;

use runtime::Settings;
use runtime::settings::Faults;
use secrecy::ExposeSecret;

const KEY: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

/// The least that a process is told.
const LEAST: [(&str, &str); 5] = [
    ("EVENT_STORE_URL", "postgres://log:p@localhost/log"),
    ("READ_DATABASE_URL", "postgres://read:p@localhost/read"),
    ("EDGE_DATABASE_URL", "postgres://edge:p@localhost/edge"),
    ("VAULT_DATABASE_URL", "postgres://vault:p@localhost/vault"),
    ("AMQP_URL", "amqp://timers:p@localhost/%2f"),
];

fn read(more: &[(&str, &str)]) -> Result<Settings, Faults> {
    let least = LEAST.iter().filter(|(name, _)| more.iter().all(|(it, _)| it != name));
    Settings::read(
        least.chain(more).map(|(name, value)| (OsString::from(name), OsString::from(value))),
    )
}

fn faults(more: &[(&str, &str)]) -> Vec<String> {
    read(more).map_or_else(|it| it.0, |_| Vec::new())
}

/// A file that is gone when the test is.
struct TempFile(PathBuf);

impl TempFile {
    fn new(text: &str) -> Self {
        let path = std::env::temp_dir().join(format!("courtside-settings-{}", runtime::ids::new()));
        std::fs::write(&path, text).unwrap();
        Self(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for TempFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

#[test]
fn what_is_not_given_has_a_default() {
    let it = read(&[]).unwrap();
    assert_eq!(
        (it.host.to_string(), it.port, it.metrics_port),
        ("127.0.0.1".to_owned(), 8080, 8081)
    );
    assert_eq!(it.server_url, "http://127.0.0.1:8080");
    assert_eq!(it.timer_hold_seconds, [900]);
    assert_eq!(it.auth.login_max_attempts, 5);
    assert_eq!(it.auth.login_lockout.as_secs(), 30 * 60);
    assert_eq!(it.auth.access_token.as_secs(), 900);
    assert_eq!((it.run_migrations, it.demo, it.production), (true, false, false));
    assert!(it.keys.kek.is_none() && it.smtp_url.is_none() && it.command_api_url.is_none());
}

#[test]
fn each_wrong_value_names_itself() {
    let table = [
        ("SERVER_HOST", "localhost"),
        ("SERVER_PORT", "65536"),
        ("SERVER_URL", "courts.example"),
        ("SERVER_URL", "https://courts.example/?a=b"),
        ("TRUST_PROXY", "true"),
        ("TRUST_PROXY", "proxy.internal"),
        ("FORWARDED_HEADER", "x-real-ip"),
        ("REQUIRE_HTTPS", "yes"),
        ("CORS_ORIGINS", "club.example"),
        ("CORS_ORIGINS", "https://club.example/app"),
        ("CORS_ORIGINS", "https://club.example,"),
        ("RATE_LIMIT_REQUESTS", "0"),
        ("RATE_LIMIT_SIGN_INS", "-1"),
        ("RATE_LIMIT_IDENTIFIER", "many"),
        ("RATE_LIMIT_WINDOW_MINUTES", "0"),
        ("RATE_LIMIT_FACTOR", "0"),
        ("RATE_LIMIT_REDIS_URL", "localhost:6379"),
        ("EXPECTED_INSTANCES", "0"),
        ("METRICS_PORT", "-1"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "authorization"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=100%"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "two words=1"),
        ("OTEL_TRACES_SAMPLER", "jaeger_remote"),
        ("OTEL_TRACES_SAMPLER_ARG", "1.5"),
        ("OTEL_TRACES_SAMPLER_ARG", "NaN"),
        ("METRICS_ENABLED", "yes"),
        ("METRICS_GUARD", "password"),
        ("METRICS_GUARD", "secret"),
        ("METRICS_GUARD", "cidr"),
        ("METRICS_GUARD_ALLOWLIST", "10.0.0.0/33"),
        ("TLS_CERT_FILE", "/etc/courtside/cert.pem"),
        ("TLS_KEY_FILE", "/etc/courtside/key.pem"),
        ("COMMAND_API_URL", "ftp://courts.example"),
        ("EVENT_STORE_URL", "mysql://log"),
        ("READ_DATABASE_URL", "postgres://read:p@localhost:port/read"),
        ("EDGE_DATABASE_URL", "redis://edge"),
        ("VAULT_DATABASE_URL", "vault"),
        ("AMQP_URL", "http://broker"),
        ("INDEX_KEY", "0011"),
        ("PEPPER", "not hex at all"),
        ("PEPPER_VERSION", "0"),
        ("PEPPER_ALSO", KEY),
        ("PEPPER_ALSO", "2:0011"),
        ("REFRESH_KEY", "g0112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"),
        ("MAIL_KEY", "1"),
        ("AUDIT_KEY", "1"),
        ("AUDIT_ORIGIN", "courts example"),
        ("AUDIT_ORIGIN", "courts+example"),
        ("AUDIT_PII_RETENTION_DAYS", "0"),
        ("AUDIT_PII_RETENTION_DAYS", "for ever"),
        ("KEK", "1"),
        ("AUTH_EMAIL_VERIFICATION_REQUIRED", "yes"),
        ("AUTH_LOGIN_MAX_ATTEMPTS", "0"),
        ("AUTH_LOGIN_ATTEMPT_WINDOW_MINUTES", "0"),
        ("AUTH_LOGIN_LOCKOUT_MINUTES", "10081"),
        ("ACCESS_TOKEN_SECONDS", "0"),
        ("REFRESH_TOKEN_SECONDS", "1.5"),
        ("SESSION_SECONDS", "a month"),
        ("REFRESH_GRACE_SECONDS", "61"),
        ("PASSWORD_MIN_LENGTH", "7"),
        ("HASH_THREADS", "0"),
        ("TIMER_HOLD_SECONDS", "900,1"),
        ("TIMER_HOLD_SECONDS", "900;5"),
        ("TIMER_HOLD_SECONDS", "2,3,4,5,6,7,8,9,10"),
        ("PAYMENT_CHECKOUT_URL", "pay.example"),
        ("PAYMENT_WEBHOOK_SECRET", "hunter2"),
        ("PAYMENT_WEBHOOK_SECRET", "whsec_c2hvcnQ="),
        ("SMTP_URL", "mail.example"),
        ("TWILIO_ACCOUNT_SID", "AC0011"),
        ("TWILIO_AUTH_TOKEN", "0123456789abcdef"),
        ("TWILIO_BASE_URL", "api.twilio.com"),
        ("TWILIO_FROM", "+493012345678"),
        ("SMS_PER_HOUR", "0"),
        ("SMS_PER_HOUR_IN_ALL", "many"),
        ("LOG_LEVEL", "a=b=c"),
        ("LOG_FORMAT", "xml"),
        ("COURTSIDE_DEMO", "on"),
        ("COURTSIDE_ENV", "prod"),
        ("COURTSIDE_CONFIG", "/nowhere/courtside.toml"),
        ("RUN_MIGRATIONS", "no"),
    ];
    for (name, value) in table {
        let faults = faults(&[(name, value)]);
        assert_eq!(faults.len(), 1, "{name}={value}: {faults:?}");
        assert!(faults[0].starts_with(name), "{name}={value}: {faults:?}");
    }
}

#[test]
fn traces_are_off_until_somebody_collects_them() {
    const HEADERS: &str = "x-key=a%20key%2C%20with%20100%25, authorization = Basic abc";
    let off = [("OTEL_SERVICE_NAME", "courts"), ("OTEL_TRACES_SAMPLER", "always_on")];
    assert!(read(&off).unwrap().traces.is_none());
    let it = read(&[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://collector.example/otlp/"),
        ("OTEL_EXPORTER_OTLP_HEADERS", HEADERS),
        ("OTEL_TRACES_SAMPLER", "parentbased_traceidratio"),
        ("OTEL_TRACES_SAMPLER_ARG", "0.05"),
    ]);
    let it = it.unwrap().traces.unwrap();
    assert_eq!(
        (it.endpoint.as_str(), it.service.as_str()),
        ("https://collector.example/otlp", "courtside")
    );
    assert_eq!(it.sampler, traces::Sampler::ParentOrRatio(0.05));
    let headers = it.headers.iter().map(|it| (it.0.as_str(), it.1.expose_secret()));
    let expected = [("x-key", "a key, with 100%"), ("authorization", "Basic abc")];
    assert_eq!(headers.collect::<Vec<_>>(), expected);
    assert!(!format!("{it:?}").contains("Basic"), "{it:?}");
}

#[test]
fn each_pepper_has_a_version_of_its_own() {
    let (one, two) = (format!("1:{KEY}"), format!("1:{KEY} 2:{KEY}"));
    let it = read(&[("PEPPER", KEY), ("PEPPER_VERSION", "3"), ("PEPPER_ALSO", &two)]).unwrap();
    let versions: Vec<u32> = it.keys.pepper_also.iter().map(|it| it.0).collect();
    assert_eq!((it.keys.pepper_version, versions), (3, vec![1, 2]));
    // Exchanged without another number: every hash would be checked with the wrong one.
    assert_eq!(faults(&[("PEPPER", KEY), ("PEPPER_ALSO", &one)]).len(), 1);
    assert_eq!(
        faults(&[("PEPPER_VERSION", "2"), ("PEPPER_ALSO", &format!("{one} {one}"))]).len(),
        1
    );
}

#[test]
fn each_missing_setting_names_itself_and_all_do_at_once() {
    let faults = Settings::read([]).unwrap_err().0;
    let expected: Vec<_> = LEAST.iter().map(|(name, _)| format!("{name} is missing")).collect();
    assert_eq!(faults, expected);
    // Compose passes what is unset as empty.
    let empty = read(&LEAST.map(|(name, _)| (name, ""))).unwrap_err().0;
    assert_eq!(empty, expected);
}

#[test]
fn no_fault_shows_a_secret() {
    let wrong = LEAST.map(|(name, _)| (name, "hunter2 is no url"));
    let keys = [
        "INDEX_KEY",
        "PEPPER",
        "REFRESH_KEY",
        "MAIL_KEY",
        "AUDIT_KEY",
        "KEK",
        "SMTP_URL",
        "PAYMENT_WEBHOOK_SECRET",
    ]
    .map(|it| (it, "hunter2"));
    let file = TempFile::new("kek = \"hunter2\" oops");
    let all: Vec<_> =
        wrong.into_iter().chain(keys).chain([("COURTSIDE_CONFIG", file.path())]).collect();
    let faults = faults(&all);
    assert_eq!(faults.len(), all.len(), "{faults:?}");
    assert!(!faults.join("\n").contains("hunter2"), "{faults:?}");
    let settings = read(&[("KEK", KEY)]).unwrap();
    assert!(!format!("{settings:?}").contains(KEY), "settings are printed in logs");
}

#[test]
fn while_a_webhook_secret_is_exchanged_two_count() {
    let (old, new) =
        ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    let count = |text: &str| {
        read(&[("PAYMENT_WEBHOOK_SECRET", text)]).map(|it| it.payment_webhook_secrets.len()).ok()
    };
    assert_eq!((count(""), count(old)), (Some(0), Some(1)));
    assert_eq!(count(&format!("{new} {old}")), Some(2));
    assert_eq!(count(&format!("{new} {old} {old}")), None);
    let settings = read(&[("PAYMENT_WEBHOOK_SECRET", old)]).unwrap();
    assert!(!format!("{settings:?}").contains("MfKQ"), "settings are printed in logs");
}

#[test]
fn who_sends_sms_is_named_as_a_whole_or_not_at_all() {
    const SID: &str = "AC00112233445566778899aabbccddeeff";
    const TOKEN: &str = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";
    fn all<'a>(sid: &'a str, token: &'a str, from: &'a str) -> [(&'static str, &'a str); 3] {
        [("TWILIO_ACCOUNT_SID", sid), ("TWILIO_AUTH_TOKEN", token), ("TWILIO_FROM", from)]
    }
    assert!(read(&[]).unwrap().twilio.is_none());
    let it = read(&all(SID, TOKEN, "+493012345678")).unwrap().twilio.unwrap();
    assert_eq!((it.base_url.as_str(), it.auth_tokens.len()), ("https://api.twilio.com", 1));
    assert!(!format!("{it:?}").contains(TOKEN), "settings are printed in logs");
    let service = SID.replace("AC", "MG");
    let two = format!("{} {TOKEN}", TOKEN.replace('0', "f"));
    let it = read(&all(SID, &two, &service)).unwrap().twilio.unwrap();
    assert_eq!(it.auth_tokens.len(), 2, "while the token is exchanged");
    assert_eq!(
        faults(&all(SID, TOKEN, "")),
        [
            "TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN: given without TWILIO_FROM; set all three, or none"
        ]
    );
    let three = format!("{two} {TOKEN}");
    for (wrong, name) in [
        (all("AC1", TOKEN, "+493012345678"), "TWILIO_ACCOUNT_SID"),
        (all(SID, "short", "+493012345678"), "TWILIO_AUTH_TOKEN"),
        (all(SID, &three, "+493012345678"), "TWILIO_AUTH_TOKEN"),
        (all(SID, TOKEN, "Courtside"), "TWILIO_FROM"),
    ] {
        let faults = faults(&wrong);
        assert!(matches!(&faults[..], [it] if it.starts_with(name)), "{name}: {faults:?}");
        assert!(!faults[0].contains(TOKEN) && !faults[0].contains("short"), "{faults:?}");
    }
    let mut production = all(SID, TOKEN, "+493012345678").to_vec();
    production.extend([("NODE_ENV", "production"), SAFE[0], SAFE[1]]);
    assert!(read(&production).is_ok());
    production.push(("TWILIO_BASE_URL", "http://api.twilio.com"));
    assert_eq!(faults(&production).len(), 1, "the token would go out in clear");
}

#[test]
fn a_secret_may_lie_in_a_file_and_the_editors_newline_is_not_part_of_it() {
    for (text, expected) in
        [(KEY.to_owned(), KEY), (format!("{KEY}\n"), KEY), (format!("{KEY}\r\n"), KEY)]
    {
        let file = TempFile::new(&text);
        let settings = read(&[("KEK_FILE", file.path())]).unwrap();
        assert_eq!(settings.keys.kek.unwrap().expose_secret(), expected);
    }
    let url = TempFile::new("postgres://log:from-a-file@localhost/log\n");
    let settings = read(&[("EVENT_STORE_URL", ""), ("EVENT_STORE_URL_FILE", url.path())]).unwrap();
    assert_eq!(
        settings.event_store_url.expose_secret(),
        "postgres://log:from-a-file@localhost/log"
    );
}

#[test]
fn a_secret_given_twice_or_not_readable_is_refused() {
    let file = TempFile::new(KEY);
    let empty = TempFile::new("\n");
    let two_lines = TempFile::new(&format!("{KEY}\n\n"));
    let table = [
        (vec![("KEK", KEY), ("KEK_FILE", file.path())], "KEK and KEK_FILE"),
        (vec![("KEK_FILE", "/nowhere/kek")], "KEK_FILE names /nowhere/kek"),
        (vec![("KEK_FILE", empty.path())], "KEK_FILE names"),
        (vec![("KEK_FILE", two_lines.path())], "KEK is not 32 bytes"),
    ];
    for (given, fault) in table {
        let faults = faults(&given);
        assert!(matches!(&faults[..], [it] if it.starts_with(fault)), "{given:?}: {faults:?}");
    }
}

#[test]
fn the_environment_goes_over_the_file() {
    let file = TempFile::new(&format!(
        "server_port = 9000\ntimer_hold_seconds = [900, 5]\ncourtside_demo = true\nkek = \"{KEY}\"\nlog_format = \"text\"\n"
    ));
    let it = read(&[("COURTSIDE_CONFIG", file.path())]).unwrap();
    assert_eq!((it.port, it.demo, it.log_json), (9000, true, false));
    assert_eq!(it.timer_hold_seconds, [5, 900]);
    assert_eq!(it.keys.kek.unwrap().expose_secret(), KEY);

    let kek = TempFile::new(&KEY.replace('0', "f"));
    let over =
        [("COURTSIDE_CONFIG", file.path()), ("SERVER_PORT", "9001"), ("KEK_FILE", kek.path())];
    let it = read(&over).unwrap();
    assert_eq!(it.port, 9001);
    assert!(
        it.keys.kek.unwrap().expose_secret().starts_with("ff11"),
        "the variable replaces the file's entry"
    );
}

#[test]
fn a_file_has_nothing_in_it_that_is_no_setting() {
    let table = [
        ("server_prot = 9000", "server_prot in the file"),
        ("SERVER_PORT = 9000", "SERVER_PORT in the file"),
        ("[auth]\nlogin_max_attempts = 3", "auth in the file"),
        ("kek = 12", "KEK in the file of COURTSIDE_CONFIG is not text"),
        ("server_port = [[1]]", "SERVER_PORT in the file"),
        ("server_port 9000", "COURTSIDE_CONFIG names"),
    ];
    for (text, fault) in table {
        let file = TempFile::new(text);
        let faults = faults(&[("COURTSIDE_CONFIG", file.path())]);
        assert!(matches!(&faults[..], [it] if it.starts_with(fault)), "{text}: {faults:?}");
    }
}

/// The least that production asks beside what everybody gives.
const SAFE: [(&str, &str); 2] =
    [("SERVER_URL", "https://courts.example"), ("METRICS_GUARD", "none")];

#[test]
fn production_refuses_what_is_good_enough_elsewhere_and_says_all_of_it() {
    let production =
        |more: &[(&str, &str)]| faults(&[&[("NODE_ENV", "production")], more].concat());
    assert!(production(&SAFE).is_empty());
    let own = ["KEK", "PEPPER", "INDEX_KEY"].map(|it| (it, KEY));
    let told = production(&own);
    for (fault, begins) in told.iter().zip([
        "SERVER_URL is not https",
        "METRICS_GUARD is not set",
        "INDEX_KEY and PEPPER are the same",
        "INDEX_KEY and KEK are the same",
    ]) {
        assert!(fault.starts_with(begins), "{told:?}");
    }
    assert_eq!(told.len(), 4, "{told:?}");
    assert!(!told.iter().any(|it| it.contains(KEY)));
    assert!(faults(&own).is_empty(), "elsewhere it is a matter of taste");
}

#[test]
fn production_refuses_the_demo_under_either_name() {
    for name in ["COURTSIDE_ENV", "NODE_ENV"] {
        let faults = faults(&[(name, "production"), ("COURTSIDE_DEMO", "true"), SAFE[0], SAFE[1]]);
        assert!(
            matches!(&faults[..], [it] if it.starts_with("COURTSIDE_DEMO")),
            "{name}: {faults:?}"
        );
    }
    assert!(!read(&[("NODE_ENV", "staging")]).unwrap().production);
}

#[test]
fn urls_end_without_a_slash() {
    let it = read(&[
        ("SERVER_URL", "https://courts.example/"),
        ("COMMAND_API_URL", "http://commands:8080/"),
    ])
    .unwrap();
    assert_eq!(it.server_url, "https://courts.example");
    assert_eq!(it.command_api_url.as_deref(), Some("http://commands:8080"));
    let six = read(&[("SERVER_HOST", "::1")]).unwrap();
    assert_eq!(six.server_url, "http://[::1]:8080");
}
