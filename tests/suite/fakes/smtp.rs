//! A mail server on loopback that keeps what it accepts and refuses what it is told to.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// How the server treats a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    /// Takes it.
    Accept,
    /// Answers `RCPT TO` with this line.
    Recipient(&'static str),
    /// Takes the whole message and hangs up without an answer.
    HangUp,
    /// Answers the end of the message with this line.
    AfterData(&'static str),
}

/// The server; it ends with the test's runtime.
#[derive(Debug, Clone)]
pub struct SmtpSink {
    port: u16,
    accepted: Arc<Mutex<Vec<String>>>,
}

impl SmtpSink {
    /// Starts one on a free port.
    pub async fn start(mood: Mood) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("it is bound").port();
        let sink = Self { port, accepted: Arc::default() };
        let accepted = sink.accepted.clone();
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(serve(socket, mood, accepted.clone()));
            }
        });
        sink
    }

    /// Where to send.
    pub fn url(&self) -> String {
        format!("smtp://127.0.0.1:{}", self.port)
    }

    /// Every message that was accepted, as it came over the wire.
    pub fn accepted(&self) -> Vec<String> {
        self.accepted.lock().expect("no panic while held").clone()
    }
}

async fn serve(socket: TcpStream, mood: Mood, accepted: Arc<Mutex<Vec<String>>>) -> Option<()> {
    let mut socket = BufReader::new(socket);
    say(&mut socket, "220 sink").await?;
    loop {
        let line = hear(&mut socket).await?;
        let verb = line.get(..4).unwrap_or_default().to_ascii_uppercase();
        match (verb.as_str(), mood) {
            ("RCPT", Mood::Recipient(answer)) => say(&mut socket, answer).await?,
            ("DATA", _) => {
                say(&mut socket, "354 go on").await?;
                let message = message(&mut socket).await?;
                match mood {
                    Mood::HangUp => return None,
                    Mood::AfterData(answer) => say(&mut socket, answer).await?,
                    _ => {
                        accepted.lock().ok()?.push(message);
                        say(&mut socket, "250 taken").await?;
                    }
                }
            }
            ("QUIT", _) => return say(&mut socket, "221 bye").await,
            _ => say(&mut socket, "250 fine").await?,
        }
    }
}

async fn message(socket: &mut BufReader<TcpStream>) -> Option<String> {
    let mut message = String::new();
    loop {
        let line = hear(socket).await?;
        if line == "." {
            return Some(message);
        }
        // RFC 5321 §4.5.2: a leading dot was doubled on the way.
        message += line.strip_prefix('.').unwrap_or(&line);
        message += "\r\n";
    }
}

async fn hear(socket: &mut BufReader<TcpStream>) -> Option<String> {
    let mut line = String::new();
    let read = socket.read_line(&mut line).await.ok()?;
    (read > 0).then(|| line.trim_end_matches(['\r', '\n']).to_owned())
}

async fn say(socket: &mut BufReader<TcpStream>, line: &str) -> Option<()> {
    socket.write_all(format!("{line}\r\n").as_bytes()).await.ok()
}
