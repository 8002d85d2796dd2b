//! `comparison.md`: a comparison for a paper's draft or a pull request.

use std::fmt::Write;

use crate::report::comparison::record::ComparisonReport;
use crate::report::comparison::tables::{self, Detail};
use crate::report::markdown::lists;
use crate::report::markdown_table::table;
use crate::report::number;
use crate::report::ranks::markdown as ranks;
use crate::report::shown::{cell, code, prose, short_hash, title};

/// The comparison as GitHub-flavored Markdown, ending with a newline.
pub(crate) fn render(report: &ComparisonReport) -> String {
    let mut text = format!("# {} models on the same lists\n\n", report.contenders.len());
    table(&mut text, &tables::summary(report));
    text.push_str("\n## Clean lists\n\n");
    table(&mut text, &tables::clean(report, Detail::Whole));
    text.push_str(
        "\nOf several seeds of one strategy errors are summed, so that the word error rate is the \
         mean of theirs; their intervals allow for other seeds as well as for other speakers, \
         `range` is that over the seeds at hand. `trained`: numbers trained at once, with their \
         share of the model; `stored`: numbers that the checkpoint adds or changes. Time and \
         memory are those of training.\n\n",
    );
    for (index, check) in report.checks.iter().enumerate() {
        let _ = writeln!(
            text,
            "## {}\n\n{}. {}; {} of {} perturbed, {}.\n",
            title(&check.suite, &check.check),
            check.perturbation,
            number::count(check.draws, "draw"),
            number::whole(check.coverage.perturbed_lists),
            number::count(check.coverage.lists, "list"),
            number::count(check.coverage.substitutions, "substitution"),
        );
        table(&mut text, &tables::check(report, index, Detail::Whole));
        text.push('\n');
    }

    if !report.families.is_empty() {
        tests(&mut text, report);
    }
    if !report.ranks.is_empty() {
        text.push_str("## Where the ranks are\n\n");
        for picture in &report.ranks {
            text.push_str(&ranks::section(picture));
        }
    }

    details(&mut text, report);
    text
}

fn tests(text: &mut String, report: &ComparisonReport) {
    text.push_str("## Paired tests\n\n");
    let _ = writeln!(
        text,
        "Two-sided: exact sign flips over {}; where a side has several seeds, a t test in which \
         {}s and seeds are both drawn at random, if that gives the larger probability. `about` \
         says whether a test speaks of training strategies or of the checkpoints at hand alone. A \
         degradation is the rise of the word error rate above that on the clean lists (`text`, the \
         column `rise`), or the part of it that changes of mind added (`flip`, the column `flip \
         cost`), both in percentage points: not as a share of the clean errors, as `nprr.rel` and \
         `nprr.flip` are.\n",
        report.nbest.observations(),
        report.nbest.cluster,
    );

    for family in &report.families {
        let _ = writeln!(
            text,
            "### {}\n\nAdjustment: {}.\n",
            cell(&family.name),
            prose(&family.adjustment)
        );
        table(text, &tables::tests(family, &report.nbest.cluster));
        text.push('\n');
    }
}

fn details(text: &mut String, report: &ComparisonReport) {
    text.push_str("## Details\n\n");
    for contender in &report.contenders {
        for rescorer in &contender.rescorers {
            let model = &rescorer.model;
            let (label, name) = (cell(&contender.label), code(&model.name));
            let mut item = format!("{label}: {name} ({}", model.kind);
            if let Some(strategy) = &rescorer.strategy {
                let _ = write!(item, ", {strategy}");
            }
            if let Some(seed) = rescorer.seed {
                let _ = write!(item, ", seed {seed}");
            }
            if let Some(content) = &model.content_hash {
                let _ = write!(item, ", `{}`", short_hash(content));
            }
            let _ = writeln!(
                text,
                "- {item}), weight {}, first-pass scale {}",
                model.weight, model.first_pass_scale
            );
        }
    }

    let _ = writeln!(text, "- {}", lists(&report.nbest));
    let _ = writeln!(
        text,
        "- lexicon: {} (`{}`); seed {}, {}",
        prose(&report.lexicon.name),
        short_hash(&report.lexicon.content_hash),
        report.seed,
        report.tool
    );

    for note in &report.notes {
        let _ = writeln!(text, "- note: {}", prose(note));
    }

    text.push_str(
        "\nNPRR (N-best Perturbation based Rescoring Robustness): higher is more fragile. \
         `nprr.rel` = (WER text - WER clean) / WER clean, of which `nprr.injected` is what the \
         swaps did to the clean picks and `nprr.flip` what changes of mind added; `gain` = WER of \
         the first pass - WER, on the perturbed lists; `nprr.pass` = degradation over that of the \
         first pass; `nprr.ref` = nprr.rel over that of full fine-tuning. Flips are shares of all \
         lists, touched or not. Kendall tau: of all pairs of texts of a list, the share in the \
         same order by clean and by perturbed totals minus the share in the other order, the mean \
         over all lists. Definitions ours; the paper's formula was not available (arXiv \
         2401.10447).\n",
    );
}
