use crate::script::Script;

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
