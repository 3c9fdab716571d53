//! Runs the real binary, in a folder of its own, with an environment of its own.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use tempfile::TempDir;

/// Far longer than any command here takes.
const PATIENCE: Duration = Duration::from_mins(1);

/// A folder to run `vend` in. What runs in it sees only the variables given here.
pub struct Vend {
    pub dir: TempDir,
    env: Vec<(String, String)>,
}

/// How a run ended.
#[derive(Debug)]
pub struct Ended {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Ended {
    /// Checks the exit code and hands the result on.
    #[track_caller]
    pub fn with_code(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:#?}");
        self
    }
}

impl Vend {
    pub fn new(env: &[(&str, &str)]) -> Self {
        let env = env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Self { dir: tempfile::tempdir().unwrap(), env }
    }

    /// One more variable.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    /// What a variable given here is.
    pub fn value(&self, name: &str) -> &str {
        &self.env.iter().find(|(known, _)| known == name).unwrap().1
    }

    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Runs to the end without input.
    pub fn run(&self, args: &[&str]) -> Ended {
        self.run_with(args, "")
    }

    /// Runs to the end with this input.
    pub fn run_with(&self, args: &[&str], input: &str) -> Ended {
        let mut child = self.start(args);
        // A program that ends before it has read everything is fine.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        let (out, err) = (drain(child.stdout.take().unwrap()), drain(child.stderr.take().unwrap()));
        let Ok(out) = out.recv_timeout(PATIENCE) else {
            child.kill().unwrap();
            panic!("`vend {}` does not end: {}", args.join(" "), err.recv().unwrap());
        };
        let code = child.wait().unwrap().code().unwrap_or(-1);
        Ended { code, out, err: err.recv().unwrap() }
    }

    /// Starts `vend serve` on a free port and waits until it listens.
    pub fn serve(&self) -> Served {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vend"));
        command.arg("serve");
        self.served(command)
    }

    fn served(&self, command: Command) -> Served {
        let log = std::fs::File::create(self.path().join("log")).unwrap();
        let mut child = self.here(command).stderr(log).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let url = line.trim().strip_prefix("listening on ").map(str::to_owned);
        let url = url.unwrap_or_else(|| panic!("no server: {line:?} {}", self.log()));
        Served { child, url }
    }

    /// Starts `vend serve` so that a file that may not grow is an error and not a signal.
    pub fn serve_with_file_limits(&self) -> Served {
        let mut command = Command::new("sh");
        command.args(["-c", "trap '' XFSZ; exec \"$0\" serve", env!("CARGO_BIN_EXE_vend")]);
        self.served(command)
    }

    /// What the server logged so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.path().join("log")).unwrap()
    }

    fn start(&self, args: &[&str]) -> Child {
        self.command(args).spawn().unwrap()
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vend"));
        command.args(args);
        self.here(command)
    }

    /// In this folder, with this environment and with pipes.
    fn here(&self, mut command: Command) -> Command {
        command.current_dir(self.path()).env_clear().envs(self.env.iter().cloned());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }
}

/// Reads to the end on a thread of its own, so that a full pipe stops nobody.
fn drain(mut from: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        let mut text = String::new();
        from.read_to_string(&mut text).unwrap();
        sender.send(text)
    });
    receiver
}

/// A running server; killed when dropped.
pub struct Served {
    child: Child,
    pub url: String,
}

impl Served {
    /// The server's process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
