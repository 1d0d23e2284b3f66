//! One thing has one role: what a sink fills nobody else fills, no source reads, and it is not the topology itself.

use super::flow::Known;
use super::rooms::Cast;
use super::{Draft, Findings};
use crate::identity::{Identity, Inode, standard_files};
use crate::operator::Fill;
use crate::topology::plan::STDIN;
use crate::topology::spans::{Path, under};
use std::os::unix::fs::FileTypeExt;
use std::path::Path as File;

/// What is used for something, and where the topology says so.
struct Use<'a> {
    what: Fill,
    /// `None` for standard output, which is what it is called.
    identity: Option<Identity>,
    /// The stage, and where it says so; `None` for the topology itself.
    by: Option<(&'a Draft, Path)>,
}

pub(super) fn once(
    file: &File,
    drafts: &[Draft],
    casts: &[Cast],
    flow: &[Option<Known>],
    findings: &mut Findings,
) {
    let mut read: Vec<Use<'_>> = Vec::new();
    // Read from standard input it may be a file all the same.
    let own = if file == File::new(STDIN) { File::new("/proc/self/fd/0") } else { file };
    read.extend(as_use(Fill::whole(&own.display().to_string()), None));
    let stages = || drafts.iter().zip(casts);
    for (draft, cast) in stages() {
        let Some((said, at)) = read_by(draft, cast) else { continue };
        read.extend(said.iter().filter_map(|said| {
            let stdin = || Use { identity: standard_input(), ..of_stream(draft, &at) };
            if said == STDIN { Some(stdin()) } else { as_use(Fill::whole(said), Some((draft, at.clone()))) }
        }));
    }
    tell_of_shared_streams(&read, findings);
    tell_of_streams(&read, findings);
    let mut filled: Vec<Use<'_>> = Vec::new();
    for ((draft, cast), known) in stages().zip(flow) {
        let at = || {
            let place = place(draft, cast).map(|(_, at)| at);
            place.unwrap_or_else(|| {
                under(draft.steps.last().map_or(&draft.at, |step| &step.at), &["operator"])
            })
        };
        // Of a stage that is wrong elsewhere the file is known, not its parts.
        let whole = place(draft, cast).map(|(said, _)| Fill::whole(said));
        let fills = known.as_ref().map_or(whole.into_iter().collect(), |known| known.fills.clone());
        let fills: Vec<Use<'_>> =
            fills.into_iter().filter_map(|fill| as_use(fill, Some((draft, at())))).collect();
        tell_of_streams(&fills, findings);
        let mut clashes = fills.iter().filter_map(|new| Some((new, read.iter().find(|old| old.is(new))?)));
        if let Some((new, old)) = clashes.next() {
            tell_of_readers(draft, new, old, findings);
            continue;
        }
        let mut twice =
            fills.iter().filter_map(|new| Some((new, filled.iter().find(|old| old.clashes(new))?)));
        if let Some((_, old)) = twice.next().filter(|_| known.is_some()) {
            tell_of_writers(draft, &at(), old, findings);
        }
        filled.extend(fills);
    }
}

/// `None` for a device: it takes from all and gives to all.
fn as_use(what: Fill, by: Option<(&Draft, Path)>) -> Option<Use<'_>> {
    match what.path.as_str() {
        "-" => Some(Use { what, identity: None, by }),
        path => Identity::of(File::new(path)).map(|identity| Use { identity: Some(identity), what, by }),
    }
}

/// Where the sink of a stage has its records, and where that is said.
fn place<'a>(draft: &'a Draft, cast: &Cast) -> Option<(&'a str, Path)> {
    let at = draft.steps.len().checked_sub(1)?;
    let (step, (_, spec)) = (draft.steps.get(at)?, cast.specs.get(at).copied().flatten()?);
    if spec.is_source() || cast.sink() != Some(true) {
        return None;
    }
    let key = spec.place?;
    Some((step.params.get(key)?.as_str()?, under(&step.at, &[key])))
}

/// The files that the source of a stage reads, and where that is said.
fn read_by(draft: &Draft, cast: &Cast) -> Option<(Vec<String>, Path)> {
    let (step, (_, spec)) = (draft.steps.first()?, cast.specs.first().copied().flatten()?);
    let key = spec.place.filter(|_| spec.is_source())?;
    let said = match (step.params.get(key)?, spec.finds) {
        (_, Some(finds)) => finds(&step.params),
        (value, None) => vec![value.as_str()?.to_string()],
    };
    Some((said, under(&step.at, &[key])))
}

/// Standard input may be a file all the same.
fn standard_input() -> Option<Identity> {
    Identity::of(File::new("/proc/self/fd/0"))
}

fn of_stream<'a>(draft: &'a Draft, at: &Path) -> Use<'a> {
    let what = Fill { called: "standard input".to_string(), ..Fill::whole(STDIN) };
    Use { what, identity: None, by: Some((draft, at.clone())) }
}

/// What comes through a FIFO goes to one reader.
fn tell_of_shared_streams(read: &[Use<'_>], findings: &mut Findings) {
    let is_fifo =
        |of: &Use<'_>| std::fs::metadata(&of.what.path).is_ok_and(|there| there.file_type().is_fifo());
    for (at, one) in read.iter().enumerate().filter(|(_, one)| is_fifo(one)) {
        let Some(earlier) = read[..at].iter().find(|earlier| earlier.is(one)) else { continue };
        let (Some((draft, said)), Some((first, there))) = (&one.by, &earlier.by) else { continue };
        let also = findings.places.value(there);
        let what = format!(
            "{}: {} reads {} already, and each record of a FIFO comes to one reader only (let one read it)",
            draft.who, first.who, one.what.called
        );
        findings.value(said, what).also = Some((also, "the first one".to_string()));
    }
}

impl Use<'_> {
    fn is(&self, other: &Use<'_>) -> bool {
        self.identity == other.identity && (self.identity.is_some() || self.what.called == other.what.called)
    }

    /// Whether two that are filled are one: different parts of a file are not.
    fn clashes(&self, other: &Use<'_>) -> bool {
        self.is(other) && !self.what.is_apart(&other.what)
    }
}

/// What the shell leads into a file can't be that file's only writer, nor its reader.
fn tell_of_streams(uses: &[Use<'_>], findings: &mut Findings) {
    for (stream, inode) in standard_files() {
        let there = |inode: Inode| Some(Identity::There(inode));
        let leads = uses.iter().filter(|of| of.identity == there(inode));
        for Use { what, by, .. } in leads {
            let Some((draft, at)) = by else { continue };
            let what = format!(
                "{}: {} is the file that {stream} leads into (choose another path, or lead it elsewhere)",
                draft.who, what.called
            );
            findings.value(at, what);
        }
    }
}

fn tell_of_readers(draft: &Draft, new: &Use<'_>, old: &Use<'_>, findings: &mut Findings) {
    let Some((_, at)) = &new.by else { return };
    let Some((reader, there)) = &old.by else {
        let what = format!(
            "{}: it would write to {}, which is the file of this topology (choose another path)",
            draft.who, new.what.called
        );
        findings.value(at, what);
        return;
    };
    let also = findings.places.value(there);
    let what = format!(
        "{}: it would write to {}, which {} reads (choose another path for one of them)",
        draft.who, new.what.called, reader.who
    );
    findings.value(at, what).also = Some((also, "the same file".to_string()));
}

fn tell_of_writers(draft: &Draft, at: &Path, old: &Use<'_>, findings: &mut Findings) {
    let Some((earlier, there)) = &old.by else { return };
    let also = findings.places.value(there);
    let what = format!(
        "{}: {} writes to {} already (choose another, or let one stage read both)",
        draft.who, earlier.who, old.what.called
    );
    findings.value(at, what).also = Some((also, "the first one".to_string()));
}
