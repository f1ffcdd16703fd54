//! A plug for each page: what lies between its browser and the server is cut, and stays cut for a while.
//!
//! It is for show. Browsers connect to a relay, which carries bytes to the server behind it and back. A
//! wire belongs to the page whose request it carried last.

use std::collections::HashMap;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::{Error, rt, web};
use tokio::net::{TcpListener as Acceptor, TcpStream};
use tokio::sync::Notify;
use tokio::time::sleep;

use crate::visit::PageId;

/// How long a wire that was cut takes bytes and carries them nowhere, until both ends hear of it: what
/// was sent last is lost on the way, as it is on a wire that breaks.
const DEAD: Duration = Duration::from_millis(300);

/// How long the relay waits when it can accept nothing, such as for want of file descriptors.
const BREATH: Duration = Duration::from_millis(100);

/// The wires, and which pages are cut off.
#[derive(Debug, Default)]
pub(crate) struct Plugs(Mutex<Board>);

#[derive(Debug, Default)]
struct Board {
    /// By the port from which the relay connects to the server.
    wires: HashMap<u16, Wire>,
    /// When each page that is cut off may come back.
    pulled: HashMap<PageId, Instant>,
}

#[derive(Debug, Default)]
struct Wire {
    page: Option<PageId>,
    cut: Arc<Notify>,
}

impl Plugs {
    /// Cuts a page's wires, and every new one until the time has passed.
    pub(crate) fn pull(&self, page: &PageId, time: Duration) {
        let now = Instant::now();
        let mut board = self.board();
        board.pulled.retain(|_, until| *until > now);
        board.pulled.insert(page.clone(), now + time);
        let wires = board.wires.values();
        for wire in wires.filter(|wire| wire.page.as_ref() == Some(page)) {
            wire.cut.notify_one();
        }
    }

    /// A request has come by a wire. Cuts that, and says false, if the page's plug is pulled.
    fn pass(&self, port: u16, page: Option<PageId>) -> bool {
        let mut board = self.board();
        let until = page.as_ref().and_then(|page| board.pulled.get(page));
        let is_pulled = until.is_some_and(|until| *until > Instant::now());
        // Who is not behind the relay can not be cut off.
        let Some(wire) = board.wires.get_mut(&port) else {
            return true;
        };
        wire.page = page;
        if is_pulled {
            wire.cut.notify_one();
        }
        !is_pulled
    }

    fn lay(&self, port: u16) -> Arc<Notify> {
        let wire = Wire::default();
        let cut = Arc::clone(&wire.cut);
        self.board().wires.insert(port, wire);
        cut
    }

    fn board(&self) -> MutexGuard<'_, Board> {
        // Nothing panics halfway through a change.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Looks at each request, in front of everything else.
pub(crate) async fn pass(
    plugs: web::Data<Plugs>,
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let port = request.peer_addr().map_or(0, |peer| peer.port());
    // Watching goes past the plug.
    let is_cuttable = request.path().starts_with("/socket.io/");
    let page = is_cuttable.then(|| page_in(request.query_string()));
    if !plugs.pass(port, page.flatten()) {
        // It goes with its connection.
        std::future::pending::<()>().await;
    }
    next.call(request).await
}

fn page_in(query: &str) -> Option<PageId> {
    let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let (_, value) = pairs.find(|(name, _)| *name == "page")?;
    PageId::parse(value)
}

/// Carries connections to the server.
pub(crate) async fn relay(listener: TcpListener, server: SocketAddr, plugs: web::Data<Plugs>) {
    let acceptor = match Acceptor::from_std(listener) {
        Ok(acceptor) => acceptor,
        Err(error) => return eprintln!("Nobody can connect: {error}."),
    };
    loop {
        match acceptor.accept().await {
            Ok((browser, _)) => {
                rt::spawn(carry(browser, server, plugs.clone()));
            }
            Err(_) => sleep(BREATH).await,
        }
    }
}

/// Ends when the wire is cut, or when either end closes its connection or loses it.
async fn carry(
    mut browser: TcpStream,
    server: SocketAddr,
    plugs: web::Data<Plugs>,
) -> io::Result<()> {
    let mut server = TcpStream::connect(server).await?;
    browser.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let port = server.local_addr()?.port();
    let cut = plugs.lay(port);
    let carried = tokio::select! {
        biased;
        () = cut.notified() => {
            sleep(DEAD).await;
            // A reset, and in front of it nothing that has not arrived yet.
            browser.set_zero_linger().and_then(|()| server.set_zero_linger())
        }
        carried = tokio::io::copy_bidirectional(&mut browser, &mut server) => carried.map(drop),
    };
    // Before the port is free for another.
    plugs.board().wires.remove(&port);
    carried
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    fn page(name: &str) -> Option<PageId> {
        PageId::parse(name)
    }

    #[test]
    fn a_request_says_whose_it_is() {
        assert_eq!(page_in("EIO=4&page=abcdef01&t=1"), page("abcdef01"));
        assert_eq!(page_in("EIO=4&webpage=abcdef01&page"), None);
        assert_eq!(page_in(""), None);
    }

    #[test]
    fn only_one_page_is_cut_off() {
        let plugs = Plugs::default();
        plugs.lay(1);
        plugs.lay(2);
        let pulled = page("abcdef01").unwrap();
        plugs.pull(&pulled, Duration::from_secs(60));
        assert!(!plugs.pass(1, Some(pulled.clone())));
        assert!(plugs.pass(1, None));
        assert!(plugs.pass(2, page("abcdef02")));
        assert!(plugs.pass(3, Some(pulled)), "a wire of nobody's");
    }

    #[test]
    fn the_plug_goes_in_again() {
        let plugs = Plugs::default();
        plugs.lay(1);
        let pulled = page("abcdef01").unwrap();
        plugs.pull(&pulled, Duration::ZERO);
        assert!(plugs.pass(1, Some(pulled)));
    }

    #[actix_web::test]
    async fn what_is_on_a_wire_that_is_cut_is_lost() -> io::Result<()> {
        let front = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        front.set_nonblocking(true)?;
        let address = front.local_addr()?;
        let acceptor = Acceptor::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let plugs = web::Data::new(Plugs::default());
        let carrying = rt::spawn(relay(front, acceptor.local_addr()?, plugs.clone()));

        let mut browser = TcpStream::connect(address).await?;
        let (mut server, peer) = acceptor.accept().await?;
        let mut byte = [0];
        browser.write_all(b"1").await?;
        server.read_exact(&mut byte).await?;
        server.write_all(b"2").await?;
        browser.read_exact(&mut byte).await?;
        assert_eq!(&byte, b"2");

        let pulled = page("abcdef01").unwrap();
        assert!(plugs.pass(peer.port(), Some(pulled.clone())));
        plugs.pull(&pulled, Duration::from_secs(60));
        browser.write_all(b"3").await?;
        server.write_all(b"4").await?;
        for end in [&mut browser, &mut server] {
            let fault = end.read(&mut byte).await.unwrap_err();
            assert_eq!(fault.kind(), io::ErrorKind::ConnectionReset);
        }
        carrying.abort();
        Ok(())
    }
}
