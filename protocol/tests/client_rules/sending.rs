use encke_protocol::Outgoing;
use encke_protocol::client::{Config, SendError};

use crate::script::Script;

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
