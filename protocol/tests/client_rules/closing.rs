use encke_protocol::client::{Config, Transport};

use crate::script::Script;

#[test]
fn the_last_messages_and_the_end_go_in_one_body() {
    let mut script = Script::polling();
    script.send("x");
    script.send("y");
    script.close();
    script.expect(&["#2 POST recv=0&seq=1: 4x"]);
    script.answer(2, "71");
    script.expect(&["#3 POST recv=0&seq=2: 4y|1"]);
    script.answer(3, "72");
    script.expect(&["#1 end", "closed: heard"]);
}

#[test]
fn it_is_tried_again_until_the_session_is_gone() {
    let mut script = Script::polling();
    script.close();
    script.lost(2);
    script.expect(&["#2 POST recv=0: 1", "#3 POST recv=0: 1"]);
    script.answer_with(3, 400, "{\"code\":1,\"message\":\"Session ID unknown\"}");
    script.expect(&["#1 end", "closed: not heard"]);
}

#[test]
fn no_leg_is_opened_while_the_last_post_is_under_way() {
    let mut script = Script::polling();
    script.send("x");
    script.close();
    script.answer(1, "6");
    script.expect(&["#2 POST recv=0&seq=1: 4x"]);
    script.answer(2, "71");
    script.expect(&["#3 POST recv=0: 1"]);
    script.answer(3, "71");
    script.expect(&["closed: heard"]);
}

#[test]
fn for_ten_seconds() {
    let mut script = Script::websocket();
    script.send("x");
    script.close();
    script.packet(0, "4not any more");
    script.timeout_after(1_000);
    script.expect(&["#0> 4x", "#0> 1", "#0> 71"]);
    script.timeout_after(9_000);
    script.expect(&["#0 end", "closed: not heard"]);
}

#[test]
fn a_websocket_that_ends_as_it_should_says_that_it_was_heard() {
    let mut script = Script::websocket();
    script.send("x");
    script.close();
    script.lost_with(0, Some(1000));
    script.expect(&["#0> 4x", "#0> 1", "closed: heard"]);
}

#[test]
fn one_that_breaks_does_not() {
    let mut script = Script::websocket();
    script.send("x");
    script.close();
    script.lost_with(0, Some(1006));
    script.opened(1);
    script.packet(1, "70");
    script.expect(&[
        "#0> 4x",
        "#0> 1",
        "detached",
        "#1 WS leg=1&recv=0",
        "resumed",
        "#1> 81",
        "#1> 4x",
        "#1> 1",
    ]);
    script.packet(1, "1{\"code\":1000,\"message\":\"\"}");
    script.expect(&["#1 end", "closed: not heard"]);
}

#[test]
fn the_servers_end_is_answered() {
    let mut script = Script::polling();
    script.answer(1, "70|4a|1{\"code\":1000,\"message\":\"bye\"}");
    script.expect(&["message a", "#2 POST recv=1: 1", "closed: 1000 bye"]);
    let mut script = Script::websocket();
    script.packet(0, "1{\"code\":1001,\"message\":\"later\"}");
    script.expect(&["#0 end", "closed: 1001 later"]);
    script.packet(0, "4late");
    script.close();
    script.wait(100_000);
    script.expect(&[]);
}

#[test]
fn before_there_is_a_session() {
    let mut script = Script::new(Config {
        transport: Transport::WebSocket,
        ..Config::default()
    });
    script.start();
    script.close();
    script.expect(&["#0 WS encke=1", "#0 end", "closed: not heard"]);
}
