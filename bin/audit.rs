//! `audit`: does the account balance?

use crate::args::Named;
use crate::terminal::width_of_stdout;
use crate::{print, print_as_is, table, target};
use sluicebox::error::{Error, Exit, Result};
use sluicebox::run::books::{LinkBook, link_names};
use sluicebox::run::end;
use sluicebox::run::snapshot;
use sluicebox::run::summary::Summary;
use sluicebox::topology::plan::Plan;
use std::fmt::Write;

pub fn audit(args: &Named) -> Result<()> {
    let target = target::named(args.target.as_deref())?;
    let dir = target::dir(&target)?;
    let plan = target::plan(&target, &dir)?;
    let books = target::books(&plan, &dir)?;
    if dir.is_locked() || !books.at_rest() {
        let name = &plan.name;
        return Err(Error::failed(format!(
            "topology \"{name}\" is running: an account is proved at rest (`sluicebox status {name}` shows it as it \
            stands)"
        )));
    }
    snapshot::check(&plan, &dir)?;
    let summary = Summary::of(&plan, &books, &target::end(&dir, &books));
    let mut wrong = books.wrong(&plan);
    if !end::is_kept(&dir, &summary) {
        wrong
            .push("account.json, which the launcher has left, does not say what its ledgers say".to_string());
    }
    if args.json {
        let mut value = serde_json::to_value(&summary).expect("a summary is plain data");
        value["wrong"] = serde_json::json!(wrong);
        value["links"] = books.links.iter().map(|book| link_json(&plan, book)).collect();
        print_as_is(&format!("{value}\n"))?;
    } else {
        let mut text = table::account(&plan, &books, &summary, width_of_stdout());
        for book in &books.links {
            let (from, to) = link_names(&plan, &book.link);
            let (offered, received) = (book.offered, book.received.records);
            let _ = writeln!(
                text,
                "{from} -> {to}: offered {offered} = received {received} + shed {} + lost {}",
                book.shed.total(),
                book.missing()
            );
        }
        print(&text)?;
    }
    match wrong.is_empty() {
        true => Ok(()),
        false => {
            Err(Error::new(Exit::Unbalanced, format!("the account does not balance: {}", wrong.join("; "))))
        }
    }
}

fn link_json(plan: &Plan, book: &LinkBook) -> serde_json::Value {
    let (from, to) = link_names(plan, &book.link);
    serde_json::json!({
        "from": from, "to": to, "offered": book.offered, "received": book.received.records,
        "duplicate": book.received.duplicates, "shed": book.shed, "lost": book.missing(),
    })
}
