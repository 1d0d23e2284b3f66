//! Where one may listen, and whose hosts may come.

use crate::params::{JsonSchema, Problem};
use ipnet::IpNet;
use serde::Deserialize;
use std::net::{IpAddr, SocketAddr};

/// What a topology says of it.
#[derive(Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct PeersParams {
    /// Listens where other hosts can come too; `allow` then says which.
    expose: bool,
    /// Hosts that may come, as addresses or networks such as "10.0.0.0/8"; this one always may.
    allow: Vec<String>,
}

/// The same, checked.
#[derive(Clone, Debug, Default)]
pub(crate) struct Peers {
    nets: Vec<IpNet>,
}

impl PeersParams {
    /// Who may come to `listen`; what can't be is told.
    pub(crate) fn check(&self, listen: Option<SocketAddr>, problems: &mut Vec<Problem>) -> Peers {
        let mut nets = Vec::new();
        for text in &self.allow {
            let one = || text.parse::<IpAddr>().ok().map(IpNet::from);
            match text.parse().ok().or_else(one) {
                Some(net) => nets.push(net),
                None => {
                    let what = format!(
                        "{text:?} is neither an address nor a network, such as \"10.0.0.7\" or \"10.0.0.0/8\""
                    );
                    problems.push(Problem::at("allow", what));
                }
            }
        }
        let Some(listen) = listen.filter(|listen| !is_here(listen.ip())) else { return Peers { nets } };
        if !self.expose {
            let what = format!(
                "{listen} can be reached from other hosts: listen at 127.0.0.1, or say expose = true, and whose hosts \
                 may come in allow = [\"…\"]"
            );
            problems.push(Problem::at("listen", what));
        } else if self.allow.is_empty() {
            let what = "expose = true needs the hosts that may come: allow = [\"10.0.0.0/8\"] (\"0.0.0.0/0\" and \
                        \"::/0\" are all)";
            problems.push(Problem::at("allow", what));
        }
        Peers { nets }
    }
}

impl Peers {
    /// Whether who comes from there may.
    pub(crate) fn may_come(&self, from: IpAddr) -> bool {
        // A socket for both kinds of addresses shows the old ones in the new form.
        let from = from.to_canonical();
        from.is_loopback() || self.nets.iter().any(|net| net.contains(&from))
    }
}

/// Whether only this host can come there.
pub(crate) fn is_here(address: IpAddr) -> bool {
    address.to_canonical().is_loopback()
}

/// The address that a topology names to listen at, or why it can't be.
pub(crate) fn address(text: &str) -> Result<SocketAddr, String> {
    if let Some(port) = text.strip_prefix("localhost:").and_then(|port| port.parse().ok()) {
        return Ok(SocketAddr::from(([127, 0, 0, 1], port)));
    }
    text.parse().map_err(|_| {
        format!(
            "{text:?} is not an address of this host and a port, such as \"127.0.0.1:7000\" or \"[::1]:7000\""
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peers(listen: &str, expose: bool, allow: &[&str]) -> (Peers, Vec<String>) {
        let mut problems = Vec::new();
        let allow = allow.iter().map(|text| text.to_string()).collect();
        let peers = PeersParams { expose, allow }.check(address(listen).ok(), &mut problems);
        (peers, problems.into_iter().map(|problem| problem.what).collect())
    }

    #[test]
    fn who_is_allowed_and_this_host_may_come() {
        let (peers, told) = peers("0.0.0.0:7000", true, &["10.0.0.0/8", "192.168.1.7", "fd00::/8"]);
        assert_eq!(told, [""; 0]);
        let may = |from: &str| peers.may_come(from.parse().unwrap());
        for from in ["127.0.0.1", "127.9.9.9", "::1", "10.1.2.3", "192.168.1.7", "fd00::7", "::ffff:10.1.2.3"]
        {
            assert!(may(from), "{from}");
        }
        for from in ["11.0.0.1", "192.168.1.8", "fe80::1", "::ffff:11.0.0.1", "::2"] {
            assert!(!may(from), "{from}");
        }
    }

    #[test]
    fn an_open_door_must_be_meant() {
        assert!(
            peers("0.0.0.0:7000", false, &[]).1[0]
                .starts_with("0.0.0.0:7000 can be reached from other hosts")
        );
        assert!(peers("[::]:7000", false, &["10.0.0.1"]).1[0].starts_with("[::]:7000 can be reached"));
        assert!(peers("10.0.0.1:7000", true, &[]).1[0].starts_with("expose = true needs the hosts"));
        assert!(
            peers("127.0.0.1:7000", false, &["10.0.0.0/33"]).1[0].starts_with("\"10.0.0.0/33\" is neither")
        );
        assert_eq!(peers("127.0.0.1:7000", false, &[]).1, [""; 0]);
        assert_eq!(peers("localhost:0", false, &[]).1, [""; 0]);
        for wrong in ["7000", ":7000", "*:7000", "example.org:7000", "127.0.0.1", "127.0.0.1:99999", ""] {
            assert!(address(wrong).is_err(), "{wrong}");
        }
    }
}
