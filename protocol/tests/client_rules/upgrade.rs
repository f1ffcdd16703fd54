use encke_protocol::client::Config;

use crate::script::{OPEN, Script};

#[test]
fn the_poll_is_ignored_once_the_session_has_moved() {
    let mut script = Script::new(Config::default());
    script.start();
    script.answer(0, OPEN);
    script.answer(1, "70|4a");
    script.opened(2);
    script.expect(&[
        "#0 GET encke=1",
        "opened",
        "#1 GET leg=1&recv=0",
        "#2 WS",
        "message a",
        "#3 GET leg=2&recv=1",
        "#2> 2probe",
    ]);
    script.packet(2, "3probe");
    script.expect(&["#2> 53,1"]);
    script.answer(3, "70|4b");
    script.expect(&[]);
    script.packet(2, "70");
    script.packet(2, "4b");
    script.send("x");
    script.expect(&["message b", "#2> 81", "#2> 4x"]);
}

#[test]
fn a_number_is_said_again_after_a_posts_answer_overtook() {
    let mut script = Script::new(Config {
        early: true,
        burst: 1,
        ..Config::default()
    });
    script.start();
    script.answer(0, OPEN);
    script.send("x");
    script.send("y");
    script.lost(3);
    script.opened(2);
    script.packet(2, "3probe");
    script.expect(&[
        "#0 GET encke=1",
        "opened",
        "#1 GET leg=1&recv=0",
        "#2 WS",
        "#3 POST recv=0&seq=1: 4x",
        "#4 POST recv=0&seq=1: 4x|4y",
        "#2> 2probe",
        "#2> 52,0",
        "#2> 81",
        "#2> 4x",
    ]);
    script.answer(4, "72");
    script.send("z");
    script.written(2);
    script.expect(&["#2> 83", "#2> 4z"]);
    script.written(2);
    script.send("w");
    script.expect(&["#2> 4w"]);
}

#[test]
fn what_a_post_brought_is_left_out() {
    let mut script = Script::new(Config::default());
    script.start();
    script.answer(0, OPEN);
    script.send("x");
    script.opened(2);
    script.packet(2, "3probe");
    script.expect(&[
        "#0 GET encke=1",
        "opened",
        "#1 GET leg=1&recv=0",
        "#2 WS",
        "#3 POST recv=0&seq=1: 4x",
        "#2> 2probe",
        "#2> 52,0",
    ]);
    script.send("y");
    script.answer(3, "71");
    script.packet(2, "70");
    script.expect(&["#1 end", "#2> 82", "#2> 4y"]);
}

#[test]
fn a_probe_that_fails_harms_nothing_and_is_tried_again() {
    let mut script = Script::new(Config::default());
    script.start();
    script.answer(0, OPEN);
    script.opened(2);
    script.timeout_after(10_000);
    script.expect(&[
        "#0 GET encke=1",
        "opened",
        "#1 GET leg=1&recv=0",
        "#2 WS",
        "#2> 2probe",
        "#2 end",
    ]);
    script.answer(1, "70|4a");
    script.expect(&["message a", "#3 GET leg=2&recv=1"]);
    script.wait(10_000);
    script.expect(&["#4 WS"]);
    script.opened(4);
    script.packet(4, "4no");
    script.expect(&["#4> 2probe", "#4 end"]);
}

#[test]
fn a_probe_is_given_up_when_a_leg_is_opened_on_a_websocket() {
    let mut script = Script::new(Config::default());
    script.start();
    script.answer(0, OPEN);
    script.lost(1);
    script.lost(3);
    script.wait(500);
    script.expect(&[
        "#0 GET encke=1",
        "opened",
        "#1 GET leg=1&recv=0",
        "#2 WS",
        "detached",
        "#3 GET leg=2&recv=0&wait=0",
        "#2 end",
        "#4 WS leg=3&recv=0",
    ]);
    script.opened(2);
    script.packet(2, "3probe");
    script.expect(&[]);
}

#[test]
fn a_websocket_that_breaks_at_once_is_not_probed_at_once() {
    let mut script = Script::upgraded();
    script.lost(2);
    script.lost(3);
    script.expect(&["detached", "#3 WS leg=3&recv=0"]);
    script.wait(500);
    script.answer(4, "70|6");
    script.expect(&[
        "#4 GET leg=4&recv=0&wait=0",
        "resumed",
        "#5 GET leg=5&recv=0",
    ]);
}

#[test]
fn a_leg_that_is_muted_after_its_probe_is_given_up() {
    let mut script = Script::new(Config::default());
    script.start();
    script.answer(0, OPEN);
    script.opened(2);
    script.packet(2, "3probe");
    script.timeout_after(10_000);
    script.expect(&[
        "#0 GET encke=1",
        "opened",
        "#1 GET leg=1&recv=0",
        "#2 WS",
        "#2> 2probe",
        "#2> 52,0",
        "#2 end",
        "detached",
        "#1 end",
        "#3 GET leg=3&recv=0&wait=0",
    ]);
}
