//! The command line.

const USAGE: &str = "\
Usage: resume [--port PORT] [--host ADDRESS]

  --port PORT      default 3001; 0 picks a free one
  --host ADDRESS   default 127.0.0.1; 0.0.0.0 lets other devices in";

/// Where to listen.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Options {
    pub(crate) host: String,
    pub(crate) port: u16,
}

impl Options {
    /// Reads the arguments behind the program's name.
    ///
    /// # Errors
    ///
    /// What is wrong, and how the program is used.
    pub(crate) fn parse(mut args: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Self {
            host: "127.0.0.1".to_owned(),
            port: 3001,
        };
        while let Some(arg) = args.next() {
            let value = match arg.as_str() {
                "--help" | "-h" => return Err(USAGE.to_owned()),
                "--port" | "--host" => args.next(),
                _ => return Err(format!("There is no option {arg}.\n\n{USAGE}")),
            };
            let value = value.ok_or_else(|| format!("{arg} needs a value.\n\n{USAGE}"))?;
            if arg == "--host" {
                options.host = value;
            } else {
                options.port = value
                    .parse()
                    .map_err(|_| format!("{value} is not a port.\n\n{USAGE}"))?;
            }
        }
        Ok(options)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Options, String> {
        Options::parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn reads_what_is_given() {
        let options = parse("--port 0 --host 0.0.0.0").unwrap();
        assert_eq!((options.host.as_str(), options.port), ("0.0.0.0", 0));
        assert_eq!(parse("").unwrap().port, 3001);
    }

    #[test]
    fn says_what_is_wrong() {
        for (line, complaint) in [
            ("--port", "--port needs a value."),
            ("--port 65536", "65536 is not a port."),
            ("--prot 1", "There is no option --prot."),
            ("--help", "Usage:"),
        ] {
            let fault = parse(line).unwrap_err();
            assert!(fault.starts_with(complaint), "{line}: {fault}");
            assert!(fault.contains("Usage:"));
        }
    }
}
