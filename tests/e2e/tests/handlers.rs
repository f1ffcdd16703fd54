//! Which handler runs for which event.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use encke::{Ack, Args, Data, Encke, Error, EventName, Namespace, Socket, State};
use serde_json::json;
use support::{Guest, Log, Transport, log, serve};

#[tokio::test]
async fn an_event_without_a_handler_is_answered() {
    let io = Encke::builder().build();
    io.of("/").on("known", async || 1);
    let host = serve(&io);
    for mut guest in Guest::on_all(&host).await {
        for event in ["unknown", "Known", "known ", "", "__proto__"] {
            guest.emit(&json!([event, 1])).await;
            let answer = guest.call(&json!([event, 1])).await;
            assert_eq!(answer[0]["error"]["code"], "unknown_event", "{answer}");
        }
        assert_eq!(guest.call(&json!(["known"])).await, json!([1]));
    }
}

#[tokio::test]
async fn the_fallback_answers_what_nobody_handles() {
    let io = Encke::builder().build();
    io.of("/").on("known", async || "handled").on_fallback(
        async |name: EventName, Data(number): Data<u8>| {
            if number > 1 {
                return Err(Error::new("too_much", "no more than 1"));
            }
            Ok(format!("{name} {number}"))
        },
    );
    let host = serve(&io);
    for mut guest in Guest::on_all(&host).await {
        let known = guest.call(&json!(["known", 1])).await;
        assert_eq!(known, json!(["handled"]));
        let unknown = guest.call(&json!(["unknown", 1])).await;
        assert_eq!(unknown, json!(["unknown 1"]));
        let failed = guest.call(&json!(["unknown", 2])).await;
        assert_eq!(failed[0]["error"]["code"], "too_much");
        let misread = guest.call(&json!(["unknown", "1"])).await;
        assert_eq!(misread[0]["error"]["code"], "invalid_data");
    }
}

#[tokio::test]
async fn any_runs_before_each_handler_and_answers_nothing() {
    let (log, mut heard) = log();
    let io = Encke::builder().state(log).build();
    io.of("/")
        .on_any(
            async |name: EventName, args: Args, ack: Ack, State(log): State<Log>| {
                // Whatever comes of the yield, the event's handler waits for this one.
                tokio::task::yield_now().await;
                let asked = ack.is_wanted();
                log.say(format!("any {name} {} {asked}", args.len()));
                ack.send(&"from any").ok();
            },
        )
        .on(
            "known",
            async |Data(x): Data<u8>, State(log): State<Log>| {
                log.say("known");
                x
            },
        )
        .on_concurrent("beside", async |State(log): State<Log>| log.say("beside"))
        .on_fallback(async |State(log): State<Log>| log.say("fallback"));
    let host = serve(&io);
    for mut guest in Guest::on_all(&host).await {
        assert_eq!(guest.call(&json!(["known", 5])).await, json!([5]));
        heard.expect(&["any known 1 false", "known"]).await;
        assert_eq!(guest.call(&json!(["beside"])).await, json!([]));
        heard.expect(&["any beside 0 false", "beside"]).await;
        assert_eq!(guest.call(&json!(["else", 1, 2])).await, json!([]));
        heard.expect(&["any else 2 false", "fallback"]).await;
    }
    heard.assert_silent();
}

#[tokio::test]
async fn an_error_of_any_holds_nothing_up() {
    let io = Encke::builder().build();
    io.of("/")
        .on_any(async |_: Data<bool>| Err::<(), _>(Error::new("any", "always")))
        .on("known", async || 1);
    let host = serve(&io);
    for mut guest in Guest::on_all(&host).await {
        // Once by its argument and once by its result.
        assert_eq!(guest.call(&json!(["known", 1])).await, json!([1]));
        assert_eq!(guest.call(&json!(["known", true])).await, json!([1]));
    }
}

#[tokio::test]
async fn a_future_need_not_be_send() {
    let io = Encke::builder().build();
    io.of("/")
        .authorize(async |socket: Socket| {
            let text = Rc::new(RefCell::new(String::new()));
            tokio::task::yield_now().await;
            text.borrow_mut().push('a');
            socket.insert(text.borrow().clone());
        })
        .on("local", async |socket: Socket, Data(text): Data<String>| {
            let shared = Rc::new(RefCell::new(text));
            let other = Rc::clone(&shared);
            let task = tokio::task::spawn_local(async move {
                tokio::task::yield_now().await;
                other.borrow_mut().push('!');
            });
            task.await.expect("it does not panic");
            let first = socket.extension::<String>();
            (shared.borrow().clone(), first.as_deref().cloned())
        });
    let host = serve(&io);
    for mut guest in Guest::on_all(&host).await {
        let answer = guest.call(&json!(["local", "hey"])).await;
        assert_eq!(answer, json!(["hey!", "a"]));
    }
}

#[tokio::test]
async fn a_handler_registered_later_serves_who_connects_later() {
    let io = Encke::builder().build();
    io.of("/").on("version", async || 1);
    let host = serve(&io);
    let mut early = Guest::connect(&host, Transport::WebSocket).await;
    io.of("/").on("version", async || 2).on("new", async || {});
    let mut late = Guest::connect(&host, Transport::Polling).await;
    assert_eq!(early.call(&json!(["version"])).await, json!([1]));
    assert_eq!(late.call(&json!(["version"])).await, json!([2]));
    assert_eq!(late.call(&json!(["new"])).await, json!([]));
    early.assert_quiet().await;
}

/// What the panic says with which a handler is refused.
fn refusal(register: impl FnOnce(&Namespace)) -> String {
    let io = Encke::builder().build();
    let registered = catch_unwind(AssertUnwindSafe(|| register(&io.of("/"))));
    let panic = registered.expect_err("it is refused");
    let message = panic.downcast::<String>().map(|message| *message);
    message.unwrap_or_else(|panic| panic.downcast::<&str>().expect("it says why").to_string())
}

#[test]
fn names_that_socket_io_reserves_are_refused() {
    for name in ["connect", "connect_error", "disconnect", "disconnecting"] {
        let message = refusal(|root| {
            root.on(name, async || {});
        });
        assert!(message.contains(&format!("`{name}`")), "{message}");
    }
}

#[test]
fn an_error_that_would_be_sent_as_a_value_is_refused() {
    let message = refusal(|root| {
        root.on("number", async |Data(text): Data<String>| {
            text.parse::<u8>().map_err(|error| error.to_string())
        });
    });
    assert!(message.contains("Into<encke::Error>"), "{message}");
}
