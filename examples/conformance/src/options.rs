use std::path::PathBuf;

use encke::{Origins, OriginsError};
use lexopt::{Arg, Parser, ValueExt as _};

/// What the command line may say.
pub const USAGE: &str = "\
usage: conformance [--port PORT] [--origin ORIGIN]... [--pages FOLDER]

  --port PORT      default 3000; 0 picks a free one
  --origin ORIGIN  pages of this origin may connect, and of no other that is not named; without it any
                   origin's may
  --pages FOLDER   files that are served beside the four paths, as pages of the server's own origin";

/// What a conformance server is told.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The port of 127.0.0.1; 0 picks a free one.
    pub port: u16,
    /// The origins that may connect; any, if there is none.
    pub origins: Vec<String>,
    /// A folder of pages.
    pub pages: Option<PathBuf>,
}

impl Options {
    /// Reads the arguments of the program.
    ///
    /// # Errors
    ///
    /// When they are none of [`USAGE`].
    pub fn parse(mut arguments: Parser) -> Result<Self, lexopt::Error> {
        let mut options = Self {
            port: 3000,
            ..Self::default()
        };
        while let Some(argument) = arguments.next()? {
            match argument {
                Arg::Long("port") => options.port = arguments.value()?.parse()?,
                Arg::Long("origin") => options.origins.push(arguments.value()?.string()?),
                Arg::Long("pages") => options.pages = Some(arguments.value()?.into()),
                other => return Err(other.unexpected()),
            }
        }
        let origins = options.origins();
        origins.map_err(|error| lexopt::Error::Custom(Box::new(error)))?;
        Ok(options)
    }

    /// Which pages may connect.
    pub(crate) fn origins(&self) -> Result<Origins, OriginsError> {
        if self.origins.is_empty() {
            return Ok(Origins::any());
        }
        Ok(Origins::list(&self.origins)?.credentials(true))
    }
}
