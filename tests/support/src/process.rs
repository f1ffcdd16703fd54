use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::OnceLock;

use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, ChildStdout, Command};

use crate::deadline::within;

/// The conformance server as a process of its own, which can be stopped and told to end.
///
/// It is killed when this is dropped.
#[derive(Debug)]
pub struct Process {
    child: Child,
    id: u32,
    address: SocketAddr,
    /// Closing it would break the pipe that the server may yet write to.
    _out: BufReader<ChildStdout>,
}

impl Process {
    /// Builds the server if that is due, and starts it on a free port.
    pub async fn start() -> Self {
        let mut child = Command::new(built())
            .args(["--port", "0"])
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the conformance server starts");
        let out = child.stdout.take().expect("its output is piped");
        let mut out = BufReader::new(out);
        let mut line = String::new();
        let read = within("the server to listen", out.read_line(&mut line)).await;
        read.expect("it says where it listens");
        let address = line.trim_end().strip_prefix("listening on http://");
        let address = address.and_then(|address| address.parse().ok());
        Self {
            id: child.id().expect("it has not been waited for"),
            address: address.unwrap_or_else(|| panic!("it said {line:?}")),
            child,
            _out: out,
        }
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its number.
    #[must_use]
    pub const fn id(&self) -> u32 {
        self.id
    }

    /// Waits for its end.
    pub async fn ended(&mut self) -> ExitStatus {
        let ended = within("the server to end", self.child.wait()).await;
        ended.expect("it is a child of this process")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // One that has ended can not be killed, and is not there any more.
        let _ = self.child.start_kill();
        while let Ok(None) = self.child.try_wait() {
            std::thread::yield_now();
        }
    }
}

/// The server's binary, as new as its sources.
fn built() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(build)
}

/// Builds it to where this test's own binary is.
fn build() -> PathBuf {
    let test = std::env::current_exe().expect("a process has a binary");
    // TARGET/PROFILE/deps/TEST
    let profile_dir = test.ancestors().nth(2).expect("cargo has built it");
    let target_dir = profile_dir.parent().expect("cargo has built it");
    let profile = match profile_dir.file_name().and_then(|name| name.to_str()) {
        Some("debug") => "dev",
        Some(profile) => profile,
        None => panic!("not cargo's folder: {}", profile_dir.display()),
    };
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = std::process::Command::new(cargo)
        .args(["build", "--quiet", "--package", "conformance", "--profile"])
        .args([profile, "--target-dir"])
        .arg(target_dir)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status()
        .expect("cargo runs");
    assert!(status.success(), "the conformance server can not be built");
    profile_dir.join("conformance")
}
