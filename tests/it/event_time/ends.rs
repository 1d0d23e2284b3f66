//! Kills, silent sources, stops, and times that can't be, with real processes.

use super::world::{Orders, World};
use crate::run::{Running, wait_for};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use sluicebox::run::books::Books;
use sluicebox::run::dir::RunDir;

fn books(world: &World) -> Option<Books> {
    let dir = RunDir::at(world.room.path("sluicebox/t"));
    Books::read(&dir.plan().ok()?, &dir).ok()
}

fn source(name: &str, more: &str) -> String {
    format!(
        "[[stage]]\nname = \"{name}\"\noperator = \"csv\"\npath = \"{name}.csv\"\n\
         types = {{ n = \"i64\", k = \"str\", ts = \"time\", x = \"f64\" }}\ntime = \"ts\"\n{more}\n"
    )
}

fn windows(from: &str) -> String {
    format!(
        "[[stage]]\nname = \"hourly\"\nfrom = {from}\noperator = \"window\"\nsize = \"1h\"\nper = \"k\"\n\
         max_rejects = \"100%\"\nfields = {{ orders = \"count()\" }}\n[[stage]]\nname = \"store\"\n\
         operator = \"sqlite\"\n\
         from = [\"hourly\", \"hourly/late\"]\npath = \"out.db\"\n"
    )
}

#[test]
fn a_source_killed_amid_disorder_finds_the_same_late_records() {
    let world = World::new();
    world.write("a", &Orders { rows: 6000, begin: -50_000, step: 30, jitter: 9_000, seed: 4 }.make());
    let topology = format!("name = \"t\"\n{}{}", source("a", "rate = \"8k/s\""), windows("\"a\""));
    let running = world.room.start(&topology, &[]);
    let look = || books(&world)?.of_stage(0).next().cloned();
    let fallen = wait_for("it to be at work", || look().filter(|worker| worker.account.done > 1000));
    kill(Pid::from_raw(fallen.pid as i32), Signal::SIGKILL).unwrap();
    wait_for("it to be back", || look().filter(|worker| worker.epoch > fallen.epoch));
    let account = running.account();
    assert_eq!(account["balances"], true);
    assert_eq!(account["records"]["in"], 6000);
    let lost = account["records"]["lost"].as_i64().unwrap();
    let (due, stored) = (world.late(3600, 0, 0), world.stored_late("hourly_late"));
    assert!(due.len() > 200, "{}", due.len());
    assert!(stored.iter().all(|record| due.contains(record)), "a record is late that was not");
    assert!(due.len() as i64 - stored.len() as i64 <= lost, "a late record was taken for one in time");
    let counted = world.room.query("out.db", "SELECT sum(orders) FROM hourly");
    assert_eq!(counted + stored.len() as i64 + world.nulls() + lost, 6000);
}

/// One source ends its file at once, the other has one record a minute: whether it is waited for.
fn silent(idle_after: &str) -> (World, Running) {
    let world = World::new();
    let orders = Orders { rows: 2000, begin: 0, step: 30, jitter: 100, seed: 5 };
    world.write("a", &orders.make());
    world.write("b", &[(Some("p"), Some(-7200), None), (Some("p"), Some(0), None)]);
    let slow = format!("rate = 0.01\n{idle_after}");
    let topology = format!(
        "name = \"t\"\n{}{}{}",
        source("a", "rate = \"2k/s\""),
        source("b", &slow),
        windows("[\"a\", \"b\"]")
    );
    let running = world.room.start(&topology, &[]);
    (world, running)
}

fn stop(world: &World, running: Running) -> Books {
    world.room.sluicebox(&["stop", "t"]);
    running.end();
    books(world).unwrap()
}

#[test]
fn windows_do_not_wait_for_a_source_that_is_idle() {
    let (world, running) = silent("idle_after = \"50ms\"");
    wait_for("windows to close", || {
        let ended =
            |books: &Books| books.links.iter().any(|book| book.link.from.stage == 0 && book.received.ended);
        books(&world).filter(|books| ended(books) && books.of_stage(2).any(|worker| worker.account.made > 20))
    });
    let books = stop(&world, running);
    let links: Vec<_> = books.links.iter().filter(|book| book.link.to.stage == 2).collect();
    let stopped =
        |stage: usize| links.iter().find(|book| book.link.from.stage == stage).unwrap().received.stopped;
    assert!(!stopped(0) && stopped(1), "the one came to its end, the other was stopped");
    assert!(
        books.links.iter().any(|book| book.link.from.stage == 2 && book.received.stopped),
        "it is handed on"
    );
}

#[test]
fn windows_wait_for_a_source_that_does_not_say_that_it_is_idle() {
    let (world, running) = silent("");
    let told = |books: &Books| {
        let of =
            |stage: usize| books.links.iter().find(|book| book.link.from.stage == stage).unwrap().received;
        of(0).ended && of(1).watermark > i64::MIN
    };
    wait_for("both to have spoken", || {
        books(&world)
            .filter(|books| told(books) && books.of_stage(2).any(|worker| worker.account.done == 2001))
    });
    assert_eq!(books(&world).unwrap().of_stage(2).map(|worker| worker.account.made).sum::<u64>(), 0);
    let waits = world.room.worker("hourly").unwrap()["waits_for"].clone();
    assert!(waits.as_str().is_some_and(|said| said.starts_with("b -> hourly, at ")), "{waits}");
    stop(&world, running);
    let open = world.room.query("out.db", "SELECT count(*) FROM hourly");
    assert!(open > 20, "a stop closes them as they are: {open}");
}

#[test]
fn a_time_too_far_ahead_is_rejected_and_makes_nothing_late() {
    let world = World::new();
    let mut orders = Orders { rows: 500, begin: 0, step: 60, jitter: 1, seed: 6 }.make();
    orders[100].1 = Some(4_000_000_000);
    world.write("a", &orders);
    for (bound, late) in [("ahead_max = \"24h\"", false), ("", true)] {
        let account = world.room.run(&format!("name = \"t\"\n{}{}", source("a", bound), windows("\"a\"")));
        let ahead = &account["stages"][0]["rejected"]["time_ahead"];
        assert_eq!(ahead.as_u64(), (!late).then_some(1), "{account}");
        assert_eq!(world.room.query("out.db", "SELECT count(*) > 300 FROM hourly_late"), i64::from(late));
        std::fs::remove_file(world.room.path("out.db")).unwrap();
    }
}

/// The step `event_time` does what a source's `time` does, also down the line.
#[test]
fn event_time_may_begin_down_a_line() {
    let world = World::new();
    world.write("a", &Orders { rows: 1500, begin: -9_000, step: 30, jitter: 9_000, seed: 7 }.make());
    let read = source("a", "").replace("time = \"ts\"\n", "");
    let steps = "{ operator = \"select\", rename = { ts = \"at\" } },\n{ operator = \"event_time\", field = \"at\" },\n\
                 { operator = \"select\", rename = { at = \"when\" } },\n]\n";
    let csv = "{ operator = \"csv\", path = \"a.csv\",\n\
               types = { n = \"i64\", k = \"str\", ts = \"time\", x = \"f64\" } },\n";
    for before in [
        format!("{read}[[stage]]\nname = \"line\"\nfrom = \"a\"\nsteps = [\n{steps}"),
        format!("[[stage]]\nname = \"line\"\nsteps = [\n{csv}{steps}"),
    ] {
        world.room.run(&format!("name = \"t\"\n{before}{}", windows("\"line\"")));
        let due = world.late(3600, 0, 0);
        assert!(due.len() > 50);
        assert_eq!(world.stored_late("hourly_late"), due);
        let counted: i64 = world.due(3600, 0, 0).iter().map(|row| row.2[0]).sum();
        assert_eq!(world.room.query("out.db", "SELECT sum(orders) FROM hourly"), counted);
        std::fs::remove_file(world.room.path("out.db")).unwrap();
    }
}
