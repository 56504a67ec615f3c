//! A port for one program and its viewer.

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use socket2::{Domain, Protocol, Socket, Type};

/// A port of this machine, for `TRACY_PORT`; no other call gets it while this value lives.
///
/// It is bound and not listened on, so a program that asks for its reuse, as Tracy's client does,
/// may listen there. A listener would not do, not even for a moment: a process started in that
/// moment by another thread inherits it, and a viewer would be connected to nobody.
#[derive(Debug)]
pub struct Port {
    number: u16,
    _held: Socket,
}

impl Port {
    /// The port's number.
    #[must_use]
    pub fn number(&self) -> u16 {
        self.number
    }
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.number.fmt(f)
    }
}

/// A port of this machine that nobody has.
///
/// # Errors
/// If the system has none.
pub fn free_port() -> io::Result<Port> {
    let held = Socket::new(Domain::IPV4, Type::STREAM, Some(Protocol::TCP))?;
    held.set_reuse_address(true)?;
    held.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into())?;
    let address = held.local_addr()?.as_socket();
    let number = address.map(|address| address.port()).ok_or(io::ErrorKind::AddrNotAvailable)?;
    Ok(Port { number, _held: held })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::net::{TcpListener, TcpStream};

    use super::*;

    #[test]
    fn a_port_is_for_one_program_which_alone_listens_on_it() {
        let port = free_port().unwrap();
        let address = (Ipv4Addr::LOCALHOST, port.number());
        let nobody = TcpStream::connect(address).unwrap_err();
        assert_eq!(nobody.kind(), io::ErrorKind::ConnectionRefused);
        let _program = TcpListener::bind(address).unwrap();
        TcpStream::connect(address).unwrap();
    }

    #[test]
    fn ports_that_are_held_differ() {
        const COUNT: usize = 500;
        let ports: Vec<Port> = (0..COUNT).map(|_| free_port().unwrap()).collect();
        let numbers: HashSet<u16> = ports.iter().map(Port::number).collect();
        assert_eq!(numbers.len(), COUNT);
    }
}
