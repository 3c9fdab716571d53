//! Faults around ports: a decorator that fails calls before their effect, loses
//! answers after it, runs effects twice, or lets time pass, as a script says; and
//! a ledger of every call. The adapters know nothing of it.
//!
//! "Fail each step": run the story once under [`Faults::none`], read how many calls
//! it made from [`Faults::calls`], then run it again for each of them with
//! [`Faults::at`] that call.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use vend::domain::observed::{DeployError, FactoryError};
use vend::ports::clock::Ids as _;
use vend::ports::mail::MailError;
use vend::ports::store::StoreError;

use super::clock::{SeededIds, TestClock};

mod ports;

/// What happens to one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It fails and has no effect.
    FailBefore,
    /// It has its effect, but the answer is lost. A store's contract knows no such
    /// answer: there it stands for a process that was killed right behind the commit.
    LoseAnswer,
    /// It is made twice; the caller gets the second answer, as after a retry deep in an SDK.
    Twice,
    /// Time passes before its effect: a worker was paused.
    PauseBefore(Duration),
    /// Time passes behind its effect, before the caller goes on.
    PauseAfter(Duration),
}

impl Fault {
    /// Every kind of fault, with a pause of this length.
    pub fn kinds(pause: Duration) -> [Self; 5] {
        [Self::FailBefore, Self::LoseAnswer, Self::Twice, Self::PauseBefore(pause), Self::PauseAfter(pause)]
    }
}

/// A call that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Port and method, like `factory.provision`.
    pub method: &'static str,
    /// What it was about: a product, stack, mail key, job key or request.
    pub subject: String,
    /// What happened to it.
    pub fault: Option<Fault>,
}

/// Which calls get which faults. Clones share one script and one ledger, so that
/// one script can run through several ports.
#[derive(Clone)]
pub struct Faults {
    clock: TestClock,
    script: Arc<Mutex<Script>>,
}

#[derive(Default)]
struct Script {
    by_number: BTreeMap<usize, Fault>,
    by_method: BTreeMap<(&'static str, usize), Fault>,
    at_random: Option<AtRandom>,
    calls: Vec<Call>,
}

struct AtRandom {
    numbers: SeededIds,
    rate: f64,
    pause: Duration,
}

impl Faults {
    /// No faults yet; pauses move `clock`.
    pub fn none(clock: &TestClock) -> Self {
        Self { clock: clock.clone(), script: Arc::default() }
    }

    /// The `nth` call of all, from 1, gets this fault.
    pub fn at(self, nth: usize, fault: Fault) -> Self {
        self.with(|script| script.by_number.insert(nth, fault));
        self
    }

    /// The `nth` call of one method, from 1, gets this fault.
    pub fn on(self, method: &'static str, nth: usize, fault: Fault) -> Self {
        self.with(|script| script.by_method.insert((method, nth), fault));
        self
    }

    /// A share of all calls (`rate`, 0.0–1.0) gets faults that depend on `seed` alone.
    pub fn at_random(self, seed: u64, rate: f64, pause: Duration) -> Self {
        self.with(|script| script.at_random = Some(AtRandom { numbers: SeededIds::new(seed), rate, pause }));
        self
    }

    /// From now on nothing goes wrong any more.
    pub fn stop(&self) {
        self.with(|script| *script = Script { calls: std::mem::take(&mut script.calls), ..Script::default() });
    }

    /// Every call so far, in order.
    pub fn calls(&self) -> Vec<Call> {
        self.with(|script| script.calls.clone())
    }

    /// The subjects of one method's calls so far, in order.
    pub fn calls_of(&self, method: &str) -> Vec<String> {
        let calls = self.calls();
        calls.into_iter().filter(|call| call.method == method).map(|call| call.subject).collect()
    }

    /// Puts faults around a port.
    pub fn around<P: ?Sized>(&self, port: Arc<P>) -> Faulty<P> {
        Faulty { port, faults: self.clone() }
    }

    fn with<T>(&self, work: impl FnOnce(&mut Script) -> T) -> T {
        work(&mut self.script.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Enters a call in the ledger and draws its fault.
    fn enter(&self, method: &'static str, subject: &str) -> Option<Fault> {
        self.with(|script| {
            let number = script.calls.len() + 1;
            let nth = script.calls.iter().filter(|call| call.method == method).count() + 1;
            let fault = script.by_number.get(&number).or(script.by_method.get(&(method, nth))).copied();
            let fault = fault.or_else(|| script.at_random.as_ref()?.draw());
            script.calls.push(Call { method, subject: subject.to_owned(), fault });
            fault
        })
    }
}

impl AtRandom {
    fn draw(&self) -> Option<Fault> {
        let kinds = Fault::kinds(self.pause);
        let kind = kinds[usize::try_from(self.numbers.number() % 5).unwrap_or(0)];
        (self.numbers.jitter() < self.rate).then_some(kind)
    }
}

/// A port with faults around it.
pub struct Faulty<P: ?Sized> {
    port: Arc<P>,
    faults: Faults,
}

impl<P: ?Sized> Faulty<P> {
    async fn call<T, E, F, A>(&self, method: &'static str, subject: &str, effect: F) -> Result<T, E>
    where
        E: PortError,
        F: Fn() -> A,
        A: Future<Output = Result<T, E>>,
    {
        let fault = self.faults.enter(method, subject);
        match fault {
            Some(Fault::FailBefore) => return Err(E::nothing_done()),
            Some(Fault::Twice) => drop(effect().await),
            Some(Fault::PauseBefore(pause)) => self.faults.clock.advance(pause),
            _ => {}
        }
        let answer = effect().await;
        match fault {
            Some(Fault::LoseAnswer) => return Err(E::no_answer()),
            Some(Fault::PauseAfter(pause)) => self.faults.clock.advance(pause),
            _ => {}
        }
        answer
    }
}

/// How a port says that something went wrong in passing.
trait PortError: Sized {
    /// The call had no effect.
    fn nothing_done() -> Self;
    /// It may have had its effect.
    fn no_answer() -> Self;
}

/// The words of every injected fault, so that they are known in logs and records.
const INJECTED: &str = "injected fault";

impl PortError for FactoryError {
    fn nothing_done() -> Self {
        Self::Throttled
    }

    fn no_answer() -> Self {
        Self::Unknown(INJECTED.into())
    }
}

impl PortError for DeployError {
    fn nothing_done() -> Self {
        Self::Throttled
    }

    fn no_answer() -> Self {
        Self::Unknown(INJECTED.into())
    }
}

impl PortError for MailError {
    fn nothing_done() -> Self {
        Self::Unavailable(INJECTED.into())
    }

    fn no_answer() -> Self {
        Self::nothing_done()
    }
}

impl PortError for StoreError {
    fn nothing_done() -> Self {
        Self::Unavailable(INJECTED.into())
    }

    fn no_answer() -> Self {
        Self::nothing_done()
    }
}
