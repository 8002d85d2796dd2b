//! What is wrong with a command line, told so that nothing in it passes for a line of ours.

use std::env;
use std::io;

use crate::cli::standard_error::print_lines;
use crate::report::shown::{is_control, shown, with_short_words};

/// Prints a help, a version, or what is wrong with the arguments.
pub(crate) fn print(error: &clap::Error) -> io::Result<()> {
    let typed = env::args_os().skip(1);
    let typed = typed.map(|argument| argument.to_string_lossy().into_owned());
    // A shell that fills in the names of files may type anything.
    let broken: Vec<String> = typed
        .filter(|argument| argument.contains(is_control))
        .collect();
    let text = in_lines(error.to_string(), &broken);
    let short = with_short_words(&text);
    if !error.use_stderr() || (broken.is_empty() && short == text) {
        return error.print();
    }

    print_lines(short.trim_end());
    Ok(())
}

/// `text` with each of the `arguments` that it quotes on one line.
fn in_lines(mut text: String, arguments: &[String]) -> String {
    for argument in arguments {
        let value = argument.split_once('=').map_or("", |(_, value)| value);
        for quoted in [argument, value] {
            if !quoted.trim().is_empty() {
                text = text.replace(quoted, &shown(quoted));
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_argument_stays_on_one_line() {
        let typed = ["h\n  ok".to_owned(), "--seed=1\n  ok".to_owned()];
        let text = "error: 'h\n  ok' and '1\n  ok'\n\nUsage: ..\n".to_owned();
        let told = "error: 'h\\u000a  ok' and '1\\u000a  ok'\n\nUsage: ..\n";
        assert_eq!(in_lines(text, &typed), told);
    }
}
