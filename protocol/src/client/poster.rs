use super::Exchange;
use super::backoff::Backoff;
use super::config::Config;
use crate::Time;

/// The one POST with messages, and when there may be another.
///
/// ```text
///   Free --messages--> Posting --7M--> Free
///    ^                    |
///    +-- at -- Waiting <--+  any other answer, none
/// ```
///
/// Spec: PROTOCOL.md, Legs, Of a resume session.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(super) struct Poster {
    state: State,
    backoff: Backoff,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
enum State {
    #[default]
    Free,
    Posting(Post),
    Waiting {
        at: Time,
    },
}

/// A POST that is under way.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Post {
    pub(super) exchange: Exchange,
    /// When it is given up.
    pub(super) until: Time,
    /// The count that says that all of it was taken.
    pub(super) last: u64,
    /// Whether it ends with `1`.
    pub(super) says_close: bool,
}

impl Poster {
    pub(super) const fn is_free(&self) -> bool {
        matches!(self.state, State::Free)
    }

    /// The POST that is under way.
    pub(super) const fn post(&self) -> Option<&Post> {
        match &self.state {
            State::Posting(post) => Some(post),
            State::Free | State::Waiting { .. } => None,
        }
    }

    pub(super) fn is(&self, exchange: Exchange) -> bool {
        self.post().is_some_and(|post| post.exchange == exchange)
    }

    pub(super) const fn deadline(&self) -> Option<Time> {
        match &self.state {
            State::Free => None,
            State::Posting(post) => Some(post.until),
            State::Waiting { at } => Some(*at),
        }
    }

    pub(super) fn start(&mut self, post: Post) {
        self.state = State::Posting(post);
    }

    pub(super) fn succeed(&mut self) {
        self.state = State::Free;
        self.backoff.reset();
    }

    /// The POST is over and its messages are to be sent again.
    pub(super) fn fail(&mut self, now: Time, config: &Config) {
        let wait = self
            .backoff
            .next(config.seed, config.wait_min, config.wait_max);
        self.state = if wait.is_zero() {
            State::Free
        } else {
            State::Waiting { at: now + wait }
        };
    }

    /// A wait is over, or a POST is: the exchange to abandon.
    pub(super) fn handle_timeout(&mut self, now: Time, config: &Config) -> Option<Exchange> {
        match &self.state {
            State::Waiting { at } if *at <= now => {
                self.state = State::Free;
                None
            }
            State::Posting(post) if post.until <= now => {
                let exchange = post.exchange;
                self.fail(now, config);
                Some(exchange)
            }
            State::Free | State::Posting(_) | State::Waiting { .. } => None,
        }
    }
}
