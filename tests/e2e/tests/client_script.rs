//! The client's files under Encke's path: what is served, to whom, and by which names.

use actix_web::{HttpResponse, web};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use encke::{Builder, Encke, Origins};
use sha2::{Digest as _, Sha384};
use support::engine::Polling;
use support::http::{Connection, Request, Response, fetch};
use support::{Host, at, serve};

const SCRIPT: &str = "text/javascript; charset=utf-8";
const MAP: &str = "application/json";

/// Ours, Socket.IO's, and what both are.
const FILES: [(&str, &str, &str); 6] = [
    ("encke.js", "socket.io.js", SCRIPT),
    ("encke.min.js", "socket.io.min.js", SCRIPT),
    ("encke.esm.js", "socket.io.esm.min.js", SCRIPT),
    ("encke.js.map", "socket.io.js.map", MAP),
    ("encke.min.js.map", "socket.io.min.js.map", MAP),
    ("encke.esm.js.map", "socket.io.esm.min.js.map", MAP),
];

const HANDSHAKE: &str = "/socket.io/?EIO=4&transport=polling";

fn start(builder: Builder) -> (Encke, Host) {
    let io = builder.build();
    io.of("/");
    let host = serve(&io);
    (io, host)
}

/// A server at `path`, in an application that answers everything else itself.
fn start_in_application(io: &Encke, path: &'static str) -> Host {
    let io = io.clone();
    Host::start(2, move |app| {
        app.service(io.scope(path))
            .default_service(web::to(async || HttpResponse::Ok().body("application")));
    })
}

async fn send(host: &Host, request: Request) -> Response {
    at(host.address(), fetch(&request)).await
}

async fn get(host: &Host, target: &str) -> Response {
    send(host, Request::get(target)).await
}

/// Fails unless the answer is such as any page may load, and caches know what it depends on.
fn assert_public(response: &Response) {
    for (name, value) in [
        ("access-control-allow-origin", "*"),
        ("cross-origin-resource-policy", "cross-origin"),
        ("x-content-type-options", "nosniff"),
        ("vary", "Accept-Encoding"),
    ] {
        assert_eq!(response.header(name), Some(value), "{name}: {response:?}");
    }
    for name in ["access-control-allow-credentials", "set-cookie"] {
        assert_eq!(response.header(name), None, "{response:?}");
    }
}

fn assert_application(response: &Response) {
    assert_eq!((response.status, response.text()), (200, "application"));
}

#[tokio::test]
async fn every_file_is_served() {
    let (_io, host) = start(Encke::builder());
    let mut seen = Vec::new();
    for (name, _, media_type) in FILES {
        let file = get(&host, &format!("/socket.io/{name}")).await;
        assert_eq!(file.status, 200, "{name}");
        assert!(!file.body.is_empty(), "{name}");
        assert!(!seen.contains(&file.body), "{name} is another file");
        assert_public(&file);
        for (header, value) in [
            ("content-type", media_type),
            ("content-length", &file.body.len().to_string()),
            ("cache-control", "public, max-age=300, must-revalidate"),
        ] {
            assert_eq!(file.header(header), Some(value), "{name}: {header}");
        }
        assert_eq!(file.header("content-encoding"), None, "{name}");
        seen.push(file.body);
    }
}

#[tokio::test]
async fn head_says_what_get_would() {
    let (_io, host) = start(Encke::builder());
    at(host.address(), async {
        // On one connection: a byte too many would be taken for the next response.
        let mut connection = Connection::open().await;
        for (name, _, _) in FILES {
            for coding in ["identity", "gzip", "br"] {
                let target = format!("/socket.io/{name}");
                let with = |request: Request| request.header("Accept-Encoding", coding);
                let head = with(Request::new("HEAD", &target));
                let head = connection.exchange(&head).await;
                let get = connection.exchange(&with(Request::get(&target))).await;
                assert_eq!((head.status, get.status), (200, 200), "{name}");
                assert_public(&head);
                for header in [
                    "cache-control",
                    "content-encoding",
                    "content-length",
                    "content-type",
                    "etag",
                ] {
                    assert!(get.header(header).is_some(), "{header}: {get:?}");
                    assert_eq!(head.header(header), get.header(header), "{name}");
                }
            }
        }
    })
    .await;
}

#[tokio::test]
async fn other_methods_are_refused() {
    let (io, host) = start(Encke::builder());
    for target in ["/socket.io/encke.js", &io.client_url()] {
        for method in ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"] {
            let response = send(&host, Request::new(method, target)).await;
            assert_eq!(response.status, 405, "{method} {target}");
            assert_eq!(response.header("allow"), Some("GET, HEAD"));
            assert_eq!(response.header("cache-control"), Some("no-store"));
            assert_public(&response);
        }
    }
}

#[tokio::test]
async fn hashed_name_is_kept_for_ever() {
    let io = Encke::builder().build();
    let host = start_in_application(&io, "/socket.io");
    let url = io.client_url();
    let plain = get(&host, "/socket.io/encke.min.js").await;
    let hashed = get(&host, &url).await;
    assert_eq!((hashed.status, &hashed.body), (200, &plain.body));
    let caching = "public, max-age=31536000, immutable";
    assert_eq!(hashed.header("cache-control"), Some(caching));
    assert_public(&hashed);
    for header in ["content-type", "etag"] {
        assert_eq!(hashed.header(header), plain.header(header));
    }
    let tag = hashed.header("etag").expect("a tag");
    let again = Request::get(&url).header("If-None-Match", tag);
    let again = send(&host, again).await;
    assert_eq!(
        (again.status, again.header("cache-control")),
        (304, Some(caching))
    );
}

#[tokio::test]
async fn another_releases_hash_is_not_found() {
    let io = Encke::builder().build();
    // What a catch-all gives must not be taken for the script.
    let host = start_in_application(&io, "/socket.io");
    let url = io.client_url();
    let hash = url.strip_prefix("/socket.io/encke.min-");
    let hash = hash
        .and_then(|hash| hash.strip_suffix(".js"))
        .expect("a hash");
    let other: String = hash.chars().rev().collect();
    assert_ne!(hash, other);
    for wrong in [&other, &hash[1..], &format!("{hash}0"), "x"] {
        for method in ["GET", "HEAD"] {
            let target = format!("/socket.io/encke.min-{wrong}.js");
            let response = send(&host, Request::new(method, &target)).await;
            assert_eq!(response.status, 404, "{target}");
            assert_eq!(response.header("cache-control"), Some("no-store"));
            assert_public(&response);
        }
    }
}

#[tokio::test]
async fn integrity_is_that_of_the_minified_script() {
    let (io, host) = start(Encke::builder());
    let script = get(&host, &io.client_url()).await;
    let hash = BASE64_STANDARD.encode(Sha384::digest(&script.body));
    assert_eq!(io.client_integrity(), format!("sha384-{hash}"));
}

#[tokio::test]
async fn anybody_may_load_it() {
    let origins = Origins::list(["https://listed.example"]).expect("an origin");
    let builder = Encke::builder().origins(origins);
    let (io, host) = start(builder.allow_request(async |_| false));
    for (name, value) in [
        ("Origin", "https://elsewhere.example"),
        ("Origin", "null"),
        ("Sec-Fetch-Site", "cross-site"),
    ] {
        for target in ["/socket.io/encke.js", &io.client_url()] {
            let script = send(&host, Request::get(target).header(name, value)).await;
            assert_eq!(script.status, 200, "{name}: {value}");
            assert_public(&script);
        }
        send(&host, Request::get(HANDSHAKE).header(name, value))
            .await
            .assert_error(4);
    }
}

#[tokio::test]
async fn names_of_socket_io_are_served_if_wanted() {
    let io = Encke::builder().socket_io_js(true).build();
    io.of("/");
    let with = start_in_application(&io, "/socket.io");
    let without = start_in_application(&Encke::builder().build(), "/socket.io");
    for (ours, theirs, _) in FILES {
        let target = format!("/socket.io/{theirs}");
        let own = get(&with, &format!("/socket.io/{ours}")).await;
        let alias = get(&with, &target).await;
        assert_eq!((alias.status, &alias.body), (200, &own.body), "{theirs}");
        for header in ["cache-control", "content-type", "etag"] {
            assert_eq!(alias.header(header), own.header(header), "{theirs}");
        }
        assert_application(&get(&without, &target).await);
    }
    // Which of our files would do the same is not to be guessed.
    assert_application(&get(&with, "/socket.io/socket.io.msgpack.min.js").await);
}

#[tokio::test]
async fn serving_can_be_switched_off() {
    let io = Encke::builder().serve_client(false).build();
    io.of("/");
    let host = start_in_application(&io, "/socket.io");
    for (name, _, _) in FILES {
        assert_application(&get(&host, &format!("/socket.io/{name}")).await);
    }
    assert_application(&get(&host, &io.client_url()).await);
    at(host.address(), Polling::open("/socket.io/")).await;
    let both = Encke::builder().serve_client(false).socket_io_js(true);
    let error = both.try_build().expect_err("there is nothing to serve");
    assert!(error.to_string().contains("socket_io_js"), "{error}");
}

#[tokio::test]
async fn other_names_are_the_applications() {
    let io = Encke::builder().build();
    let host = start_in_application(&io, "/socket.io");
    for name in [
        "encke",
        "encke.js/",
        "encke.js.br",
        "encke.cjs",
        "Encke.js",
        "x/encke.js",
        "encke.esm-0123456789abcdef.js",
        "encke.min-/x.js",
    ] {
        assert_application(&get(&host, &format!("/socket.io/{name}")).await);
    }
    let unknown = get(&serve(&io), "/socket.io/encke.cjs").await;
    assert_eq!(unknown.status, 404);
}

#[tokio::test]
async fn sessions_open_as_before() {
    let (_io, host) = start(Encke::builder().socket_io_js(true));
    for target in [HANDSHAKE, "/socket.io?EIO=4&transport=polling"] {
        let open = get(&host, target).await;
        assert_eq!(open.status, 200, "{open:?}");
        assert!(open.text().starts_with("0{"), "{open:?}");
        assert_eq!(open.header("cache-control"), Some("no-store"));
    }
    // The protocol's parameters make no session of a file, and nothing makes a file of a session.
    let file = get(&host, "/socket.io/encke.js?EIO=4&transport=polling").await;
    assert_eq!(file.header("content-type"), Some(SCRIPT));
    get(&host, "/socket.io/").await.assert_error(0);
}

#[tokio::test]
async fn scopes_may_be_around_it() {
    let path = "/outer/inner/push/io/";
    let io = Encke::builder().public_path(path).build();
    io.of("/");
    let shared = io.clone();
    let host = Host::start(2, move |app| {
        let inner = web::scope("/inner").service(shared.scope("push/io/"));
        let root = shared.scope("/");
        app.service(web::scope("/outer").service(inner))
            .service(root);
    });
    let url = io.client_url();
    let name = url.strip_prefix(path).expect("it is below the path");
    for path in [path, "/"] {
        let hashed = get(&host, &format!("{path}{name}")).await;
        let plain = get(&host, &format!("{path}encke.min.js")).await;
        assert_eq!((hashed.status, plain.status), (200, 200), "{path}");
        assert_eq!(hashed.body, plain.body, "{path}");
        at(host.address(), Polling::open(path)).await;
    }
    let elsewhere = get(&host, &format!("/push/io/{name}")).await;
    assert_eq!(elsewhere.status, 404);
}

#[test]
fn url_is_below_the_public_path() {
    let default = Encke::builder().build().client_url();
    let name = default.strip_prefix("/socket.io/").expect("the usual path");
    for (path, expected) in [
        ("/push", "/push/"),
        ("push/io", "/push/io/"),
        ("/push/io/", "/push/io/"),
        ("/", "/"),
        ("", "/"),
        // Else the first segment would be taken for a host.
        ("//push", "/push/"),
    ] {
        let io = Encke::builder().public_path(path).build();
        assert_eq!(io.client_url(), format!("{expected}{name}"));
    }
    for wrong in [
        "https://a.example/x",
        "/x?y",
        "/x#y",
        "/x\"y",
        "/<x>",
        "/x&lt;",
        "/{x}",
    ] {
        let error = Encke::builder().public_path(wrong).try_build();
        let error = error.expect_err(wrong).to_string();
        assert!(error.contains("public_path"), "{error}");
    }
}
