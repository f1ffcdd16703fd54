//! What the hostile proxy does to a request and its answer besides ending them.

use std::sync::Arc;
use std::time::Duration;

use encke::test::{Direction, Fault, Kind, Late, Page, Proxy, Request, What, Which};
use support::{End, Line, Upstream, within};
use tokio::time::Instant;

const GET: &str = "GET /poll?leg=1 HTTP/1.1\r\nHost: x\r\n\r\n";
const NEWER: &str = "GET /poll?leg=2 HTTP/1.1\r\nHost: x\r\n\r\n";
const ELSE: &str = "GET /else HTTP/1.1\r\nHost: x\r\n\r\n";
const POST: &str =
    "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n";
const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const LATE: &str = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlate";

async fn start() -> (Upstream, Proxy) {
    let upstream = Upstream::start().await;
    let proxy = Proxy::start(upstream.address()).expect("a proxy");
    (upstream, proxy)
}

/// A rule that does this to the first request of all.
fn first(fault: Fault) -> impl FnMut(&Request) -> Option<Fault> {
    move |request| (request.number == 1).then(|| fault.clone())
}

fn page(status: &str, page: &Page) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {}\r\nContent-Length: {}\r\n\r\n",
        page.content_type,
        page.body.len()
    );
    [head.as_bytes(), &page.body].concat()
}

#[tokio::test]
async fn a_page_is_given_and_the_server_is_not_asked() {
    let (upstream, proxy) = start().await;
    proxy.on_request(|request| match request.number {
        1 => Some(Fault::Answer(Page::bad_gateway())),
        2 => Some(Fault::Answer(Page::portal())),
        _ => None,
    });
    let mut client = Line::connect(proxy.address()).await;
    client.write(POST).await;
    client
        .expect(page("502 Bad Gateway", &Page::bad_gateway()))
        .await;
    client.write(GET).await;
    client.expect(page("200 OK", &Page::portal())).await;
    // The first thing that the server hears is the third request.
    client.write(GET).await;
    let mut server = upstream.accept().await;
    server.expect(GET).await;
    server.write(OK).await;
    client.expect(OK).await;
    assert_eq!(proxy.log().counts.of(Kind::Answer), 2);
}

#[tokio::test]
async fn an_answer_is_replaced_and_the_request_was_taken() {
    let (upstream, proxy) = start().await;
    proxy.on_request(first(Fault::Replace(Page::portal())));
    let mut client = Line::connect(proxy.address()).await;
    client.write(POST).await;
    let mut server = upstream.accept().await;
    server.expect(POST).await;
    client.assert_silent();
    server.write(OK).await;
    client.expect(page("200 OK", &Page::portal())).await;
    // The same connections serve on.
    client.write(GET).await;
    server.expect(GET).await;
    server.write(OK).await;
    client.expect(OK).await;
}

#[tokio::test]
async fn a_websocket_that_was_replaced_leaves_the_client_another_try() {
    let (upstream, proxy) = start().await;
    proxy.on_request(first(Fault::Replace(Page::bad_gateway())));
    let upgrade = "GET /ws HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
    let mut client = Line::connect(proxy.address()).await;
    client.write(upgrade).await;
    let mut server = upstream.accept().await;
    server.expect(upgrade).await;
    server
        .write("HTTP/1.1 101 Yes\r\nUpgrade: websocket\r\n\r\n")
        .await;
    client
        .expect(page("502 Bad Gateway", &Page::bad_gateway()))
        .await;
    assert_eq!(server.rest().await, (vec![], End::Fin));
    assert_eq!(proxy.log().counts.websockets, 0);
    client.write(GET).await;
    let mut server = upstream.accept().await;
    server.expect(GET).await;
}

#[tokio::test]
async fn a_client_that_ends_behind_its_request_is_given_its_page_and_the_server_hears_of_it() {
    let (upstream, proxy) = start().await;
    proxy.on_request(|request| request.is_post().then(|| Fault::Answer(Page::portal())));
    let mut client = Line::connect(proxy.address()).await;
    client.write(GET).await;
    let mut server = upstream.accept().await;
    server.expect(GET).await;
    server.write(OK).await;
    client.expect(OK).await;
    // A body that does not come whole.
    client.write(&POST[..POST.len() - 1]).await;
    client.finish().await;
    client.expect(page("200 OK", &Page::portal())).await;
    assert_eq!(server.rest().await, (vec![], End::Fin));
    server.finish().await;
    assert_eq!(client.rest().await, (vec![], End::Fin));
}

#[tokio::test]
async fn an_answer_is_held_until_its_end() {
    let (upstream, proxy) = start().await;
    proxy.on_connection(|_| Fault::Buffer);
    let mut client = Line::connect(proxy.address()).await;
    client.write(GET).await;
    let mut server = upstream.accept().await;
    server.expect(GET).await;
    let answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n";
    server.write(answer).await;
    // A connection of its own shows that the proxy has had its turn.
    let seen = |log: &encke::test::Log| {
        let is_it = |what: &What| matches!(what, What::Answering(_, 200));
        log.events().any(|event| is_it(&event.what))
    };
    within("the head to be seen", proxy.wait_for(seen)).await;
    client.assert_silent();
    assert_eq!(proxy.log().counts.bytes_down, 0);
    server.write("0\r\n\r\n").await;
    client.expect([answer, "0\r\n\r\n"].concat()).await;
    // Each answer on the connection is held.
    client.write(GET).await;
    server.expect(GET).await;
    server.write(OK).await;
    client.expect(OK).await;
    within(
        "both to be let go",
        proxy.wait_for(|log| log.counts.of(Kind::Buffer) == 2),
    )
    .await;
    // An answer that ends with its connection is let go at its end.
    client.write(GET).await;
    server.expect(GET).await;
    server.write("HTTP/1.0 200 OK\r\n\r\nthat is all").await;
    server.finish().await;
    let (rest, end) = client.rest().await;
    assert_eq!(rest, b"HTTP/1.0 200 OK\r\n\r\nthat is all");
    assert_eq!(end, End::Fin);
}

#[tokio::test]
async fn a_request_is_repeated_after_a_time_and_its_answer_thrown_away() {
    let (upstream, proxy) = start().await;
    proxy.on_request(first(Fault::repeat(Late::After(Duration::from_millis(5)))));
    let mut client = Line::connect(proxy.address()).await;
    client.write(GET).await;
    let mut server = upstream.accept().await;
    server.expect(GET).await;
    let mut second = upstream.accept().await;
    second.expect(GET).await;
    second.write(LATE).await;
    assert_eq!(second.rest().await, (vec![], End::Fin));
    let thrown = |what: &What| matches!(what, What::ThrownAway(_));
    within(
        "the answer to be thrown away",
        proxy.wait_for(|log| log.events().any(|event| thrown(&event.what))),
    )
    .await;
    client.assert_silent();
    server.write(OK).await;
    client.expect(OK).await;
}

#[tokio::test]
async fn a_request_is_repeated_after_a_newer_one() {
    let (upstream, proxy) = start().await;
    proxy.on_request(first(Fault::repeat(Late::Newer)));
    let mut client = Line::connect(proxy.address()).await;
    client.write(GET).await;
    let mut server = upstream.accept().await;
    server.expect(GET).await;
    // One with another path is not what is waited for.
    for newer in [ELSE, NEWER] {
        assert_eq!(proxy.log().counts.of(Kind::Repeat), 0);
        let mut other = Line::connect(proxy.address()).await;
        other.write(newer).await;
        let mut server = upstream.accept().await;
        server.expect(newer).await;
        server.write(OK).await;
        other.expect(OK).await;
    }
    let mut second = upstream.accept().await;
    second.expect(GET).await;
    server.write(OK).await;
    client.expect(OK).await;
}

#[tokio::test]
async fn a_repeat_may_be_told_as_soon_as_the_server_has_the_request() {
    let (upstream, proxy) = start().await;
    proxy.on_request(|_| Fault::repeat(Late::Told));
    for _ in 0..20 {
        let mut client = Line::connect(proxy.address()).await;
        client.write(GET).await;
        let mut server = upstream.accept().await;
        server.expect(GET).await;
        proxy.repeat_now();
        upstream.accept().await.expect(GET).await;
        server.write(OK).await;
        client.expect(OK).await;
    }
}

#[tokio::test]
async fn a_request_is_repeated_when_told_and_its_answer_given() {
    let (upstream, proxy) = start().await;
    proxy.on_request(first(Fault::Repeat {
        late: Late::Told,
        answer: Which::Second,
    }));
    let mut client = Line::connect(proxy.address()).await;
    client.write(POST).await;
    let mut server = upstream.accept().await;
    server.expect(POST).await;
    server.write(OK).await;
    assert_eq!(server.rest().await, (vec![], End::Fin));
    client.assert_silent();
    proxy.repeat_now();
    let mut second = upstream.accept().await;
    second.expect(POST).await;
    second.write(LATE).await;
    client.expect(LATE).await;
    // What follows goes the second one's way.
    client.write(GET).await;
    second.expect(GET).await;
}

#[tokio::test]
async fn a_delay_is_exact_each_way_and_keeps_the_order() {
    let (upstream, proxy) = start().await;
    let by = Duration::from_millis(40);
    for direction in [Direction::Up, Direction::Down] {
        proxy.on_request(move |_| Fault::delay(direction, by));
        let mut client = Line::connect(proxy.address()).await;
        let from = Instant::now();
        client.write(POST).await;
        let mut server = upstream.accept().await;
        server.expect(POST).await;
        server.write(&OK[..20]).await;
        server.write(&OK[20..]).await;
        client.expect(OK).await;
        assert!(from.elapsed() >= by, "{direction:?}: {:?}", from.elapsed());
        client.finish().await;
        assert_eq!(server.rest().await, (vec![], End::Fin));
    }
    assert_eq!(proxy.log().counts.of(Kind::Delay), 2);
}

#[tokio::test]
async fn a_throttled_answer_takes_its_time() {
    let (upstream, proxy) = start().await;
    proxy.on_request(|_| Fault::throttle(Direction::Down, 10_000));
    let mut client = Line::connect(proxy.address()).await;
    client.write(GET).await;
    let mut server = upstream.accept().await;
    server.expect(GET).await;
    let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{:1000}", "");
    let from = Instant::now();
    server.write(&answer).await;
    client.expect(&answer).await;
    // The last slice is not waited for.
    assert!(
        from.elapsed() >= Duration::from_millis(80),
        "{:?}",
        from.elapsed()
    );
}

#[tokio::test]
async fn the_clock_is_the_callers_where_it_is_wanted() {
    let upstream = Upstream::start().await;
    let proxy = Proxy::start_here(upstream.address()).expect("a proxy");
    let day = Duration::from_secs(86_400);
    for direction in [Direction::Up, Direction::Down] {
        proxy.on_request(move |_| Fault::delay(direction, day));
        let mut client = Line::connect(proxy.address()).await;
        // Written and read without a deadline, which would come before the day is over.
        let real = std::time::Instant::now();
        tokio::time::pause();
        client.write_now(GET);
        let mut server = upstream.accept_whenever().await;
        server.wait(GET).await;
        server.write_now(OK);
        client.wait(OK).await;
        assert!(real.elapsed() < Duration::from_secs(60));
        tokio::time::resume();
        // The delay of one request is not the next one's.
        proxy.behave();
        client.write(GET).await;
        server.expect(GET).await;
        server.write(OK).await;
        client.expect(OK).await;
    }
    assert_eq!(proxy.log().counts.of(Kind::Delay), 2);
    proxy.close().await;
}

#[actix_web::test]
async fn it_runs_within_actix() {
    let upstream = Upstream::start().await;
    for start in [Proxy::start, Proxy::start_here] {
        let proxy = start(upstream.address()).expect("a proxy");
        proxy.on_request(|_| Fault::cut(Direction::Down, 9));
        let mut client = Line::connect(proxy.address()).await;
        client.write(GET).await;
        let mut server = upstream.accept().await;
        server.expect(GET).await;
        server.write(OK).await;
        assert_eq!(client.rest().await, (b"HTTP/1.1 ".to_vec(), End::Fin));
        proxy.close().await;
    }
}

#[test]
fn it_does_not_start_here_where_there_is_no_runtime() {
    let address = ([127, 0, 0, 1], 9).into();
    assert!(Proxy::start_here(address).is_err());
    Proxy::start(address).expect("it has a runtime of its own");
}

#[tokio::test]
async fn a_rule_may_set_another() {
    let (upstream, proxy) = start().await;
    let proxy = Arc::new(proxy);
    let itself = Arc::downgrade(&proxy);
    proxy.on_request(move |_| {
        if let Some(proxy) = itself.upgrade() {
            proxy.on_request(|_| Fault::Answer(Page::portal()));
        }
    });
    let mut client = Line::connect(proxy.address()).await;
    client.write(GET).await;
    let mut server = upstream.accept().await;
    server.expect(GET).await;
    server.write(OK).await;
    client.expect(OK).await;
    client.write(GET).await;
    client.expect(page("200 OK", &Page::portal())).await;
    // The rule that is set when nobody is asked holds from the next question on, too.
    proxy.behave();
    client.write(GET).await;
    server.expect(GET).await;
}

#[tokio::test]
async fn a_rule_that_panics_resets_the_connection_and_nothing_else() {
    let (upstream, proxy) = start().await;
    proxy.on_request(|request| assert_ne!(request.number, 1, "on purpose"));
    let mut client = Line::connect(proxy.address()).await;
    client.write(GET).await;
    assert_eq!(client.rest().await, (vec![], End::Rst));
    let mut server = upstream.accept().await;
    assert_eq!(server.rest().await, (vec![], End::Rst));
    let mut client = Line::connect(proxy.address()).await;
    client.write(GET).await;
    upstream.accept().await.expect(GET).await;
    let log = proxy.log();
    assert!(
        log.events().any(|event| event.what == What::Panicked),
        "{log}"
    );
}
