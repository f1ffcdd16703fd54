//! What the client's side of a resume session does, rule by rule.

mod script;

use encke_protocol::Outgoing;
use encke_protocol::client::{Config, SendError, Transport};

use script::{OPEN, Script};

/// A session that has moved to a WebSocket, #2, after it polled.
fn upgraded() -> Script {
    let mut script = Script::new(Config::default());
    script.start();
    script.answer(0, OPEN);
    script.opened(2);
    script.packet(2, "3probe");
    script.packet(2, "70");
    script.expect(&[
        "#0 GET encke=1",
        "opened",
        "#1 GET leg=1&recv=0",
        "#2 WS",
        "#2> 2probe",
        "#2> 52,0",
        "#1 end",
    ]);
    script
}

mod handshake {
    use super::*;

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
}

mod polling {
    use super::*;

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
}

mod posts {
    use super::*;

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
}

mod websocket {
    use super::*;

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
}

mod upgrade {
    use super::*;

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
        let mut script = upgraded();
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
}

mod refusals {
    use super::*;

    #[test]
    fn the_session_goes_on_after_3_and_409() {
        for code in [3, 409] {
            let why = format!("1{{\"code\":{code},\"message\":\"no\"}}");
            let mut script = Script::polling();
            script.answer(1, &why);
            script.expect(&["detached", "#2 GET leg=2&recv=0&wait=0"]);
            let mut script = Script::websocket();
            script.lost(0);
            script.opened(1);
            script.packet(1, &why);
            script.expect(&["detached", "#1 WS leg=1&recv=0", "#1 end"]);
            assert!(script.client.is_open());
        }
    }

    #[test]
    fn it_is_over_after_any_other() {
        for (code, end) in [
            (1, "closed: gone"),
            (403, "closed: 403 no"),
            (1001, "closed: 1001 no"),
        ] {
            let mut script = Script::websocket();
            script.lost(0);
            script.opened(1);
            script.packet(1, &format!("1{{\"code\":{code},\"message\":\"no\"}}"));
            script.expect(&["detached", "#1 WS leg=1&recv=0", "#1 end", end]);
            assert!(script.client.is_closed());
        }
    }
}

mod broken_peer {
    use super::*;

    #[test]
    fn a_count_beyond_what_was_sent() {
        let mut script = Script::polling();
        script.answer(1, "71");
        script.expect(&["#2 POST recv=0: 1", "closed: broken peer"]);
        let mut script = Script::websocket();
        script.packet(0, "71");
        script.expect(&["#0> 1", "#0 end", "closed: broken peer"]);
    }

    #[test]
    fn a_lower_count_means_nothing() {
        let mut script = Script::websocket();
        script.send("x");
        script.packet(0, "71");
        script.packet(0, "70");
        script.expect(&["#0> 4x"]);
    }

    #[test]
    fn a_packet_that_is_none_or_not_a_servers() {
        for text in ["", "9", "5", "81", "3", "2probe", "0{}", "7-1"] {
            let mut script = Script::websocket();
            script.packet(0, text);
            script.expect(&["#0> 1", "#0 end", "closed: broken peer"]);
            if !text.is_empty() {
                let mut script = Script::polling();
                script.answer(1, &format!("70|{text}"));
                script.expect(&["#2 POST recv=0: 1", "closed: broken peer"]);
            }
        }
    }
}

mod sending {
    use super::*;

    fn refused(script: &mut Script, message: &Outgoing) -> SendError {
        let (message, now) = (message.clone(), script.now);
        let error = script.client.send(now, message, &mut Vec::new());
        error.expect_err("refused")
    }

    #[test]
    fn what_does_not_fit_is_given_back() {
        let mut script = Script::polling();
        let long = Outgoing::text(&"a".repeat(100)).unwrap();
        let error = SendError::TooLarge(long.clone());
        assert_eq!(refused(&mut script, &long), error);
        script.send(&"a".repeat(99));
        for _ in 0..5 {
            script.send(&"a".repeat(99));
        }
        assert_eq!(script.client.retained(), 6 * (99 + 64));
        let short = Outgoing::text("b").unwrap();
        assert_eq!(refused(&mut script, &short), SendError::Full(short.clone()));
        script.answer(2, "71");
        script.send("b");
    }

    #[test]
    fn nothing_is_taken_without_a_session() {
        let message = Outgoing::binary(b"a");
        let not_open = SendError::NotOpen(message.clone());
        let mut script = Script::new(Config::default());
        assert_eq!(refused(&mut script, &message), not_open);
        script.start();
        assert_eq!(refused(&mut script, &message), not_open);
        let mut script = Script::polling();
        script.close();
        assert_eq!(refused(&mut script, &message), not_open);
    }
}

mod closing {
    use super::*;

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
}

#[test]
fn the_sid_is_not_printed() {
    let script = Script::polling();
    assert_eq!(script.client.terms().unwrap().sid, "S");
    assert!(!format!("{:?}", script.client).contains("\"S\""));
}

#[test]
fn it_resumes_after_an_upgrade_too() {
    let mut script = upgraded();
    script.packet(2, "4a");
    script.lost(2);
    script.opened(3);
    script.packet(3, "70");
    script.packet(3, "4b");
    script.expect(&[
        "message a",
        "detached",
        "#3 WS leg=3&recv=1",
        "resumed",
        "message b",
    ]);
}
