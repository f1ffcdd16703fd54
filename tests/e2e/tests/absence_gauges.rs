//! What is reported of clients that are away. The gauges are the process's, so there is one test.

use std::time::Duration;

use encke::{CloseReason, Encke, Socket};
use support::{Arrivals, Host, Meter, Nomad, Transport, at, meter, serve, until};

const WINDOW: Duration = Duration::from_secs(3);
/// A shard looks at its queues four times in it.
const PING_TIMEOUT: Duration = Duration::from_millis(400);

struct Stage {
    meter: &'static Meter,
    io: Encke,
    host: Host,
    arrivals: Arrivals,
}

/// Sessions, those that are away, bytes that are queued, and those that are for who is away.
type Totals = [i64; 4];

impl Stage {
    fn set() -> Self {
        let meter = meter();
        let io = Encke::builder()
            .resume_window(WINDOW)
            .ping_timeout(PING_TIMEOUT)
            .build();
        let arrivals = Arrivals::of(&io);
        let host = serve(&io);
        Self {
            meter,
            io,
            host,
            arrivals,
        }
    }

    async fn connect(&mut self) -> (Nomad, Socket) {
        let mut nomad = Nomad::connect(&self.host, Transport::WebSocket).await;
        nomad.confirm().await;
        (nomad, self.arrivals.next().await.socket)
    }

    async fn expect(&self, totals: Totals) {
        until(format!("{totals:?} to be reported"), async || {
            self.io.sessions().await;
            (totals_of(self.meter) == totals).then_some(())
        })
        .await;
    }

    fn closes(&self, reason: &str) -> u64 {
        let key = format!("encke_closes_total{{reason={reason}}}");
        self.meter.count(&key)
    }
}

fn totals_of(meter: &Meter) -> Totals {
    let gauge = |key: &str| meter.gauge(key).unwrap_or_default();
    let all = |name: &str| {
        let keys = meter.keys().into_iter();
        let of_name = keys.filter(|key| key.starts_with(name));
        of_name.map(|key| gauge(&key)).sum()
    };
    [
        all("encke_sessions{"),
        gauge("encke_detached_sessions"),
        all("encke_queue_bytes{"),
        gauge("encke_detached_bytes"),
    ]
}

#[tokio::test]
async fn they_follow_and_return_to_zero() {
    let mut stage = Stage::set();
    let (mut returns, of_returns) = stage.connect().await;
    let (mut stays, of_stays) = stage.connect().await;
    stage.expect([2, 0, 0, 0]).await;
    // Each of 64 bytes with its text, and 64 more.
    let text = "x".repeat(64 - r#"2["e",""]"#.len());
    let emit = |socket: &Socket| socket.emit("e", &text).expect("there is room");
    emit(&of_returns);
    stage.expect([2, 0, 128, 0]).await;
    returns.leave();
    stage.expect([2, 1, 128, 128]).await;
    stays.leave();
    emit(&of_stays);
    emit(&of_stays);
    stage.expect([2, 2, 384, 384]).await;
    returns.come_back(Transport::Polling).await;
    stage.expect([2, 1, 384, 256]).await;
    returns.upgrade().await;
    returns.event().await;
    returns.confirm().await;
    stage.expect([2, 1, 256, 256]).await;
    // Also what is confirmed from far away.
    emit(&of_returns);
    returns.event().await;
    returns.leave();
    returns.confirm().await;
    let reason = stage.arrivals.gone(&of_stays).await;
    assert_eq!(reason, CloseReason::WindowPassed);
    returns.come_back(Transport::WebSocket).await;
    stage.expect([1, 0, 0, 0]).await;
    assert_eq!(stage.closes("window passed"), 1);
    // By its own word.
    emit(&of_returns);
    returns.leave();
    let recv = returns.received();
    at(
        stage.host.address(),
        returns.session.post_taken(recv, None, "1"),
    )
    .await;
    stage.expect([0, 0, 0, 0]).await;
    assert_eq!(stage.closes("transport close"), 1);
    assert_eq!(stage.io.counts().sessions, 0);
    // The worker's end is one, too.
    let (mut last, of_last) = stage.connect().await;
    last.leave();
    emit(&of_last);
    stage.expect([1, 1, 128, 128]).await;
    let meter = stage.meter;
    drop(stage);
    until("the workers to end", async || {
        tokio::task::yield_now().await;
        (totals_of(meter) == [0; 4]).then_some(())
    })
    .await;
}
