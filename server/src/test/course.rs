//! What the faults of a connection and of a request come to for that request.

use std::time::Duration;

use super::fault::{Direction, Fault, Late, Which};
use super::page::Page;

/// How a request and its answer are to be passed on.
#[derive(Debug, Clone, Default)]
pub(super) struct Course {
    /// By direction.
    pub(super) delays: [Duration; 2],
    /// Bytes a second, by direction.
    pub(super) rates: [Option<u32>; 2],
    pub(super) buffers: bool,
    /// By direction.
    pub(super) mutes: [bool; 2],
    pub(super) kill: Option<Duration>,
    pub(super) repeat: Option<(Late, Which)>,
    pub(super) page: Option<Given>,
    /// Those that happen at a position of this request.
    pub(super) positions: Vec<Fault>,
}

/// A page to give.
#[derive(Debug, Clone)]
pub(super) enum Given {
    /// Instead of asking the server.
    Instead(Page),
    /// In place of the server's answer.
    InPlace(Page),
}

impl Course {
    pub(super) fn new(of_connection: &[Fault], of_request: &[Fault]) -> Self {
        let mut course = Self::default();
        for fault in of_connection {
            course.add(fault);
        }
        // Positions of a connection are counted over all of it, and not here.
        course.positions.clear();
        for fault in of_request {
            course.add(fault);
        }
        course
    }

    fn add(&mut self, fault: &Fault) {
        match fault {
            Fault::Cut { .. } | Fault::Reset { .. } | Fault::Swallow { .. } => {
                self.positions.push(fault.clone());
            }
            Fault::Delay { direction, by } => self.delays[direction.index()] = *by,
            Fault::Throttle {
                direction,
                bytes_per_second,
            } => self.rates[direction.index()] = Some((*bytes_per_second).max(1)),
            Fault::Buffer => self.buffers = true,
            Fault::Mute(direction) => self.mutes[direction.index()] = true,
            Fault::Kill { after } => self.kill = Some(*after),
            Fault::Repeat { late, answer } => self.repeat = Some((*late, *answer)),
            Fault::Answer(page) => self.page = Some(Given::Instead(page.clone())),
            Fault::Replace(page) => self.page = Some(Given::InPlace(page.clone())),
        }
    }

    /// Those faults that are in force from the request's first byte.
    pub(super) fn at_once(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        for direction in [Direction::Up, Direction::Down] {
            let by = self.delays[direction.index()];
            if !by.is_zero() {
                faults.push(Fault::delay(direction, by));
            }
            if let Some(rate) = self.rates[direction.index()] {
                faults.push(Fault::throttle(direction, rate));
            }
        }
        faults
    }
}
