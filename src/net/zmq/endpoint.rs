//! Where a socket of libzmq is bound or connected, as a topology says it: a file, or a port of this host.

use crate::error::Result;
use crate::net::unix;
use crate::params::{Names, Problem};
use std::fmt;
use std::net::IpAddr;
use std::path::Path;

/// How a socket meets its peers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Bind(Endpoint),
    Connect(Vec<Endpoint>),
}

impl Way {
    /// What the parameters `bind` and `connect` say; `None` with problems.
    pub(crate) fn check(bind: Option<&str>, connect: &Names, problems: &mut Vec<Problem>) -> Option<Way> {
        let before = problems.len();
        let mut parse = |path: Vec<String>, text: &str| {
            let told = |what| problems.push(Problem { path, what, ..Problem::default() });
            Endpoint::parse(text).map_err(told).ok()
        };
        let bound = bind.and_then(|text| parse(vec!["bind".to_string()], text));
        let at = connect.all().iter().enumerate();
        let connected: Vec<Endpoint> =
            at.filter_map(|(at, text)| parse(connect.path("connect", at), text)).collect();
        match (bind, connect.all()) {
            (None, []) => {
                let what = "say where it meets its peers: bind = \"ipc://FILE\" (they connect), or connect = \"…\" \
                            (they bind)";
                problems.push(Problem::whole(what));
            }
            (Some(_), [_, ..]) => {
                let what = "a socket is bound or connected, not both: leave one out";
                problems.push(Problem::at("connect", what));
            }
            _ => {}
        }
        let way = bound.map(Way::Bind).or((!connected.is_empty()).then_some(Way::Connect(connected)));
        way.filter(|_| problems.len() == before)
    }
}

impl Way {
    /// Whether it can be bound where it is to be, as far as that is sure.
    pub(crate) fn preflight(&self) -> Result<()> {
        match self {
            Way::Bind(end) => end.path().map_or(Ok(()), unix::may_be_bound),
            Way::Connect(_) => Ok(()),
        }
    }
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Way::Bind(end) => write!(f, "{end}"),
            Way::Connect(ends) => {
                let ends: Vec<&str> = ends.iter().map(Endpoint::text).collect();
                f.write_str(&ends.join(", "))
            }
        }
    }
}

/// An endpoint that is let through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Endpoint(String);

impl Endpoint {
    /// # Errors
    /// A clause, when it can't be, or is not let through.
    pub(crate) fn parse(text: &str) -> std::result::Result<Endpoint, String> {
        if let Some(path) = text.strip_prefix("ipc://") {
            if path.starts_with('@') {
                return Err(
                    "a socket without a file is open to every user of the host: name a file".to_string()
                );
            }
            if path == "*" {
                return Err("nobody would find a file of any name: name one".to_string());
            }
            return unix::check(path).map(|()| Endpoint(text.to_string()));
        }
        let Some(address) = text.strip_prefix("tcp://") else {
            let how = "an endpoint is \"ipc://PATH\" or \"tcp://127.0.0.1:PORT\"";
            return Err(match text.split_once("://") {
                Some((scheme @ ("inproc" | "pgm" | "epgm" | "vmci" | "udp" | "ws" | "wss"), _)) => {
                    format!("\"{scheme}\" is not for links between processes of one host: {how}")
                }
                _ => format!("{text:?} is no endpoint: {how}"),
            });
        };
        let (host, port) = address
            .rsplit_once(':')
            .ok_or_else(|| format!("{text:?} has no port: say tcp://127.0.0.1:PORT"))?;
        if !port.parse().is_ok_and(|port: u16| port > 0) {
            return Err(format!("{port:?} is no port: it is a number from 1 to 65535"));
        }
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        let ip: Option<IpAddr> =
            if host == "localhost" { Some([127, 0, 0, 1].into()) } else { bare.parse().ok() };
        match ip.filter(IpAddr::is_loopback) {
            Some(IpAddr::V4(ip)) => Ok(Endpoint(format!("tcp://{ip}:{port}"))),
            Some(IpAddr::V6(ip)) => Ok(Endpoint(format!("tcp://[{ip}]:{port}"))),
            None => Err(format!(
                "{host:?} can be reached from other hosts, and nothing there is encrypted or asks for a key: take \
                 127.0.0.1, and a tunnel (ssh -L) from elsewhere"
            )),
        }
    }

    /// As libzmq takes it.
    pub(crate) fn text(&self) -> &str {
        &self.0
    }

    /// The file, if it is one.
    pub(crate) fn path(&self) -> Option<&Path> {
        self.0.strip_prefix("ipc://").map(Path::new)
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_and_this_host_alone_are_let_through() {
        for (text, endpoint) in [
            ("ipc://out/orders.ipc", "ipc://out/orders.ipc"),
            ("ipc:///tmp/x", "ipc:///tmp/x"),
            ("tcp://127.0.0.1:5555", "tcp://127.0.0.1:5555"),
            ("tcp://localhost:5555", "tcp://127.0.0.1:5555"),
            ("tcp://127.8.9.1:65535", "tcp://127.8.9.1:65535"),
            ("tcp://[::1]:80", "tcp://[::1]:80"),
        ] {
            assert_eq!(Endpoint::parse(text).map(|endpoint| endpoint.to_string()), Ok(endpoint.to_string()));
        }
        for (text, why) in [
            ("tcp://*:5555", "can be reached from other hosts"),
            ("tcp://0.0.0.0:5555", "can be reached from other hosts"),
            ("tcp://eth0:5555", "can be reached from other hosts"),
            ("tcp://[::]:5555", "can be reached from other hosts"),
            ("tcp://10.0.0.1;127.0.0.1:5555", "can be reached from other hosts"),
            ("tcp://[::1", "can be reached from other hosts"),
            ("tcp://127.0.0.1:*", "is no port"),
            ("tcp://127.0.0.1:0", "is no port"),
            ("tcp://127.0.0.1:70000", "is no port"),
            ("tcp://127.0.0.1", "has no port"),
            ("ipc://", "names no socket"),
            ("ipc://*", "name one"),
            ("ipc://@all", "every user of the host"),
            ("inproc://x", "not for links between processes"),
            ("out/x.ipc", "is no endpoint"),
            ("", "is no endpoint"),
        ] {
            let told = Endpoint::parse(text).unwrap_err();
            assert!(told.contains(why), "{text}: {told}");
        }
        assert!(Endpoint::parse(&format!("ipc://{}", "x".repeat(108))).unwrap_err().contains("107"));
    }
}
