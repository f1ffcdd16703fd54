//! Nothing is left of a hostile proxy that has ended: no thread, no socket.
//!
//! One test only, since it looks at all of its process.

#![cfg(target_os = "linux")]

use std::fs::{read_dir, read_link};
use std::net::SocketAddr;

use encke::test::{Direction, Fault, Late, Page, Proxy};
use support::{End, Line, Upstream, within};

const WEBSOCKET: &str = "GET /ws HTTP/1.1\r\nUpgrade: websocket\r\n\r\n";
const SWITCH: &str = "HTTP/1.1 101 Yes\r\n\r\n";

fn threads() -> usize {
    read_dir("/proc/self/task").expect("Linux has it").count()
}

fn sockets() -> usize {
    let files = read_dir("/proc/self/fd").expect("Linux has it");
    let links = files.filter_map(|file| read_link(file.ok()?.path()).ok());
    links
        .filter(|link| link.to_string_lossy().starts_with("socket:"))
        .count()
}

/// Connections in every state that they can be in.
async fn busy(upstream: &Upstream, proxy: &Proxy) -> Vec<Line> {
    proxy.on_request(|request| match request.path.as_str() {
        "/repeat" => vec![Fault::repeat(Late::Told)],
        "/hole" => vec![Fault::swallow(Direction::Up, 3)],
        "/slow" => vec![Fault::throttle(Direction::Up, 50)],
        "/cut" => vec![Fault::cut(Direction::Up, 5)],
        "/ws" => vec![Fault::Mute(Direction::Up), Fault::Mute(Direction::Down)],
        "/page" => vec![Fault::Answer(Page::portal())],
        _ => vec![],
    });
    let mut lines = vec![Line::connect(proxy.address()).await];
    let mut websocket = Line::connect(proxy.address()).await;
    websocket.write(WEBSOCKET).await;
    let mut server = upstream.accept().await;
    server.expect(WEBSOCKET).await;
    server.write(SWITCH).await;
    websocket.expect(SWITCH).await;
    lines.extend([websocket, server]);
    for path in ["/repeat", "/hole", "/slow", "/cut", "/plain"] {
        let mut line = Line::connect(proxy.address()).await;
        line.write(format!("GET {path} HTTP/1.1\r\n\r\n")).await;
        let mut server = upstream.accept().await;
        server.expect("GET").await;
        lines.extend([line, server]);
    }
    let mut line = Line::connect(proxy.address()).await;
    line.write("GET /page HTTP/1.1\r\n\r\n").await;
    line.expect("HTTP/1.1 200 OK").await;
    lines.push(line);
    let there = proxy.wait_for(|log| log.counts.connections == 8 && log.counts.ended == 1);
    within("all of it", there).await;
    lines
}

async fn gone(lines: Vec<Line>, address: SocketAddr) {
    for mut line in lines {
        let (_, End::Fin | End::Rst) = line.rest().await;
    }
    let refused = tokio::net::TcpStream::connect(address).await;
    refused.expect_err("nobody listens");
}

#[tokio::test]
async fn no_thread_and_no_socket_is_left() {
    let upstream = Upstream::start().await;
    let before = (threads(), sockets());
    for ending in ["dropped", "closed", "closed while there is no network"] {
        let proxy = Proxy::start(upstream.address()).expect("a proxy");
        let address = proxy.address();
        let lines = busy(&upstream, &proxy).await;
        assert_eq!(threads(), before.0 + 1);
        let held = lines.len();
        match ending {
            "dropped" => drop(proxy),
            "closed" => proxy.close().await,
            _ => {
                proxy.refuse();
                proxy.close().await;
            }
        }
        // Right away, but for what the test holds itself.
        assert_eq!(
            (threads(), sockets()),
            (before.0, before.1 + held),
            "{ending}"
        );
        gone(lines, address).await;
    }
    let proxy = Proxy::start_here(upstream.address()).expect("a proxy");
    let address = proxy.address();
    let lines = busy(&upstream, &proxy).await;
    let held = lines.len();
    assert_eq!(threads(), before.0);
    proxy.close().await;
    assert_eq!((threads(), sockets()), (before.0, before.1 + held));
    gone(lines, address).await;
    // Dropped, it ends as soon as its runtime has a turn.
    let proxy = Proxy::start_here(upstream.address()).expect("a proxy");
    let address = proxy.address();
    let lines = busy(&upstream, &proxy).await;
    drop(proxy);
    gone(lines, address).await;
    assert_eq!((threads(), sockets()), before);
}
