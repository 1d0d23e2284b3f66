//! What can be said to `man`.

use std::path::PathBuf;

#[derive(clap::Args)]
#[command(after_help = HELP)]
pub struct Man {
    /// The command whose page is wanted; absent: the page of the program
    pub command: Option<String>,
    /// Write all pages into this folder, which must be there
    #[arg(long, value_name = "FOLDER", conflicts_with = "command")]
    pub folder: Option<PathBuf>,
}

const HELP: &str = "\
  sluicebox man run | man -l -
  sluicebox man --folder ~/.local/share/man/man1";
