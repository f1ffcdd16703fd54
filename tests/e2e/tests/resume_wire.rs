//! What a client of a resume session finds on the wire.

use encke::{Encke, Message as Heard};
use serde_json::{Value, json};
use support::http::{Connection, Request, fetch};
use support::ws::{Message, WebSocket};
use support::{Host, Resumable, at, serve, within};

const PATH: &str = "/socket.io/";

/// A server whose sessions send back what they get.
fn echo() -> Host {
    echo_of(Encke::builder())
}

fn echo_of(builder: encke::Builder) -> Host {
    let io = builder.build();
    io.on_session(async |mut session: encke::Session| {
        while let Some(message) = session.recv().await {
            // A session that is over takes nothing.
            let _ = match message {
                Heard::Text(text) => session.send_text(&text),
                Heard::Binary(bytes) => session.send_binary(&bytes),
            };
        }
    });
    serve(&io)
}

/// What a refusal says.
fn refusal(packet: &str) -> u64 {
    let json = packet.strip_prefix('1').expect("a close packet");
    let why: Value = serde_json::from_str(json).expect("JSON");
    assert!(why["message"].is_string());
    why["code"].as_u64().expect("a code")
}

#[tokio::test]
async fn resume_is_offered_to_those_who_ask() {
    let host = echo();
    at(host.address(), async {
        let session = Resumable::open(PATH).await;
        let open = session.handshake();
        assert_eq!(open["resume"], json!({"window": 60_000, "buffer": 1 << 20}));
        assert_eq!(
            open["transports"],
            json!(["polling", "websocket", "stream", "sse", "htmlfile"])
        );
        for query in ["", "&encke=0", "&encke=11", "&encke=", "&encke=0&encke=1"] {
            let target = format!("{PATH}?EIO=4&transport=polling{query}");
            let response = fetch(&Request::get(&target)).await;
            let open: Value = serde_json::from_str(&response.text()[1..]).expect("JSON");
            let keys: Vec<_> = open.as_object().expect("an object").keys().collect();
            assert_eq!(keys.len(), 5, "{query}: {keys:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_server_may_refuse_resume() {
    let host = echo_of(Encke::builder().resume_window(std::time::Duration::ZERO));
    at(host.address(), async {
        let session = Resumable::open(PATH).await;
        assert_eq!(session.handshake().get("resume"), None);
        // A plain session takes its requests as ever.
        let response = session.post(0, Some(1), "4a").await;
        assert_eq!(response.text(), "ok");
        assert_eq!(session.poll(1, 0).await, "4a");
    })
    .await;
}

#[tokio::test]
async fn an_answer_that_was_lost_comes_again() {
    let host = echo();
    at(host.address(), async {
        let session = Resumable::open(PATH).await;
        assert_eq!(session.post_taken(0, Some(1), "4a\x1ebAQI=").await, "72");
        assert_eq!(session.poll(1, 0).await, "72\x1e4a\x1ebAQI=");
        // As if it had never come.
        assert_eq!(session.poll(2, 0).await, "72\x1e4a\x1ebAQI=");
        assert_eq!(session.poll(3, 1).await, "72\x1ebAQI=");
        assert_eq!(session.post_taken(2, Some(3), "4b").await, "73");
        assert_eq!(session.poll(4, 2).await, "73\x1e4b");
    })
    .await;
}

#[tokio::test]
async fn the_same_get_twice_and_one_that_comes_late() {
    let host = echo();
    at(host.address(), async {
        let session = Resumable::open(PATH).await;
        let mut first = session.park(1, 0).await;
        let mut again = session.park(1, 0).await;
        // Either may be the first to arrive.
        let (displaced, mut waiting) = tokio::select! {
            response = first.response() => (response, again),
            response = again.response() => (response, first),
        };
        assert_eq!(displaced.text(), "6");
        session.post_taken(0, Some(1), "4a").await;
        assert_eq!(waiting.response().await.text(), "71\x1e4a");
        assert_eq!(session.touch(2, 1).await, "71\x1e6");
        let mut newer = session.park(3, 1).await;
        // The leg that is there is not harmed.
        assert_eq!(refusal(&session.poll(1, 0).await), 409);
        session.post_taken(1, Some(2), "4b").await;
        assert_eq!(newer.response().await.text(), "72\x1e4b");
    })
    .await;
}

#[tokio::test]
async fn a_post_is_taken_once_and_whole() {
    let host = echo();
    at(host.address(), async {
        let session = Resumable::open(PATH).await;
        // One that is cut half way says nothing.
        let target = session.target("polling", "&recv=0&seq=1");
        let mut cut = Connection::open().await;
        cut.send(&Request::post_cut(&target, 100, "4a\x1e4b")).await;
        drop(cut);
        assert_eq!(session.post_taken(0, Some(1), "4a\x1e4b").await, "72");
        assert_eq!(session.post_taken(0, Some(1), "4a\x1e4b\x1e4c").await, "73");
        // Ahead of what was never sent.
        let ahead = session.post(0, Some(5), "4x").await;
        assert_eq!((ahead.status, ahead.text()), (409, "73"));
        assert_eq!(session.poll(1, 0).await, "73\x1e4a\x1e4b\x1e4c");
        // A pong, or a count alone, may come at any time.
        assert_eq!(session.post_taken(3, None, "3").await, "73");
        assert_eq!(session.post_taken(3, None, "").await, "73");
    })
    .await;
}

#[tokio::test]
async fn a_leg_that_there_is_no_session_for_is_refused_in_band() {
    let host = echo();
    at(host.address(), async {
        let session = Resumable::open(PATH).await;
        assert_eq!(session.post_taken(0, None, "1").await, "70");
        assert_eq!(refusal(&session.poll(1, 0).await), 1);
        let mut socket = session.socket(1, 0).await;
        assert_eq!(refusal(&socket.text().await), 1);
        assert_eq!(socket.closed().await, 1000);
        // Requests that are no legs get what Engine.IO's clients know.
        session.post(0, Some(1), "4a").await.assert_error(1);
        let plain = fetch(&Request::get(&session.target("polling", ""))).await;
        plain.assert_error(1);
    })
    .await;
}

#[tokio::test]
async fn a_leg_that_is_none_is_refused_in_band_and_harms_nothing() {
    let host = echo();
    at(host.address(), async {
        let session = Resumable::open(PATH).await;
        session.touch(2, 0).await;
        let mut parked = session.park(3, 0).await;
        for (query, code) in [
            ("&leg=1&recv=0", 409),
            ("&leg=0&recv=0", 3),
            ("&leg=3", 3),
            ("&leg=3&recv=", 3),
            ("&leg=-1&recv=0", 3),
            ("&leg=x&recv=0", 3),
            ("&leg=3&recv=0x1", 3),
            ("&leg=9007199254740992&recv=0", 3),
            ("&leg=18446744073709551616&recv=0", 3),
            ("&leg=99999999999999999999999999&recv=0", 3),
        ] {
            let answer = fetch(&Request::get(&session.target("polling", query))).await;
            assert_eq!(refusal(answer.text()), code, "{query}");
            let request = session.socket_request(query);
            let mut socket = WebSocket::request(&request).await.expect("in band");
            assert_eq!(refusal(&socket.text().await), code, "{query}");
            assert_eq!(socket.closed().await, 1000);
        }
        for query in ["", "&recv=x", "&recv=0&seq=0", "&recv=0&seq=-1", "&seq=1"] {
            let target = session.target("polling", query);
            let response = fetch(&Request::post(&target, "4a")).await;
            response.assert_error(3);
        }
        let plain = fetch(&Request::get(&session.target("polling", ""))).await;
        plain.assert_error(3);
        session.post_taken(0, Some(1), "4a").await;
        assert_eq!(parked.response().await.text(), "71\x1e4a");
    })
    .await;
}

#[tokio::test]
async fn counts_that_can_not_be_end_the_session() {
    let host = echo();
    at(host.address(), async {
        for end in ["leg", "post", "socket", "ack"] {
            let session = Resumable::open(PATH).await;
            session.post_taken(0, Some(1), "4a").await;
            match end {
                "leg" => assert_eq!(refusal(&session.poll(1, 2).await), 1002),
                "post" => assert_eq!(session.post(2, None, "").await.status, 400),
                "socket" => {
                    let mut socket = session.socket(1, 2).await;
                    assert_eq!(refusal(&socket.text().await), 1002);
                }
                _ => {
                    let mut socket = session.socket(1, 0).await;
                    assert_eq!(socket.text().await, "71");
                    assert_eq!(socket.text().await, "4a");
                    socket.send_text("72").await;
                    assert_eq!(refusal(&socket.text().await), 1002);
                    assert_eq!(socket.closed().await, 1002);
                }
            }
            assert_eq!(refusal(&session.poll(2, 0).await), 1, "{end}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_websocket_is_resumed_by_another() {
    let host = echo();
    at(host.address(), async {
        let (session, mut socket) = Resumable::open_socket(PATH).await;
        socket.send_text("4a").await;
        assert_eq!(socket.text().await, "4a");
        // It breaks, and the client has not taken the echo.
        drop(socket);
        let mut socket = session.socket(1, 0).await;
        assert_eq!(socket.text().await, "71");
        assert_eq!(socket.text().await, "4a");
        socket.send_text("71").await;
        // What it says again is not taken again.
        socket.send_text("81").await;
        socket.send_text("4a").await;
        socket.send_binary(&[1, 2]).await;
        assert_eq!(socket.message().await, Message::Binary(vec![1, 2]));
    })
    .await;
}

#[tokio::test]
async fn a_frame_that_would_be_sent_again_ends_the_session() {
    let host = echo_of(Encke::builder().max_payload(1000));
    at(host.address(), async {
        let frames: [(&[u8], u16); 2] = [
            // A text of 2000 bytes, as its header declares.
            (&[0x81, 0xfe, 0x07, 0xd0, 0, 0, 0, 0], 1009),
            // No frame that there is.
            (&[0x8f, 0x80, 0, 0, 0, 0], 1002),
        ];
        for (bytes, code) in frames {
            let (session, mut socket) = Resumable::open_socket(PATH).await;
            socket.write(bytes).await;
            assert_eq!(socket.closed().await, code);
            assert_eq!(refusal(&session.poll(1, 0).await), 1);
        }
    })
    .await;
}

#[tokio::test]
async fn a_newer_leg_takes_the_place_of_a_websocket() {
    let host = echo();
    at(host.address(), async {
        let (session, mut old) = Resumable::open_socket(PATH).await;
        let mut new = session.socket(1, 0).await;
        assert_eq!(new.text().await, "70");
        assert_eq!(old.closed().await, 1000);
        let mut poll = session.park(2, 0).await;
        assert_eq!(new.closed().await, 1000);
        session.post_taken(0, Some(1), "4a").await;
        assert_eq!(poll.response().await.text(), "71\x1e4a");
    })
    .await;
}

#[tokio::test]
async fn an_upgrade_pauses_nothing() {
    let host = echo();
    at(host.address(), async {
        let session = Resumable::open(PATH).await;
        let mut parked = session.park(1, 0).await;
        let mut socket = session.probe().await;
        // Polls go on as if it were not there.
        session.post_taken(0, Some(1), "4a").await;
        assert_eq!(parked.response().await.text(), "71\x1e4a");
        let mut parked = session.park(2, 1).await;
        socket.send_text("53,1").await;
        assert_eq!(socket.text().await, "71");
        // It may have come after the new leg.
        let displaced = parked.response().await;
        assert!(displaced.text() == "6" || refusal(displaced.text()) == 409);
        socket.send_text("82").await;
        socket.send_text("4b").await;
        assert_eq!(socket.text().await, "4b");
    })
    .await;
}

#[tokio::test]
async fn a_probe_whose_number_is_too_low_is_dismissed() {
    let host = echo();
    at(host.address(), async {
        let session = Resumable::open(PATH).await;
        session.touch(4, 0).await;
        let mut parked = session.park(5, 0).await;
        for packet in ["54,0", "53,0", "50,0", "5"] {
            let mut socket = session.probe().await;
            socket.send_text(packet).await;
            assert_eq!(socket.closed().await, 1000, "{packet}");
        }
        session.post_taken(0, Some(1), "4a").await;
        assert_eq!(parked.response().await.text(), "71\x1e4a");
    })
    .await;
}

#[tokio::test]
async fn a_poll_need_not_wait() {
    let host = echo();
    at(host.address(), async {
        let session = Resumable::open(PATH).await;
        let target = session.target("polling", "&leg=1&recv=0&wait=0");
        assert_eq!(fetch(&Request::get(&target)).await.text(), "70\x1e6");
        session.post_taken(0, Some(1), "4a").await;
        let target = session.target("polling", "&leg=2&recv=0&wait=0");
        assert_eq!(fetch(&Request::get(&target)).await.text(), "71\x1e4a");
    })
    .await;
}

#[tokio::test]
async fn what_fits_a_frame_fits_a_post() {
    let host = echo_of(Encke::builder().max_payload(100_000));
    at(host.address(), async {
        let session = Resumable::open(PATH).await;
        let body = format!("b{}", "A".repeat(100_000 / 3 * 4));
        let taken = session.post_taken(0, Some(1), &body).await;
        assert_eq!(taken, "71");
        let answer = session.poll(1, 0).await;
        assert!(answer == format!("71\x1e{body}"), "{} bytes", answer.len());
        // A text that would not fit a frame does not fit a POST either, whatever a body may have.
        let text = format!("4{}", "x".repeat(100_000));
        assert_eq!(session.post(1, Some(2), &text).await.status, 413);
        let whole = format!("4{}", "x".repeat(99_999));
        assert_eq!(session.post_taken(1, Some(2), &whole).await, "72");
        let many = vec!["4aaaaaaaaa"; 20_000].join("\x1e");
        assert_eq!(session.post(2, Some(3), &many).await.status, 413);
    })
    .await;
}

#[tokio::test]
async fn the_count_is_told_after_100_messages() {
    let host = echo();
    at(host.address(), async {
        let (_, mut socket) = Resumable::open_socket(PATH).await;
        for _ in 0..100 {
            socket.send_text("4a").await;
        }
        let mut texts = Vec::new();
        while texts.len() < 101 {
            texts.push(within("a packet", socket.text()).await);
        }
        let counts = texts.iter().filter(|text| text.starts_with('7'));
        assert_eq!(counts.collect::<Vec<_>>(), ["7100"]);
    })
    .await;
}

#[tokio::test]
async fn the_parameters_mean_nothing_to_a_plain_session() {
    let host = echo();
    at(host.address(), async {
        let own = "&leg=7&recv=99&wait=0&seq=x&encke=0";
        let target = format!("{PATH}?EIO=4&transport=polling{own}");
        let response = fetch(&Request::get(&target)).await;
        let open: Value = serde_json::from_str(&response.text()[1..]).expect("JSON");
        let sid = open["sid"].as_str().expect("a string");
        let target = format!("{target}&sid={sid}");
        let posted = fetch(&Request::post(&target, "4a")).await;
        assert_eq!(posted.text(), "ok");
        let polled = fetch(&Request::get(&target)).await;
        assert_eq!(polled.text(), "4a");
        let mut parked = Connection::open().await;
        parked.send(&Request::get(&target)).await;
        let upgrade = target.replace("polling", "websocket");
        let mut socket = WebSocket::open(&upgrade).await;
        socket.send_text("2probe").await;
        assert_eq!(socket.text().await, "3probe");
        assert_eq!(parked.response().await.text(), "6");
        socket.send_text("5").await;
        socket.send_text("4b").await;
        assert_eq!(socket.text().await, "4b");
    })
    .await;
}

#[tokio::test]
async fn last_messages_and_the_reason_survive_a_lost_answer() {
    let io = Encke::builder().build();
    io.on_session(async |mut session: encke::Session| {
        session.recv().await.expect("a message");
        session.send_text("a").expect("it is there");
        session.sender().close();
    });
    let host = serve(&io);
    at(host.address(), async {
        let session = Resumable::open("/socket.io/").await;
        session.post_taken(0, Some(1), "4a").await;
        for leg in 1..4 {
            let answer = session.poll(leg, 0).await;
            let mut packets = answer.split('\x1e');
            assert_eq!(packets.next(), Some("71"));
            assert_eq!(packets.next(), Some("4a"));
            assert_eq!(refusal(packets.next().expect("a close")), 1000);
            assert_eq!(packets.next(), None);
        }
        session.post_taken(1, None, "1").await;
        assert_eq!(refusal(&session.poll(4, 1).await), 1);
    })
    .await;
}
