//! Faults drawn at random, from a seed.

use std::time::Duration;

use super::fault::{Direction, Fault, Kind, Late, Which};
use super::page::Page;
use super::request::Request;
use super::seed::{Dice, Seed};

/// A plan that draws a fault for some requests, at given rates.
///
/// Without rates it draws nothing. At most one fault is drawn for a request; one that the request
/// can not have, such as [`Fault::Mute`] where no WebSocket is asked for, is none.
///
/// The same seed draws the same for the same requests. The requests for a WebSocket, the other
/// GETs, the POSTs and the rest are counted apart, and what is drawn for the third POST does not
/// depend on how many GETs came before it.
///
/// ```
/// use encke::test::{Chaos, Kind, Seed};
/// use std::time::Duration;
///
/// # fn start(proxy: &encke::test::Proxy) {
/// let mut chaos = Chaos::new(Seed::pick())
///     .rate(Kind::Cut, 0.1)
///     .rate(Kind::Repeat, 0.05)
///     .longest(Duration::from_millis(50))
///     .calm_after(200);
/// proxy.on_request(move |request| chaos.draw(request));
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Chaos {
    seed: Seed,
    rates: [f64; Kind::ALL.len()],
    span: u64,
    longest: Duration,
    calm_after: Option<u64>,
    /// Requests seen, by class.
    seen: [u64; 4],
}

impl Chaos {
    /// A plan that draws nothing yet.
    pub fn new(seed: impl Into<Seed>) -> Self {
        Self {
            seed: seed.into(),
            rates: [0.0; Kind::ALL.len()],
            span: 2048,
            longest: Duration::from_millis(100),
            calm_after: None,
            seen: [0; 4],
        }
    }

    /// Its seed, for a test's message.
    pub fn seed(&self) -> Seed {
        self.seed
    }

    /// How many of the requests have this fault: 0 none, 1 all. With all rates together above 1 the
    /// later ones of [`Kind::ALL`] are drawn less often than they say.
    pub fn rate(mut self, kind: Kind, rate: f64) -> Self {
        if let Some(slot) = self.rates.get_mut(kind as usize) {
            *slot = rate;
        }
        self
    }

    /// This rate for each kind of fault.
    pub fn all(mut self, rate: f64) -> Self {
        self.rates = [rate; Kind::ALL.len()];
        self
    }

    /// Positions are below this, small ones more often than large ones. Default 2,048 bytes.
    pub fn span(mut self, bytes: u64) -> Self {
        self.span = bytes;
        self
    }

    /// Delays, lives of WebSockets and times before a repeat are at least 1 ms and at most this.
    /// Default 100 ms.
    pub fn longest(mut self, time: Duration) -> Self {
        self.longest = time;
        self
    }

    /// Draws nothing any more after so many requests, so that a test can come to an end. Default:
    /// never.
    pub fn calm_after(mut self, requests: u64) -> Self {
        self.calm_after = Some(requests);
        self
    }

    /// What to do to this request.
    pub fn draw(&mut self, request: &Request) -> Option<Fault> {
        let is_calm = self
            .calm_after
            .is_some_and(|most| self.seen.iter().sum::<u64>() >= most);
        let class = match request {
            Request {
                is_upgrade: true, ..
            } => 0,
            request if request.is_get() => 1,
            request if request.is_post() => 2,
            _ => 3,
        };
        let seen = self.seen.get_mut(class)?;
        *seen += 1;
        let mut dice = self.seed.dice(class as u64, *seen);
        if is_calm {
            return None;
        }
        let mut left = dice.fraction();
        let kind = Kind::ALL
            .into_iter()
            .zip(self.rates)
            .find_map(|(kind, rate)| {
                left -= rate;
                (left < 0.0).then_some(kind)
            })?;
        suits(kind, request).then(|| self.make(kind, &mut dice))
    }

    fn make(&self, kind: Kind, dice: &mut Dice) -> Fault {
        let direction = match dice.below(2) {
            0 => Direction::Up,
            _ => Direction::Down,
        };
        let after = position(self.span, dice);
        let most = u64::try_from(self.longest.as_millis()).unwrap_or(u64::MAX);
        let time = Duration::from_millis(1 + dice.below(most));
        match kind {
            Kind::Cut => Fault::Cut { direction, after },
            Kind::Reset => Fault::Reset { direction, after },
            Kind::Swallow => Fault::Swallow { direction, after },
            Kind::Delay => Fault::delay(direction, time),
            // From 256 bytes a second to 32 KiB.
            Kind::Throttle => Fault::throttle(direction, 256 << dice.below(8)),
            Kind::Buffer => Fault::Buffer,
            Kind::Mute => Fault::Mute(direction),
            Kind::Kill => Fault::kill(time),
            Kind::Repeat => {
                let late = Late::After(time);
                match dice.below(3) {
                    0 => Fault::repeat(late),
                    // A client that waits for this answer would never send a newer one.
                    1 => Fault::repeat(Late::Newer),
                    _ => Fault::Repeat {
                        late,
                        answer: Which::Second,
                    },
                }
            }
            Kind::Answer => Fault::Answer(page(dice)),
            Kind::Replace => Fault::Replace(page(dice)),
        }
    }
}

/// Whether a request can have a fault of this kind.
fn suits(kind: Kind, request: &Request) -> bool {
    match kind {
        Kind::Mute | Kind::Kill => request.is_upgrade,
        Kind::Repeat => request.is_get(),
        Kind::Buffer => !request.is_upgrade,
        Kind::Cut
        | Kind::Reset
        | Kind::Swallow
        | Kind::Delay
        | Kind::Throttle
        | Kind::Answer
        | Kind::Replace => true,
    }
}

/// Within a random half, quarter and so on of the span, since most messages are short.
fn position(span: u64, dice: &mut Dice) -> u64 {
    let shift = dice.below(5);
    dice.below((span >> shift).max(1))
}

fn page(dice: &mut Dice) -> Page {
    match dice.below(2) {
        0 => Page::bad_gateway(),
        _ => Page::portal(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(method: &str, is_upgrade: bool) -> Request {
        Request {
            number: 0,
            connection: 0,
            on_connection: 0,
            method: method.to_owned(),
            path: "/".to_owned(),
            query: String::new(),
            is_upgrade,
        }
    }

    fn plan(chaos: &mut Chaos, request: &Request) -> Vec<Option<Fault>> {
        (0..500).map(|_| chaos.draw(request)).collect()
    }

    #[test]
    fn the_same_seed_draws_the_same_and_another_does_not() {
        let chaos = |seed: u64| Chaos::new(seed).all(0.05);
        let [get, post, upgrade] = [("GET", false), ("POST", false), ("GET", true)]
            .map(|(method, is_upgrade)| request(method, is_upgrade));
        let (mut one, mut same, mut other) = (chaos(7), chaos(7), chaos(8));
        let drawn = plan(&mut one, &get);
        assert_ne!(drawn, plan(&mut other, &get));
        // What comes in between does not change what a GET meets.
        let mut between = Vec::new();
        for expected in drawn {
            between.push(same.draw(&post));
            between.push(same.draw(&upgrade));
            assert_eq!(same.draw(&get), expected);
        }
        assert!(between.iter().flatten().count() > 100);
    }

    #[test]
    fn every_kind_is_drawn_about_as_often_as_it_should_be() {
        let mut chaos = Chaos::new(1).all(0.05);
        let mut counts = [0; Kind::ALL.len()];
        for request in [request("GET", false), request("GET", true)] {
            for _ in 0..10_000 {
                if let Some(fault) = chaos.draw(&request) {
                    counts[fault.kind() as usize] += 1;
                }
            }
        }
        for (kind, count) in Kind::ALL.into_iter().zip(counts) {
            let expected = match kind {
                Kind::Mute | Kind::Kill | Kind::Repeat | Kind::Buffer => 400..600,
                _ => 850..1150,
            };
            assert!(expected.contains(&count), "{kind:?}: {count}");
        }
    }

    #[test]
    fn positions_stay_below_the_span_and_reach_its_ends() {
        let mut chaos = Chaos::new(3).rate(Kind::Cut, 1.0).span(16);
        let mut seen = [0; 16];
        for fault in plan(&mut chaos, &request("GET", false)) {
            let (_, at) = fault.as_ref().and_then(Fault::position).unwrap();
            seen[usize::try_from(at).unwrap()] += 1;
        }
        assert!(seen.iter().all(|count| *count > 0), "{seen:?}");
        assert!(seen[0] > seen[15], "{seen:?}");
    }

    #[test]
    fn it_calms_down() {
        let mut chaos = Chaos::new(3).rate(Kind::Cut, 1.0).calm_after(100);
        let drawn = plan(&mut chaos, &request("GET", false));
        assert!(drawn[..100].iter().all(Option::is_some));
        assert!(drawn[100..].iter().all(Option::is_none));
    }
}
