use super::*;

const ALL: [Mail; 15] = [
    Mail::AddressTaken,
    Mail::BookingCancelled,
    Mail::BookingConfirmed,
    Mail::BookingMoved,
    Mail::ChangeEmail,
    Mail::EmailChanged,
    Mail::FactorRemoved,
    Mail::LoginLocked,
    Mail::NewDevice,
    Mail::PasswordSet,
    Mail::PlaceOffered,
    Mail::Reminder,
    Mail::ResetPassword,
    Mail::TokenReused,
    Mail::VerifyEmail,
];

/// Gone with its test.
struct Folder(PathBuf);

impl Folder {
    fn of(files: &[(&str, &str)]) -> Self {
        let folder = std::env::temp_dir().join(format!("courtside-mail-{}", runtime::ids::new()));
        std::fs::create_dir(&folder).unwrap();
        for (name, text) in files {
            std::fs::write(folder.join(name), text).unwrap();
        }
        Self(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn letter(templates: &Templates, mail: Mail, language: Language) -> Letter {
    let to = ("a@example.org".to_owned(), "Ada".to_owned());
    templates.letter((mail, language), to, "https://courts.example", &[("at", "now".to_owned())])
}

#[test]
fn ours_are_as_we_ask_of_others_and_each_mail_has_its_own() {
    for ours in &OURS {
        for language in [Language::En, Language::De] {
            check(&file(ours, language), ours.text.of(language)).unwrap();
        }
        // A place that only one language fills is one that the other forgot.
        let filled = |text| places(text).collect::<std::collections::BTreeSet<_>>();
        assert_eq!(filled(ours.text.en), filled(ours.text.de), "{}", ours.name);
    }
    check(PAGE, Templates::default().page()).unwrap();
    assert_eq!(ALL.map(|it| OURS.iter().filter(|ours| ours.mail == it).count()), [1; 15]);
}

#[test]
fn a_file_stands_in_the_place_of_ours_and_of_no_other() {
    let theirs = Folder::of(&[
        ("token-reused.txt", "Subject: Hey {name}\n\nAt {at}: {server}\n"),
        ("page.html", "<main lang=\"{language}\">{body}</main>"),
        ("..data", "a volume's own"),
    ]);
    let templates = Templates::load(Some(&theirs.0)).unwrap();
    let it = letter(&templates, Mail::TokenReused, Language::En);
    assert_eq!((&*it.subject, &*it.body), ("Hey Ada", "At now: https://courts.example"));
    assert!(it.html.starts_with("<main lang=\"en\"><p"), "{}", it.html);
    let german = letter(&templates, Mail::TokenReused, Language::De);
    assert!(german.body.starts_with("Hallo Ada"), "{}", german.body);
    assert!(german.html.starts_with("<main lang=\"de\">"), "the page is everybody's");
    let other = letter(&templates, Mail::EmailChanged, Language::En);
    assert!(other.body.starts_with("Hello Ada"), "{}", other.body);
}

#[test]
fn what_would_not_become_a_mail_is_told_by_name() {
    for (name, text, says) in [
        ("token-resued.txt", "Subject: a\n\nb", "token-resued.txt: no mail is called so"),
        ("reminder.fr.txt", "Subject: a\n\nb", "reminder.fr.txt: no mail is called so"),
        ("reminder.txt", "", "reminder.txt: the first line is `Subject: …`"),
        ("reminder.txt", "a\n\nb", "reminder.txt: the first line is `Subject: …`"),
        ("reminder.txt", "Subject: a\nb\n\nc", "reminder.txt: the first line is `Subject: …`"),
        ("reminder.txt", "Subject: a\n\n", "reminder.txt: the first line is `Subject: …`"),
        ("reminder.txt", "Subject: a\n\n{code}", "reminder.txt: {code} cannot be filled"),
        ("reminder.de.txt", "Subject: {wenn}\n\nb", "reminder.de.txt: {wenn} cannot be filled"),
        ("page.html", "<p>{boody}</p>{body}", "page.html: {boody} cannot be filled"),
        ("page.html", "<p></p>", "page.html: {body} is missing"),
    ] {
        let folder = Folder::of(&[(name, text)]);
        let Err(error) = Templates::load(Some(&folder.0)) else { panic!("{name}: {text}") };
        assert!(error.to_string().starts_with(says), "{error}");
    }
    let nowhere = Templates::load(Some(Path::new("/nowhere/at/all")));
    assert!(nowhere.is_err_and(|it| it.to_string().starts_with("/nowhere/at/all: ")));
}
