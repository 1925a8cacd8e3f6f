//! `courtside config`: what a process started here would be told, and by whom.
use std::process::ExitCode;

use clap::Subcommand;
use comfy_table::{Table, presets::NOTHING};
use runtime::Settings;
use runtime::settings::From;

#[derive(Subcommand)]
pub enum Command {
    /// Every setting: what it is and where that comes from. Of a secret only whether it is there.
    Show {
        /// Prints JSON.
        #[arg(long)]
        json: bool,
    },
    /// Says everything that is wrong with them, at once. Connects to nothing; `courtside doctor` does.
    Check,
}

/// The exit code is that of a role that cannot start.
pub fn run(command: &Command, unprepared: u8) -> ExitCode {
    let (given, faults) = Settings::explain();
    match command {
        Command::Show { json: true } => match serde_json::to_string_pretty(&given) {
            Ok(text) => println!("{text}"),
            Err(error) => eprintln!("courtside: {error}"),
        },
        Command::Show { json: false } => {
            let mut table = Table::new();
            table.load_style(NOTHING).set_header(["NAME", "VALUE", "FROM"]);
            for (name, it) in &given {
                let from = match it.from {
                    From::Environment => "environment",
                    From::File => "file",
                    From::Default => "default",
                };
                table.add_row([name, it.value.as_deref().unwrap_or_default(), from]);
            }
            println!("{table}");
        }
        Command::Check => {
            let set = given.values().filter(|it| it.from != From::Default).count();
            if faults.is_ok() {
                println!(
                    "{set} settings are given, {} have their default: nothing is wrong",
                    given.len() - set
                );
            }
        }
    }
    match faults {
        Ok(()) => ExitCode::SUCCESS,
        Err(faults) => {
            eprintln!("{faults}");
            ExitCode::from(unprepared)
        }
    }
}
