//! How long the server waits for the head of a request: hyper's timer for one connection.
//!
//! hyper knows one limit for the whole wait, from the last answer to the end of the next
//! head. Here the silence in between may be long, and a head that was begun may not.

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
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

/// When a connection must be looked at again, for all its waits. Armed and taken down for every
/// head, a timer of the runtime cost more than the head.
#[derive(Clone)]
struct Alarm(Arc<Mutex<Pin<Box<tokio::time::Sleep>>>>);

impl Alarm {
    fn new(at: Instant) -> Self {
        Self(Arc::new(Mutex::new(Box::pin(tokio::time::sleep_until(at)))))
    }

    /// Ready once it rang; then it is to be set again.
    fn poll(&self, cx: &mut Context<'_>) -> Poll<()> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).as_mut().poll(cx)
    }

    fn set(&self, at: Instant) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).as_mut().reset(at);
    }
}

/// Makes a wait for every head; hyper uses a server's timer for nothing else.
pub(super) struct HeadTimer {
    heard: Arc<AtomicU64>,
    limits: ConnectionLimits,
    crowded: Crowded,
    stop: watch::Receiver<bool>,
    alarm: Alarm,
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
        Self { heard, limits, crowded, stop, alarm: Alarm::new(Instant::now() + limits.head) }
    }
}

impl Timer for HeadTimer {
    fn sleep(&self, _: Duration) -> Pin<Box<dyn Sleep>> {
        let before = self.heard.load(Ordering::Relaxed);
        let since = Instant::now();
        Box::pin(Wait {
            heard: Arc::clone(&self.heard),
            before,
            // A new connection is there to ask.
            begun: (before == 0).then_some(since),
            since,
            limits: self.limits,
            alarm: self.alarm.clone(),
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
    /// When the head was first seen to have begun.
    begun: Option<Instant>,
    since: Instant,
    limits: ConnectionLimits,
    alarm: Alarm,
    crowded: Crowded,
    stop: watch::Receiver<bool>,
}

impl Wait {
    fn end(&self) -> Instant {
        match self.begun {
            Some(begun) => begun + self.limits.head,
            None if self.crowded.is() => self.since + self.limits.head,
            None => self.since + self.limits.idle,
        }
    }
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
        if this.begun.is_none() && this.heard.load(Ordering::Relaxed) != this.before {
            this.begun = Some(Instant::now());
        }
        loop {
            ready!(this.alarm.poll(cx));
            let (now, end) = (Instant::now(), this.end());
            if now >= end {
                return Poll::Ready(());
            }
            // Never later than a head that begins right now may take: so it never rings too late.
            this.alarm.set(end.min(now + this.limits.head));
        }
    }
}
