use encke_protocol::client::Config;

use crate::script::{OPEN, Script};

#[test]
fn an_answer_is_confirmed_by_the_next_request() {
    let mut script = Script::polling();
    script.answer(1, "70|4a|4b");
    script.expect(&["message a", "message b", "#2 GET leg=2&recv=2"]);
    script.answer(2, "70|6");
    script.expect(&["#3 GET leg=3&recv=2"]);
}

#[test]
fn a_lost_answer_is_asked_for_again() {
    let mut script = Script::polling();
    script.lost(1);
    script.expect(&["detached", "#2 GET leg=2&recv=0&wait=0"]);
    script.answer(2, "70|4a");
    script.expect(&["resumed", "message a", "#3 GET leg=3&recv=1"]);
    script.answer(1, "70|4a");
    script.lost(1);
    script.expect(&[]);
}

#[test]
fn a_page_of_something_in_between_is_a_failure() {
    for (status, body) in [
        (200, "<html>sign in</html>"),
        (502, "70|4a"),
        (200, ""),
        (200, "4a"),
        (200, "6"),
    ] {
        let mut script = Script::polling();
        script.answer_with(1, status, body);
        script.expect(&["detached", "#2 GET leg=2&recv=0&wait=0"]);
        script.answer_with(2, status, body);
        script.expect(&[]);
        let deadline = script.client.deadline().unwrap();
        assert!(deadline <= script.now + Config::default().wait_min);
    }
}

#[test]
fn a_ping_is_answered_at_once_though_a_post_is_under_way() {
    let mut script = Script::polling();
    script.send("x");
    script.expect(&["#2 POST recv=0&seq=1: 4x"]);
    script.answer(1, "70|2|4a");
    script.expect(&["#3 POST recv=0: 3", "message a", "#4 GET leg=2&recv=1"]);
}

#[test]
fn silence_for_both_of_the_heartbeats_times_loses_the_leg() {
    let mut script = Script::polling();
    script.timeout_after(45_000);
    script.expect(&["#1 end", "detached", "#2 GET leg=2&recv=0&wait=0"]);
    script.timeout_after(10_000);
    script.expect(&["#2 end"]);
}

#[test]
fn another_transport_is_tried_if_one_keeps_failing() {
    let mut script = Script::new(Config::default());
    script.start();
    script.answer(0, OPEN);
    script.lost(2);
    script.lost(1);
    script.expect(&[
        "#0 GET encke=1",
        "opened",
        "#1 GET leg=1&recv=0",
        "#2 WS",
        "detached",
        "#3 GET leg=2&recv=0&wait=0",
    ]);
    script.lost(3);
    let deadline = script.client.deadline().unwrap();
    script.wait(u64::try_from(deadline.since(script.now).as_millis()).unwrap());
    script.expect(&["#4 WS leg=3&recv=0"]);
    script.opened(4);
    script.packet(4, "70");
    script.expect(&["resumed"]);
}
