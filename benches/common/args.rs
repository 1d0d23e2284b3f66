//! What may be said to a bench, and how a bench begins and ends.
//!
//! A bench that is started without the `--bench` that `cargo bench` adds, as `cargo test` starts it, makes a smoke run:
//! a short one, only to see that it works.

use sluicebox::error::{Error, Exit, Result};
use std::process::ExitCode;

/// One option, with its value when it is not said: in a usual run, and in a smoke run. One that is `off` then is
/// turned on by its name alone.
pub struct Opt {
    pub name: &'static str,
    pub usual: &'static str,
    pub smoke: &'static str,
    pub about: &'static str,
}

pub struct Args {
    options: &'static [Opt],
    said: Vec<Option<String>>,
    smoke: bool,
}

/// Reads what was said and runs the bench with it; what goes wrong is told in one sentence.
pub fn begin(options: &'static [Opt], run: impl FnOnce(&Args) -> Result<()>) -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if words.iter().any(|word| word == "--help" || word == "-h") {
        print!("{}", help(options));
        return ExitCode::SUCCESS;
    }
    end(Args::read(options, words.into_iter()).and_then(|args| run(&args)))
}

/// How a process of a bench ends.
pub fn end(done: Result<()>) -> ExitCode {
    let Err(Error { exit, sentence }) = done else { return ExitCode::SUCCESS };
    eprintln!("{}: {sentence}", env!("CARGO_CRATE_NAME"));
    ExitCode::from(if exit == Exit::Usage { 2 } else { 1 })
}

impl Args {
    fn read(options: &'static [Opt], mut words: impl Iterator<Item = String>) -> Result<Args> {
        let (mut said, mut bench, mut smoke) = (vec![None; options.len()], false, false);
        while let Some(word) = words.next() {
            match word.as_str() {
                "--bench" => bench = true,
                "--smoke" => smoke = true,
                name => {
                    let at = options.iter().position(|option| option.name == name).ok_or_else(|| {
                        let known: Vec<&str> = options.iter().map(|option| option.name).collect();
                        Error::usage(format!(
                            "{name:?} is no option: there are {}, --smoke",
                            known.join(", ")
                        ))
                    })?;
                    let usual = options[at].usual;
                    let value = if usual == "off" {
                        Some("on".to_string())
                    } else {
                        words.next().filter(|word| !word.starts_with("--"))
                    };
                    let missing = || Error::usage(format!("{name} needs a value, such as {usual}"));
                    said[at] = Some(value.ok_or_else(missing)?);
                }
            }
        }
        Ok(Args { options, said, smoke: smoke || !bench })
    }

    /// The value of an option.
    ///
    /// # Errors
    /// When `parse` can't read it.
    pub fn get<T>(&self, name: &str, parse: impl Fn(&str) -> Option<T>) -> Result<T> {
        let at = self.options.iter().position(|option| option.name == name);
        let at = at.expect("a bench asks for its own options");
        let Opt { usual, smoke, about, .. } = self.options[at];
        let text = self.said[at].as_deref().unwrap_or(if self.smoke { smoke } else { usual });
        parse(text)
            .ok_or_else(|| Error::usage(format!("{name} {text:?} can't be: it is {about}, such as {usual}")))
    }

    /// Whether `--only` asks for a part of the bench: it is `all`, or names some with commas between.
    ///
    /// # Errors
    /// When there is no part of such a name.
    pub fn only(&self, parts: &[&str]) -> Result<impl Fn(&str) -> bool + use<>> {
        let said = self.get("--only", |text| Some(text.to_string()))?;
        let said: Vec<String> = said.split(',').map(str::to_string).collect();
        match said.iter().find(|part| *part != "all" && !parts.contains(&part.as_str())) {
            Some(part) => Err(Error::usage(format!("{part:?} is no part: there are {}", parts.join(", ")))),
            None => Ok(move |part: &str| said.iter().any(|said| said == "all" || said == part)),
        }
    }
}

fn help(options: &[Opt]) -> String {
    let mut help = "Options, with their values when they are not said:\n".to_string();
    for Opt { name, usual, about, .. } in options {
        help += &format!("  {:<26} {about}\n", format!("{name} {usual}"));
    }
    help + &format!("  {:<26} a short run, only to see that it works\n", "--smoke")
}
