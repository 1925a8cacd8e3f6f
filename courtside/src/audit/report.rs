//! The page that an auditor files: plain text, eighty columns, nothing that has to be looked up elsewhere.
use std::fmt::Write;
use std::fs;
use std::path::Path;

use audit::range::Part;
use audit::verify::{Covered, Fault, Report};
use jiff::Timestamp;
use runtime::causes;
use sha2::{Digest, Sha256};

use super::verify::Arguments;

/// What was checked, when and with what, and what came of it.
pub fn page(arguments: &Arguments, checked: &Result<Report, Fault>, at: Timestamp) -> String {
    let mut page = String::from("VERIFICATION OF A LOGIN AUDIT\n\n");
    let at = at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string();
    line(&mut page, "Checked", &at);
    line(&mut page, "By", concat!("courtside ", env!("CARGO_PKG_VERSION")));
    line(&mut page, "Export", &arguments.directory.display().to_string());
    line(&mut page, "Checkpoint", &digest(&arguments.directory.join("checkpoint")));
    line(&mut page, "Key", arguments.vkey.trim());
    match &arguments.since {
        Some(since) => line(&mut page, "Compared with", &digest(since)),
        None => line(&mut page, "Compared with", "no older checkpoint"),
    }
    match checked {
        Ok(report) => well(&mut page, report),
        Err(fault) => {
            line(&mut page, "Result", "NOT WHAT WAS SIGNED");
            line(&mut page, "Fault", &causes(fault));
        }
    }
    page.push_str("\nSignature and date:  ______________________________\n");
    page
}

fn well(page: &mut String, report: &Report) {
    let result = match report.part {
        None => "WHOLE: every record is the one that was signed, in its place",
        Some(_) => "A PART: every record in it is the one that was signed, in its place",
    };
    line(page, "Result", result);
    line(page, "Log", &report.origin);
    line(page, "Records", &report.records.to_string());
    if let Some(covered) = &report.part {
        line(page, "Of these", &numbers(covered));
        line(page, "Asked for", &asked(covered));
        line(page, "Of that time", &format!("{}; none is missing", covered.within));
        line(page, "Not looked at", "what the others say: their hashes alone are there");
    }
    if let (Some(first), Some(last)) = (&report.first, &report.last) {
        line(page, "From", &first.to_string());
        line(page, "To", &last.to_string());
    }
    line(page, "Root", &report.root);
    line(page, "Tiles", &report.tiles.to_string());
    if let Some(since) = report.since {
        let same = format!("its {since} records are the first {since} of these");
        line(page, "Since then", &same);
    } else {
        let warning = "without an older checkpoint this shows no rebuilt history";
        line(page, "Note", warning);
    }
    page.push_str("\nRecords by event\n");
    for (kind, count) in &report.kinds {
        let _ = writeln!(page, "  {count:>10}  {kind}");
    }
}

/// When the first and the last record are of that are there.
pub fn times(report: &Report) -> Option<String> {
    Some(format!("from {} to {}", report.first?, report.last?))
}

/// Which records are there, by their numbers.
pub fn numbers(covered: &Covered) -> String {
    match covered.part {
        Part { first, end, .. } if first < end => format!("numbers {first} to {}", end - 1),
        _ => "none".to_owned(),
    }
}

/// The time that was asked for.
pub fn asked(covered: &Covered) -> String {
    let Part { from, to, .. } = covered.part;
    let said = [from.map(|it| format!("from {it} on")), to.map(|it| format!("before {it}"))];
    said.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn line(page: &mut String, name: &str, text: &str) {
    // What somebody named a file is no place for a line of its own.
    let text: String = text.chars().map(|it| if it.is_control() { ' ' } else { it }).collect();
    let _ = writeln!(page, "{name:<15}{text}");
}

/// A file by its hash: as `sha256sum` prints it.
fn digest(path: &Path) -> String {
    let Ok(bytes) = fs::read(path) else { return format!("{} cannot be read", path.display()) };
    format!("SHA-256 {}", hex::encode(Sha256::digest(bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments() -> Arguments {
        Arguments::for_test("/nowhere/audit\nResult: forged".into(), "nord+1+key".to_owned())
    }

    #[test]
    fn it_says_what_with_which_key_and_how_much() {
        let report = Report {
            origin: "nord.example/audit/2026".to_owned(),
            records: 3,
            root: "cm9vdA==".to_owned(),
            tiles: 1,
            first: "2026-03-01T08:00:00Z".parse().ok(),
            last: "2026-03-01T08:00:02Z".parse().ok(),
            kinds: [("login.failed.v1".to_owned(), 2), ("user.registered.v1".to_owned(), 1)].into(),
            since: Some(2),
            part: None,
        };
        let at = "2026-04-01T12:00:00Z".parse().expect("a time");
        let page = page(&arguments(), &Ok(report), at);
        for said in [
            "Checked        2026-04-01 12:00:00 UTC\n",
            "Key            nord+1+key\n",
            "Log            nord.example/audit/2026\n",
            "its 2 records are the first 2 of these\n",
            "           2  login.failed.v1\n           1  user.registered.v1\n",
        ] {
            assert!(page.contains(said), "{said}{page}");
        }
        assert!(!page.contains("\nResult: forged"), "{page}");
    }

    #[test]
    fn a_fault_is_the_result() {
        let page = page(&arguments(), &Err(Fault::Root { size: 3 }), Timestamp::UNIX_EPOCH);
        assert!(page.contains("NOT WHAT WAS SIGNED\n"), "{page}");
        assert!(page.contains("the 3 records have not the root"), "{page}");
        assert!(!page.contains("WHOLE"), "{page}");
    }
}
