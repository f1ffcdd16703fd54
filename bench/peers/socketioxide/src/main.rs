//! The contract of `bench/README.md`, kept by socketioxide on axum.

use std::{io, net::Ipv4Addr};

use axum::{
    Router,
    serve::{self, ListenerExt as _},
};
use socketioxide::{
    SocketIo,
    extract::{Data, SocketRef},
};
use tokio::net::TcpListener;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let options = Options::from_arguments()?;
    let mut runtime = match options.runtime {
        Runtime::CurrentThread => tokio::runtime::Builder::new_current_thread(),
        Runtime::OneWorker => {
            let mut builder = tokio::runtime::Builder::new_multi_thread();
            builder.worker_threads(1);
            builder
        }
    };
    let serving = serve(options.port);
    let runtime = runtime.enable_all().build()?;
    match options.runtime {
        Runtime::CurrentThread => runtime.block_on(serving)?,
        // On this runtime `block_on` polls on the main thread; a spawned task
        // keeps the accept loop on the worker, beside the connections.
        Runtime::OneWorker => runtime.block_on(runtime.spawn(serving))??,
    }
    Ok(())
}

async fn serve(port: u16) -> io::Result<()> {
    let (layer, io) = SocketIo::new_layer();
    io.ns("/", async |socket: SocketRef| {
        socket.on(
            "echo",
            async |socket: SocketRef, Data(value): Data<serde_json::Value>| {
                // An emit fails when this client has gone or does not read:
                // the generator sees its own echo missing and fails the run.
                let _ = socket.emit("echo", &value);
            },
        );
        socket.on(
            "broadcast",
            async |io: SocketIo, Data(value): Data<serde_json::Value>| {
                let _ = io.emit("broadcast", &value).await;
            },
        );
    });

    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    println!("listening on http://{}", listener.local_addr()?);

    // axum leaves Nagle's algorithm on, which every other server here turns off.
    let listener = listener.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    serve::serve(listener, Router::new().layer(layer)).await
}

struct Options {
    port: u16,
    runtime: Runtime,
}

#[derive(Clone, Copy)]
enum Runtime {
    CurrentThread,
    OneWorker,
}

impl Options {
    fn from_arguments() -> Result<Self, lexopt::Error> {
        use lexopt::prelude::*;

        let mut options = Self {
            port: 0,
            runtime: Runtime::CurrentThread,
        };
        let mut arguments = lexopt::Parser::from_env();
        while let Some(argument) = arguments.next()? {
            match argument {
                Long("port") => options.port = arguments.value()?.parse()?,
                Long("runtime") => {
                    options.runtime = arguments.value()?.parse_with(|name: &str| match name {
                        "current-thread" => Ok(Runtime::CurrentThread),
                        "one-worker" => Ok(Runtime::OneWorker),
                        _ => Err("it is current-thread or one-worker"),
                    })?;
                }
                other => return Err(other.unexpected()),
            }
        }
        Ok(options)
    }
}
