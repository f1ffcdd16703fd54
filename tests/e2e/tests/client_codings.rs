//! The client's files on their way: codings, tags, and an application that compresses.

use std::io::Read;

use actix_web::middleware::Compress;
use actix_web::{HttpResponse, web};
use encke::Encke;
use flate2::read::GzDecoder;
use support::http::{Request, Response, fetch};
use support::{Host, at, serve};

const FILES: [&str; 6] = [
    "encke.js",
    "encke.min.js",
    "encke.esm.js",
    "encke.js.map",
    "encke.min.js.map",
    "encke.esm.js.map",
];

const SCRIPT: &str = "/socket.io/encke.min.js";

fn start() -> Host {
    serve(&Encke::builder().build())
}

async fn get(host: &Host, target: &str, headers: &[(&str, &str)]) -> Response {
    let with = |request: Request, (name, value): &(&str, &str)| request.header(name, value);
    let request = headers.iter().fold(Request::get(target), with);
    at(host.address(), fetch(&request)).await
}

fn tag(response: &Response) -> &str {
    let tag = response.header("etag").expect("a tag");
    assert!(tag.len() > 2 && tag.starts_with('"') && tag.ends_with('"'));
    tag
}

fn decode(response: &Response) -> Vec<u8> {
    let wire = &response.body[..];
    let mut bytes = Vec::new();
    let read = match response.header("content-encoding") {
        Some("br") => brotli::Decompressor::new(wire, 4096).read_to_end(&mut bytes),
        Some("gzip") => GzDecoder::new(wire).read_to_end(&mut bytes),
        _ => return wire.to_vec(),
    };
    read.expect("the body is what its header says");
    bytes
}

#[tokio::test]
async fn each_coding_is_of_the_same_bytes() {
    let host = start();
    for name in FILES {
        let target = format!("/socket.io/{name}");
        let identity = get(&host, &target, &[]).await;
        let mut tags = vec![tag(&identity).to_owned()];
        for coding in ["br", "gzip"] {
            let coded = get(&host, &target, &[("Accept-Encoding", coding)]).await;
            assert_eq!(coded.status, 200, "{name}");
            assert_eq!(coded.header("content-encoding"), Some(coding), "{name}");
            assert_eq!(coded.header("vary"), Some("Accept-Encoding"), "{name}");
            assert_eq!(
                coded.header("content-type"),
                identity.header("content-type")
            );
            assert!(coded.body.len() < identity.body.len(), "{name}, {coding}");
            assert_eq!(decode(&coded), identity.body, "{name}, {coding}");
            assert!(!tags.contains(&tag(&coded).to_owned()), "{name}, {coding}");
            tags.push(tag(&coded).to_owned());
        }
    }
}

#[tokio::test]
async fn client_chooses_the_coding() {
    let host = start();
    for (accepted, coding) in [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip, deflate", "gzip"),
        ("br;q=0.1, gzip;q=0.9", "gzip"),
        ("br;q=0, gzip", "gzip"),
        ("gzip;q=0, br;q=0.001", "br"),
        ("GZIP", "gzip"),
        ("gzip;q=0.5, identity", "identity"),
        ("br;q=0, gzip;q=0", "identity"),
        ("*;q=0, gzip", "gzip"),
        ("*;q=0, identity;q=0.1", "identity"),
        ("identity;q=0, gzip;q=0.1", "gzip"),
        ("deflate", "identity"),
        ("zstd, compress", "identity"),
        ("br;q=nonsense, gzip", "gzip"),
        (";;,=", "identity"),
        ("", "identity"),
    ] {
        let response = get(&host, SCRIPT, &[("Accept-Encoding", accepted)]).await;
        assert_eq!(response.status, 200, "{accepted}");
        let found = response.header("content-encoding");
        assert_eq!(found, Some(coding), "{accepted}");
    }
    let lines = [("Accept-Encoding", "br;q=0.5"), ("Accept-Encoding", "gzip")];
    let response = get(&host, SCRIPT, &lines).await;
    assert_eq!(response.header("content-encoding"), Some("gzip"));
}

#[tokio::test]
async fn client_that_refuses_all_codings_is_told() {
    let host = start();
    for accepted in ["*;q=0", "identity;q=0", "identity;q=0, br;q=0, deflate"] {
        let response = get(&host, SCRIPT, &[("Accept-Encoding", accepted)]).await;
        assert_eq!(response.status, 406, "{accepted}");
        assert_eq!(response.header("vary"), Some("Accept-Encoding"));
        assert_eq!(response.header("cache-control"), Some("no-store"));
    }
}

#[tokio::test]
async fn known_bytes_are_not_sent_again() {
    let host = start();
    for coding in ["identity", "gzip", "br"] {
        let accept = ("Accept-Encoding", coding);
        let first = get(&host, SCRIPT, &[accept]).await;
        let tag = tag(&first);
        for known in [
            tag.to_owned(),
            format!("W/{tag}"),
            format!("\"x\", {tag}"),
            format!("W/\"x\" ,W/{tag},\"y\""),
            format!("nonsense, {tag}"),
            "*".to_owned(),
        ] {
            let again = get(&host, SCRIPT, &[accept, ("If-None-Match", &known)]).await;
            assert_eq!(again.status, 304, "{known}");
            for header in [
                "etag",
                "cache-control",
                "vary",
                "access-control-allow-origin",
            ] {
                assert_eq!(again.header(header), first.header(header), "{header}");
            }
            for header in ["content-type", "content-encoding", "content-length"] {
                assert_eq!(again.header(header), None, "{header}");
            }
        }
        let lines = [accept, ("If-None-Match", "\"x\""), ("If-None-Match", tag)];
        assert_eq!(get(&host, SCRIPT, &lines).await.status, 304);
        for unknown in ["\"x\"", "W/\"x\"", &tag[1..tag.len() - 1], "\"*\"", "", ","] {
            let again = get(&host, SCRIPT, &[accept, ("If-None-Match", unknown)]).await;
            assert_eq!(
                (again.status, again.body),
                (200, first.body.clone()),
                "{unknown}"
            );
        }
    }
}

#[tokio::test]
async fn head_is_conditional_too() {
    let host = start();
    let first = get(&host, SCRIPT, &[]).await;
    let head = Request::new("HEAD", SCRIPT).header("If-None-Match", tag(&first));
    let head = at(host.address(), fetch(&head)).await;
    assert_eq!((head.status, tag(&head)), (304, tag(&first)));
}

#[tokio::test]
async fn one_codings_tag_is_no_others() {
    let host = start();
    let coded = get(&host, SCRIPT, &[("Accept-Encoding", "br")]).await;
    for other in ["gzip", "identity"] {
        let headers = [("Accept-Encoding", other), ("If-None-Match", tag(&coded))];
        assert_eq!(get(&host, SCRIPT, &headers).await.status, 200, "{other}");
    }
}

#[tokio::test]
async fn application_that_compresses_leaves_it_alone() {
    let io = Encke::builder().build();
    let plain = start();
    let host = Host::start(2, move |app| {
        let page = async || HttpResponse::Ok().body("much the same ".repeat(500));
        let all = web::scope("").wrap(Compress::default());
        app.service(
            all.service(io.scope("/socket.io"))
                .route("/page", web::get().to(page)),
        );
    });
    for name in FILES {
        let target = format!("/socket.io/{name}");
        let identity = get(&plain, &target, &[]).await;
        for accepted in [
            "br",
            "gzip",
            "deflate",
            "identity",
            "gzip;q=0.5, deflate",
            "zstd",
        ] {
            let accept = ("Accept-Encoding", accepted);
            let alone = get(&plain, &target, &[accept]).await;
            let wrapped = get(&host, &target, &[accept]).await;
            assert_eq!(
                (wrapped.status, &wrapped.body),
                (200, &alone.body),
                "{accepted}"
            );
            for header in ["content-encoding", "content-length", "etag", "vary"] {
                assert_eq!(wrapped.header(header), alone.header(header), "{accepted}");
            }
            assert_eq!(decode(&wrapped), identity.body, "{accepted}");
            let again = [accept, ("If-None-Match", tag(&wrapped))];
            assert_eq!(get(&host, &target, &again).await.status, 304, "{accepted}");
        }
        let silent = get(&host, &target, &[]).await;
        assert_eq!(silent.body, identity.body);
        assert_eq!(silent.header("content-encoding"), None);
    }
    // It does compress.
    for accepted in ["br", "gzip", "deflate"] {
        let page = get(&host, "/page", &[("Accept-Encoding", accepted)]).await;
        assert_eq!(page.header("content-encoding"), Some(accepted));
    }
}
