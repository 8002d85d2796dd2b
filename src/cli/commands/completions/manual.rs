//! The man pages, one for each command, with the sections that `clap_mangen` does not know.

use anyhow::Context;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use crate::cli::commands::completions::scripts::PROGRAM;

/// The man page of a command.
pub(super) struct Page {
    /// The words behind the program's name; none for the program itself.
    words: Vec<String>,
    /// The page's file.
    pub(super) file: String,
    /// Its source.
    pub(super) text: String,
}

/// The pages of `command` and of all commands below it.
pub(super) fn pages(command: clap::Command) -> anyhow::Result<Vec<Page>> {
    let mut command = command.disable_help_subcommand(true);
    command.set_bin_name(PROGRAM);
    command.build();
    let version = command.get_version().unwrap_or_default().to_owned();

    let mut pages = Vec::new();
    add(&command, &[], &format!("{PROGRAM} {version}"), &mut pages)?;
    Ok(pages)
}

fn add(
    command: &clap::Command,
    words: &[&str],
    source: &str,
    pages: &mut Vec<Page>,
) -> anyhow::Result<()> {
    pages.push(page(command, words, source)?);
    for below in command.get_subcommands() {
        add(below, &[words, &[below.get_name()]].concat(), source, pages)?;
    }
    Ok(())
}

/// The page of the command of these words.
pub(super) fn find<'a>(pages: &'a [Page], words: &[String]) -> anyhow::Result<&'a Page> {
    let found = pages.iter().find(|page| page.words == words);
    found.with_context(|| {
        format!(
            "there is no command \"{}\": {PROGRAM} --help names them",
            words.join(" ")
        )
    })
}

fn page(command: &clap::Command, words: &[&str], source: &str) -> anyhow::Result<Page> {
    let mut command = command.clone();
    // As in the help: what is needed, with its values, instead of every option without.
    let usage = command.render_usage().to_string();
    let usage = usage.trim_start_matches("Usage:").trim().to_owned();
    let man = Man::new(command.clone().override_usage(usage)).source(source);

    let mut text = Vec::new();
    man.render_title(&mut text)?;
    man.render_name_section(&mut text)?;
    man.render_synopsis_section(&mut text)?;
    man.render_description_section(&mut text)?;
    man.render_options_section(&mut text)?;
    if command.has_subcommands() {
        man.render_subcommands_section(&mut text)?;
    }
    let after = command.get_after_long_help().or(command.get_after_help());
    if let Some(after) = after {
        further(&after.to_string()).to_writer(&mut text)?;
    }
    if command.get_version().is_some() {
        man.render_version_section(&mut text)?;
    }

    // Every section brings the definitions that a page needs once.
    let text = String::from_utf8(text)?;
    let definitions = Roff::new().render();
    Ok(Page {
        words: words.iter().map(|&word| word.to_owned()).collect(),
        file: man.get_filename(),
        text: format!("{definitions}{}", text.replace(&definitions, "")),
    })
}

/// Writes a text of a section.
type Section = fn(&mut Roff, &str);

/// What a help says behind the options, under the headings that man pages have for it.
fn further(after: &str) -> Roff {
    let (exits, others): (Vec<&str>, Vec<&str>) = after
        .split("\n\n")
        .partition(|text| text.starts_with("Exit code"));
    let (examples, notes): (Vec<&str>, Vec<&str>) = others
        .into_iter()
        .partition(|text| text.starts_with("Example"));

    let mut roff = Roff::new();
    let sections: [(&str, Vec<&str>, Section); 3] = [
        ("NOTES", notes, paragraph),
        ("EXIT STATUS", exits, exit_status),
        ("EXAMPLES", examples, example),
    ];
    for (heading, texts, write) in sections {
        if !texts.is_empty() {
            roff.control("SH", [heading]);
        }
        for text in texts {
            write(&mut roff, text);
        }
    }
    roff
}

/// A paragraph, in which lines that are further in stay as they are.
fn paragraph(roff: &mut Roff, text: &str) {
    roff.control("PP", []);
    let mut in_code = false;
    for line in text.lines() {
        let is_code = line.starts_with(' ');
        if is_code != in_code {
            roff.control(if is_code { "nf" } else { "fi" }, []);
            in_code = is_code;
        }
        roff.text([roman(line)]);
    }
    if in_code {
        roff.control("fi", []);
    }
}

/// The lines below the word that announces them.
fn example(roff: &mut Roff, text: &str) {
    let lines = text.split_once('\n').map_or(text, |(_, lines)| lines);
    paragraph(roff, lines);
}

/// A list of codes, or a sentence about them.
fn exit_status(roff: &mut Roff, text: &str) {
    let Some(list) = text.strip_prefix("Exit codes: ") else {
        paragraph(roff, text);
        return;
    };
    for (code, meaning) in codes(list) {
        roff.control("TP", []);
        roff.text([bold(code)]);
        roff.text([roman(meaning)]);
    }
}

/// The codes of a list such as `0 all is well, 1 it is not, or only half, 2 bad input.`
fn codes(list: &str) -> Vec<(&str, String)> {
    let mut codes: Vec<(&str, String)> = Vec::new();
    for part in list.trim_end_matches('.').split(", ") {
        let numbered = part
            .split_once(' ')
            .filter(|(code, _)| code.bytes().all(|byte| byte.is_ascii_digit()));
        match (numbered, codes.last_mut()) {
            (Some((code, meaning)), _) => codes.push((code, meaning.to_owned())),
            (None, Some((_, meaning))) => {
                meaning.push_str(", ");
                meaning.push_str(part);
            }
            (None, None) => codes.push(("", part.to_owned())),
        }
    }
    codes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_behind_the_options_has_the_headings_of_man_pages() {
        let after = "Lists of\n  {\"id\": ..}\nare read.\n\nExamples:\n  x --a \\\n    b\n\n\
            Exit codes: 0 well, 1 not, or half, 130 cut.";
        let expected = ".SH NOTES\n.PP\nLists of\n.nf\n  {\"id\": ..}\n.fi\nare read.\n\
            .SH \"EXIT STATUS\"\n.TP\n\\fB0\\fR\nwell\n.TP\n\\fB1\\fR\nnot, or half\n\
            .TP\n\\fB130\\fR\ncut\n\
            .SH EXAMPLES\n.PP\n.nf\n  x \\-\\-a \\\\\n    b\n.fi\n";
        assert_eq!(further(after).to_roff(), expected);
    }

    #[test]
    fn a_sentence_about_exit_codes_stays_one() {
        let expected = ".SH \"EXIT STATUS\"\n.PP\nExit code 0 whatever comes, 2 for bad input.\n";
        let after = "Exit code 0 whatever comes, 2 for bad input.";
        assert_eq!(further(after).to_roff(), expected);
    }
}
