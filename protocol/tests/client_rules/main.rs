//! What the client's side of a resume session does, rule by rule.

mod broken_peer;
mod closing;
mod handshake;
mod polling;
mod posts;
mod refusals;
mod script;
mod sending;
mod upgrade;
mod websocket;

use script::Script;

#[test]
fn the_sid_is_not_printed() {
    let script = Script::polling();
    assert_eq!(script.client.terms().unwrap().sid, "S");
    assert!(!format!("{:?}", script.client).contains("\"S\""));
}

#[test]
fn it_resumes_after_an_upgrade_too() {
    let mut script = Script::upgraded();
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
