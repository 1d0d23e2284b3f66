//! `completions`: what lets a shell complete commands, options and the names of operators.

use crate::args::{Args, Completions, Shell};
use crate::print_as_is;
use clap::CommandFactory;
use clap::builder::PossibleValuesParser;
use clap_complete::shells;
use sluicebox::error::Result;
use sluicebox::registry;

pub fn completions(args: &Completions) -> Result<()> {
    // Only for the shell: of a name that is not known, `list` itself says what is near.
    let mut names: Vec<&str> =
        registry::all().map(|(_, card)| card.name).chain(["stage", "topology"]).collect();
    names.sort_unstable();
    names.dedup();
    let known = |list: clap::Command| {
        list.mut_arg("operator", |operator| operator.value_parser(PossibleValuesParser::new(&names)))
    };
    // The script for fish has no values of arguments.
    let fish = format!(
        "complete -c sluicebox -n \"__fish_sluicebox_using_subcommand list\" -f -a \"{}\"\n",
        names.join(" ")
    );
    let mut command = Args::command().mut_subcommand("list", known);
    let name = command.get_name().to_string();
    let mut text = Vec::new();
    match args.shell {
        Shell::Bash => clap_complete::generate(shells::Bash, &mut command, name, &mut text),
        Shell::Zsh => clap_complete::generate(shells::Zsh, &mut command, name, &mut text),
        Shell::Fish => {
            clap_complete::generate(shells::Fish, &mut command, name, &mut text);
            text.extend_from_slice(fish.as_bytes());
        }
    }
    print_as_is(&String::from_utf8_lossy(&text))
}
