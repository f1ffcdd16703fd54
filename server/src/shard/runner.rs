//! The task that runs a socket's handlers.

use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::rc::Rc;

use bytestring::ByteString;
use encke_protocol::CloseReason;
use encke_protocol::socket::{Args, ack};
use futures_util::FutureExt as _;
use tokio::task::{coop::consume_budget, spawn_local};
use tracing::Instrument as _;

use super::member::{Member, Work};
use super::worker::Shard;
use crate::call::{Call, Outcome};
use crate::current::Scoped;
use crate::error::{Error, Reject};
use crate::handler::{Erased, fail};
use crate::measure;

/// Works a socket's inbox off, one handler after the other, and ends when it is empty.
pub(super) async fn run(shard: Rc<Shard>, member: Rc<Member>) {
    while let Some(work) = next(&member) {
        let bytes = member.cost(&work);
        match work {
            Work::Authorize => authorize(&shard, &member).await,
            Work::Connect => {
                let call = Call::new(member.socket(), Args::default());
                notify(&shard, &member, member.handlers.connect.as_ref(), call).await;
            }
            Work::Detach => {
                let call = Call::new(member.socket(), Args::default());
                notify(&shard, &member, member.handlers.detach.as_ref(), call).await;
            }
            Work::Resume => {
                let call = Call::new(member.socket(), Args::default());
                notify(&shard, &member, member.handlers.resume.as_ref(), call).await;
            }
            Work::Event { name, args, ack } => {
                let mut call = Call::new(member.socket(), args);
                call.name = Some(name.clone());
                call.ack = ack;
                if is_concurrent(&member, &name) {
                    spawn_local(run_beside(
                        Rc::clone(&shard),
                        Rc::clone(&member),
                        call,
                        bytes,
                    ));
                    continue;
                }
                handle(&shard, &member, call).await;
            }
            Work::Disconnect(reason) => {
                let mut call = Call::new(member.socket(), Args::default());
                call.reason = Some(reason);
                notify(&shard, &member, member.handlers.disconnect.as_ref(), call).await;
                shard.keep(&member);
            }
        }
        if bytes > 0 {
            shard.with(|core| core.discharge(member.ident.key, bytes));
        }
        // Handlers that never wait would otherwise keep the worker from everybody else.
        consume_budget().await;
    }
}

/// Takes the next work. The last handler waits for those that run beside.
fn next(member: &Member) -> Option<Work> {
    let mut state = member.state_mut();
    let waits = matches!(state.inbox.front(), Some(Work::Disconnect(_))) && state.concurrent > 0;
    let work = if waits { None } else { state.inbox.pop_front() };
    if work.is_none() {
        state.running = false;
        if state.inbox.is_empty() {
            state.inbox.shrink_to_fit();
        }
    }
    work
}

fn is_concurrent(member: &Member, name: &ByteString) -> bool {
    let handler = member.handlers.events.get(name);
    let concurrent = handler.is_some_and(|handler| handler.concurrent);
    if concurrent {
        member.state_mut().concurrent += 1;
    }
    concurrent
}

async fn run_beside(shard: Rc<Shard>, member: Rc<Member>, call: Call, bytes: usize) {
    handle(&shard, &member, call).await;
    shard.with(|core| core.discharge(member.ident.key, bytes));
    let resume = {
        let mut state = member.state_mut();
        state.concurrent -= 1;
        let waiting = state.concurrent == 0 && !state.running && !state.inbox.is_empty();
        state.running |= waiting;
        waiting
    };
    if resume {
        spawn_local(run(shard, member));
    }
}

async fn authorize(shard: &Rc<Shard>, member: &Rc<Member>) {
    let Some(handler) = &member.handlers.authorize else {
        return;
    };
    let call = Call::new(member.socket(), Args::default());
    let error = match invoke(shard, member, handler, call).await {
        Some(outcome) => outcome.error,
        None => {
            report_panic(member);
            Some(Error::new("internal", "Internal error"))
        }
    };
    let seat = member.seat();
    shard.with(|core| match error {
        None => core.accept(member),
        Some(error) => {
            measure::rejected("not authorized");
            core.refuse(seat.key, seat.slot, &Reject::from(error));
        }
    });
}

/// Calls a handler that answers nothing.
async fn notify(shard: &Rc<Shard>, member: &Rc<Member>, handler: Option<&Erased>, call: Call) {
    let Some(handler) = handler else { return };
    match invoke(shard, member, handler, call).await {
        Some(Outcome {
            error: Some(error), ..
        }) => {
            tracing::warn!(namespace = ?member.ident.space.name, %error, "a handler failed");
        }
        Some(_) => {}
        None => panicked(shard, member),
    }
}

async fn handle(shard: &Rc<Shard>, member: &Rc<Member>, call: Call) {
    let handlers = &member.handlers;
    let nsp = &member.ident.space.name;
    if handlers.any.is_some() {
        let mut seen = Call::new(member.socket(), call.args.clone());
        seen.name.clone_from(&call.name);
        notify(shard, member, handlers.any.as_ref(), seen).await;
    }
    let id = call.ack;
    let event = call
        .name
        .as_ref()
        .and_then(|name| handlers.events.get(name));
    let handler = event
        .map(|event| &event.handler)
        .or(handlers.fallback.as_ref());
    let outcome = match handler {
        Some(handler) => invoke(shard, member, handler, call).await,
        None => {
            let error = Error::new("unknown_event", "no handler for this event");
            Some(fail(nsp, id, error))
        }
    };
    let Some(outcome) = outcome else {
        return panicked(shard, member);
    };
    if let Some(error) = &outcome.error {
        measure::rejected("event");
        tracing::debug!(namespace = ?nsp, %error, "an event was not handled");
    }
    let reply = match (outcome.reply, id) {
        (Some(Err(error)), Some(id)) => {
            tracing::error!(namespace = ?nsp, %error, "an answer can not be encoded");
            let error = Error::new("internal", "the answer can not be encoded");
            ack(nsp, id, &error.to_wire()).ok()
        }
        (reply, _) => reply.and_then(Result::ok),
    };
    if let Some(reply) = reply {
        let seat = member.seat();
        shard.with(|core| {
            // The socket may be over, or another one in its place.
            let there = core
                .entry(seat.key)
                .and_then(|entry| entry.member(seat.slot));
            if there.is_some() {
                core.send(seat.key, &reply);
            }
        });
    }
}

/// Runs a handler to its end; nothing if it panicked.
async fn invoke(
    shard: &Rc<Shard>,
    member: &Member,
    handler: &Erased,
    call: Call,
) -> Option<Outcome> {
    let handler = Erased::clone(handler);
    // Whatever the handler broke is its application's; nothing of ours is open across the call.
    let nsp = &member.ident.space.name;
    let span = tracing::debug_span!("handler", namespace = ?nsp, event = call.name.as_deref());
    let run = async move { handler(call).0.await }.instrument(span);
    let run = AssertUnwindSafe(run).catch_unwind();
    let future = pin!(run);
    Scoped {
        session: (shard.id(), member.ident.key),
        future,
    }
    .await
    .ok()
}

fn panicked(shard: &Rc<Shard>, member: &Rc<Member>) {
    report_panic(member);
    shard.with(|core| core.disconnect(member, CloseReason::HandlerPanic, false));
}

fn report_panic(member: &Member) {
    measure::rejected("handler panic");
    tracing::error!(namespace = ?member.ident.space.name, "a handler panicked");
}
