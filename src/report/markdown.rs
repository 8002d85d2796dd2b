//! `report.md`: the report for a pull request.

use std::fmt::Write;

use crate::report::record::{CheckRecord, NbestRecord};
use crate::report::shown::{cell, code, prose, short_hash};
use crate::report::terminal::{leaning, no_clean_gain, title, unjudged_aside};
use crate::report::{
    Report, baseline, cautions, check_cells, failure_text, number, property_text, slices, words,
};

/// The report as GitHub-flavored Markdown, ending with a newline.
pub fn render(report: &Report) -> String {
    let mut text = String::new();
    let _ = writeln!(
        text,
        "# {}: robustness of {}\n",
        report.verdict.word(),
        code(&report.model.name)
    );

    if let Some(baseline) = &report.baseline {
        let _ = writeln!(text, "{}\n", baseline::headline(baseline));
    }

    for caution in cautions::lines(&report.cautions) {
        let _ = writeln!(text, "> **{}**\n", prose(&caution));
    }

    if !report.clean.gain_shown {
        let _ = writeln!(text, "{}\n", no_clean_gain(report));
    }

    for check in &report.checks {
        let _ = writeln!(
            text,
            "- **{}** {}{}{}",
            check.verdict.verdict.word(),
            title(check),
            unjudged_aside(check),
            match check.verdict.wording.as_str() {
                "" => String::new(),
                wording => format!(": {wording}"),
            }
        );
        for gate in &check.verdict.gates {
            let _ = writeln!(
                text,
                "  - {} **{}**{} {}",
                gate.gate.name(),
                gate.verdict.word(),
                leaning(gate),
                gate.wording
            );
        }
    }

    text.push('\n');
    if let Some(baseline) = &report.baseline {
        text.push_str(&baseline::markdown(baseline));
    }

    clean(&mut text, report);
    text.push_str(&property_text::markdown(
        report.preflight.as_ref(),
        &report.properties,
    ));
    if !report.checks.is_empty() {
        under_perturbation(&mut text, report);
    }

    if let Some(failures) = &report.failures {
        let folder = report.run.as_ref().and_then(|run| run.out.as_deref());
        text.push_str(&failure_text::markdown(failures, folder));
    }

    slices::markdown(&mut text, &report.checks);
    details(&mut text, report);
    text
}

fn under_perturbation(text: &mut String, report: &Report) {
    text.push_str(
        "## Under perturbation\n\nDoes it still help, is it swayed, what came from the swaps \
        alone:\n\n\
         | check | gain clean [90 %] | gain perturbed [90 %] | gain kept | nprr.flip [90 %] | \
         nprr.injected [90 %] | \
         nprr.rel [90 %] | nprr.pass [90 %] |\n|---|---:|---:|---:|---:|---:|---:|---:|\n",
    );
    for check in &report.checks {
        row(text, &title(check), &check_cells::helps(check));
    }

    text.push_str(
        "\n| check | flips [95 %] | harmful | neutral | helpful | repairs | regret clean | \
        perturbed | Kendall tau |\n\
         |---|---:|---:|---:|---:|---:|---:|---:|---:|\n",
    );
    for check in &report.checks {
        row(text, &title(check), &check_cells::changes_of_mind(check));
    }

    text.push('\n');
    for check in &report.checks {
        wers(text, check, &report.nbest.cluster);
    }
}

fn clean(text: &mut String, report: &Report) {
    let clean = &report.clean;
    text.push_str(
        "## Clean lists\n\n| | WER [95 %] | S | I | D | words |\n|---|---:|---:|---:|---:|---:|\n",
    );
    row(text, "model", &check_cells::word_errors(&clean.model));
    row(
        text,
        "first pass",
        &check_cells::word_errors(&clean.first_pass),
    );
    row(text, "oracle", &check_cells::word_errors(&clean.oracle));

    let _ = writeln!(
        text,
        "\nModel against first pass: {}, exact sign-flip p {}.\n",
        number::points(clean.difference.value),
        clean
            .difference_p
            .map_or_else(number::dash, number::probability)
    );
}

fn row(text: &mut String, name: &str, cells: &[String]) {
    let _ = writeln!(text, "| {name} | {} |", cells.join(" | "));
}

fn wers(text: &mut String, check: &CheckRecord, cluster: &str) {
    let figures = &check.figures;
    let coverage = &figures.coverage;
    let _ = writeln!(
        text,
        "### {}\n\n{}. {}; {} of {} and {}. {}.\n",
        title(check),
        check.asked.perturbation,
        number::count(check.asked.draws, "draw"),
        number::whole(coverage.perturbed_lists),
        number::count(coverage.lists, "list"),
        number::count(coverage.substitutions, "substitution"),
        check.swaps.sentence(),
    );
    text.push_str("| | WER [95 %] | S | I | D | words |\n|---|---:|---:|---:|---:|---:|\n");

    for (name, wer) in figures.wer.named() {
        row(text, name, &check_cells::word_errors(wer));
    }

    if let Some(touched) = &coverage.touched {
        let rate = |errors: usize| {
            let words = touched.reference_words;
            (words > 0).then(|| errors as f64 / words as f64)
        };
        let _ = writeln!(
            text,
            "\nOn the touched lists alone ({} of {}): WER clean {}, text {}; nprr.flip {}, \
            nprr.rel {}; the pick changes in {}.",
            number::whole(coverage.perturbed_lists),
            number::whole(coverage.lists),
            number::percent(rate(touched.clean_errors)),
            number::percent(rate(touched.text_errors)),
            touched
                .flip
                .as_ref()
                .map_or_else(number::dash, number::change_with_interval),
            number::change_with_interval(&touched.rel),
            number::count(touched.flips, "list"),
        );
    }

    if let Some(words) = &check.words {
        let sentences = words::sentence(words)
            .into_iter()
            .chain(words::caution(words, cluster));
        let sentences: Vec<String> = sentences.collect();
        if !sentences.is_empty() {
            let _ = writeln!(text, "\n{}", cell(&sentences.join(" ")));
        }
    }

    let _ = writeln!(
        text,
        "\nWorst draw: {}, WER {}. `{}`\n",
        figures.worst_draw.draw,
        number::percent(figures.worst_draw.wer_text),
        check.verdict.signature
    );
}

fn details(text: &mut String, report: &Report) {
    let (model, nbest) = (&report.model, &report.nbest);
    text.push_str("## Details\n\n");
    let model_hash = model
        .content_hash
        .as_deref()
        .map_or_else(String::new, |h| format!(", `{}`", short_hash(h)));
    let items = [
        format!(
            "model: {} ({}{model_hash}), weight {}, first-pass scale {}",
            code(&model.name),
            model.kind,
            model.weight,
            model.first_pass_scale
        ),
        lists(nbest),
        format!(
            "read: {} merged, {} without scores, {} with a single hypothesis, {}, {}, {} cut; \
            normalization: {}",
            number::count(nbest.merged_duplicates, "duplicate hypothesis"),
            number::count(nbest.rank_stands_in, "utterance"),
            number::whole(nbest.single_hypothesis),
            number::count(nbest.empty_references, "empty reference"),
            number::count(nbest.empty_hypotheses, "empty hypothesis"),
            nbest.cut_texts(),
            nbest.normalization,
        ),
        nbest.tokens.map_or_else(
            || format!("tokens: {}", model.uncounted_tokens()),
            |tokens| {
                format!(
                    "tokens: {} of {} are unknown to the model ({})",
                    number::whole(tokens.unknown),
                    number::whole(tokens.read),
                    number::percent(tokens.unknown_share),
                )
            },
        ),
        format!(
            "lexicon: {} (`{}`); {} of {} hypothesis words are outside it",
            prose(&report.lexicon.name),
            short_hash(&report.lexicon.content_hash),
            number::whole(nbest.out_of_lexicon_words),
            number::whole(nbest.hypothesis_words),
        ),
        format!("seed {}, {}", report.seed, report.tool),
    ];

    let scoring = model.scoring();
    let scoring = scoring.map(|scoring| format!("score: {}", prose(&scoring)));
    for item in items.into_iter().chain(scoring) {
        let _ = writeln!(text, "- {item}");
    }

    for note in &report.notes {
        let _ = writeln!(text, "- note: {}", prose(note));
    }

    text.push_str(
        "\nNPRR (N-best Perturbation based Rescoring Robustness): higher is more fragile. \
         `nprr.rel` = (WER text - WER clean) / WER clean, the sum of `nprr.injected` = (WER kept - \
         WER clean) / WER clean, which no rescorer caused, and `nprr.flip` = (WER text - WER kept) \
         / WER clean, what changes of mind added; `nprr.pass` = degradation of the model over that \
         of the first pass. Gain: word error rate of the first pass minus that of the model; \
         regret: that of the model minus that of the best of each list; repairs: of the lists \
         where the swaps hurt the clean pick and another is now better, how many changes went to a \
         better one. Flips are shares of all lists, touched or not. Kendall tau: of all pairs of \
         texts of a list, the share in the same order by clean and by perturbed totals minus the \
         share in the other order, the mean over all lists. Definitions ours; the paper's formula \
         was not available (arXiv 2401.10447).\n",
    );
}

/// What was tested on, in a line.
pub(crate) fn lists(nbest: &NbestRecord) -> String {
    format!(
        "lists: {} (`{}`), {}",
        prose(&nbest.files.join(", ")),
        short_hash(&nbest.content_hash),
        nbest.amounts(),
    )
}
