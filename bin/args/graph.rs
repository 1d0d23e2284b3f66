//! What can be said to `graph`.

use std::path::PathBuf;

#[derive(clap::Args)]
pub struct Graph {
    /// The topology's TOML file; `-`: standard input
    pub file: PathBuf,
    /// In which form: lines for a terminal, Mermaid for a page of Markdown, dot for Graphviz
    #[arg(long, value_enum, default_value_t = Form::Text)]
    pub format: Form,
    /// Change a value of the file, as in `run`
    #[arg(long = "set", value_name = "STAGE.KEY=VALUE")]
    pub sets: Vec<String>,
}

#[derive(Clone, Copy, clap::ValueEnum)]
pub enum Form {
    Text,
    Mermaid,
    Dot,
}
