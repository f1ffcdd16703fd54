//! What holds for a session whatever happens to it.

mod client;
mod driver;
mod operations;

use std::time::Duration;

use bytes::Bytes;
use encke_protocol::engine::Opening;
use encke_protocol::{CloseReason, Config, Layer, Limits, Message, Outgoing};
use proptest::collection::vec;
use proptest::prelude::*;

use client::Client;
use driver::{Driver, Flush};
use operations::{Written, live};

fn operations() -> impl Strategy<Value = Vec<Written>> {
    vec(any::<Written>(), 0..100)
}

/// What becomes of a session and a client that does everything right.
#[derive(Debug, Clone, Copy)]
enum Step {
    Send,
    SendBinary,
    Say,
    SayBinary,
    Poll,
    Upgrade,
    Abandon { is_lost: bool },
    SetRoom(usize),
    Flush,
    Wait(Duration),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => Just(Step::Send),
        1 => Just(Step::SendBinary),
        2 => Just(Step::Say),
        1 => Just(Step::SayBinary),
        4 => Just(Step::Poll),
        3 => Just(Step::Upgrade),
        1 => any::<bool>().prop_map(|is_lost| Step::Abandon { is_lost }),
        2 => (0..4_usize).prop_map(Step::SetRoom),
        4 => Just(Step::Flush),
        3 => (1..40_u64).prop_map(|ms| Step::Wait(Duration::from_millis(ms))),
    ]
}

fn take(client: &mut Client, step: Step, sent: &mut Vec<Message>, said: &mut u64) {
    let number = sent.len().to_string();
    let is_open = client.driver.session().engine().is_open();
    match step {
        Step::Send => {
            client
                .driver
                .send_message(&Outgoing::text(&number).unwrap());
            sent.extend(is_open.then(|| Message::Text(number.into())));
        }
        Step::SendBinary => {
            client
                .driver
                .send_message(&Outgoing::binary(number.as_bytes()));
            sent.extend(is_open.then(|| Message::Binary(number.into())));
        }
        Step::Say => client.say(Message::Text(said.to_string().into())),
        Step::SayBinary => client.say(Message::Binary(Bytes::from(said.to_string()))),
        Step::Poll => client.poll(),
        Step::Upgrade => client.upgrade(),
        Step::Abandon { is_lost } => client.abandon(is_lost),
        Step::SetRoom(packets) => client.set_room(packets),
        Step::Flush => client.flush(),
        Step::Wait(duration) => client.wait(duration),
    }
    *said += 1;
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn the_rules_hold_and_every_session_ends(
        setup in any::<Written>(),
        operations in operations(),
        end in any::<u8>(),
        after in operations(),
    ) {
        live(setup, &operations, end, &after);
    }

    #[test]
    fn messages_arrive_once_and_in_order(
        is_polling in any::<bool>(),
        packets_per_poll in 1..5_usize,
        steps in vec(step(), 0..100),
        closing in vec(step(), 0..10),
    ) {
        let config = Config {
            ping_interval: Duration::from_millis(50),
            limits: Limits {
                packets_per_poll,
                ..Limits::default()
            },
            ..Config::default()
        };
        let opening = if is_polling {
            Opening::Polling
        } else {
            Opening::WebSocket
        };
        let driver = Driver::new(opening, Layer::Bare, config, Flush::Ready);
        let mut client = Client::new(driver);
        let (mut sent, mut said) = (Vec::new(), 0);
        for step in steps {
            take(&mut client, step, &mut sent, &mut said);
        }
        assert!(client.driver.session().engine().is_open());
        assert!(client.is_heard());
        client.driver.close(CloseReason::ServerClose);
        for step in closing {
            take(&mut client, step, &mut sent, &mut said);
        }
        // Whatever the client was in the middle of, it goes on with.
        for _ in 0..sent.len() + 3 {
            client.set_room(1);
            client.upgrade();
            client.poll();
            client.flush();
        }
        assert!(client.is_over());
        assert!(client.driver.session().is_closed());
        assert_eq!(client.received(), sent);
    }
}
