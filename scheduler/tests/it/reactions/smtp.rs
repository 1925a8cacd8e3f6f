//! A mail through a server that others wrote, read by a parser that others wrote.
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use mail_parser::{MessageParser, MimeHeaders};
use testing::{eventually, free_port};

use crate::reactions::notices::{People, mailer};
use crate::reactions::world::SOON;

/// aiosmtpd, with a Maildir that it keeps what it takes in. Gone with its test.
struct Server {
    folder: PathBuf,
    process: Child,
    port: u16,
}

impl Server {
    fn start() -> Self {
        let folder = std::env::temp_dir().join(format!("courtside-smtp-{}", runtime::ids::new()));
        let port = free_port();
        let process = Command::new("aiosmtpd")
            .args(["--nosetuid", "--listen", &format!("127.0.0.1:{port}")])
            .args(["--class", "aiosmtpd.handlers.Mailbox"])
            .arg(&folder)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("ops/test installs aiosmtpd");
        Self { folder, process, port }
    }

    fn taken(&self) -> Vec<Vec<u8>> {
        let files = std::fs::read_dir(self.folder.join("new")).into_iter().flatten();
        files.map(|it| std::fs::read(it.unwrap().path()).unwrap()).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

#[tokio::test]
async fn a_mail_arrives_as_text_and_as_the_same_in_a_page() {
    let people = People::new().await;
    people.register(true).await;
    people.world.follow().await;
    let server = Server::start();
    let mailer = mailer(&format!("smtp://127.0.0.1:{}", server.port));
    eventually("the server listens", SOON, async || mailer.greet().await.is_ok()).await;
    people.run(&people.worker_with(Some(mailer))).await;

    let taken = server.taken();
    let [mail] = &taken[..] else { panic!("{} mails", taken.len()) };
    let mail = MessageParser::default().parse(mail).expect("a mail");
    let alternatives = mail.content_type().map(|it| (it.ctype(), it.subtype()));
    assert_eq!(alternatives, Some(("multipart", Some("alternative"))));
    assert_eq!(mail.subject(), Some("Your Courtside verification code"));
    let to = mail.to().and_then(|it| it.first()).expect("somebody");
    assert_eq!((to.name(), to.address()), (Some("Jürgen Groß"), Some("juergen@example.org")));
    assert!(mail.message_id().is_some_and(|it| it.ends_with("@courts.example.org")));

    let (text, page) = (mail.body_text(0).expect("text"), mail.body_html(0).expect("a page"));
    assert!(text.starts_with("Hello Jürgen Groß,"), "{text}");
    let link = "https://courts.example.org/#/verify?token=";
    let code = text.split(link).nth(1).and_then(|it| it.lines().next()).expect("a link");
    let button = format!("<a class=\"button\" href=\"{link}{code}\">Confirm this address</a>");
    assert!(page.starts_with("<!doctype html>") && page.contains(&button), "{page}");
    assert!(page.contains("Hello Jürgen Groß,"), "{page}");
}
