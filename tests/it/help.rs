//! `-h` and `--help` of every command: how long they are, how wide, and that nothing is left out.

use std::collections::BTreeSet;

use crate::project::{project, run_with, words};

/// What `-h` may take of a terminal.
const MOST_LINES: usize = 40;

/// The help of a command on a terminal of so many columns.
fn help(command: &str, option: &str, columns: &str) -> String {
    let project = project();
    let arguments = [&words(command)[..], &[option]].concat();
    let run = run_with(&project.path(""), &arguments, &[("COLUMNS", columns)]);
    assert_eq!((run.code, run.err.as_str()), (0, ""), "{command} {option}");
    run.out
}

/// The commands that a help lists.
fn listed(help: &str) -> Vec<String> {
    let list = help.split("\nCommands:\n").nth(1).unwrap_or_default();
    let lines = list.lines().take_while(|line| !line.is_empty());
    lines
        .filter_map(|line| line.strip_prefix("  "))
        // The rest of a description is further in.
        .filter(|line| !line.starts_with(' '))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .map(str::to_owned)
        .collect()
}

/// Every command, and those below it; the program itself is the empty one.
fn commands() -> Vec<String> {
    let mut all = vec![String::new()];
    let mut next = 0;
    while next < all.len() {
        let above = all[next].clone();
        let known = listed(&help(&above, "--help", "100"));
        all.extend(
            known
                .into_iter()
                .map(|name| format!("{above} {name}").trim().to_owned()),
        );
        next += 1;
    }
    all
}

/// The long names of the options that a help lists.
fn options(help: &str) -> BTreeSet<&str> {
    let lines = help.lines().filter(|line| {
        let start = line.trim_start();
        start.starts_with("--") || (start.starts_with('-') && start.contains(", --"))
    });
    lines
        .filter_map(|line| line.split("--").nth(1)?.split([' ', '=', '[']).next())
        .collect()
}

#[test]
fn short_helps_fit_a_screen_and_long_ones_have_every_option() {
    let all = commands();
    assert!(
        all.len() > 20 && all.contains(&"nbest stat".to_owned()),
        "{all:?}"
    );

    for command in &all {
        for columns in [80, 100] {
            let short = help(command, "-h", &columns.to_string());
            let lines = short.lines().count();
            assert!(lines <= MOST_LINES, "{command}: {lines} lines\n{short}");
            let wide = short.lines().find(|line| line.chars().count() > columns);
            assert_eq!(wide, None, "{command}");
        }

        let (short, long) = (help(command, "-h", "80"), help(command, "--help", "80"));
        let (few, many) = (options(&short), options(&long));
        assert!(
            few.is_subset(&many) && few.contains("help"),
            "{command}: {few:?}"
        );
        let wide = long.lines().find(|line| line.chars().count() > 80);
        assert_eq!(wide, None, "{command}");
    }
}

/// Under the heading of no kind stand the options that every command has.
#[test]
fn every_option_stands_below_the_heading_of_its_kind() {
    for command in commands() {
        let long = help(&command, "--help", "100");
        let general = long.split("\nOptions:\n").nth(1).unwrap_or_default();
        let indented = |line: &&str| line.is_empty() || line.starts_with(' ');
        let general: Vec<&str> = general.lines().take_while(indented).collect();
        let general = general.join("\n");
        let found = options(&general);
        let known = ["color", "quiet", "verbose", "help", "version"];
        assert!(
            found.iter().all(|name| known.contains(name)),
            "{command}: {found:?}"
        );
        assert!(found.contains("help"), "{command}: {found:?}");
    }
}

/// What a `-h` leaves out is not refused.
#[test]
fn a_short_help_stands_beside_other_switches() {
    for words in ["train -h", "train -qh", "-h", "compare --model x -h"] {
        let short = help(words.strip_suffix(" -h").unwrap_or(words), "-h", "80");
        assert!(short.lines().count() <= MOST_LINES, "{words}: {short}");
        assert!(short.contains("-h, --help"), "{words}: {short}");
    }
}
