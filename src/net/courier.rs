//! A thread that posts, so that neither a slow server nor a name holds up a stage. HTTPS is checked against the
//! certificates that the system trusts.

use crate::error::{Error, Result, reason, scarce};
use crate::printable::one_line;
use nix::sys::eventfd::{EfdFlags, EventFd};
use std::fmt;
use std::net::IpAddr;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;
use ureq::Agent;
use ureq::http::Uri;
use ureq::tls::{Certificate, RootCerts, TlsConfig};

/// Who does not answer within this time is not there.
const CONNECT: Duration = Duration::from_secs(10);
/// and whose answer is not all there within this, gives none.
const ANSWER: Duration = Duration::from_secs(30);
/// So much of an answer is read; of one that refuses, so many characters are told.
const ANSWER_MAX: u64 = 64 << 10;
const TOLD_MAX: usize = 200;

/// Where to post, and what to say there beside a body. It holds secrets, so it is not shown.
#[derive(Clone)]
pub(crate) struct Errand {
    pub url: Url,
    pub headers: Vec<(String, String)>,
    pub token: Option<String>,
    pub content: &'static str,
}

/// A URL to post to. It is shown without what may be secret in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Url(Uri);

impl Url {
    /// The URL of a text, or why it can't be one.
    pub(crate) fn parse(text: &str) -> std::result::Result<Url, String> {
        let wrong =
            || format!("{:?} is not a URL, such as \"https://example.org/orders\"", without_secrets(text));
        let uri: Uri = text.parse().map_err(|_| wrong())?;
        let host = uri.host().filter(|host| !host.is_empty()).ok_or_else(wrong)?;
        if !matches!(uri.scheme_str(), Some("http" | "https")) || host.contains(' ') {
            return Err(wrong());
        }
        if uri.authority().is_some_and(|of| of.as_str().contains('@')) {
            return Err(
                "a URL with a user in it would be seen by all: say token_file, or headers".to_string()
            );
        }
        Ok(Url(uri))
    }

    /// Whether what is posted can be read on the way to another host.
    pub(crate) fn is_open(&self) -> bool {
        self.0.scheme_str() == Some("http") && !self.is_here()
    }

    fn is_here(&self) -> bool {
        let host = self.0.host().unwrap_or_default();
        let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(without_secrets(&self.0.to_string()))
    }
}

fn without_secrets(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or_default()
}

/// What has come of a post.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// The server has it.
    Taken,
    /// It answered so: its status, how long it wants to be left alone, and what it says.
    Refused { status: u16, again_after: Option<Duration>, says: String },
    /// There was no answer; why, as a clause.
    Unreached(String),
}

/// Posts one body after another.
pub(crate) struct Courier {
    bell: Arc<EventFd>,
    bodies: Sender<Vec<u8>>,
    outcomes: Receiver<(Vec<u8>, Outcome)>,
}

impl Courier {
    /// # Errors
    /// When there is no descriptor, or no thread, for it.
    pub(crate) fn new(errand: Errand) -> Result<Courier> {
        let url = errand.url.to_string();
        let cannot = |why: &std::io::Error| Error::failed(format!("cannot post to {url}: {}", scarce(why)));
        let flags = EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK;
        let bell = Arc::new(EventFd::from_flags(flags).map_err(|e| cannot(&e.into()))?);
        let (bodies, asked) = channel::<Vec<u8>>();
        let (tell, outcomes) = channel();
        let ring = bell.clone();
        let agent = agent(&errand)?;
        let work = move || {
            while let Ok(body) = asked.recv() {
                let outcome = post(&agent, &errand, &body);
                if tell.send((body, outcome)).is_err() {
                    return;
                }
                // A full counter means that it rings already.
                let _ = ring.write(1);
            }
        };
        let thread = std::thread::Builder::new().name("courier".to_string()).spawn(work);
        thread.map_err(|e| cannot(&e))?;
        Ok(Courier { bell, bodies, outcomes })
    }

    /// Posts a body; it comes back with what has come of it.
    pub(crate) fn post(&mut self, body: Vec<u8>) {
        // The thread ends when this one does.
        let _ = self.bodies.send(body);
    }

    pub(crate) fn outcome(&mut self) -> Option<(Vec<u8>, Outcome)> {
        let outcome = self.outcomes.try_recv().ok()?;
        // It rang for this.
        let _ = self.bell.read();
        Some(outcome)
    }
}

/// Readable when there is an outcome.
impl AsFd for Courier {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.bell.as_fd()
    }
}

/// # Errors
/// When it is to speak HTTPS and there is nobody to trust.
fn agent(errand: &Errand) -> Result<Agent> {
    let tls = TlsConfig::builder().root_certs(trusted(&errand.url)?).build();
    let config = Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .timeout_connect(Some(CONNECT))
        .timeout_global(Some(ANSWER))
        .user_agent(concat!("sluicebox/", env!("CARGO_PKG_VERSION")))
        .tls_config(tls);
    // What the environment says of proxies is not meant for this host.
    let config = if errand.url.is_here() { config.proxy(None) } else { config };
    Ok(config.build().new_agent())
}

/// The certificates that the system trusts.
fn trusted(url: &Url) -> Result<RootCerts> {
    if url.0.scheme_str() != Some("https") {
        return Ok(RootCerts::new_with_certs(&[]));
    }
    let found = rustls_native_certs::load_native_certs();
    let certificates = found.certs.iter().map(|found| Certificate::from_der(found).to_owned());
    let certificates: Vec<Certificate<'static>> = certificates.collect();
    if certificates.is_empty() {
        return Err(Error::failed(format!(
            "cannot post to {url}: this system trusts no certificates (install ca-certificates, or name a file of them \
             in SSL_CERT_FILE)"
        )));
    }
    Ok(RootCerts::new_with_certs(&certificates))
}

fn post(agent: &Agent, errand: &Errand, body: &[u8]) -> Outcome {
    let mut request = agent.post(&errand.url.0).header("Content-Type", errand.content);
    for (name, value) in &errand.headers {
        request = request.header(name, value);
    }
    if let Some(token) = &errand.token {
        request = request.header("Authorization", format!("Bearer {token}"));
    }
    let mut answer = match request.send(body) {
        Ok(answer) => answer,
        Err(e) => return Outcome::Unreached(clause(&e)),
    };
    let status = answer.status().as_u16();
    let says = answer.body_mut().with_config().limit(ANSWER_MAX).read_to_vec().unwrap_or_default();
    if answer.status().is_success() {
        return Outcome::Taken;
    }
    let again =
        answer.headers().get("retry-after").and_then(|after| after.to_str().ok()?.trim().parse().ok());
    let says: String = String::from_utf8_lossy(&says).trim().chars().take(TOLD_MAX).collect();
    let says = one_line(&says).into_owned();
    Outcome::Refused { status, again_after: again.map(Duration::from_secs), says }
}

/// Why there was no answer, without the words of a library.
fn clause(error: &ureq::Error) -> String {
    match error {
        ureq::Error::Io(e) if e.kind() == std::io::ErrorKind::InvalidData => {
            format!("its certificate or its TLS is wrong ({})", reason(e))
        }
        ureq::Error::Io(e) => reason(e),
        ureq::Error::Timeout(_) => "it does not answer in time".to_string(),
        ureq::Error::HostNotFound => "its name is not known".to_string(),
        ureq::Error::Tls(_) | ureq::Error::Rustls(_) => {
            format!("its certificate or its TLS is wrong ({error})")
        }
        ureq::Error::Protocol(_) => "it does not speak HTTP".to_string(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_checked_and_shown_without_secrets() {
        let shown = |text: &str| Url::parse(text).map(|url| url.to_string());
        assert_eq!(shown("https://example.org/a?key=s3cret").as_deref(), Ok("https://example.org/a"));
        for wrong in
            ["", "example.org", "ftp://example.org", "http://", "/a", "http:///a", "https://u:s3cret@h/"]
        {
            let told = shown(wrong).unwrap_err();
            assert!(!told.contains("s3cret"), "{told}");
        }
        let open = |text: &str| Url::parse(text).unwrap().is_open();
        assert!(open("http://example.org/") && !open("https://example.org/"));
        assert!(!open("http://localhost:1/") && !open("http://127.0.0.1/") && !open("http://[::1]:80/"));
    }
}
