//! Visits every state that a session and its client can get into over a bad link.
//!
//! Both are the production code, and speak to each other in bytes. The link loses, delays and
//! reorders requests and their answers, repeats requests, answers in the server's place, and cuts
//! streams anywhere, with either end hearing of it early, late or never. What may happen, and how
//! often, is a [`Bound`]; within it nothing is left out. In every state is checked that
//!
//! - nothing is lost, repeated or reordered;
//! - nothing is forgotten that the peer may lack, and nothing retained that was not sent;
//! - neither side takes the other for a broken peer, and a session ends only if an application
//!   wants it, or its window has passed;
//! - if the link behaves from then on, all that was sent arrives, or both sides end. This is
//!   followed from one state in [`STRIDE`].
//!
//! `MODEL_MORE=1` adds one to the messages and faults of every bound, which takes hours and
//! gigabytes; `MODEL_STATES` stops each exploration after so many states, and says so.

mod books;
mod bound;
mod client_side;
mod explore;
mod fair;
mod link;
mod server_side;
mod wire;
mod world;

use std::time::Duration;

use encke_protocol::client::{Config, Transport};

use bound::Bound;
use explore::{Fault, Report, explore};
use world::World;

/// Runs without faults are long; from states that are close together they differ little.
const STRIDE: u64 = 5;

/// A client that waits for nothing where the protocol leaves it the choice, so that a bound holds
/// more of what matters.
const EAGER: Config = Config {
    transport: Transport::Polling,
    upgrade: false,
    polling: true,
    early: true,
    burst: usize::MAX,
    open_timeout: Duration::from_secs(10),
    wait_min: Duration::ZERO,
    wait_max: Duration::ZERO,
    seed: 0,
};

const WEBSOCKET: Config = Config {
    transport: Transport::WebSocket,
    upgrade: true,
    ..EAGER
};

const UPGRADE: Config = Config {
    upgrade: true,
    ..EAGER
};

/// A client that waits between tries: while a server closes it takes no more messages, and one that
/// does not would post them for ever.
const fn patient(config: &Config) -> Config {
    Config {
        wait_min: Duration::from_millis(500),
        wait_max: Duration::from_millis(500),
        ..*config
    }
}

const NONE: Bound = Bound {
    up: 0,
    down: 0,
    faults: 0,
    client_ticks: 0,
    server_ticks: 0,
    client_closes: 0,
    server_closes: 0,
};

macro_rules! bound {
    ($($name:ident $count:literal),*) => {
        Bound { $($name: $count,)* ..NONE }
    };
}

fn try_all(
    config: Config,
    room: usize,
    bound: Bound,
    prepare: fn(&mut World),
    stride: u64,
) -> Result<Report, Fault> {
    let number = |name: &str| {
        let value = std::env::var(name).ok()?;
        Some(value.parse::<usize>().expect("a number"))
    };
    let more = u8::try_from(number("MODEL_MORE").unwrap_or(0)).expect("a small number");
    let more_if_any = |count: u8| if count > 0 { count + more } else { 0 };
    let bound = Bound {
        up: more_if_any(bound.up),
        down: more_if_any(bound.down),
        faults: more_if_any(bound.faults),
        ..bound
    };
    let limit = number("MODEL_STATES").unwrap_or(usize::MAX);
    let mut first = World::new(config, room, bound);
    prepare(&mut first);
    explore(&first, limit, stride)
}

/// From the beginning.
fn at_once(_: &mut World) {}

#[track_caller]
fn holds(config: Config, bound: Bound) {
    holds_with(config, usize::MAX, bound);
}

/// The server puts so many packets on a leg at a time.
#[track_caller]
fn holds_with(config: Config, room: usize, bound: Bound) {
    match try_all(config, room, bound, at_once, STRIDE) {
        Ok(report) => println!("{report}"),
        Err(fault) => panic!("{fault}"),
    }
}

/// Polling alone.
mod polling {
    use super::*;

    #[test]
    fn with_faults() {
        holds(EAGER, bound!(up 1, down 2, faults 2));
        holds(EAGER, bound!(up 2, down 1, faults 2));
    }

    #[test]
    fn with_deadlines() {
        holds(
            EAGER,
            bound!(up 1, down 1, faults 1, client_ticks 1, server_ticks 1),
        );
        holds(EAGER, bound!(up 1, faults 1, client_ticks 1));
        holds(EAGER, bound!(down 1, faults 1, server_ticks 2));
        holds(EAGER, bound!(client_ticks 1, server_ticks 4));
    }

    #[test]
    fn with_little_room() {
        holds_with(EAGER, 1, bound!(down 3, faults 2));
    }

    #[test]
    fn the_client_closes() {
        holds(EAGER, bound!(up 1, down 1, faults 2, client_closes 1));
    }

    #[test]
    fn the_server_closes() {
        holds(
            patient(&EAGER),
            bound!(up 1, down 1, faults 2, server_closes 1),
        );
    }
}

/// WebSockets, until the client falls back to polling.
mod websocket {
    use super::*;

    #[test]
    fn with_faults() {
        holds(WEBSOCKET, bound!(up 2, down 1, faults 2));
        let bound = bound!(up 1, down 2, faults 2);
        holds(
            Config {
                early: false,
                ..WEBSOCKET
            },
            bound,
        );
    }

    #[test]
    fn with_deadlines() {
        holds(WEBSOCKET, bound!(up 1, down 1, faults 1, client_ticks 1));
        holds(WEBSOCKET, bound!(up 1, faults 1, client_ticks 1));
        holds(WEBSOCKET, bound!(down 1, faults 1, client_ticks 1));
        holds(WEBSOCKET, bound!(down 1, faults 1, server_ticks 2));
        holds(WEBSOCKET, bound!(client_ticks 1, server_ticks 4));
    }

    #[test]
    fn with_little_room() {
        holds_with(WEBSOCKET, 1, bound!(down 3, faults 1));
        let bound = bound!(up 3, faults 1);
        holds(
            Config {
                burst: 1,
                ..WEBSOCKET
            },
            bound,
        );
    }

    #[test]
    fn the_client_closes() {
        holds(WEBSOCKET, bound!(up 1, down 1, faults 2, client_closes 1));
    }

    #[test]
    fn the_server_closes() {
        holds(
            patient(&WEBSOCKET),
            bound!(up 1, down 2, faults 3, server_closes 1),
        );
    }
}

/// A session that moves while it is used.
mod upgrade {
    use super::*;

    #[test]
    fn with_faults() {
        holds(UPGRADE, bound!(up 1, faults 1));
        holds(UPGRADE, bound!(down 1, faults 1));
        let bound = bound!(up 1, down 1, faults 1);
        holds(
            Config {
                early: false,
                ..UPGRADE
            },
            bound,
        );
    }

    #[test]
    fn with_deadlines() {
        holds(UPGRADE, bound!(down 1, server_ticks 2));
        holds(UPGRADE, bound!(up 1, client_ticks 1));
    }

    #[test]
    fn with_little_room() {
        holds_with(UPGRADE, 1, bound!(down 2));
        let bound = bound!(up 3);
        holds(
            Config {
                burst: 1,
                ..UPGRADE
            },
            bound,
        );
    }

    #[test]
    fn either_side_closes() {
        holds(
            patient(&UPGRADE),
            bound!(up 1, down 1, client_closes 1, server_closes 1),
        );
        holds(UPGRADE, bound!(up 1, faults 1, client_closes 1));
        holds(patient(&UPGRADE), bound!(down 1, faults 1, server_closes 1));
    }
}

/// With a rule broken something must be seen to fail.
mod broken_rules {
    use super::*;
    use crate::wire::{Kind, Wire};
    use crate::world::Action;
    use encke_protocol::mutate::{Rule, set_broken};

    /// What is seen to fail, within the same bound in which nothing does while the rule is kept.
    fn fails(rule: Rule, config: &Config, bound: Bound, what: &str) {
        fails_after(rule, config, bound, at_once, what);
    }

    fn fails_after(rule: Rule, config: &Config, bound: Bound, prepare: fn(&mut World), what: &str) {
        let report = try_all(config.clone(), usize::MAX, bound, prepare, 1);
        if let Err(fault) = report {
            panic!("with every rule kept: {fault}");
        }
        set_broken(Some(rule));
        let broken = try_all(config.clone(), usize::MAX, bound, prepare, 1);
        set_broken(None);
        match broken {
            Ok(report) => panic!("nothing fails without {rule:?}: {report}"),
            Err(fault) => {
                println!("without {rule:?}: {fault}");
                assert!(fault.what.starts_with(what), "{what} was expected");
            }
        }
    }

    #[test]
    fn the_server_confirms_what_it_has_sent() {
        let bound = bound!(down 1, faults 1);
        let what = "the server forgot message 1";
        fails(Rule::ConfirmedByPeerOnly, &EAGER, bound, what);
        fails(Rule::ConfirmedByPeerOnly, &WEBSOCKET, bound, what);
    }

    #[test]
    fn the_client_confirms_what_it_has_sent() {
        let bound = bound!(up 1, faults 1);
        let what = "the client forgot message 1";
        fails(Rule::ConfirmedByPeerOnly, &EAGER, bound, what);
        fails(Rule::ConfirmedByPeerOnly, &WEBSOCKET, bound, what);
    }

    #[test]
    fn the_client_takes_an_old_legs_data() {
        let bound = bound!(down 1);
        let what = "down: message 1 came where 2 should have come";
        fails(Rule::OldLegIsIgnored, &UPGRADE, bound, what);
    }

    #[test]
    fn the_server_takes_an_old_legs_data() {
        let bound = bound!(up 1, faults 1);
        let what = "an honest client broke a rule: a message without a number";
        fails(Rule::OldLegIsIgnored, &WEBSOCKET, bound, what);
    }

    #[test]
    fn the_client_counts_on_though_a_post_has_overtaken() {
        let config = Config {
            burst: 1,
            ..UPGRADE
        };
        let bound = bound!(up 3, faults 1);
        let what = "no end of a run without faults";
        fails_after(Rule::SequenceAfterSkip, &config, bound, two_in_a_post, what);
    }

    /// A POST with two messages is under way.
    fn two_in_a_post(world: &mut World) {
        world.act(Action::ClientSends).expect("nothing wrong");
        world.act(Action::ClientSends).expect("nothing wrong");
        let is_post = |wire: &Wire| matches!(wire.kind, Kind::Post { .. });
        let post = world.wires.iter().position(is_post).expect("a POST");
        world.act(Action::Cut(post)).expect("nothing wrong");
    }

    #[test]
    fn a_late_lower_leg_takes_the_place_of_the_newest() {
        let bound = bound!(down 1, faults 1);
        fails(
            Rule::LowerLegIsRefused,
            &EAGER,
            bound,
            "the session ended: broken peer",
        );
    }
}
