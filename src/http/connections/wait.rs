//! How long the server waits for the head of a request: hyper's timer for one connection.
//!
//! hyper knows one limit for the whole wait, from the last answer to the end of the next
//! head. Here the silence in between may be long, and a head that was begun may not.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use hyper::rt::{Sleep, Timer};
use tokio::sync::watch;
use tokio::time::Instant;

use super::ConnectionLimits;

/// Whether connections wait for a place.
#[derive(Debug, Clone, Default)]
pub(super) struct Crowded(Arc<AtomicBool>);

impl Crowded {
    pub(super) fn set(&self, crowded: bool) {
        self.0.store(crowded, Ordering::Relaxed);
    }

    fn is(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Makes a wait for every head; hyper uses a server's timer for nothing else.
pub(super) struct HeadTimer {
    heard: Arc<AtomicU64>,
    limits: ConnectionLimits,
    crowded: Crowded,
    stop: watch::Receiver<bool>,
}

impl HeadTimer {
    /// `heard` counts the bytes that came over the connection. Once told to `stop`, no head is waited for;
    /// one that is whole is no longer waited for, and so its request is answered.
    pub(super) fn new(
        heard: Arc<AtomicU64>,
        limits: ConnectionLimits,
        crowded: Crowded,
        stop: watch::Receiver<bool>,
    ) -> Self {
        Self { heard, limits, crowded, stop }
    }
}

impl Timer for HeadTimer {
    fn sleep(&self, _: Duration) -> Pin<Box<dyn Sleep>> {
        let before = self.heard.load(Ordering::Relaxed);
        let now = Instant::now();
        Box::pin(Wait {
            heard: Arc::clone(&self.heard),
            before,
            // A new connection is there to ask.
            begun: before == 0,
            head: self.limits.head,
            last: now + self.limits.idle,
            alarm: Box::pin(tokio::time::sleep_until(now + self.limits.head)),
            crowded: self.crowded.clone(),
            stop: self.stop.clone(),
        })
    }

    fn sleep_until(&self, _: std::time::Instant) -> Pin<Box<dyn Sleep>> {
        self.sleep(self.limits.idle)
    }
}

/// Over when the connection has been waited for long enough.
struct Wait {
    heard: Arc<AtomicU64>,
    before: u64,
    begun: bool,
    head: Duration,
    last: Instant,
    alarm: Pin<Box<tokio::time::Sleep>>,
    crowded: Crowded,
    stop: watch::Receiver<bool>,
}

impl Sleep for Wait {}

impl Future for Wait {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        // Whoever stops the server polls every connection, so nobody need be woken for it.
        if *this.stop.borrow() {
            return Poll::Ready(());
        }
        if !this.begun && this.heard.load(Ordering::Relaxed) != this.before {
            this.begun = true;
            this.alarm.as_mut().reset(Instant::now() + this.head);
        }
        loop {
            ready!(this.alarm.as_mut().poll(cx));
            let now = Instant::now();
            if this.begun || this.crowded.is() || now >= this.last {
                return Poll::Ready(());
            }
            this.alarm.as_mut().reset(this.last.min(now + this.head));
        }
    }
}
