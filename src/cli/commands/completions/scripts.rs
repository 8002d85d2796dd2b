//! Completion scripts as `clap_complete` makes them, mended where they complete too little.

use clap_complete::Shell;

use crate::suite::Suite;

/// The name under which the program is called.
pub(super) const PROGRAM: &str = "robustness-check";

/// The script of `shell` for `command`.
pub(super) fn script(shell: Shell, command: &mut clap::Command) -> anyhow::Result<String> {
    // In memory first: the generator panics where it cannot write.
    let mut text = Vec::new();
    clap_complete::generate(shell, command, PROGRAM, &mut text);
    let text = String::from_utf8(text)?;

    Ok(match shell {
        Shell::Bash => with_pages(&with_one_name(&text), command),
        Shell::Zsh => with_files_of_zsh(&text),
        Shell::Fish => with_files_of_fish(&text),
        _ => text,
    })
}

/// The script of bash with one name for each command. Of a program with a hyphen in its name, the
/// cases that say what a command completes have another name than the words lead to, so that none
/// of them is ever reached.
fn with_one_name(script: &str) -> String {
    let reached = PROGRAM.replace('-', "__");
    let of_cases = PROGRAM.replace('-', "__subcmd__");
    script.replace(&of_cases, &reached)
}

/// The script of bash, in which `completions man` completes the words of the commands.
fn with_pages(script: &str, command: &clap::Command) -> String {
    let below = |above: &clap::Command| {
        let names = above.get_subcommands().map(clap::Command::get_name);
        let names: Vec<&str> = names.filter(|name| *name != "help").collect();
        names.join(" ")
    };
    let of_program = [("man", below(command))];
    let commands = command.get_subcommands();
    let of_commands = commands.map(|command| (command.get_name(), below(command)));
    let arms: Vec<String> = of_program
        .into_iter()
        .chain(of_commands.filter(|(name, words)| *name != "help" && !words.is_empty()))
        .map(|(word, words)| {
            format!(
                "                {word})\n                    \
                 COMPREPLY=($(compgen -W \"{words}\" -- \"${{cur}}\"))\n                    \
                 return 0\n                    ;;\n"
            )
        })
        .collect();

    // Behind the words that lead there, the cases of the word before.
    let [own, cases] = ["__completions)\n            opts=", "case \"${prev}\" in\n"];
    let place = script.find(own).unwrap_or(script.len());
    let (before, behind) = script.split_at(place);
    before.to_owned() + &behind.replacen(cases, &format!("{cases}{}", arms.concat()), 1)
}

fn suites() -> Vec<&'static str> {
    Suite::builtin_names().collect()
}

/// The script of zsh, in which `--suite` completes files too. Bash does so by itself.
fn with_files_of_zsh(script: &str) -> String {
    let names = suites().join(" ");
    script.replace(
        &format!("NAME|FILE:({names})"),
        &format!("NAME|FILE:{{compadd -- {names}; _files}}"),
    )
}

/// The same for fish.
fn with_files_of_fish(script: &str) -> String {
    let first = suites().first().copied().unwrap_or_default();
    // `-f` keeps files out, `-F` takes them in.
    let lines = script.split_inclusive('\n').map(|line| {
        if line.contains(" -l suite ") {
            line.replace(
                &format!(" -r -f -a \"{first}"),
                &format!(" -r -F -a \"{first}"),
            )
        } else {
            line.to_owned()
        }
    });
    lines.collect()
}
