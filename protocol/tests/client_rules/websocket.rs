use crate::script::Script;

#[test]
fn messages_on_leg_0_need_no_number() {
    let mut script = Script::websocket();
    script.send("x");
    script.packet(0, "4a");
    script.packet(0, "2");
    script.expect(&["#0> 4x", "message a", "#0> 3"]);
    script.packet(0, "71");
    assert_eq!(script.client.retained(), 0);
}

#[test]
fn a_count_is_sent_after_a_second() {
    let mut script = Script::websocket();
    script.packet(0, "4a");
    script.wait(600);
    script.binary(0, b"b");
    script.expect(&["message a", "message b\"b\""]);
    script.timeout_after(400);
    script.expect(&["#0> 72"]);
    script.wait(2_000);
    script.expect(&[]);
}

#[test]
fn a_new_leg_begins_with_a_number_and_what_is_not_confirmed() {
    let mut script = Script::websocket();
    script.send("x");
    script.send("y");
    script.packet(0, "4a");
    script.lost(0);
    script.expect(&[
        "#0> 4x",
        "#0> 4y",
        "message a",
        "detached",
        "#1 WS leg=1&recv=1",
    ]);
    script.opened(1);
    script.expect(&[]);
    script.packet(1, "71");
    script.expect(&["resumed", "#1> 82", "#1> 4y"]);
    script.send("z");
    script.expect(&["#1> 4z"]);
}

#[test]
fn an_early_client_does_not_wait_for_the_count() {
    let mut script = Script::websocket_early(true);
    script.send("x");
    script.lost(0);
    script.send("y");
    script.opened(1);
    script.expect(&[
        "#0> 4x",
        "detached",
        "#1 WS leg=1&recv=0",
        "#1> 81",
        "#1> 4x",
        "#1> 4y",
    ]);
    script.packet(1, "71");
    script.send("z");
    script.expect(&["resumed", "#1> 4z"]);
}

#[test]
fn one_that_says_nothing_is_given_up() {
    let mut script = Script::websocket();
    script.lost(0);
    script.opened(1);
    script.timeout_after(10_000);
    // The second failure: polling is tried, after a wait.
    script.expect(&["detached", "#1 WS leg=1&recv=0", "#1 end"]);
    script.wait(500);
    script.expect(&["#2 GET leg=2&recv=0&wait=0"]);
    script.answer(2, "70|6");
    script.expect(&["resumed", "#3 GET leg=3&recv=0"]);
}

#[test]
fn one_that_begins_with_anything_else_is_given_up() {
    for text in ["4a", "6", "3probe", "", "x"] {
        let mut script = Script::websocket();
        script.lost(0);
        script.opened(1);
        script.packet(1, text);
        script.expect(&["detached", "#1 WS leg=1&recv=0", "#1 end"]);
    }
}

#[test]
fn silence_loses_the_leg_and_any_packet_breaks_it() {
    let mut script = Script::websocket();
    script.wait(44_999);
    script.packet(0, "6");
    script.expect(&[]);
    script.timeout_after(45_000);
    script.expect(&["#0 end", "detached", "#1 WS leg=1&recv=0"]);
    // The leg had lived: there is no wait, and it is the first failure.
    script.packet(0, "4late");
    script.expect(&[]);
}
