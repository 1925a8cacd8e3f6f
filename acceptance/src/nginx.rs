//! `ops/proxy/nginx.conf` as it stands there, but for ports, addresses and the certificate, in a real NGINX.
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use rcgen::{CertifiedKey, generate_simple_self_signed};
use testing::free_port;

/// Ended and deleted with its test.
pub struct Nginx {
    pub folder: PathBuf,
    server: Child,
    pub http: u16,
    pub https: u16,
    /// Beside the other two, into the same server: for clients that speak no TLS.
    pub plain: u16,
}

impl Nginx {
    pub const NAME: &str = "api.example.org";

    /// In front of so many of each.
    pub fn start(commands: &[u16], queries: &[u16]) -> Self {
        let name = format!("courtside-nginx-{}", uuid::Uuid::new_v4().simple());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).expect("a folder");
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed([Self::NAME.to_owned()]).expect("a certificate");
        let write = |name: &str, text: &str| {
            std::fs::write(folder.join(name), text).expect("the folder can be written");
        };
        write("certificate.pem", &cert.pem());
        write("key.pem", &signing_key.serialize_pem());
        let (http, https, plain) = (free_port(), free_port(), free_port());
        let at = |name: &str| folder.join(name).display().to_string();
        let mut site = site();
        site = each(&site, "server 127.0.0.1:8080", commands);
        site = each(&site, "server 127.0.0.1:8082", queries);
        for (theirs, ours) in [
            ("listen 80 ", format!("listen 127.0.0.1:{http} ")),
            ("listen 443 ", format!("listen 127.0.0.1:{https} ")),
            (
                "    server_name api.example.org;",
                format!("    listen 127.0.0.1:{plain};\n    server_name api.example.org;"),
            ),
            ("/etc/letsencrypt/live/api.example.org/fullchain.pem", at("certificate.pem")),
            ("/etc/letsencrypt/live/api.example.org/privkey.pem", at("key.pem")),
            ("/var/log/nginx/courtside.log", at("access.log")),
            ("/var/www/acme", at("acme")),
        ] {
            assert!(site.contains(theirs), "ops/proxy/nginx.conf has no {theirs}");
            site = site.replace(theirs, &ours);
        }
        // Not every machine has the newer protocol.
        let lines = site.lines().filter(|it| !it.contains("[::]:")).collect::<Vec<_>>();
        write("site.conf", &lines.join("\n"));
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|it| format!("{it}_temp_path {};", at(it)))
            .join("\n");
        let (pid, site) = (at("pid"), at("site.conf"));
        write(
            "nginx.conf",
            &format!(
                "daemon off;\nmaster_process off;\npid {pid};\nerror_log stderr;\n\
                 events {{}}\nhttp {{\n{temporary}\ninclude {site};\n}}\n"
            ),
        );
        let log = std::fs::File::create(folder.join("error.log")).expect("a log");
        let server = Command::new(program())
            .args(["-p".as_ref(), folder.as_os_str(), "-c".as_ref()])
            .arg(folder.join("nginx.conf"))
            .stdin(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("ops/test installs nginx");
        Self { folder, server, http, https, plain }
    }

    /// `curl` with these arguments, from an address of the loopback net that is not everybody's; status and what it said.
    pub async fn curl(&self, arguments: &[&str]) -> (String, String) {
        let https = self.https;
        let output = tokio::process::Command::new("curl")
            .args([
                "-sS",
                "--max-time",
                "30",
                "--interface",
                "127.0.0.2",
                "--write-out",
                "\n%{http_code}",
            ])
            .arg("--cacert")
            .arg(self.folder.join("certificate.pem"))
            .args(["--resolve", &format!("{}:{https}:127.0.0.1", Self::NAME)])
            .args(arguments)
            .output()
            .await
            .expect("curl runs");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let (said, status) = said.rsplit_once('\n').expect("a status");
        (status.to_owned(), format!("{said}{}", String::from_utf8_lossy(&output.stderr)))
    }

    pub fn url(&self, path: &str) -> String {
        format!("https://{}:{}{path}", Self::NAME, self.https)
    }

    pub fn file(&self, name: &str) -> String {
        std::fs::read_to_string(self.folder.join(name)).unwrap_or_default()
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
        if std::thread::panicking() {
            eprintln!("NGINX says:\n{}", self.file("error.log"));
        }
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Debian keeps it out of the PATH of those who are not root.
fn program() -> &'static str {
    if std::path::Path::new("/usr/sbin/nginx").exists() { "/usr/sbin/nginx" } else { "nginx" }
}

fn site() -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a workspace");
    std::fs::read_to_string(root.join("ops/proxy/nginx.conf")).expect("ops/proxy/nginx.conf")
}

/// The line that begins so, once for each port.
fn each(site: &str, begin: &str, ports: &[u16]) -> String {
    let line = site.lines().find(|it| it.trim_start().starts_with(begin));
    let line = line.unwrap_or_else(|| panic!("ops/proxy/nginx.conf has no {begin}"));
    let lines = ports.iter().map(|it| line.replace(begin, &format!("server 127.0.0.1:{it}")));
    site.replace(line, &lines.collect::<Vec<_>>().join("\n"))
}
