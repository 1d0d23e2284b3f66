//! Messages of syslog, from the RFCs and as programs write them.

use super::*;

/// 2026-11-29T00:00:00Z.
const NOW: &str = "2026-11-29T00:00:00Z";

fn parsed(text: &str) -> Result<Message<'_>, &'static str> {
    parse(text, &Clock { zone: None, now_ns: time::parse(NOW, None).unwrap() })
}

/// Priority, time, host, app, procid, msgid, data, text.
fn said(text: &str) -> String {
    let message = parsed(text).unwrap();
    let or = |text: Option<&str>| text.unwrap_or("-").to_string();
    let time = message.time.map(time::to_text);
    [
        format!("{}.{}", message.facility(), message.severity()),
        or(time.as_deref()),
        or(message.host),
        or(message.app),
        or(message.procid),
        or(message.msgid),
        or(message.data.as_deref()),
        message.text.to_string(),
    ]
    .join(" | ")
}

/// The examples of RFC 5424, 6.5.
#[test]
fn the_examples_of_rfc_5424() {
    let table = [
        (
            "<34>1 2003-10-11T22:14:15.003Z mymachine.example.com su - ID47 - \u{feff}'su root' failed for lonvick on \
             /dev/pts/8",
            "auth.crit | 2003-10-11T22:14:15.003Z | mymachine.example.com | su | - | ID47 | - | 'su root' failed for \
             lonvick on /dev/pts/8",
        ),
        (
            "<165>1 2003-08-24T05:14:15.000003-07:00 192.0.2.1 myproc 8710 - - %% It's time to make the do-nuts.",
            "local4.notice | 2003-08-24T12:14:15.000003Z | 192.0.2.1 | myproc | 8710 | - | - | %% It's time to make \
             the do-nuts.",
        ),
        (
            "<165>1 2003-10-11T22:14:15.003Z mymachine.example.com evntslog - ID47 [exampleSDID@32473 iut=\"3\" \
             eventSource=\"Application\" eventID=\"1011\"] \u{feff}An application event log entry...",
            "local4.notice | 2003-10-11T22:14:15.003Z | mymachine.example.com | evntslog | - | ID47 | \
             {\"exampleSDID@32473\":{\"iut\":\"3\",\"eventSource\":\"Application\",\"eventID\":\"1011\"}} | An \
             application event log entry...",
        ),
        (
            "<165>1 2003-10-11T22:14:15.003Z m e - ID47 [a@1 iut=\"3\"][b@1 class=\"high\"]",
            "local4.notice | 2003-10-11T22:14:15.003Z | m | e | - | ID47 | \
             {\"a@1\":{\"iut\":\"3\"},\"b@1\":{\"class\":\"high\"}} | ",
        ),
        ("<0>1 - - - - - -", "kern.emerg | - | - | - | - | - | - | "),
    ];
    table.iter().for_each(|(text, expected)| assert_eq!(said(text), *expected));
}

#[test]
fn structured_data_are_json_whatever_stands_in_them() {
    let data =
        |data: &str| parsed(&format!("<1>1 - - - - - {data} text")).map(|message| message.data.unwrap());
    assert_eq!(data(r#"[a b="\"\\\]\n" c=""]"#).unwrap(), r#"{"a":{"b":"\"\\]\\n","c":""}}"#);
    assert_eq!(data("[ip x=\"1\" x=\"2\" x=\"3\"]").unwrap(), r#"{"ip":{"x":["1","2","3"]}}"#);
    assert_eq!(data("[a]").unwrap(), r#"{"a":{}}"#);
    for wrong in
        ["[a b=1]", "[a b=\"1]", "[a b=\"1\"", "[a  b=\"1\"]", "[]", "a", "[a b=\"1\"]x", "[a =\"1\"]"]
    {
        assert_eq!(data(wrong), Err("syslog"), "{wrong}");
    }
}

/// RFC 3164, 5.4, and what programs write.
#[test]
fn older_messages_as_they_come() {
    let table = [
        (
            "<34>Oct 11 22:14:15 mymachine su: 'su root' failed for lonvick on /dev/pts/8",
            "auth.crit | 2026-10-11T22:14:15Z | mymachine | su | - | - | - | 'su root' failed for lonvick on \
             /dev/pts/8",
        ),
        (
            "<13>Nov 29 00:00:01 root[77]: by logger, without a host",
            "user.notice | 2026-11-29T00:00:01Z | - | root | 77 | - | - | by logger, without a host",
        ),
        (
            "<13>Feb  5 17:32:18 10.0.0.99 Use the BFG!",
            "user.notice | 2027-02-05T17:32:18Z | 10.0.0.99 | - | - | - | - | Use the BFG!",
        ),
        (
            "<165>Aug 24 1987 05:34:00 mymachine myproc[10]: %% It's time",
            "local4.notice | 1987-08-24T05:34:00Z | mymachine | myproc | 10 | - | - | %% It's time",
        ),
        (
            "<86>2026-11-29T01:02:03.5+01:00 host sshd[1]: session opened",
            "authpriv.info | 2026-11-29T00:02:03.5Z | host | sshd | 1 | - | - | session opened",
        ),
        ("<14>app: only a tag\n", "user.info | - | - | app | - | - | - | only a tag"),
        ("<14>hello world\0", "user.info | - | - | - | - | - | - | hello world"),
        ("<14>", "user.info | - | - | - | - | - | - | "),
        ("<14>2 - - - - - -", "user.info | - | - | - | - | - | - | 2 - - - - - -"),
    ];
    table.iter().for_each(|(text, expected)| assert_eq!(said(text), *expected));
}

#[test]
fn a_time_without_a_year_is_of_the_nearest_and_of_its_zone() {
    let at = |now: &str, zone: Option<&str>, text: &str| {
        let clock = Clock { zone: zone.and_then(time::zone), now_ns: time::parse(now, None).unwrap() };
        parse(text, &clock).unwrap().time.map(time::to_text)
    };
    let new_year = "<1>Dec 31 23:59:59 h a: b";
    assert_eq!(at("2026-01-01T00:00:01Z", None, new_year).as_deref(), Some("2025-12-31T23:59:59Z"));
    assert_eq!(at(NOW, Some("Europe/Paris"), new_year).as_deref(), Some("2026-12-31T22:59:59Z"));
    assert_eq!(at("2026-03-01T00:00:00Z", None, "<1>Feb 29 00:00:00 h a: b"), None, "there was none");
    assert_eq!(
        at("2024-03-01T00:00:00Z", None, "<1>Feb 29 00:00:00 h a: b").as_deref(),
        Some("2024-02-29T00:00:00Z")
    );
}

#[test]
fn what_is_no_message_says_why() {
    for wrong in ["", "hello", "<>x", "<1x", "<192>x", "<-1>x", "<0001>x", "<+1>x", "<1 >x", "{\"a\":1}"] {
        assert_eq!(parsed(wrong), Err("pri"), "{wrong}");
    }
    for wrong in
        ["<1>1 ", "<1>1 - - - - -", "<1>1 yesterday - - - - -", "<1>1  - - - - -", "<1>1 - - - - - x"]
    {
        assert_eq!(parsed(wrong), Err("syslog"), "{wrong}");
    }
}

proptest::proptest! {
    #[test]
    fn nothing_panics(text in "(<[0-9]{0,3}>)?(1 )?([A-Z][a-z]{2} [0-9 ]{2} )?[\\[\\]a-z0-9:é=\" \\\\-]{0,60}") {
        let _ = parsed(&text);
    }
}
