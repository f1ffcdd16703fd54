//! The hostile proxy as a network: it goes away and comes back, and passes on how each side ends.

use std::io::ErrorKind;

use encke::test::{Ending, Kind, Proxy, What};
use support::{End, Line, Upstream, within};
use tokio::net::TcpStream;

const GET: &str = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

async fn start() -> (Upstream, Proxy) {
    let upstream = Upstream::start().await;
    let proxy = Proxy::start(upstream.address()).expect("a proxy");
    (upstream, proxy)
}

/// A connection on which one request has been answered.
async fn open(upstream: &Upstream, proxy: &Proxy) -> (Line, Line) {
    let mut client = Line::connect(proxy.address()).await;
    client.write(GET).await;
    let mut server = upstream.accept().await;
    exchange_rest(&mut client, &mut server).await;
    (client, server)
}

async fn exchange_rest(client: &mut Line, server: &mut Line) {
    server.expect(GET).await;
    server.write(OK).await;
    client.expect(OK).await;
}

/// Lets as much time pass as another proxy takes for some round trips.
async fn meanwhile() {
    let (upstream, proxy) = start().await;
    let (mut client, mut server) = open(&upstream, &proxy).await;
    for _ in 0..50 {
        client.write(GET).await;
        exchange_rest(&mut client, &mut server).await;
    }
}

async fn ended(proxy: &Proxy, count: u64) {
    let ended = proxy.wait_for(|log| log.counts.ended == count);
    within("a connection to end", ended).await;
}

fn endings(proxy: &Proxy) -> Vec<Ending> {
    let log = proxy.log();
    let ending = |what: &What| match what {
        What::Ended(ending) => Some(*ending),
        _ => None,
    };
    log.events()
        .filter_map(|event| ending(&event.what))
        .collect()
}

#[tokio::test]
async fn what_is_sent_while_the_network_is_gone_arrives_when_it_is_back() {
    let (upstream, proxy) = start().await;
    let (mut client, mut server) = open(&upstream, &proxy).await;
    let (mut waits, mut asked) = open(&upstream, &proxy).await;
    waits.write(GET).await;
    asked.expect(GET).await;
    proxy.pause();
    client.write(GET).await;
    asked.write(OK).await;
    let mut new = Line::connect(proxy.address()).await;
    new.write(GET).await;
    meanwhile().await;
    for line in [&server, &waits, &new] {
        line.assert_silent();
    }
    assert_eq!(proxy.connections().len(), 2);
    proxy.resume().expect("the port is open");
    exchange_rest(&mut client, &mut server).await;
    waits.expect(OK).await;
    exchange_rest(&mut new, &mut upstream.accept().await).await;
}

#[tokio::test]
async fn an_end_does_not_pass_while_the_network_is_gone() {
    let (upstream, proxy) = start().await;
    let (mut client, mut server) = open(&upstream, &proxy).await;
    let (other, mut server_of_other) = open(&upstream, &proxy).await;
    proxy.pause();
    client.finish().await;
    other.reset();
    meanwhile().await;
    server.assert_silent();
    server_of_other.assert_silent();
    proxy.resume().expect("the port is open");
    assert_eq!(server.rest().await, (vec![], End::Fin));
    assert_eq!(server_of_other.rest().await, (vec![], End::Rst));
}

#[tokio::test]
async fn connections_are_refused_until_the_network_is_back() {
    let (upstream, proxy) = start().await;
    let (mut client, mut server) = open(&upstream, &proxy).await;
    for _ in 0..20 {
        proxy.refuse();
        client.write(GET).await;
        let refused = TcpStream::connect(proxy.address()).await;
        let error = refused.expect_err("nobody listens");
        assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
        proxy.resume().expect("the port is free");
        exchange_rest(&mut client, &mut server).await;
        open(&upstream, &proxy).await;
    }
}

#[tokio::test]
async fn open_connections_become_black_holes_and_new_ones_do_not() {
    let (upstream, proxy) = start().await;
    let (mut client, server) = open(&upstream, &proxy).await;
    let (mut waits, mut asked) = open(&upstream, &proxy).await;
    waits.write(GET).await;
    asked.expect(GET).await;
    proxy.black_hole_all();
    client.write(GET).await;
    asked.write(OK).await;
    let swallowed = (GET.len() + OK.len()) as u64;
    within(
        "both to be swallowed",
        proxy.wait_for(|log| log.counts.swallowed == swallowed),
    )
    .await;
    server.assert_silent();
    waits.assert_silent();
    // Nobody hears of the other's end either.
    client.finish().await;
    asked.finish().await;
    open(&upstream, &proxy).await;
    server.assert_silent();
    waits.assert_silent();
    // Once both sides are gone, so is the connection.
    drop((server, waits));
    ended(&proxy, 3).await;
}

#[tokio::test]
async fn one_connection_is_picked() {
    let (upstream, proxy) = start().await;
    let (mut first, mut server_of_first) = open(&upstream, &proxy).await;
    let (mut second, mut server_of_second) = open(&upstream, &proxy).await;
    proxy.reset(|connection| connection.number == 1);
    assert_eq!(first.rest().await, (vec![], End::Rst));
    assert_eq!(server_of_first.rest().await, (vec![], End::Rst));
    second.write(GET).await;
    exchange_rest(&mut second, &mut server_of_second).await;
}

#[tokio::test]
async fn each_side_hears_how_the_other_ends() {
    let (upstream, proxy) = start().await;
    // The client goes while its request waits.
    let (mut client, mut server) = open(&upstream, &proxy).await;
    client.write(GET).await;
    server.expect(GET).await;
    drop(client);
    assert_eq!(server.rest().await, (vec![], End::Fin));
    drop(server);
    ended(&proxy, 1).await;
    // The server goes between two requests.
    let (mut client, server) = open(&upstream, &proxy).await;
    drop(server);
    assert_eq!(client.rest().await, (vec![], End::Fin));
    drop(client);
    ended(&proxy, 2).await;
    // The server resets in the middle of an answer.
    let (mut client, mut server) = open(&upstream, &proxy).await;
    client.write(GET).await;
    let forwarded = proxy.wait_for(|log| log.counts.forwarded == 5);
    within("the request to pass", forwarded).await;
    server.write(&OK[..OK.len() - 1]).await;
    client.expect(&OK[..OK.len() - 1]).await;
    server.reset();
    assert_eq!(client.rest().await, (vec![], End::Rst));
    ended(&proxy, 3).await;
    let closed = Ending::Closed;
    assert_eq!(endings(&proxy), [closed, closed, Ending::Broken]);
}

#[tokio::test]
async fn a_server_may_answer_before_it_has_the_request() {
    let (upstream, proxy) = start().await;
    let mut client = Line::connect(proxy.address()).await;
    let head = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n";
    let refusal = "HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n";
    client.write([head, "01234"].concat()).await;
    let mut server = upstream.accept().await;
    server.expect([head, "01234"].concat()).await;
    server.write(refusal).await;
    client.expect(refusal).await;
    // The rest of the body is no request.
    client.write("56789").await;
    server.expect("56789").await;
    client.write(GET).await;
    exchange_rest(&mut client, &mut server).await;
    assert_eq!(proxy.log().counts.requests, 2);
}

#[tokio::test]
async fn pipelined_requests_are_asked_about_one_by_one() {
    let (upstream, proxy) = start().await;
    let mut client = Line::connect(proxy.address()).await;
    client.write(GET.repeat(3)).await;
    let mut server = upstream.accept().await;
    for _ in 0..3 {
        exchange_rest(&mut client, &mut server).await;
    }
    assert_eq!(proxy.log().counts.requests, 3);
}

#[tokio::test]
async fn what_is_not_http_passes() {
    let (upstream, proxy) = start().await;
    let mut client = Line::connect(proxy.address()).await;
    client.write(b"\x16\x03\x01").await;
    let mut server = upstream.accept().await;
    server.expect(b"\x16\x03\x01").await;
    server.write(b"\x15\x03").await;
    client.expect(b"\x15\x03").await;
    client.finish().await;
    assert_eq!(server.rest().await, (vec![], End::Fin));
    assert_eq!(proxy.log().counts.requests, 0);
}

#[tokio::test]
async fn a_server_that_is_away_resets_and_another_takes_its_place() {
    let (upstream, proxy) = start().await;
    let (mut client, mut server) = open(&upstream, &proxy).await;
    drop(upstream);
    let mut refused = Line::connect(proxy.address()).await;
    refused.write(GET).await;
    assert_eq!(refused.rest().await, (vec![], End::Rst));
    let log = proxy.log();
    let is_it = |what: &What| *what == What::Unreachable;
    assert!(log.events().any(|event| is_it(&event.what)), "{log}");
    let other = Upstream::start().await;
    proxy.forward_to(other.address());
    open(&other, &proxy).await;
    // The former server's connection is still that server's.
    client.write(GET).await;
    exchange_rest(&mut client, &mut server).await;
    assert_eq!(proxy.log().counts.of(Kind::Reset), 0);
}
