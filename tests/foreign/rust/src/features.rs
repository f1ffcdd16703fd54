//! The features by name.

mod acks;
mod closing;
mod connect;
mod heartbeat;
mod order;
mod payload;
mod reconnect;
mod rooms;

use std::sync::Arc;

use futures_util::{FutureExt, future::BoxFuture};

use crate::{
    bench::{Bench, Mode},
    check::Result,
};

type Run = fn(Arc<Bench>) -> BoxFuture<'static, Result>;

macro_rules! features {
    ($($name:literal => $run:path,)*) => {
        [$(($name, (|bench| async move { $run(&bench).await }.boxed()) as Run)),*]
    };
}

/// The features that apply to a mode: the `heartbeats`, the `rest`, or all.
pub fn table(mode: Mode, part: Option<&str>) -> Vec<(&'static str, Run)> {
    let mut table = Vec::new();
    if part != Some("heartbeats") {
        table.extend(rest());
        if mode == Mode::Upgrade {
            table.extend(features! { "upgrade-order" => order::upgrade, });
        }
    }
    if part != Some("rest") {
        table.extend(features! {
            "heartbeat" => heartbeat::heartbeat,
            "ping-timeout" => heartbeat::ping_timeout,
        });
    }
    table
}

fn rest() -> impl IntoIterator<Item = (&'static str, Run)> {
    features! {
        "connect-default" => connect::default,
        "connect-custom" => connect::custom,
        "connect-dynamic" => connect::dynamic,
        "connect-without-auth" => connect::without_auth,
        "auth-refused-then-granted" => connect::refused_then_granted,
        "unknown-namespace" => connect::unknown,
        "multiplex" => connect::multiplex,
        "arguments" => payload::arguments,
        "long-text" => payload::long_text,
        "lone-surrogates" => payload::lone_surrogates,
        "binary-flat" => payload::binary_flat,
        "binary-deep" => payload::binary_deep,
        "ack-up" => acks::up,
        "ack-up-binary" => acks::up_binary,
        "ack-down" => acks::down,
        "ack-down-binary" => acks::down_binary,
        "ack-timeout" => acks::timeout,
        "rooms" => rooms::rooms,
        "to-others" => rooms::to_others,
        "to-all" => rooms::to_all,
        "to-except" => rooms::to_except,
        "broadcast" => rooms::broadcast,
        "burst" => order::burst,
        "pipelined-acks" => order::pipelined_acks,
        "events-up" => order::events_up,
        "disconnect-me-namespace" => closing::namespace,
        "disconnect-me-connection" => closing::connection,
        "client-disconnect" => closing::client,
        "reconnect-server-close" => reconnect::server_close,
        "reconnect-engine-close" => reconnect::engine_close,
        "reconnect-cut" => reconnect::cut,
    }
}
