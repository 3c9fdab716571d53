//! `vend chat`: the conversation of `POST /account`, in the terminal. On a
//! terminal it prompts; in a pipe it prints a transcript.

use std::io::{self, BufRead, IsTerminal, Write};
use std::path::Path;

use serde::Deserialize;
use serde_json::json;

use super::args::ChatArgs;
use super::client::Client;
use super::exit::{Done, Failure};
use super::output::{self, safe_lines};
use crate::domain::ids::RequestId;
use crate::domain::validate;

/// One turn's answer.
#[derive(Debug, Deserialize)]
struct Answer {
    response: String,
    #[serde(rename = "request-id")]
    request_id: Option<String>,
}

/// A script gave fewer lines than the questions it answers.
const NOBODY: &str = "the input ended before it was known who talks. Give --email, --first-name and --last-name.";

/// Who talks.
struct Person {
    email: String,
    first_name: String,
    last_name: String,
}

pub(super) async fn run(file: Option<&Path>, args: ChatArgs) -> Result<Done, Failure> {
    let client = Client::new(file, &args.server)?;
    let mut lines = Lines { prompts: io::stdin().is_terminal() };
    let Some(person) = introduce(args, &mut lines)? else {
        return if lines.prompts { Ok(()) } else { Err(Failure::usage(NOBODY)) };
    };
    if lines.prompts {
        output::line("Say what you need, like \"I would like a new account\". End with \"quit\".")?;
    }
    while let Some(text) = lines.ask("you> ")? {
        match text.trim() {
            "" => {}
            text if leaves(text) => break,
            text => say(&client, &person, text, &lines).await?,
        }
    }
    Ok(())
}

/// The words that end the program, as other programs on a terminal have them.
fn leaves(text: &str) -> bool {
    ["/quit", "/exit", "quit", "exit"].iter().any(|word| text.eq_ignore_ascii_case(word))
}

async fn say(client: &Client, person: &Person, text: &str, lines: &Lines) -> Result<Done, Failure> {
    let body = json!({
        "UserEmail": person.email, "UserName": person.first_name, "UserLastname": person.last_name, "UserInput": text,
    });
    let answer = client.post_to_converse::<Answer>(&["account"], &body).await?;
    if !lines.prompts {
        output::line(&format!("you> {}", safe_lines(text)))?;
    }
    let words = match &answer {
        Ok(answer) => &answer.response,
        Err(words) => words,
    };
    output::line(&output::said("bot> ", &safe_lines(words)))?;
    let Ok(answer) = answer else {
        // A person says it again. A script goes no further: what follows would answer another question.
        return if lines.prompts { Ok(()) } else { Err(Failure::failed("")) };
    };
    if let Some(id) = answer.request_id {
        let id = id.parse::<RequestId>().map_or_else(|_| output::safe(&id), RequestId::short);
        output::line(&format!("     (follow it with `vend requests watch {id}`)"))?;
    }
    Ok(())
}

/// Asks for what the options did not give. `None` when the input ends first.
fn introduce(args: ChatArgs, lines: &mut Lines) -> Result<Option<Person>, Failure> {
    let first = |text: &str| validate::person_name("first name", text);
    let last = |text: &str| validate::person_name("last name", text);
    let Some(email) = lines.know(args.email, "Your e-mail address: ", validate::person_email)? else { return Ok(None) };
    let Some(first_name) = lines.know(args.first_name, "Your first name: ", first)? else { return Ok(None) };
    let Some(last_name) = lines.know(args.last_name, "Your last name: ", last)? else { return Ok(None) };
    Ok(Some(Person { email, first_name, last_name }))
}

/// Standard input, line by line.
struct Lines {
    prompts: bool,
}

impl Lines {
    /// What was given, or what is typed; a person is asked until it is good.
    fn know(
        &mut self,
        given: Option<String>,
        question: &str,
        read: impl Fn(&str) -> Result<String, String>,
    ) -> Result<Option<String>, Failure> {
        if let Some(text) = given.filter(|text| !text.trim().is_empty()) {
            return read(&text).map(Some).map_err(Failure::usage);
        }
        while let Some(text) = self.ask(question)? {
            match read(&text) {
                Ok(good) => return Ok(Some(good)),
                Err(sentence) if self.prompts => output::line(&output::safe(&sentence))?,
                Err(sentence) => return Err(Failure::usage(sentence)),
            }
        }
        Ok(None)
    }

    /// The next line; `None` at the end.
    fn ask(&mut self, prompt: &str) -> Result<Option<String>, Failure> {
        if self.prompts {
            let mut out = io::stdout().lock();
            let _ = write!(out, "{prompt}").and_then(|()| out.flush());
        }
        let mut bytes = Vec::new();
        let read = io::stdin().lock().read_until(b'\n', &mut bytes);
        let read = read.map_err(|error| Failure::failed(format!("the input cannot be read: {error}")))?;
        Ok((read > 0).then(|| String::from_utf8_lossy(&bytes).trim_end_matches(['\r', '\n']).to_owned()))
    }
}
