//! The relay of the JavaScript tests, which can cut and freeze connections, as a process.

use std::{path::Path, process::Stdio};

use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
};

use crate::check::{Result, same, within};

pub struct Relay {
    pub url: String,
    process: Child,
    commands: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
}

impl Relay {
    /// # Errors
    ///
    /// When Node or the relay does not start.
    pub async fn before(target: &str) -> Result<Self> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../js/lib/relay.js");
        let mut process = Command::new("node")
            .arg(script)
            .arg(target)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let commands = process
            .stdin
            .take()
            .ok_or("the relay has no standard input")?;
        let output = process
            .stdout
            .take()
            .ok_or("the relay has no standard output")?;
        let mut answers = BufReader::new(output).lines();
        let url = within(answers.next_line(), "relay")
            .await??
            .ok_or("the relay has ended")?;
        Ok(Self {
            url,
            process,
            commands,
            answers,
        })
    }

    /// Tells it to `cut` or to `freeze`, and returns when that is done.
    ///
    /// # Errors
    ///
    /// When it does not answer.
    pub async fn tell(&mut self, word: &str) -> Result<()> {
        self.commands
            .write_all(format!("{word}\n").as_bytes())
            .await?;
        let answer = within(self.answers.next_line(), word).await??;
        same(&answer.as_deref(), &Some("done"))
    }

    /// Ends the process and waits until it has ended.
    ///
    /// # Errors
    ///
    /// When it does not end.
    pub async fn close(mut self) -> Result<()> {
        drop(self.commands);
        within(self.process.wait(), "end of the relay").await??;
        Ok(())
    }
}
