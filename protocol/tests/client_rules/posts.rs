use encke_protocol::client::Config;

use crate::script::Script;

#[test]
fn one_at_a_time_and_what_is_there_is_not_sent_again() {
    let mut script = Script::polling();
    script.send("x");
    script.expect(&["#2 POST recv=0&seq=1: 4x"]);
    script.send("y");
    script.send("z");
    script.expect(&[]);
    script.answer(2, "71");
    script.expect(&["#3 POST recv=0&seq=2: 4y|4z"]);
    script.answer(3, "73");
    script.expect(&[]);
    assert_eq!(script.client.counts(), (3, 3, 0));
    assert_eq!(script.client.retained(), 0);
}

#[test]
fn anything_but_the_count_is_a_failure() {
    for (status, body) in [
        (200, "ok"),
        (200, "<html>sign in</html>"),
        (200, "71|6"),
        (502, "71"),
        (409, "70"),
        (413, ""),
        (400, "{\"code\":3,\"message\":\"Bad request\"}"),
    ] {
        let mut script = Script::polling();
        script.send("x");
        script.expect(&["#2 POST recv=0&seq=1: 4x"]);
        script.answer_with(2, status, body);
        script.expect(&["#3 POST recv=0&seq=1: 4x"]);
        script.send("y");
        script.answer_with(3, status, body);
        script.expect(&[]);
        assert!(script.client.deadline().unwrap() <= script.now + Config::default().wait_min);
        script.wait(500);
        script.expect(&["#4 POST recv=0&seq=1: 4x|4y"]);
        script.answer(4, "72");
        assert_eq!(script.client.retained(), 0);
    }
}

#[test]
fn a_lost_one_is_sent_again_with_what_came_since() {
    let mut script = Script::polling();
    script.send("x");
    script.send("y");
    script.lost(2);
    script.expect(&["#2 POST recv=0&seq=1: 4x", "#3 POST recv=0&seq=1: 4x|4y"]);
    // The first was taken all the same.
    script.answer(3, "72");
    script.expect(&[]);
}

#[test]
fn one_without_an_answer_is_given_up_after_the_ping_timeout() {
    let mut script = Script::polling();
    script.send("x");
    script.timeout_after(20_000);
    script.expect(&[
        "#2 POST recv=0&seq=1: 4x",
        "#2 end",
        "#3 POST recv=0&seq=1: 4x",
    ]);
    script.answer(2, "71");
    assert_ne!(script.client.retained(), 0);
    script.answer(3, "71");
    assert_eq!(script.client.retained(), 0);
    script.expect(&[]);
}

#[test]
fn a_body_is_no_longer_than_the_server_takes() {
    let mut script = Script::polling();
    script.send("x");
    for _ in 0..3 {
        script.send(&"y".repeat(48));
    }
    script.expect(&["#2 POST recv=0&seq=1: 4x"]);
    script.answer(2, "71");
    let two = format!("#3 POST recv=0&seq=2: 4{0}|4{0}", "y".repeat(48));
    script.expect(&[&two]);
    script.answer(3, "73");
    script.expect(&[&format!("#4 POST recv=0&seq=4: 4{}", "y".repeat(48))]);
}

#[test]
fn it_says_that_the_session_is_gone() {
    let mut script = Script::polling();
    script.send("x");
    script.answer_with(2, 400, "{\"code\":1,\"message\":\"Session ID unknown\"}");
    script.expect(&["#2 POST recv=0&seq=1: 4x", "#1 end", "closed: gone"]);
}
