//! A socket that takes datagrams, over UDP or at the path of a Unix socket, and counts those that found no room.

use super::cannot_listen;
use super::peers::Peers;
use super::unix::{self, Bound};
use crate::error::{Result, say};
use nix::cmsg_space;
use nix::errno::Errno;
use nix::sys::socket::{
    ControlMessageOwned, MsgFlags, RecvMsg, SockaddrStorage, recvmsg, setsockopt, sockopt,
};
use nix::sys::stat::fstat;
use std::fs::File;
use std::io::{self, BufRead, BufReader, IoSliceMut};
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::os::unix::net::UnixDatagram;
use std::path::Path;

/// No datagram of UDP is longer; a longer one at a path is cut there.
const ROOM: usize = 64 << 10;
/// What is asked for the kernel to hold, in bytes; it gives what `net.core.rmem_max` allows.
const WAITING: usize = 8 << 20;
/// At the end so many are counted that wait; who sends on is not heard for ever.
const COUNTED: usize = 100_000;

enum Socket {
    Udp(UdpSocket, Peers),
    /// The path is taken away with it.
    Unix {
        socket: UnixDatagram,
        _bound: Bound,
    },
}

pub(crate) struct Datagrams {
    socket: Socket,
    buffer: Vec<u8>,
    control: Vec<u8>,
    /// As the kernel counts: all that found no room, in 32 bits.
    dropped: u32,
    /// Those that were not told of yet.
    untold: u64,
}

/// What has come.
pub(crate) enum Datagram<'a> {
    Whole(&'a [u8]),
    /// Its end is missing: it was longer than any may be.
    Cut(&'a [u8]),
    /// One of a host that may not.
    Stranger,
    Nothing,
}

impl Datagrams {
    /// Takes those that come to an address, and says which: the system chooses port 0.
    ///
    /// # Errors
    /// A sentence when it can't be.
    pub(crate) fn udp(at: SocketAddr, peers: Peers) -> Result<Datagrams> {
        let bind = || {
            let socket = UdpSocket::bind(at)?;
            setsockopt(&socket, sockopt::RcvBuf, &WAITING)?;
            setsockopt(&socket, sockopt::RxqOvfl, &1)?;
            let at = socket.local_addr()?;
            Ok((socket, at))
        };
        let (socket, at) = bind().map_err(|e: io::Error| cannot_listen(&at, &e))?;
        say(&format!("listens at {at} (UDP)"));
        Ok(Datagrams::of(Socket::Udp(socket, peers)))
    }

    /// Takes those that come to a path, where only the same user may send.
    ///
    /// # Errors
    /// A sentence when it can't be.
    pub(crate) fn unix(path: &str) -> Result<Datagrams> {
        let (socket, bound) = unix::datagrams_alone(Path::new(path))?;
        say(&format!("listens at {path}"));
        Ok(Datagrams::of(Socket::Unix { socket, _bound: bound }))
    }

    fn of(socket: Socket) -> Datagrams {
        let control = cmsg_space!(u32);
        Datagrams { socket, buffer: vec![0; ROOM], control, dropped: 0, untold: 0 }
    }

    /// The next that is there. It is in the buffer until the next call.
    ///
    /// # Errors
    /// When the socket can't be read.
    pub(crate) fn next(&mut self) -> io::Result<Datagram<'_>> {
        let Datagrams { socket, buffer, control, dropped, untold } = self;
        let fd = socket.as_fd().as_raw_fd();
        let mut into = [IoSliceMut::new(buffer)];
        let taken = recvmsg::<SockaddrStorage>(fd, &mut into, Some(control), MsgFlags::MSG_DONTWAIT);
        let taken: RecvMsg<'_, '_, _> = match taken {
            Ok(taken) => taken,
            Err(Errno::EAGAIN | Errno::EINTR) => return Ok(Datagram::Nothing),
            // A datagram of ours that nobody took is told so; there are none.
            Err(Errno::ECONNREFUSED) => return Ok(Datagram::Stranger),
            Err(e) => return Err(e.into()),
        };
        for said in taken.cmsgs()? {
            if let ControlMessageOwned::RxqOvfl(now) = said {
                *untold += u64::from(now.wrapping_sub(*dropped));
                *dropped = now;
            }
        }
        let (bytes, cut) = (taken.bytes, taken.flags.contains(MsgFlags::MSG_TRUNC));
        if let Socket::Udp(_, peers) = socket {
            let from = taken.address.and_then(|from| address_of(&from));
            if !from.is_some_and(|from| peers.may_come(from)) {
                return Ok(Datagram::Stranger);
            }
        }
        let text = &self.buffer[..bytes];
        Ok(if cut { Datagram::Cut(text) } else { Datagram::Whole(text) })
    }

    /// How many found no room since this was asked last, as far as those behind them told.
    pub(crate) fn dropped(&mut self) -> u64 {
        std::mem::take(&mut self.untold)
    }

    /// How many were not read, when nothing more is: those that found no room, and those that wait.
    pub(crate) fn end(mut self) -> u64 {
        let mut waiting = 0;
        for _ in 0..COUNTED {
            match self.next() {
                Ok(Datagram::Whole(_) | Datagram::Cut(_)) => waiting += 1,
                Ok(Datagram::Stranger) => {}
                Ok(Datagram::Nothing) | Err(_) => break,
            }
        }
        // Of those behind which nothing came no datagram has told.
        if let Socket::Udp(socket, _) = &self.socket {
            let now = fstat(socket).ok().and_then(|there| dropped_by(there.st_ino));
            self.untold += now.map_or(0, |now| u64::from(now.wrapping_sub(self.dropped)));
        }
        waiting + self.dropped()
    }
}

/// How many datagrams a socket has dropped, as the system's tables say it.
fn dropped_by(inode: u64) -> Option<u32> {
    let tables = ["/proc/net/udp", "/proc/net/udp6"].into_iter().filter_map(|table| File::open(table).ok());
    let mut lines = tables.flat_map(|table| BufReader::new(table).lines()).map_while(io::Result::ok);
    let inode = inode.to_string();
    let line = lines.find(|line| line.split_ascii_whitespace().nth(9) == Some(&inode))?;
    line.split_ascii_whitespace().last()?.parse().ok()
}

fn address_of(from: &SockaddrStorage) -> Option<IpAddr> {
    let old = || from.as_sockaddr_in().map(|from| IpAddr::from(from.ip()));
    old().or_else(|| from.as_sockaddr_in6().map(|from| IpAddr::from(from.ip())))
}

impl AsFd for Socket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Socket::Udp(socket, _) => socket.as_fd(),
            Socket::Unix { socket, .. } => socket.as_fd(),
        }
    }
}

impl AsFd for Datagrams {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}
