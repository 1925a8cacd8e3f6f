//! What people are told about their own accounts.
use access::mail_tokens::Purpose;
use domain::logins::{CodeFor, CodePurpose, LoginCommand, Logins, Origin};
use domain::sealed::Sealed;
use domain::users::{Claimed, EmailChange, User, UserCommand};
use event_store::Metadata;
use jiff::SignedDuration;
use runtime::ids;
use uuid::Uuid;

use crate::reactions::notices::{People, ended, tokens};
use crate::reactions::world::PLAYER;

const CLAIM: &str = "claim-email-1";

pub fn from() -> Origin {
    Origin { address: None, user_agent: None, identifier: "9c41f0".to_owned() }
}

impl People {
    pub async fn user(&self, command: UserCommand) -> Uuid {
        let meta = Metadata::new(ids::new(), self.world.clock.now());
        let done = self.world.executor.execute::<User>(&PLAYER.stream(), command, &meta).await;
        done.unwrap().event_ids[0]
    }

    pub async fn door(&self, command: LoginCommand) {
        let meta = Metadata::new(ids::new(), self.world.clock.now());
        let stream = PLAYER.login_stream();
        self.world.executor.execute::<Logins>(&stream, command, &meta).await.unwrap();
    }

    /// Asks for a code and returns its name.
    async fn ask(&self, purpose: CodePurpose) -> Uuid {
        let (code, at) = (ids::new(), self.world.clock.now());
        let until = at + SignedDuration::from_hours(1);
        let about = CodeFor { code, epoch: 0, email_claim: CLAIM.to_owned(), until };
        self.door(LoginCommand::RequestCode { purpose, about: Some(about), from: from(), at })
            .await;
        code
    }

    pub async fn tell(&self) {
        self.world.follow().await;
        self.run(&self.worker()).await;
    }

    /// The subjects of all mails, oldest first.
    pub async fn subjects(&self) -> Vec<String> {
        self.inbox().await.into_iter().map(|it| it.1).collect()
    }
}

pub fn set_password(epoch: u64) -> UserCommand {
    UserCommand::SetPassword { verifier: Sealed("v".to_owned()), pepper: 1, epoch }
}

fn codes(body: &str) -> Vec<&str> {
    let is_code = |it: &&str| {
        it.len() >= 80 && it.bytes().all(|it| it.is_ascii_alphanumeric() || b"-_".contains(&it))
    };
    body.lines().filter(is_code).collect()
}

#[tokio::test]
async fn who_asks_for_a_new_password_gets_a_code() {
    let people = People::new().await;
    people.register(false).await;
    let code = people.ask(CodePurpose::ResetPassword).await;
    people.tell().await;
    let inbox = people.inbox().await;
    let [(recipient, subject, body)] = &inbox[..] else { panic!("{inbox:?}") };
    assert_eq!(recipient, "juergen@example.org");
    assert_eq!(subject, "Your Courtside code for a new password");
    assert!(
        body.contains("POST https://courts.example.org/v1/password-resets/confirm\n"),
        "{body}"
    );
    let [text] = codes(body)[..] else { panic!("one line that tools can find: {body}") };
    assert_eq!(tokens().check(Purpose::ResetPassword, text), Some((PLAYER, code)));
}

#[tokio::test]
async fn a_code_for_an_account_that_has_changed_since_is_not_sent() {
    let people = People::new().await;
    people.register(false).await;
    people.ask(CodePurpose::ResetPassword).await;
    people.user(UserCommand::RevokeSessions).await;
    people.tell().await;
    assert_eq!(people.outbox().await, [ended("expired", Some("the account has changed since"))]);
}

#[tokio::test]
async fn the_verification_code_comes_again_until_it_is_used() {
    let people = People::new().await;
    people.register(true).await;
    people.ask(CodePurpose::VerifyEmail).await;
    people.tell().await;
    let inbox = people.inbox().await;
    assert_eq!(inbox.len(), 2);
    for (_, subject, body) in &inbox {
        assert_eq!(subject, "Your Courtside verification code");
        let found = tokens().check(Purpose::VerifyEmail, codes(body)[0]);
        assert_eq!(found.map(|it| it.0), Some(PLAYER));
    }

    people.ask(CodePurpose::VerifyEmail).await;
    people.user(UserCommand::VerifyEmail).await;
    people.tell().await;
    let last = people.outbox().await.pop().unwrap();
    assert_eq!(last, ended("expired", Some("the address is verified by now")));
    assert_eq!(people.inbox().await.len(), 2);
}

#[tokio::test]
async fn a_changed_password_is_told_and_the_first_one_is_not() {
    let people = People::new().await;
    people.register(false).await;
    people.tell().await;
    assert_eq!(people.outbox().await, []);
    people.user(set_password(0)).await;
    people.tell().await;
    assert_eq!(people.subjects().await, ["Your Courtside password was changed"]);
}

#[tokio::test]
async fn a_new_address_gets_the_code_and_the_old_one_the_notice() {
    let people = People::new().await;
    people.register(false).await;
    let (change, seal) = (ids::new(), ids::new());
    let subject = PLAYER.stream();
    let email = people.vault.seal(&subject, "email", seal, "gross@example.net").await.unwrap();
    let until = people.world.clock.now() + SignedDuration::from_hours(1);
    let email_claim = "claim-email-2".to_owned();
    let asked = EmailChange { change, email, email_claim: email_claim.clone(), until };
    people.user(UserCommand::RequestEmailChange(asked)).await;
    people.tell().await;
    let inbox = people.inbox().await;
    let [(recipient, subject, body)] = &inbox[..] else { panic!("{inbox:?}") };
    assert_eq!(recipient, "gross@example.net");
    assert_eq!(subject, "Your Courtside code for this address");
    assert_eq!(tokens().check(Purpose::ChangeEmail, codes(body)[0]), Some((PLAYER, change)));

    let claimed = |claim: &str| Claimed { claim: claim.to_owned(), claim_revision: 0 };
    let (claimed, former) = (claimed(&email_claim), claimed(CLAIM));
    let at = people.world.clock.now();
    people.user(UserCommand::ChangeEmail { change, claimed, former, at }).await;
    people.user(set_password(0)).await;
    people.tell().await;
    let inbox = people.inbox().await;
    let told: Vec<_> = inbox[1..].iter().map(|it| (it.0.as_str(), it.1.as_str())).collect();
    assert!(told.contains(&("juergen@example.org", "Your Courtside account has another address")));
    assert!(told.contains(&("gross@example.net", "Your Courtside password was changed")));
    assert_eq!(told.len(), 2);
}
