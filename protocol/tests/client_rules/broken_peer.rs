use crate::script::Script;

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
