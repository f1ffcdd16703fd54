//! The program as a test in another language has it: by its standard input and output.

use std::net::SocketAddr;
use std::process::Stdio;

use serde_json::{Value, json};
use support::{End, Line, Upstream, within};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::TcpStream;
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

const GET: &str = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const UPGRADE: &str =
    "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
const UPGRADED: &str =
    "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";

struct Program {
    child: Child,
    stdin: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
}

/// A proxy of the program's, with the server behind it.
struct Place {
    program: Program,
    upstream: Upstream,
    address: SocketAddr,
}

impl Program {
    fn start() -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_encke-hostile"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the program starts");
        let stdin = child.stdin.take().expect("its input is piped");
        let stdout = child.stdout.take().expect("its output is piped");
        Self {
            child,
            stdin,
            lines: BufReader::new(stdout).lines(),
        }
    }

    async fn say(&mut self, line: &str) {
        let line = format!("{line}\n");
        let written = self.stdin.write_all(line.as_bytes()).await;
        written.expect("the program reads");
    }

    async fn answer(&mut self) -> Value {
        let line = within("an answer", self.lines.next_line()).await;
        let line = line.expect("it can be read").expect("the program lives");
        serde_json::from_str(&line).expect("an answer is JSON")
    }

    async fn ask(&mut self, command: Value) -> Value {
        self.say(&command.to_string()).await;
        self.answer().await
    }
}

impl Place {
    /// With these options beside `do` and `to`.
    async fn open(options: Value) -> Self {
        let mut program = Program::start();
        let upstream = Upstream::start().await;
        let mut command = json!({"do": "open", "to": format!("http://{}", upstream.address())});
        let all = command.as_object_mut().expect("an object");
        all.extend(options.as_object().expect("an object").clone());
        let opened = program.ask(command).await;
        assert_eq!(opened["proxy"], 1, "{opened}");
        let url = opened["url"].as_str().expect("a URL");
        let address = url.strip_prefix("http://").expect("a URL");
        Self {
            address: address.parse().expect("an address"),
            program,
            upstream,
        }
    }

    /// Gives the proxy a command that is answered by nothing.
    async fn tell(&mut self, what: &str) {
        let answer = self.program.ask(json!({"do": what, "proxy": 1})).await;
        assert_eq!(answer, json!({}), "{what}");
    }

    async fn counts(&mut self, what: &str) -> Value {
        self.program.ask(json!({"do": what, "proxy": 1})).await
    }

    /// A connection on which a request has been answered, from both ends.
    async fn exchange(&self) -> (Line, Line) {
        self.exchange_of(GET, OK).await
    }

    async fn exchange_of(&self, request: &str, answer: &str) -> (Line, Line) {
        let mut client = Line::connect(self.address).await;
        client.write(request).await;
        let mut server = self.upstream.accept().await;
        server.expect(request).await;
        server.write(answer).await;
        client.expect(answer).await;
        (client, server)
    }
}

#[tokio::test]
async fn a_proxy_passes_requests_on_and_counts_them() {
    let mut place = Place::open(json!({})).await;
    let (client, server) = place.exchange().await;
    let log = place.counts("log").await;
    let lines = log["log"].as_array().expect("lines");
    let first = lines.first().and_then(Value::as_str).expect("a line");
    assert!(first.ends_with("connection 1: Connected"), "{log}");
    let counts = place.counts("close").await;
    for (name, count) in [
        ("connections", 1),
        ("requests", 1),
        ("answers", 1),
        ("bytes_up", GET.len()),
        ("bytes_down", OK.len()),
        ("faults", 0),
    ] {
        assert_eq!(counts[name], count, "{name} in {counts}");
    }
    drop((client, server));
    let answer = place.counts("counts").await;
    assert_eq!(answer, json!({"error": "there is no proxy 1"}));
    let refused = TcpStream::connect(place.address).await;
    assert!(refused.is_err(), "its port is closed");
}

#[tokio::test]
async fn faults_are_drawn_from_the_seed_until_it_is_calm() {
    let options = json!({"seed": 7, "rate": 0, "rates": {"answer": 1}, "calm_after": 2});
    let mut place = Place::open(options).await;
    for _ in 0..2 {
        let mut client = Line::connect(place.address).await;
        client.write(GET).await;
        client.expect("HTTP/1.1 ").await;
    }
    place.exchange().await;
    let counts = place.counts("counts").await;
    assert_eq!(counts["by_kind"]["answer"], 2, "{counts}");
    assert_eq!(counts["faults"], 2, "{counts}");
    assert_eq!(counts["forwarded"], 1, "{counts}");
}

#[tokio::test]
async fn a_seed_no_longer_counts_once_the_proxy_is_to_behave() {
    let mut place = Place::open(json!({"seed": 7, "rate": 1})).await;
    place.tell("behave").await;
    place.exchange().await;
    assert_eq!(place.counts("close").await["faults"], 0);
}

#[tokio::test]
async fn open_connections_are_cut_or_reset() {
    let mut place = Place::open(json!({})).await;
    for (what, expected) in [("cut", End::Fin), ("reset", End::Rst)] {
        let (mut client, mut server) = place.exchange().await;
        place.tell(what).await;
        for line in [&mut client, &mut server] {
            assert_eq!(line.rest().await, (Vec::new(), expected), "{what}");
        }
    }
}

#[tokio::test]
async fn a_black_hole_takes_what_comes() {
    let mut place = Place::open(json!({})).await;
    let (mut client, server) = place.exchange().await;
    place.tell("black_hole").await;
    client.write(GET).await;
    within("the bytes to be taken", async {
        while place.counts("counts").await["swallowed"] != GET.len() {}
    })
    .await;
    server.assert_silent();
}

#[tokio::test]
async fn the_network_goes_and_comes_back() {
    let mut place = Place::open(json!({})).await;
    let (mut client, mut server) = place.exchange().await;
    place.tell("pause").await;
    client.write(GET).await;
    place.tell("refuse").await;
    assert!(TcpStream::connect(place.address).await.is_err());
    server.assert_silent();
    place.tell("resume").await;
    server.expect(GET).await;
    place.exchange().await;
}

#[tokio::test]
async fn web_sockets_are_killed_until_the_proxy_is_to_behave() {
    let mut place = Place::open(json!({})).await;
    let kill = json!({"do": "kill", "proxy": 1, "after_ms": 1});
    assert_eq!(place.program.ask(kill).await, json!({}));
    // Another request lives.
    let (mut client, mut server) = place.exchange().await;
    let (mut killed, _server) = place.exchange_of(UPGRADE, UPGRADED).await;
    assert_eq!(killed.rest().await, (Vec::new(), End::Fin));
    client.write(GET).await;
    server.expect(GET).await;
    place.tell("behave").await;
    let (mut spared, mut its_server) = place.exchange_of(UPGRADE, UPGRADED).await;
    spared.write("up").await;
    its_server.expect("up").await;
    let counts = place.counts("close").await;
    assert_eq!(counts["by_kind"]["kill"], 1, "{counts}");
    assert_eq!(counts["websockets"], 2, "{counts}");
}

#[tokio::test]
async fn a_wrong_command_is_answered_by_an_error_and_harms_nothing() {
    let mut place = Place::open(json!({})).await;
    let (mut client, mut server) = place.exchange().await;
    for (line, why) in [
        ("", "no command"),
        ("{", "no command"),
        ("[]", "no command"),
        (r#"{"do":"sing"}"#, "sing"),
        (r#"{"do":"cut"}"#, "proxy"),
        (r#"{"do":"cut","proxy":2}"#, "no proxy 2"),
        (r#"{"do":"cut","proxy":1,"hard":true}"#, "hard"),
        (r#"{"do":"kill","proxy":1}"#, "after_ms"),
        (r#"{"do":"open"}"#, "to"),
        (r#"{"do":"open","to":"127.0.0.1:1"}"#, "no address"),
        (r#"{"do":"open","to":"http://somewhere"}"#, "no address"),
        (r#"{"do":"open","to":"http://127.0.0.1:1","sed":1}"#, "sed"),
        (
            r#"{"do":"open","to":"http://127.0.0.1:1","rate":0.1}"#,
            "a seed",
        ),
        (
            r#"{"do":"open","to":"http://127.0.0.1:1","seed":1,"rate":2}"#,
            "from 0 to 1",
        ),
        (
            r#"{"do":"open","to":"http://127.0.0.1:1","seed":1,"rates":{"cat":1}}"#,
            "no kind of fault",
        ),
    ] {
        place.program.say(line).await;
        let answer = place.program.answer().await;
        let error = answer["error"].as_str().unwrap_or_default();
        assert!(error.contains(why), "{line}: {answer}");
    }
    client.write(GET).await;
    server.expect(GET).await;
}

#[tokio::test]
async fn many_commands_at_once_are_answered_in_order() {
    let mut program = Program::start();
    let open = r#"{"do":"open","to":"http://127.0.0.1:1"}"#;
    program.say(&[open; 50].join("\n")).await;
    for number in 1..=50 {
        assert_eq!(program.answer().await["proxy"], number);
    }
}

#[tokio::test]
async fn it_ends_with_its_input_and_so_do_its_connections() {
    let place = Place::open(json!({})).await;
    let (mut client, _server) = place.exchange().await;
    let Program {
        mut child, stdin, ..
    } = place.program;
    drop(stdin);
    let status = within("the program to end", child.wait()).await;
    assert!(status.expect("it is a child").success());
    client.rest().await;
}
