//! Waiting on descriptors that are only known by number, as libzmq gives its own (ZMQ_FD).

use crate::RawFd;
use libc::{c_long, pollfd, ppoll, time_t, timespec, POLLIN};

/// Waits until one of two descriptors is readable, for `ns` nanoseconds at the longest; a negative one is not waited
/// for. Whether one is, or a signal came.
///
/// # Errors
/// The operating system's number for what went wrong.
pub fn readable(fds: [RawFd; 2], ns: u64) -> Result<bool, i32> {
    let mut fds = fds.map(|fd| pollfd { fd, events: POLLIN, revents: 0 });
    let seconds = time_t::try_from(ns / 1_000_000_000).unwrap_or(time_t::MAX);
    let timeout = timespec { tv_sec: seconds, tv_nsec: (ns % 1_000_000_000) as c_long };
    // Safety: the array and the time live as long as the call, which changes nothing else. A number that is no open
    // descriptor is answered by POLLNVAL.
    let found = unsafe { ppoll(fds.as_mut_ptr(), 2, &timeout, std::ptr::null()) };
    match found {
        0.. => Ok(found > 0),
        _ => match std::io::Error::last_os_error().raw_os_error() {
            Some(libc::EINTR) => Ok(true),
            error => Err(error.unwrap_or_default()),
        },
    }
}
