"""Small trees, each with a piece of every fault that `floors` must find in it: (name, files, pieces)."""

P, S, C = "protocol/src/", "server/src/", "client-js/src/"

TREES = [
    (
        "no fault",
        {
            P + "lib.rs": "mod a; pub mod d; mod s; pub use a::A; pub use d::D;",
            P + "a.rs": "pub struct A; const S: &str = \"crate::d::D\"; // crate::d::D\n"
            "/* /* crate::d::D */ crate::d::D */ const R: &str = r#\"\" crate::d::D\"#;",
            P + "d/mod.rs": "mod d1; mod d2; pub use d2::D; use self::in_place::f; mod in_place { pub fn f(_: super::d1::E) {} }",
            P + "d/d1.rs": "use crate::A; pub struct E(A);",
            P + "d/d2.rs": "use std::fmt; use super::d1::{self, E}; pub struct D(E, d1::E); impl fmt::Debug for D {}",
            P + "s.rs": "use crate::{d::{self, D as X}, a::*}; use other::other; fn f<'a>(_: &'a X, _: d::D, c: char) { c == '\"'; other::f() }",
        },
        [],
    ),
    (
        "what is only for tests may stand in a cycle",
        {
            P + "lib.rs": "mod a; mod b;",
            P + "a.rs": "#[cfg(test)] use crate::b::B;\n#[cfg(test)]\n#[allow(x)]\nmod tests { use crate::b::B; }\n"
            "pub struct A { #[cfg(test)] b: crate::b::B }",
            P + "b.rs": "use crate::a::A; pub struct B;",
        },
        [],
    ),
    (
        "what follows a test is checked again",
        {
            P + "lib.rs": "mod a; mod b;",
            P + "a.rs": "#[cfg(test)] mod tests { fn f() { [(); 2]; } } pub struct A { #[cfg(test)] b: u8 } use crate::b::B;",
            P + "b.rs": "use crate::a::A; pub struct B;",
        },
        ["a.rs imports protocol/src/b.rs (crate::b::B)"],
    ),
    (
        "a cycle of two",
        {
            P + "lib.rs": "mod a; mod b;",
            P + "a.rs": "use crate::b::B; pub struct A;",
            P + "b.rs": "pub fn f(_: crate::a::A) {}",
        },
        ["a.rs imports protocol/src/b.rs (crate::b::B)"],
    ),
    (
        "a cycle of three, through super, self and braces",
        {
            P + "lib.rs": "mod a; mod b; mod c;",
            P + "a.rs": "use super::{b::{B, self}}; pub struct A;",
            P + "b.rs": "use crate::c::{self}; pub struct B; pub fn f() { c::g() }",
            P + "c.rs": "pub fn g() -> super::a::A { let r = r#\"'\"#; super::a::A }",
        },
        ["b.rs imports protocol/src/c.rs (c::g)"],
    ),
    (
        "a cycle behind a re-export",
        {
            P + "lib.rs": "mod a; mod d; pub use d::D;",
            P + "a.rs": "use crate::D; pub struct A;",
            P + "d/mod.rs": "mod d1; pub(crate) use d1::D;",
            P + "d/d1.rs": "use crate::a::A; pub struct D;",
        },
        ["a.rs imports protocol/src/d/d1.rs (crate::D)"],
    ),
    (
        "a cycle behind globs",
        {
            P + "lib.rs": "mod a; mod d; pub use d::*;",
            P + "a.rs": "pub fn f(_: crate::D) {}  pub struct A;",
            P + "d/mod.rs": "mod d1; pub use self::d1::*; struct O; impl T for O { type D = u8; }",
            P + "d/d1.rs": "use crate::a::A; pub struct D;",
        },
        ["a.rs imports protocol/src/d/d1.rs (crate::D)"],
    ),
    (
        "a child that imports the parent that uses it",
        {
            P + "lib.rs": "pub mod d;",
            P + "d/mod.rs": "mod d1; pub struct D; impl D { fn f() { d1::g() } }",
            P + "d/d1.rs": "use super::D; pub fn g() {}",
        },
        ["d/d1.rs imports protocol/src/d/mod.rs (super::D)"],
    ),
    (
        "a child that imports the parent that shows it",
        {
            P + "lib.rs": "pub mod d;",
            P + "d.rs": "mod d1; pub use self::d1::E; pub struct D;",
            P + "d/d1.rs": "use super::D; pub struct E(D);",
        },
        [],
    ),
    (
        "a re-export of what is no descendant is an import",
        {
            P + "lib.rs": "mod a; pub mod d;",
            P + "a.rs": "use crate::d::Own; pub struct A;",
            P + "d.rs": "pub use crate::a::A; pub struct Own;",
        },
        ["d.rs imports protocol/src/a.rs (crate::a::A)"],
    ),
    (
        "a module in place imports for its file",
        {
            P + "lib.rs": "mod a; mod b;",
            P + "a.rs": "mod inner { use super::super::b::B; } pub struct A;",
            P + "b.rs": "use crate::a::A; pub struct B;",
        },
        ["a.rs imports protocol/src/b.rs (super::super::b::B)"],
    ),
    (
        "a macro's paths are imports",
        {
            P + "lib.rs": "mod a; mod b;",
            P + "a.rs": "macro_rules! m { () => { $crate::b::f() } } pub struct A;",
            P + "b.rs": "use crate::a::A; pub fn f() {}",
        },
        ["a.rs imports protocol/src/b.rs (crate::b::f)"],
    ),
    (
        "the socket layer imports the engine",
        {
            P + "lib.rs": "pub mod engine; pub mod socket; mod wire;",
            P + "wire.rs": "use crate::engine::packet::E; pub struct W;",
            P + "engine/mod.rs": "pub mod packet;",
            P + "engine/packet.rs": "pub struct E;",
            P + "socket/mod.rs": "mod ack; use crate::wire::W;",
            P + "socket/ack.rs": "fn f(_: crate::engine::packet::E) {}",
        },
        ["socket/ack.rs imports protocol/src/engine/packet.rs"],
    ),
    (
        "a clock, a runtime, I/O and the server in the protocol",
        {
            P + "lib.rs": "mod a; mod b;",
            P + "a.rs": "fn f() { std::time::Instant::now(); } async fn g() {}",
            P + "b.rs": "use std::net::TcpStream; use encke::Socket; // std::fs is only named here",
        },
        ["has `Instant`", "has `async`", "has `std::net`", "has `encke`"],
    ),
    (
        "a clock and the protocol in the server",
        {S + "lib.rs": "mod a; use a::A;", S + "a.rs": "use encke_protocol::Sid; use std::time::Instant; pub struct A;"},
        [],
    ),
    ("a module that lies elsewhere", {S + "lib.rs": '#[path = "x.rs"] mod a;', S + "x.rs": ""}, ["#[path] on `mod a`"]),
    ("a module without a file", {S + "lib.rs": "mod a;"}, ["`mod a` has 0 files"]),
    (
        "TypeScript without a fault",
        {
            C + "index.ts": "export { Socket } from './socket';\nexport * from './codec';",
            C + "socket.ts": "import {\n  encode,\n} from './codec/index.js';\n/*\nimport './index'\n*/\nimport x from 'other';",
            C + "codec/index.ts": "export const encode = 1",
        },
        [],
    ),
    (
        "a cycle in TypeScript",
        {C + "a.ts": "import type { B } from './b'", C + "b.ts": "const a = () => import('./a')"},
        ["a.ts imports client-js/src/b.ts"],
    ),
    ("TypeScript without a file", {C + "a.ts": "import './nowhere'"}, ["no file for './nowhere'"]),
]
