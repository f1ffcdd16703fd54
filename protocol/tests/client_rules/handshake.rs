use encke_protocol::client::Config;

use crate::script::{OPEN, Script};

#[test]
fn messages_may_stand_behind_the_open_packet() {
    let mut script = Script::new(Config {
        upgrade: false,
        ..Config::default()
    });
    script.start();
    script.answer(0, &format!("{OPEN}|4a|bAQI="));
    script.expect(&[
        "#0 GET encke=1",
        "opened",
        "message a",
        "message b\"\\x01\\x02\"",
        "#1 GET leg=1&recv=2",
    ]);
}

#[test]
fn what_is_no_resume_session_is_none() {
    let plain = "0{\"sid\":\"S\",\"upgrades\":[],\"pingInterval\":1,\"pingTimeout\":1,\
        \"maxPayload\":1}";
    for (status, body) in [(200, plain), (200, "<html>"), (400, OPEN), (200, "")] {
        let mut script = Script::new(Config::default());
        script.start();
        script.answer_with(0, status, body);
        script.expect(&[
            "#0 GET encke=1",
            &format!("closed: handshake Some({status})"),
        ]);
        assert!(script.client.is_closed());
    }
}

#[test]
fn it_is_given_up_in_time() {
    let mut script = Script::new(Config::default());
    script.start();
    script.timeout_after(10_000);
    script.expect(&["#0 GET encke=1", "#0 end", "closed: handshake None"]);
    assert_eq!(script.client.deadline(), None);
}
