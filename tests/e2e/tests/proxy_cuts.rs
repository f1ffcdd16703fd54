//! The hostile proxy ends connections, or lets bytes vanish, after exactly as many bytes as it was
//! told.

use encke::test::{Direction, Fault, Kind, Proxy};
use support::{End, Line, Upstream, within};

const POST: &[u8] = b"POST /a?b=c HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello";
const OK: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const CHUNKED: &[u8] =
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n1;x\r\nd\r\n0\r\nA: b\r\n\r\n";

async fn start() -> (Upstream, Proxy) {
    let upstream = Upstream::start().await;
    let proxy = Proxy::start(upstream.address()).expect("a proxy");
    (upstream, proxy)
}

/// A request and its answer, passed on as they are.
async fn exchange(client: &mut Line, server: &mut Line, answer: &[u8]) {
    client.write(POST).await;
    server.expect(POST).await;
    server.write(answer).await;
    client.expect(answer).await;
}

async fn waited(proxy: &Proxy, kind: Kind, count: u64) {
    let what = format!("{count} of {kind:?}");
    within(what, proxy.wait_for(|log| log.counts.of(kind) == count)).await;
}

#[tokio::test]
async fn bytes_pass_unchanged_without_faults() {
    let (upstream, proxy) = start().await;
    let mut client = Line::connect(proxy.address()).await;
    client.write(&POST[..3]).await;
    client.write(&POST[3..]).await;
    let mut server = upstream.accept().await;
    server.expect(POST).await;
    server.write(&CHUNKED[..50]).await;
    client.expect(&CHUNKED[..50]).await;
    server.write(&CHUNKED[50..]).await;
    client.expect(&CHUNKED[50..]).await;
    for answer in [OK, CHUNKED] {
        exchange(&mut client, &mut server, answer).await;
    }
    let log = proxy.log();
    assert_eq!((log.counts.requests, log.counts.forwarded), (3, 3), "{log}");
    assert_eq!(log.counts.bytes_up, 3 * POST.len() as u64, "{log}");
    client.finish().await;
    assert_eq!(server.rest().await, (vec![], End::Fin));
    server.finish().await;
    assert_eq!(client.rest().await, (vec![], End::Fin));
}

#[tokio::test]
async fn a_request_is_cut_at_each_byte() {
    let (upstream, proxy) = start().await;
    for (cut, end) in [(true, End::Fin), (false, End::Rst)] {
        for n in 0..=POST.len() {
            proxy.on_request(move |_| {
                let make = if cut { Fault::cut } else { Fault::reset };
                make(Direction::Up, n as u64)
            });
            let mut client = Line::connect(proxy.address()).await;
            client.write(POST).await;
            let mut server = upstream.accept().await;
            assert_eq!(server.rest().await, (POST[..n].to_vec(), end), "{n}");
            assert_eq!(client.rest().await, (vec![], end), "{n}");
        }
    }
    waited(&proxy, Kind::Cut, POST.len() as u64 + 1).await;
    waited(&proxy, Kind::Reset, POST.len() as u64 + 1).await;
}

#[tokio::test]
async fn an_answer_is_cut_at_each_byte() {
    let (upstream, proxy) = start().await;
    for (cut, end) in [(true, End::Fin), (false, End::Rst)] {
        for n in 0..=CHUNKED.len() {
            // The second request on the connection, so that its answer's first byte is not the
            // connection's.
            proxy.on_request(move |request| {
                let make = if cut { Fault::cut } else { Fault::reset };
                (request.on_connection == 2).then(|| make(Direction::Down, n as u64))
            });
            let mut client = Line::connect(proxy.address()).await;
            client.write(POST).await;
            let mut server = upstream.accept().await;
            server.expect(POST).await;
            server.write(OK).await;
            client.expect(OK).await;
            client.write(POST).await;
            server.expect(POST).await;
            server.write(CHUNKED).await;
            assert_eq!(client.rest().await, (CHUNKED[..n].to_vec(), end), "{n}");
            assert_eq!(server.rest().await, (vec![], end), "{n}");
        }
    }
}

#[tokio::test]
async fn a_position_behind_the_end_of_the_message_does_nothing() {
    let (upstream, proxy) = start().await;
    proxy.on_request(|_| {
        [
            Fault::cut(Direction::Up, POST.len() as u64 + 1),
            Fault::reset(Direction::Down, OK.len() as u64 + 1),
        ]
    });
    let mut client = Line::connect(proxy.address()).await;
    client.write(POST).await;
    let mut server = upstream.accept().await;
    server.expect(POST).await;
    server.write(OK).await;
    client.expect(OK).await;
    for _ in 0..3 {
        exchange(&mut client, &mut server, OK).await;
    }
    assert_eq!(proxy.log().counts.faults(), 0, "{}", proxy.log());
}

#[tokio::test]
async fn a_connection_is_cut_at_each_byte_of_two_requests() {
    let (upstream, proxy) = start().await;
    let up = [POST, POST].concat();
    let down = [OK, CHUNKED].concat();
    for direction in [Direction::Up, Direction::Down] {
        let bytes = if direction == Direction::Up {
            &up
        } else {
            &down
        };
        for n in 0..=bytes.len() {
            proxy.on_connection(move |_| Fault::cut(direction, n as u64));
            let mut client = Line::connect(proxy.address()).await;
            client.write(POST).await;
            let mut server = upstream.accept().await;
            let (mut at_server, mut at_client) = (vec![], vec![]);
            // Each end plays its part until it is cut off.
            let answers = async {
                let mut took = server.take(POST.len(), &mut at_server).await;
                for answer in [OK, CHUNKED] {
                    if took && server.try_write(answer).await.is_ok() {
                        took = server.take(POST.len(), &mut at_server).await;
                    }
                }
            };
            let asks = async {
                if client.take(OK.len(), &mut at_client).await
                    && client.try_write(POST).await.is_ok()
                {
                    client.take(CHUNKED.len() + 1, &mut at_client).await;
                }
            };
            tokio::join!(answers, asks);
            let found = if direction == Direction::Up {
                at_server
            } else {
                at_client
            };
            assert_eq!(found, bytes[..n], "{direction:?} {n}\n{}", proxy.log());
        }
    }
    waited(&proxy, Kind::Cut, (up.len() + down.len() + 2) as u64).await;
}

#[tokio::test]
async fn a_cut_is_a_fin_though_more_was_on_its_way() {
    let (upstream, proxy) = start().await;
    let body = "x".repeat(300_000);
    let length = format!("Content-Length: {}\r\n\r\n", body.len());
    let request = format!("POST / HTTP/1.1\r\n{length}{body}");
    let answer = format!("HTTP/1.1 200 OK\r\n{length}{body}");
    for direction in [Direction::Up, Direction::Down] {
        proxy.on_request(move |_| Fault::cut(direction, 9));
        let mut client = Line::connect(proxy.address()).await;
        let mut server = None;
        let asks = client.write(&request);
        let answers = async {
            let mut line = upstream.accept().await;
            if direction == Direction::Down {
                line.expect(&request).await;
                line.write(&answer).await;
            }
            server = Some(line);
        };
        tokio::join!(asks, answers);
        let mut server = server.expect("it was accepted");
        let (at_server, at_client) = match direction {
            Direction::Up => (&request[..9], ""),
            Direction::Down => ("", &answer[..9]),
        };
        let found = [server.rest().await, client.rest().await];
        let expected = [at_server, at_client].map(|bytes| (bytes.as_bytes().to_vec(), End::Fin));
        assert_eq!(found, expected, "{direction:?}");
    }
}

#[tokio::test]
async fn one_position_of_all_connections_is_cut() {
    let (upstream, proxy) = start().await;
    for n in 0..2 * POST.len() {
        proxy.cut_once(Direction::Up, n as u64);
        let mut found = Vec::new();
        for first in [true, false] {
            let mut client = Line::connect(proxy.address()).await;
            client.write(POST).await;
            let mut server = upstream.accept().await;
            let is_whole = server.take(POST.len(), &mut found).await;
            // A cut behind the last byte is one of the connection that the byte came on.
            let is_cut = (n <= POST.len()) == first;
            assert_eq!(is_whole, !is_cut || n == POST.len(), "{n}");
            if is_cut {
                assert_eq!(client.rest().await, (vec![], End::Fin));
                break;
            }
            server.write(OK).await;
            client.expect(OK).await;
        }
        assert_eq!(found.len(), n);
    }
    waited(&proxy, Kind::Cut, 2 * POST.len() as u64).await;
    // One that has not happened is taken away.
    proxy.swallow_once(Direction::Down, 3);
    proxy.reset_once(Direction::Down, 9);
    let mut client = Line::connect(proxy.address()).await;
    client.write(POST).await;
    upstream.accept().await.write(OK).await;
    assert_eq!(client.rest().await, (OK[..9].to_vec(), End::Rst));
    proxy.cut_once(Direction::Down, 3);
    proxy.behave();
    let mut client = Line::connect(proxy.address()).await;
    client.write(POST).await;
    upstream.accept().await.write(OK).await;
    client.expect(OK).await;
}

#[tokio::test]
async fn what_comes_after_a_position_is_swallowed() {
    let (upstream, proxy) = start().await;
    for n in 0..POST.len() {
        proxy.on_request(move |_| Fault::swallow(Direction::Up, n as u64));
        let mut client = Line::connect(proxy.address()).await;
        client.write(POST).await;
        client.write("and more").await;
        let mut server = upstream.accept().await;
        server.expect(&POST[..n]).await;
        waited(&proxy, Kind::Swallow, n as u64 + 1).await;
        // The other direction goes on, and neither the rest nor the end goes up.
        server
            .write("HTTP/1.1 408 Slow\r\nContent-Length: 0\r\n\r\n")
            .await;
        client
            .expect("HTTP/1.1 408 Slow\r\nContent-Length: 0\r\n\r\n")
            .await;
        client.finish().await;
        server.assert_silent();
        server.finish().await;
        assert_eq!(client.rest().await, (vec![], End::Fin));
    }
    let log = proxy.log();
    let least = (POST.len() * (POST.len() + 1) / 2) as u64;
    assert!(log.counts.swallowed >= least, "{log}");
    // Nothing of it was given to the server whole.
    assert_eq!(log.counts.forwarded, 0, "{log}");
}

#[tokio::test]
async fn an_answer_is_swallowed() {
    for is_of_connection in [true, false] {
        let (upstream, proxy) = start().await;
        if is_of_connection {
            proxy.on_connection(|_| Fault::swallow(Direction::Down, 9));
        } else {
            proxy.on_request(|_| Fault::swallow(Direction::Down, 9));
        }
        let mut client = Line::connect(proxy.address()).await;
        client.write(POST).await;
        let mut server = upstream.accept().await;
        server.expect(POST).await;
        server.write(OK).await;
        server.finish().await;
        client.expect(&OK[..9]).await;
        let swallowed = (OK.len() - 9) as u64;
        within(
            "the rest to be swallowed",
            proxy.wait_for(|log| log.counts.swallowed == swallowed),
        )
        .await;
        client.assert_silent();
        let counts = proxy.counts();
        assert_eq!((counts.forwarded, counts.answers), (1, 0));
        assert_eq!(counts.of(Kind::Swallow), 1);
    }
}

#[tokio::test]
async fn all_open_connections_are_cut_or_reset_and_new_ones_are_not() {
    let (upstream, proxy) = start().await;
    for (cut, end) in [(true, End::Fin), (false, End::Rst)] {
        let mut pairs = Vec::new();
        for _ in 0..3 {
            let mut client = Line::connect(proxy.address()).await;
            client.write(POST).await;
            let mut server = upstream.accept().await;
            server.expect(POST).await;
            pairs.push((client, server));
        }
        assert_eq!(proxy.connections().len(), 3);
        if cut {
            proxy.cut_all();
        } else {
            proxy.reset_all();
        }
        for (mut client, mut server) in pairs {
            assert_eq!(client.rest().await, (vec![], end));
            assert_eq!(server.rest().await, (vec![], end));
        }
        within(
            "the connections to be gone",
            proxy.wait_for(|log| log.counts.ended == log.counts.connections),
        )
        .await;
        assert_eq!(proxy.connections(), []);
    }
    let mut client = Line::connect(proxy.address()).await;
    client.write(POST).await;
    let mut server = upstream.accept().await;
    server.expect(POST).await;
    server.write(OK).await;
    client.expect(OK).await;
}
