//! Files of known kinds that are no lists, or no references: told by name, with what to do.

use crate::nbest::error::ReadErrorKind;
use crate::nbest::ids::extension;

/// A kind of file that is known, and is no format of lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// NIST's CTM: `file channel begin duration word`.
    Ctm,
    /// NIST's STM: `file channel speaker begin end <label> words`.
    Stm,
    /// icefall's `recogs-*.txt`: `id: ref=['turn', 'off']`.
    Recogs,
    /// HTK's master label file.
    Mlf,
    /// Fields between commas.
    Csv,
}

impl Kind {
    /// That of a file, from its name and its beginning, of which the last line may be cut.
    pub(super) fn of(name: &str, start: &[u8]) -> Option<Kind> {
        let text = String::from_utf8_lossy(start);
        if text.trim_start().starts_with("#!MLF!#") {
            return Some(Kind::Mlf);
        }

        let lines = whole_lines(&text);
        if !lines.is_empty() && lines.iter().all(|line| is_recog(line)) {
            return Some(Kind::Recogs);
        }

        let are = |is_one: fn(&[&str]) -> bool| {
            !lines.is_empty()
                && lines.iter().all(|line| {
                    let fields: Vec<&str> = line.split_whitespace().collect();
                    is_one(&fields)
                })
        };
        // A speaker may be a number, and then a line of STM is also one of CTM.
        match extension(name) {
            "stm" => Some(Kind::Stm),
            "ctm" => Some(Kind::Ctm),
            "csv" if lines.first().is_some_and(|line| line.contains(',')) => Some(Kind::Csv),
            _ if are(is_stm) => Some(Kind::Stm),
            _ if are(is_ctm) => Some(Kind::Ctm),
            _ => None,
        }
    }

    /// Why this is no file of lists.
    pub(super) fn refused_as_lists(self) -> ReadErrorKind {
        let (problem, advice) = match self {
            Kind::Ctm => (
                "this is CTM, which has a word with its times on each line, and no n-best lists",
                "write the words of each utterance on a line `words (speaker-utterance)` of a \
                 .trn file",
            ),
            Kind::Stm => (
                "this is STM, which holds references, and no n-best lists",
                "name it with --refs",
            ),
            Kind::Recogs => (
                "this is icefall's recogs-*.txt, which holds the best path alone, and no n-best \
                 lists",
                "write the paths of the lattice as lines of {\"id\": .., \"ref\": .., \"hyps\": \
                 [{\"text\": .., \"score\": ..}]}, as the guide on lists shows for k2",
            ),
            Kind::Mlf => (
                "this is a master label file of HTK",
                "write a line of {\"id\": .., \"ref\": .., \"hyps\": [{\"text\": .., \"score\": \
                 ..}]} for each of its entries",
            ),
            Kind::Csv => (
                "this is a table of fields between commas, in which nothing says which of them \
                 are hypotheses",
                "write a line of {\"id\": .., \"ref\": .., \"hyps\": [{\"text\": .., \"score\": \
                 ..}]} for each of its rows",
            ),
        };
        ReadErrorKind::line(problem, advice)
    }

    /// Why this is no file of references by utterance.
    pub(super) fn refused_as_references(self) -> ReadErrorKind {
        let problem = match self {
            Kind::Ctm => "this is CTM, which has a word with its times on each line",
            Kind::Stm => "this is STM, which tells segments by their times",
            Kind::Recogs => "this is icefall's recogs-*.txt",
            Kind::Mlf => "this is a master label file of HTK",
            Kind::Csv => "this is a table of fields between commas",
        };
        let advice = "write references as Kaldi text, a line `utterance words` for each utterance, \
                      with the ids of the lists";
        ReadErrorKind::line(problem, advice)
    }
}

/// The lines of `start`, the beginning of a file, without blank ones and comments, and without the
/// last one of several that does not end, since it may be cut.
pub(super) fn whole_lines(start: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = start
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with(";;"))
        .collect();
    if lines.len() > 1 && !start.ends_with('\n') {
        lines.pop();
    }
    lines
}

/// `id:<tab>ref=['turn', 'off']`, or `hyp=`.
fn is_recog(line: &str) -> bool {
    let behind = line.split_once(':').map(|(_, behind)| behind.trim_start());
    behind.is_some_and(|behind| behind.starts_with("ref=[") || behind.starts_with("hyp=["))
}

/// `file channel speaker begin end`, and more.
fn is_stm(fields: &[&str]) -> bool {
    let [_, channel, _, begin, end, ..] = fields else {
        return false;
    };
    is_channel(channel)
        && matches!((time(begin), time(end)), (Some(begin), Some(end)) if begin < end)
        && (begin.contains('.') || end.contains('.'))
}

/// `file channel begin duration word`, and up to three more.
fn is_ctm(fields: &[&str]) -> bool {
    let [_, channel, begin, duration, _, more @ ..] = fields else {
        return false;
    };
    is_channel(channel)
        && time(begin).is_some()
        && time(duration).is_some()
        && (begin.contains('.') || duration.contains('.'))
        && more.len() <= 3
}

fn is_channel(field: &str) -> bool {
    field.len() == 1 && field.starts_with(|c: char| c.is_ascii_digit() || "ABab".contains(c))
}

fn time(field: &str) -> Option<f64> {
    let time = field.parse::<f64>().ok();
    time.filter(|time| time.is_finite() && *time >= 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_known_by_their_lines_or_their_names() {
        let check = |name: &str, text: &str, expected: Option<Kind>| {
            assert_eq!(Kind::of(name, text.as_bytes()), expected, "{name}: {text}");
        };
        check("f", ";; x\nlee 1 0.0 0.5 turn 0.9\n", Some(Kind::Ctm));
        check("f", "lee A 0.0 0.5 off\nlee A 0.5 0.5 it", Some(Kind::Ctm));
        check(
            "f",
            "lee 1 lee 0.0 1.5 <o,f0,male> turn off\n",
            Some(Kind::Stm),
        );
        check("f", "lee 1 1089 0.0 1.5 turn off\n", Some(Kind::Stm));
        check("said.stm.gz", "", Some(Kind::Stm));
        check("f", "lee-1-0:\tref=['turn', 'off']\n", Some(Kind::Recogs));
        check("f", "#!MLF!#\n\"*/lee.rec\"\n", Some(Kind::Mlf));
        check("said.csv", "id,text\nlee,turn off\n", Some(Kind::Csv));
        check("f", "u1 1 2 3 4 5\n", None);
        check("f", "u1 a 0.5 1.5 times\nu2 no\n", None);
        check("f", "u1 pay 1.5 2.5 times\n", None);
        check("f", "", None);
    }
}
