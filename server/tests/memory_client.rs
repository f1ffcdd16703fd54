//! What a test's client says and hears, without a socket.

use actix_web::test::TestRequest;
use actix_web::{App, HttpResponse, web};
use bytes::Bytes;
use encke::test::{Client, End, Failure, Over, Server, run, settle};
use encke::{Auth, Data, Encke, Handshake, Reject, SendError, Socket, Transport};
use serde::Deserialize;
use serde_json::{Value, json};

const BOTH: [Transport; 2] = [Transport::Polling, Transport::WebSocket];

/// A server that says back what it hears, and talks within rooms.
fn talker() -> Encke {
    let io = Encke::builder().build();
    let root = io.of("/");
    root.on("echo", async |Data(what): Data<Value>| what);
    root.on(
        "binary",
        async |socket: Socket, Data((a, b)): Data<(Bytes, Bytes)>| {
            socket.emit("back", &(&b, "between", &a))?;
            Ok::<_, encke::Error>((a, b))
        },
    );
    root.on("join", async |socket: Socket, Data(room): Data<String>| {
        socket.join(room)
    });
    root.on(
        "say",
        async |socket: Socket, Data((room, what)): Data<(String, Value)>| {
            socket.to(room).emit("said", &what)
        },
    );
    root.on("ask", async |socket: Socket, Data(a): Data<u32>| {
        let answer = socket.emit_with_ack("question", &a).await?;
        Ok::<_, encke::Error>(answer.data::<u32>()? + 1)
    });
    root.on("away", async |socket: Socket, Data(close): Data<bool>| {
        socket.disconnect(close)
    });
    io
}

#[test]
fn events_and_answers_both_ways() {
    for transport in BOTH {
        run(async {
            let server = Server::of(&talker()).await;
            let client = server.connect().transport(transport).await?;
            assert_eq!(client.transport(), Some(transport));
            let what = json!({ "é": [1, null] });
            let answer: Value = client.emit_with_ack("echo", &what).await?.data()?;
            assert_eq!(answer, what);
            let ask = client.emit_with_ack("ask", &20);
            let answer = async {
                let question = client.hear("question").await?;
                assert!(question.is_question());
                let a: u32 = question.data()?;
                question.ack(&(a * 2))?;
                Ok(())
            };
            let (asked, answered): (_, Result<(), Failure>) = tokio::join!(ask, answer);
            answered?;
            assert_eq!(asked?.data::<u32>()?, 41);
            client.close().await
        })
        .unwrap();
    }
}

#[test]
fn binary_both_ways() {
    for transport in BOTH {
        run(async {
            let server = Server::of(&talker()).await;
            let client = server.connect().transport(transport).await?;
            let (a, b) = (Bytes::from(vec![0; 70_000]), Bytes::from_static(b"\x1e"));
            let answer = client.emit_with_ack("binary", &(&a, &b)).await?;
            assert_eq!(answer.data::<(Bytes, Bytes)>()?, (a.clone(), b.clone()));
            let (first, between, last): (Bytes, String, Bytes) = client.next("back").await?;
            assert_eq!((first, &*between, last), (b, "between", a));
            Ok::<_, Failure>(())
        })
        .unwrap();
    }
}

#[test]
fn rooms_of_several_clients() {
    run(async {
        let server = Server::of(&talker()).await;
        let mut clients: Vec<Client> = Vec::new();
        for number in 0..4 {
            let connect = server.connect();
            let client = match BOTH.get(number) {
                Some(transport) => connect.transport(*transport).await?,
                None => connect.await?,
            };
            if number != 2 {
                client.emit_with_ack("join", "red").await?;
            }
            clients.push(client);
        }
        clients[0].emit("say", &("red", 1))?;
        clients[2].emit("say", &("red", 2))?;
        settle().await;
        let heard = |client: &Client| {
            let heard = client.heard();
            heard.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(heard(&clients[0]), [r#"["said",2]"#]);
        assert_eq!(heard(&clients[1]), [r#"["said",1]"#, r#"["said",2]"#]);
        assert_eq!(heard(&clients[2]), [""; 0]);
        assert_eq!(heard(&clients[3]), [r#"["said",1]"#, r#"["said",2]"#]);
        Ok::<_, Failure>(())
    })
    .unwrap();
}

#[test]
fn events_are_taken_by_name_and_in_order() {
    run(async {
        let io = Encke::builder().build();
        io.of("/").on_connect(async |socket: Socket| {
            for number in 0..3 {
                socket.emit("a", &number)?;
                socket.emit("b", &(number, "b"))?;
            }
            Ok::<_, encke::Error>(())
        });
        let server = Server::of(&io).await;
        let client = server.connect().await?;
        assert_eq!(client.next::<u32>("b").await?, 0);
        assert_eq!(client.next::<(u32, String)>("b").await?, (1, "b".into()));
        let any = client.hear_any().await?;
        assert_eq!((any.name(), any.args().len()), ("a", 1));
        assert_eq!(client.next::<u32>("a").await?, 1);
        assert_eq!(
            any.ack(&1),
            Err(SendError::Invalid("[\"a\",0] asks for no answer".into()))
        );
        assert_eq!(client.heard().len(), 6);
        let wrong = client.next::<Vec<u8>>("b").await;
        assert!(matches!(wrong, Err(Failure::Data(_))), "{wrong:?}");
        let none = client.next::<u32>("c").await.unwrap_err();
        let expected = "no event `c` within 300s; heard and not asked for: [\"[\\\"a\\\",2]\"]";
        assert_eq!(none.to_string(), expected);
        Ok::<_, Failure>(())
    })
    .unwrap();
}

#[test]
fn a_client_may_be_refused() {
    run(async {
        #[derive(Deserialize)]
        struct Login {
            name: String,
        }
        let io = Encke::builder()
            .allow_request(async |handshake: Handshake| handshake.header("x-bad").is_none())
            .build();
        io.of("/");
        let admin = io.of("/admin");
        admin.authorize(async |Auth(login): Auth<Login>| {
            if login.name == "alice" {
                Ok(())
            } else {
                Err(Reject::new("not you").data(json!({ "name": login.name })))
            }
        });
        let server = Server::of(&io).await;
        let bob = server
            .connect()
            .namespace("/admin")
            .auth(&json!({ "name": "bob" }))
            .await;
        let refused = Failure::Refused {
            message: "not you".into(),
            data: Some(json!({ "name": "bob" })),
        };
        assert_eq!(bob.unwrap_err(), refused);
        let alice = server.connect().await?;
        let refused = alice.join("/admin").await;
        assert!(
            matches!(refused, Err(Failure::Refused { .. })),
            "{refused:?}"
        );
        let admin = alice
            .join_with("admin", &json!({ "name": "alice" }))
            .await?;
        assert_eq!((admin.namespace(), admin.is_connected()), ("/admin", true));
        assert_ne!(admin.id(), alice.id());
        let none = alice.join("/none").await.unwrap_err();
        assert!(matches!(none, Failure::Refused { .. }), "{none:?}");
        for transport in BOTH {
            let refused = server
                .connect()
                .transport(transport)
                .header(("x-bad", "1"))
                .await;
            assert_eq!(
                refused.unwrap_err(),
                Failure::NoSession { status: Some(403) }
            );
        }
        Ok::<_, Failure>(())
    })
    .unwrap();
}

#[test]
fn what_does_not_fit_is_refused_as_a_whole() {
    run(async {
        let io = Encke::builder()
            .max_payload(10_000)
            .max_buffer(100_000)
            .build();
        io.of("/")
            .on("note", async |Data(_): Data<(Bytes, Bytes)>| ());
        let server = Server::of(&io).await;
        let client = server.connect().await?;
        settle().await;
        let part = Bytes::from(vec![0; 9_999]);
        let larger = Bytes::from(vec![0; 10_000]);
        let refused = client.emit("note", &(&part, &larger));
        assert!(matches!(refused, Err(SendError::Invalid(_))), "{refused:?}");
        client.offline();
        let taken = (0..100).take_while(|_| client.emit("note", &(&part, &part)).is_ok());
        assert_eq!(taken.count(), 4);
        assert_eq!(client.emit("note", &(&part, &part)), Err(SendError::Full));
        client.online();
        client
            .emit_with_ack("note", &(&part, &part))
            .await
            .unwrap_err();
        client.attached().await?;
        settle().await;
        client.emit_with_ack("note", &(&part, &part)).await?;
        Ok::<_, Failure>(())
    })
    .unwrap();
}

#[test]
fn ends_and_their_reasons() {
    run(async {
        let io = talker();
        let server = Server::of(&io).await;
        let client = server.connect().await?;
        client.emit("away", &false)?;
        assert_eq!(client.over().await?, Over::Disconnected);
        assert_eq!(client.emit("echo", &1), Err(SendError::Closed));
        let late = client.next::<u32>("late").await;
        assert_eq!(late, Err(Failure::Over(Over::Disconnected)));
        // The session goes on.
        let client = client.join("/").await?;
        client.emit_with_ack("echo", &1).await?;
        client.disconnect()?;
        assert_eq!(client.over().await?, Over::Left);
        let client = client.join("/").await?;
        client.emit("away", &true)?;
        assert_eq!(client.over().await?, Over::Disconnected);
        let end = client.ended().await?;
        assert!(matches!(end, End::Server { code: 1000, .. }), "{end:?}");
        let refused = client.join("/").await;
        assert!(
            matches!(refused, Err(Failure::Send(SendError::Closed))),
            "{refused:?}"
        );

        let client = server.connect().await?;
        client.close().await?;
        assert_eq!(
            client.over().await?,
            Over::Session(End::Local { is_heard: true })
        );
        settle().await;
        assert_eq!(io.counts().sessions, 0);
        Ok::<_, Failure>(())
    })
    .unwrap();
}

#[test]
fn what_no_request_could_have_is_refused() {
    run(async {
        let server = Server::of(&talker()).await;
        for connect in [
            server.connect().path("/a b"),
            server.connect().header(("a b", "c")),
            server.connect().cookie("a", "\n"),
        ] {
            let refused = connect.await;
            assert!(
                matches!(refused, Err(Failure::Send(SendError::Invalid(_)))),
                "{refused:?}"
            );
        }
        let nowhere = server.connect().path("/nowhere").await;
        assert_eq!(
            nowhere.unwrap_err(),
            Failure::NoSession { status: Some(404) }
        );
    });
}

#[test]
fn an_answer_outlives_no_client() {
    run(async {
        let io = Encke::builder().build();
        io.of("/").on_connect(async |socket: Socket| {
            socket.emit_with_ack("question", &()).await.map(drop)
        });
        let server = Server::of(&io).await;
        let client = server.connect().await?;
        let question = client.hear("question").await?;
        drop(client);
        assert_eq!(question.ack(&1), Err(SendError::Closed));
        Ok::<_, Failure>(())
    })
    .unwrap();
}

#[test]
fn all_of_the_application_is_there() {
    run(async {
        let io = Encke::builder()
            .cookie("io")
            .allow_resume(async |handshake: Handshake| {
                let cookies = handshake.header("cookie").unwrap_or_default();
                if cookies.contains("session=s1") && cookies.contains("io=") {
                    Ok(())
                } else {
                    Err(Reject::new("who are you?"))
                }
            })
            .build();
        io.of("/").on("who", async |handshake: Handshake| {
            let header = |name| handshake.header(name).map(str::to_owned);
            json!({
                "cookie": header("cookie"),
                "name": header("x-name"),
                "query": handshake.query_value("a b"),
                "path": handshake.path(),
                "peer": handshake.peer_addr(),
            })
        });
        let emitter = io.clone();
        let notify = move || {
            let sent = emitter.of("/").emit("news", &1);
            std::future::ready(match sent {
                Ok(()) => HttpResponse::NoContent(),
                Err(_) => HttpResponse::InternalServerError(),
            })
        };
        let app = App::new()
            .route("/notify", web::post().to(notify))
            .service(web::scope("/app").service(io.scope("/push")));
        let server = Server::new(app).await;
        let client = server
            .connect()
            .path("/app/push/")
            .cookie("session", "s1")
            .header(("x-name", "x"))
            .query("a b", "c&d")
            .peer_addr("192.0.2.7:80".parse().unwrap())
            .await?;
        let who: Value = client.emit_with_ack("who", &()).await?.data()?;
        let expected = json!({
            "cookie": "session=s1",
            "name": "x",
            "query": "c&d",
            "path": "/app/push/",
            "peer": "192.0.2.7",
        });
        assert_eq!(who, expected);
        let answer = server
            .call(TestRequest::post().uri("/notify"))
            .await
            .unwrap();
        assert_eq!(answer.status(), 204);
        assert_eq!(client.next::<u32>("news").await?, 1);
        // It has sent back the cookie that it was given, or it would not be on a WebSocket.
        assert_eq!(client.transport(), Some(Transport::WebSocket));
        Ok::<_, Failure>(())
    })
    .unwrap();
}
