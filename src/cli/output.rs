//! Printing: lines, tables, colours. Colours only on a terminal, and never with
//! `NO_COLOR`. What a server or a person wrote is made safe before it is printed.

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use super::exit::{Done, Exit, Failure};
use crate::domain::request::State;
use crate::domain::text;

/// Prints a line on standard output. A closed pipe (`vend … | head`) ends the
/// program quietly; a full disk does not go unnoticed.
pub(super) fn line(text: &str) -> Result<Done, Failure> {
    let mut out = io::stdout().lock();
    writeln!(out, "{text}").and_then(|()| out.flush()).map_err(|error| match error.kind() {
        io::ErrorKind::BrokenPipe => Failure::new(Exit::Ok, ""),
        _ => Failure::failed(format!("the output cannot be written: {error}")),
    })
}

/// Prints a value as JSON, for programs.
pub(super) fn json<T: serde::Serialize>(value: &T) -> Result<Done, Failure> {
    let text = serde_json::to_string_pretty(value).map_err(|error| Failure::failed(error.to_string()))?;
    line(&text)
}

/// A remark for the person, on standard error.
pub(super) fn remark(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Says why the program ends and answers the exit code.
pub(super) fn complain(failure: &Failure) -> ExitCode {
    if !failure.text.is_empty() {
        remark(&format!("vend: {}", failure.text));
    }
    failure.exit.into()
}

/// Text of somebody else's, safe for a terminal: one line, no control characters.
pub(super) fn safe(words: &str) -> String {
    text::one_line(words)
}

/// Several lines of somebody else's, each made safe.
pub(super) fn safe_lines(words: &str) -> String {
    words.lines().map(safe).collect::<Vec<_>>().join("\n")
}

/// What somebody says behind a mark like `bot> `, its further lines set in. On a terminal
/// lines end between words; in a pipe they are as they came.
pub(super) fn said(mark: &str, words: &str) -> String {
    let indent = " ".repeat(mark.len());
    if !io::stdout().is_terminal() {
        return format!("{mark}{}", words.replace('\n', &format!("\n{indent}")));
    }
    let options = textwrap::Options::with_termwidth().break_words(false);
    textwrap::fill(words, options.initial_indent(mark).subsequent_indent(&indent))
}

/// Whether standard output takes colours.
pub(super) fn has_colours() -> bool {
    let wanted = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let able = std::env::var_os("TERM").is_none_or(|term| term != "dumb");
    wanted && able && io::stdout().is_terminal()
}

/// The state's word in its colour, padded to `width`.
pub(super) fn state(state: State, width: usize) -> String {
    let word = format!("{:width$}", state.word());
    let colour = match state {
        State::Ready => 32,
        State::Failed | State::Denied | State::Abandoned => 31,
        State::Pending => 33,
        State::Cancelled | State::Expired => 90,
        _ => 36,
    };
    coloured(&word, colour)
}

/// Text in one of the terminal's colours, by its number; plain where there are none.
pub(super) fn coloured(text: &str, colour: u8) -> String {
    if has_colours() { format!("\x1b[{colour}m{text}\x1b[0m") } else { text.to_owned() }
}

/// Text nobody may read over: bold and red.
pub(super) fn loud(text: &str) -> String {
    if has_colours() { format!("\x1b[1;31m{text}\x1b[0m") } else { text.to_owned() }
}

/// Lines with aligned columns. `paint` colours a padded cell by row and column.
pub(super) fn table(head: &[&str], rows: &[Vec<String>], paint: &dyn Fn(usize, usize, String) -> String) -> String {
    let widest = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
        cells.chain([head[column].len()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..head.len()).map(widest).collect();
    let pad = |column: usize, cell: &str| format!("{cell:width$}", width = widths[column]);
    let top: Vec<String> = head.iter().enumerate().map(|(column, title)| pad(column, title)).collect();
    let mut lines = vec![top.join("  ").trim_end().to_owned()];
    for (number, row) in rows.iter().enumerate() {
        let cells = row.iter().enumerate().take(head.len());
        let cells: Vec<String> = cells.map(|(column, cell)| paint(number, column, pad(column, cell))).collect();
        lines.push(cells.join("  ").trim_end().to_owned());
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_and_no_line_ends_in_blanks() {
        let rows = [vec!["a".into(), "long cell".into(), "x".into()], vec!["bb".into(), "é".into(), String::new()]];
        let text = table(&["ID", "NAME", "END"], &rows, &|_, _, cell| cell);
        assert_eq!(text, "ID  NAME       END\na   long cell  x\nbb  é");
    }

    #[test]
    fn what_others_wrote_cannot_steer_the_terminal() {
        let hostile = "nice\u{1b}[2J\nApproved by boss\u{202e}";
        assert!(!safe(hostile).contains(['\u{1b}', '\n', '\u{202e}']));
    }
}
