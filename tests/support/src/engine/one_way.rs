//! A leg of a one-way transport.

use crate::http::{Request, Response, Streaming};

/// A body that goes on, record by record.
#[derive(Debug)]
pub struct OneWay {
    transport: &'static str,
    streaming: Streaming,
    /// What has come and was not taken.
    text: String,
    /// Bytes of the body so far.
    pub bytes: usize,
}

impl OneWay {
    /// Sends the request of a `transport` by its name on the wire; it must be answered.
    pub async fn open(transport: &'static str, request: &Request) -> Self {
        let streaming = Streaming::open(request).await;
        assert_eq!(streaming.head.status, 200, "{:?}", streaming.head);
        Self {
            transport,
            streaming,
            text: String::new(),
            bytes: 0,
        }
    }

    /// Status and headers.
    #[must_use]
    pub const fn head(&self) -> &Response {
        &self.streaming.head
    }

    /// Waits for the next record, which must come.
    pub async fn record(&mut self) -> String {
        self.next().await.expect("a record before the end")
    }

    /// Waits for the next record; `None` at the end, which must not be within one.
    pub async fn next(&mut self) -> Option<String> {
        loop {
            if let Some(record) = self.take() {
                return Some(record);
            }
            let piece = self.streaming.piece().await.expect("a whole body");
            let Some(piece) = piece else {
                assert_eq!(self.text.trim(), "", "the end is behind a record");
                return None;
            };
            self.bytes += piece.len();
            self.text += std::str::from_utf8(&piece).expect("packets are written whole");
        }
    }

    /// Reads to the end, and gives the records that were left.
    pub async fn rest(&mut self) -> Vec<String> {
        let mut records = Vec::new();
        while let Some(record) = self.next().await {
            records.push(record);
        }
        records
    }

    /// A record that is there as a whole.
    fn take(&mut self) -> Option<String> {
        loop {
            let (begin, end) = match self.transport {
                "stream" => ("", "\u{1e}"),
                "sse" => ("", "\n\n"),
                "htmlfile" => ("<script>", "</script>"),
                other => panic!("{other} does not go on"),
            };
            let (record, rest) = self.text.split_once(end)?;
            let (_, record) = record.split_once(begin).expect("a record");
            let record = self.read(record);
            self.text = rest.to_owned();
            if record.is_some() {
                return record;
            }
        }
    }

    /// What a client makes of it; nothing, if it has no meaning.
    fn read(&self, record: &str) -> Option<String> {
        let unquote = |json: &str| serde_json::from_str(json).expect("a JSON string");
        match self.transport {
            "stream" => (!record.trim().is_empty()).then(|| record.to_owned()),
            "sse" => {
                if record.starts_with(':') {
                    return None;
                }
                let data = record.strip_prefix("data:").expect("data");
                assert!(!data.contains(['\r', '\n']), "{data:?}");
                Some(if data.starts_with('"') {
                    unquote(data)
                } else {
                    data.to_owned()
                })
            }
            _ => {
                let call = record.strip_prefix("p(")?;
                Some(unquote(call.strip_suffix(')').expect("a call")))
            }
        }
    }
}
