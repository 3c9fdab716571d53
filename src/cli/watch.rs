//! `vend requests watch`: follows one request to its end. A progress bar on a
//! terminal, a line for each change elsewhere, a JSON object a line with `--json`.

use std::io::{self, IsTerminal};
use std::time::{Duration, Instant};

use clap::Args;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use super::args::IdArg;
use super::client::Client;
use super::exit::{Done, Exit, Failure};
use super::output::{self, safe};
use super::{requests, show};
use crate::domain::request::State;
use crate::say::moment::about;
use crate::say::sets::SetView;
use crate::say::view::RequestView;

#[derive(Debug, Args)]
pub(super) struct WatchArgs {
    #[command(flatten)]
    pub id: IdArg,
    /// Seconds between two looks
    #[arg(long, default_value_t = 1.0, value_name = "SECONDS")]
    pub every: f64,
    /// Give up after this many seconds (exit code 6)
    #[arg(long, value_name = "SECONDS")]
    pub timeout: Option<f64>,
}

/// How long a server that stops answering is waited for (a restart takes seconds).
const PATIENCE: Duration = Duration::from_mins(2);

/// The length of a bar, in percent.
const WHOLE: u64 = 100;

pub(super) async fn run(client: &Client, args: &WatchArgs, json: bool) -> Result<Exit, Failure> {
    let mut view: Box<dyn View> = if json {
        Box::new(Lines { last: None, json: true })
    } else if io::stdout().is_terminal() && io::stderr().is_terminal() {
        Box::new(Bar::new()?)
    } else {
        Box::new(Lines { last: None, json: false })
    };
    let (started, mut answered) = (Instant::now(), None);
    loop {
        match requests::load(client, &args.id.id).await {
            Ok(request) => {
                answered = Some(Instant::now());
                view.update(&request)?;
                if request.state.is_terminal() {
                    return view.end(&request);
                }
            }
            Err(failure) => view.trouble(wait_or_give_up(failure, answered)?),
        }
        if args.timeout.is_some_and(|seconds| started.elapsed().as_secs_f64() >= seconds) {
            return Err(Failure::new(
                Exit::TimedOut,
                "the request is still under way. Watch again, or give it longer.",
            ));
        }
        tokio::time::sleep(Duration::from_secs_f64(args.every.clamp(0.05, 3600.0))).await;
    }
}

/// A server that answered before and does not now is given time to come back.
fn wait_or_give_up(failure: Failure, answered: Option<Instant>) -> Result<Failure, Failure> {
    let passing = failure.exit == Exit::Unreachable || failure.exit == Exit::Failed;
    let patient = answered.is_some_and(|at| at.elapsed() < PATIENCE);
    if passing && patient { Ok(failure) } else { Err(failure) }
}

/// Shows a request as it moves.
trait View {
    fn update(&mut self, request: &RequestView) -> Result<Done, Failure>;
    fn trouble(&mut self, failure: Failure);
    fn end(&mut self, request: &RequestView) -> Result<Exit, Failure>;
}

/// A line for each change.
struct Lines {
    last: Option<String>,
    json: bool,
}

impl View for Lines {
    fn update(&mut self, request: &RequestView) -> Result<Done, Failure> {
        let text = if self.json {
            serde_json::to_string(request).map_err(|error| Failure::failed(error.to_string()))?
        } else {
            format!("{}{}", words(request), show::accounts_line(request))
        };
        if self.last.as_ref() == Some(&text) {
            return Ok(());
        }
        output::line(&text)?;
        self.last = Some(text);
        Ok(())
    }

    fn trouble(&mut self, failure: Failure) {
        output::remark(&format!("{} Trying again.", failure.text));
    }

    fn end(&mut self, request: &RequestView) -> Result<Exit, Failure> {
        if !self.json {
            outcome(request)?;
        }
        Ok(exit(request.state))
    }
}

/// One line that fills up, and below it one for each account of a set.
struct Bar {
    screen: MultiProgress,
    whole: ProgressBar,
    stages: Vec<ProgressBar>,
    /// The state it is in, since when as seen here, and how full the bar was then.
    since: Option<(State, Instant, u64)>,
}

impl Bar {
    fn new() -> Result<Self, Failure> {
        let screen = MultiProgress::new();
        let bar = ProgressBar::new(WHOLE).with_style(style("{spinner} {elapsed} [{bar:16}] {wide_msg}")?);
        let whole = screen.add(bar);
        whole.enable_steady_tick(Duration::from_millis(120));
        Ok(Self { screen, whole, stages: Vec::new(), since: None })
    }

    /// How full the bar is: as far as the work is known to be, or as the time it usually takes tells.
    fn position(&mut self, request: &RequestView) -> u64 {
        let known = request.percent();
        let (began, from) = match self.since {
            Some((state, began, from)) if state == request.state => (began, from),
            _ => {
                let from = known.max(self.whole.position());
                (self.since.insert((request.state, Instant::now(), from)).1, from)
            }
        };
        let guessed = request.estimate_seconds.filter(|_| request.state == State::Creating);
        let guessed = guessed.map_or(from, |left| guess(from, began.elapsed().as_secs(), left));
        known.max(guessed).max(self.whole.position())
    }

    /// The bars of a set's accounts, made when it is known to be a set.
    fn stages(&mut self, set: &SetView) -> Result<Done, Failure> {
        for stage in set.stages.iter().skip(self.stages.len()) {
            let bar = ProgressBar::new(WHOLE).with_style(style("  {prefix:8} [{bar:24}] {wide_msg}")?);
            self.stages.push(self.screen.add(bar.with_prefix(stage.stage.word())));
        }
        for (bar, stage) in self.stages.iter().zip(&set.stages) {
            bar.set_position(stage.percent());
            bar.set_message(show::followed(stage));
        }
        Ok(())
    }
}

fn style(template: &str) -> Result<ProgressStyle, Failure> {
    let style = ProgressStyle::with_template(template).map_err(|error| Failure::failed(error.to_string()))?;
    Ok(style.progress_chars("=> "))
}

/// How full a bar is that was filled `from` percent and has moved for `elapsed` seconds with `left` to go.
fn guess(from: u64, elapsed: u64, left: i64) -> u64 {
    let left = u64::try_from(left).unwrap_or(0).max(1);
    from + (WHOLE - 1).saturating_sub(from) * elapsed / (elapsed + left)
}

impl View for Bar {
    fn update(&mut self, request: &RequestView) -> Result<Done, Failure> {
        let position = self.position(request);
        self.whole.set_position(position);
        self.whole.set_message(short_words(request));
        request.account_set.as_ref().map_or(Ok(()), |set| self.stages(set))
    }

    fn trouble(&mut self, failure: Failure) {
        self.whole.set_message(format!("{} Trying again.", failure.text));
    }

    fn end(&mut self, request: &RequestView) -> Result<Exit, Failure> {
        for bar in self.stages.iter().chain([&self.whole]) {
            bar.finish_and_clear();
        }
        output::line(&show::headline(request))?;
        outcome(request)?;
        Ok(exit(request.state))
    }
}

/// Where the request stands, in words that fit behind a bar: the time first, as the end of a line is cut off.
fn short_words(request: &RequestView) -> String {
    let left = request.estimate_seconds.and_then(about).map(|left| format!("{left} left · "));
    let place = request.queue_place.map(|place| format!("place {place} in the queue"));
    let words = phase(request).or(place).unwrap_or_else(|| safe(&request.status));
    format!("{}{words}", left.unwrap_or_default())
}

/// How far the present step is.
fn phase(request: &RequestView) -> Option<String> {
    // A set's own progress only counts its accounts, which its status does, too.
    let progress =
        request.progress.as_ref().filter(|_| request.account_set.is_none() || request.state != State::Creating);
    progress.map(|progress| match (progress.done, progress.total) {
        (Some(done), Some(total)) => format!("{} ({done} of {total})", safe(&progress.phase)),
        _ => safe(&progress.phase),
    })
}

/// Where the request stands, in words.
fn words(request: &RequestView) -> String {
    let phase = phase(request).map(|phase| format!(" · {phase}"));
    let place = request.queue_place.map(|place| format!(" · place {place} in the queue"));
    let estimate = request.estimate_seconds.map(|seconds| format!(" · about {seconds} s to go"));
    let more = [phase, place, estimate].into_iter().flatten().collect::<String>();
    format!("{}: {}{more}", request.state.word(), safe(&request.status))
}

/// The end: the account, or what went wrong and what to do.
fn outcome(request: &RequestView) -> Result<Done, Failure> {
    if let Some(set) = &request.account_set {
        set_outcome(request, set)?;
    }
    if let Some(account) = &request.account_id {
        output::line(&format!("account id: {}", safe(account)))?;
    }
    for (name, value) in &request.outputs {
        output::line(&format!("{}: {}", safe(name), safe(value)))?;
    }
    if let Some(failure) = &request.failure {
        output::line(&format!("{} failed: {}", failure.step.words(), safe(&failure.reason)))?;
        output::line(&safe(&failure.advice))?;
    }
    Ok(())
}

fn set_outcome(request: &RequestView, set: &SetView) -> Result<Done, Failure> {
    for stage in &set.stages {
        output::line(&format!("{:8} {}  {}", stage.stage.word(), safe(&stage.account_name), show::followed(stage)))?;
    }
    if request.state == State::Ready {
        output::line(&format!(
            "The files for the CDK application: vend requests artefacts {} --out .",
            request.short_id
        ))?;
    }
    Ok(())
}

const fn exit(state: State) -> Exit {
    if matches!(state, State::Ready) { Exit::Ok } else { Exit::Failed }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::say::sample;

    #[test]
    fn what_stands_behind_the_bar_begins_with_the_time_that_is_left() {
        assert_eq!(short_words(&sample::creating()), "about 21 minutes left · Enrolling the account (3 of 5)");
        assert_eq!(short_words(&sample::queued()), "about 65 minutes left · place 3 in the queue");
        assert_eq!(short_words(&sample::ready()), "Ready.");
    }

    #[test]
    fn the_bar_moves_with_the_time_an_account_usually_takes() {
        let half_way = guess(15, 600, 600);
        assert_eq!((guess(15, 0, 1200), half_way, guess(15, 1200, 0)), (15, 57, 98));
        assert_eq!(guess(100, 10, 10), 100, "never back");
    }
}
