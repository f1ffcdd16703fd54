use std::cell::RefCell;
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};

use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};

use crate::error::SendError;
use crate::gauge::{Gauge, MESSAGE_COST};
use crate::mail::Mail;

/// How the rest of the server reaches a shard.
///
/// On the shard's own thread mail is carried out at once, after whatever was queued before it;
/// from elsewhere it is queued. Either way the mail of one thread is carried out in its order.
#[derive(Debug)]
pub(crate) struct Mailbox {
    id: u32,
    queue: UnboundedSender<Letter>,
    /// What the mail that nobody else accounts for may take up.
    gauge: Arc<Gauge>,
    /// Queued mail that puts sockets into rooms.
    joins: AtomicUsize,
    /// The position behind the last event posted here that recovery keeps.
    kept: AtomicU64,
}

/// Mail, and what it counts for in the gauge while it is queued.
#[derive(Debug)]
struct Letter {
    mail: Mail,
    cost: usize,
}

/// The shard's end.
#[derive(Debug)]
pub(crate) struct Queue {
    letters: UnboundedReceiver<Letter>,
    gauge: Arc<Gauge>,
}

/// Bytes of queued broadcasts at which a shard takes no more.
const MAX_QUEUED: usize = 64 * 1024 * 1024;

/// A shard as its own thread sees it.
pub(crate) trait Local {
    fn id(&self) -> u32;

    /// Carries out what is queued, then this. Given back while the shard is at work itself,
    /// which only something that is dropped there can bring about.
    fn deliver(self: Rc<Self>, mail: Mail) -> Result<(), Mail>;

    /// Carries out what is queued, unless the shard is at work itself.
    fn catch_up(self: Rc<Self>);
}

/// A thread may have shards of several servers, so ids are unique among all of them.
static NEXT_ID: AtomicU32 = AtomicU32::new(0);

thread_local! {
    /// The shards of this thread: one for each `Encke` that it serves.
    static HERE: RefCell<Vec<Weak<dyn Local>>> = const { RefCell::new(Vec::new()) };
}

/// Makes a shard known to its thread.
pub(crate) fn settle(shard: &Rc<impl Local + 'static>) {
    let shard: Rc<dyn Local> = Rc::clone(shard) as _;
    HERE.with_borrow_mut(|here| {
        here.retain(|shard| shard.strong_count() > 0);
        here.push(Rc::downgrade(&shard));
    });
}

impl Mailbox {
    pub(crate) fn new() -> (Arc<Self>, Queue) {
        let id = NEXT_ID.fetch_add(1, Ordering::Relaxed);
        let (queue, letters) = mpsc::unbounded_channel();
        let gauge = Arc::new(Gauge::new(MAX_QUEUED));
        let shard_end = Queue {
            letters,
            gauge: Arc::clone(&gauge),
        };
        let mailbox = Self {
            id,
            queue,
            gauge,
            joins: AtomicUsize::new(0),
            kept: AtomicU64::new(0),
        };
        (Arc::new(mailbox), shard_end)
    }

    pub(crate) const fn id(&self) -> u32 {
        self.id
    }

    /// Mail that is bounded by its sender: a request, a WebSocket's packet, an emit with room
    /// reserved. Given back if the shard is gone.
    pub(crate) fn deliver(&self, mail: Mail) -> Result<(), Mail> {
        let Err(mail) = self.deliver_here(mail) else {
            return Ok(());
        };
        let letter = Letter { mail, cost: 0 };
        self.queue.send(letter).map_err(|error| error.0.mail)
    }

    /// Mail that nothing else bounds, such as a broadcast.
    pub(crate) fn deliver_bounded(&self, mail: Mail) -> Result<(), SendError> {
        match self.deliver_here(mail) {
            Ok(()) => Ok(()),
            Err(mail) => self.post(mail),
        }
    }

    /// Queues such mail, also on the shard's own thread.
    pub(crate) fn post(&self, mail: Mail) -> Result<(), SendError> {
        let (bytes, kept) = match &mail {
            Mail::Select(_, order) | Mail::Socket(_, _, order) => (order.bytes(), None),
            Mail::SocketKept(_, _, event) | Mail::SelectKept(event) => {
                (event.packet.bytes(), Some(event.position + 1))
            }
            // What a client has missed is counted in its session's gauge.
            Mail::Recover(..) | Mail::Session(..) | Mail::ListSessions(_) | Mail::CloseAll(..) => {
                (0, None)
            }
        };
        let cost = MESSAGE_COST + bytes;
        if !self.gauge.reserve(cost) {
            return Err(SendError::Full);
        }
        if mail.joins() {
            self.joins.fetch_add(1, Ordering::Relaxed);
        }
        if let Some(end) = kept {
            // Read and written only under the lock of what recovery keeps.
            self.kept.store(end, Ordering::Relaxed);
        }
        self.queue.send(Letter { mail, cost }).map_err(|_| {
            self.gauge.release(cost);
            SendError::Closed
        })
    }

    /// Has what was posted carried out at once, if this is the shard's thread.
    pub(crate) fn catch_up(&self) {
        if let Some(shard) = self.here() {
            shard.catch_up();
        }
    }

    /// Up to which position events that recovery keeps were posted here.
    pub(crate) fn kept(&self) -> u64 {
        self.kept.load(Ordering::Relaxed)
    }

    /// Whether sockets here may be in rooms in which nobody knows of them yet. A thread that has
    /// just put them there has to find them.
    pub(crate) fn has_joins(&self) -> bool {
        self.joins.load(Ordering::Acquire) > 0
    }

    /// Queued mail that puts sockets into rooms was carried out.
    pub(crate) fn joined(&self) {
        self.joins.fetch_sub(1, Ordering::Release);
    }

    /// Has it carried out at once, if this is the shard's thread.
    fn deliver_here(&self, mail: Mail) -> Result<(), Mail> {
        match self.here() {
            Some(shard) => shard.deliver(mail),
            None => Err(mail),
        }
    }

    fn here(&self) -> Option<Rc<dyn Local>> {
        HERE.try_with(|here| {
            let here = here.try_borrow().ok()?;
            here.iter()
                .filter_map(Weak::upgrade)
                .find(|shard| shard.id() == self.id)
        })
        .ok()
        .flatten()
    }
}

impl Queue {
    /// The next mail, if there is any.
    pub(crate) fn take(&mut self) -> Option<Mail> {
        let letter = self.letters.try_recv().ok()?;
        Some(self.open(letter))
    }

    /// The next mail; the end once nobody can send any more.
    pub(crate) fn poll_take(&mut self, cx: &mut Context<'_>) -> Poll<Option<Mail>> {
        let letter = ready!(self.letters.poll_recv(cx));
        Poll::Ready(letter.map(|letter| self.open(letter)))
    }

    fn open(&self, letter: Letter) -> Mail {
        self.gauge.release(letter.cost);
        letter.mail
    }
}
