//! The pages: whole, harmless whatever is in the files, small, and the same for the same run. What
//! a browser makes of them is in `tests/page`.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

use crate::project::{Project, project, repository, run_with, words};

/// The start tags of a page with their attributes, once it is seen that each has its end.
struct Page {
    tags: Vec<(String, Vec<(String, String)>)>,
    /// What is between the tags.
    text: String,
}

const VOID: [&str; 5] = ["meta", "link", "input", "br", "!DOCTYPE"];

impl Page {
    #[track_caller]
    fn read(html: &str) -> Page {
        let mut page = Page {
            tags: Vec::new(),
            text: String::new(),
        };
        let mut open: Vec<String> = Vec::new();
        let mut rest = html;

        while let Some(start) = rest.find('<') {
            page.text.push_str(&rest[..start]);
            let (tag, behind) = rest[start + 1..].split_once('>').unwrap();
            rest = behind;
            if let Some(name) = tag.strip_prefix('/') {
                assert_eq!(
                    open.pop().as_deref(),
                    Some(name),
                    "near {:?}",
                    &rest[..rest.len().min(80)]
                );
                continue;
            }

            let name = tag.split(' ').next().unwrap().to_owned();
            page.tags.push((name.clone(), attributes(tag)));
            match name.as_str() {
                "style" | "script" => {
                    let end = format!("</{name}>");
                    rest = rest.split_once(&end).unwrap().1;
                }
                name if VOID.contains(&name) => {}
                _ => open.push(name),
            }
        }

        assert!(open.is_empty(), "{open:?}");
        page
    }

    fn values(&self, attribute: &str) -> Vec<&str> {
        let attributes = self.tags.iter().flat_map(|(_, attributes)| attributes);
        let own = attributes.filter(|(name, _)| name == attribute);
        own.map(|(_, value)| value.as_str()).collect()
    }

    fn count(&self, tag: &str) -> usize {
        self.tags.iter().filter(|(name, _)| name == tag).count()
    }

    /// Ids are unique, links lead somewhere inside, and nothing is asked of a network.
    #[track_caller]
    fn check_links(&self) {
        let ids = self.values("id");
        let unique: BTreeSet<&str> = ids.iter().copied().collect();
        assert_eq!(unique.len(), ids.len());

        for href in self.values("href") {
            let target = href.strip_prefix('#');
            assert!(
                href == "data:," || target.is_some_and(|target| unique.contains(target)),
                "{href}"
            );
        }
        for attribute in [
            "src", "srcset", "action", "style", "onclick", "onload", "onerror",
        ] {
            assert_eq!(self.values(attribute), [""; 0], "{attribute}");
        }
        for id in self.values("aria-labelledby") {
            assert!(unique.contains(id), "{id}");
        }
        assert_eq!(self.count("script"), 1);
        assert_eq!(self.count("style"), 1);
    }
}

fn attributes(tag: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut rest = tag.split_once(' ').map_or("", |(_, rest)| rest);
    while !rest.is_empty() {
        let end = rest.find(['=', ' ']).unwrap_or(rest.len());
        let name = rest[..end].to_owned();
        rest = &rest[end..];
        let mut value = String::new();
        if let Some(quoted) = rest.strip_prefix("=\"") {
            let (inside, behind) = quoted.split_once('"').unwrap();
            inside.clone_into(&mut value);
            rest = behind;
        }
        assert!(
            found.iter().all(|(other, _)| *other != name),
            "{name} twice in {tag}"
        );
        found.push((name, value));
        rest = rest.trim_start();
    }
    found
}

/// Names that mean something to a browser, a terminal, Markdown or a shell.
fn hostile() -> [String; 5] {
    [
        "<script>alert(1)</script>\"><img src=x onerror=alert(2)>".to_owned(),
        "\u{1b}[2J\u{202e}|a|b|`c`\n'\"&amp;--></style>".to_owned(),
        "x".repeat(10_000),
        "${{ github.token }}'; rm -rf / #".to_owned(),
        "::error title=none::##[error]".to_owned(),
    ]
}

/// The first bundled lists that the bundled model fails on, whose ids, speakers and references name
/// nothing good.
fn hostile_lists() -> Project {
    let text = fs::read_to_string(repository("fixtures/nbest/test.jsonl")).unwrap();
    let names = hostile();
    let mut lines = String::new();
    for (index, line) in text.lines().enumerate() {
        let mut list: Value = serde_json::from_str(line).unwrap();
        list["id"] = Value::from(format!("{}{index}", names[index % names.len()]));
        list["speaker"] = Value::from(names[index / 16 % names.len()].as_str());
        if index.is_multiple_of(3) {
            let said = list["ref"].as_str().unwrap();
            list["ref"] = Value::from(format!("{said} ``` <b>&{}", "y".repeat(3_000)));
        }
        if index.is_multiple_of(7) {
            let heard = list["hyps"][0]["text"].as_str().unwrap();
            let heard = format!(
                "{heard} <script>alert(3)</script> ::x \u{1b}[2J | {}",
                "z".repeat(3_000)
            );
            list["hyps"][0]["text"] = Value::from(heard);
        }
        lines.push_str(&list.to_string());
        lines.push('\n');
    }
    project().file("lists.jsonl", lines)
}

fn demo() -> String {
    repository("fixtures/checkpoints/demo")
        .to_str()
        .unwrap()
        .to_owned()
}

#[track_caller]
fn check(project: &Project, out: &str, more: &[&str]) -> String {
    let demo = demo();
    let words = [
        "--model",
        &demo,
        "--suite",
        "perturb-n",
        "--out",
        out,
        "--quiet",
    ];
    let run = project.run(&[&words[..], more].concat());
    assert!([0, 1, 3].contains(&run.code), "{}{}", run.out, run.err);
    project.read(&format!("{out}/report.html"))
}

#[test]
fn names_from_files_harm_no_page() {
    let project = hostile_lists();
    let out = "it's <b>bold</b>";
    let html = check(&project, out, &["--nbest", "lists.jsonl", "--draws", "2"]);
    let page = Page::read(&html);
    page.check_links();

    assert!(page.count("article") > 5, "there are cards");
    assert!(page.text.contains("&lt;script&gt;alert(1)"));
    assert!(page.text.contains("(10000 characters)") || page.text.contains("(10001 characters)"));
    assert!(page.text.contains("replay 'it'\\''s &lt;b&gt;bold"));
    assert_eq!(page.count("img") + page.count("b onerror"), 0);
    for control in ['\u{1b}', '\u{202e}'] {
        assert!(!html.contains(control));
    }
    assert!(html.len() < 2_000_000, "{}", html.len());
}

/// No line of a log is a command to the runner but those that we mean.
#[track_caller]
fn check_log(text: &str, ours: &[&str]) {
    for line in text.lines() {
        let is_ours = ours.iter().any(|start| line.starts_with(start));
        assert!(is_ours || !line.trim_start().starts_with("::"), "{line}");
        assert!(is_ours || !line.contains("##["), "{line}");
        let control = line.chars().find(|c| c.is_control());
        assert_eq!(control, None, "{line:?}");
    }
}

#[test]
fn names_from_files_harm_no_other_output() {
    let project = hostile_lists();
    let demo = demo();
    let check = [
        "--model",
        &demo,
        "--suite",
        "perturb-n",
        "--nbest",
        "lists.jsonl",
        "--draws",
        "1",
        "--max-failures",
        "25",
        "--junit",
        "junit.xml",
        "--code-quality",
        "quality.json",
        "--annotations",
        "github",
    ];
    let summary = project.path("summary.md");
    let variables = [
        ("GITHUB_ACTIONS", "true"),
        ("GITHUB_STEP_SUMMARY", summary.to_str().unwrap()),
    ];
    let run = run_with(&project.path(""), &check, &variables);
    assert!([0, 1, 3].contains(&run.code), "{}{}", run.out, run.err);
    let ours = ["::error title=", "::warning title=", "::notice title="];
    check_log(&run.out, &ours);
    check_log(&run.err, &[]);
    let closing = run.out.lines().rfind(|line| line.starts_with("::"));
    assert!(closing.is_some_and(|line| line.contains(" title=robustness-check::")));

    // A dozen cases at most are annotations: a log is no place for all of them.
    let commands = run
        .out
        .lines()
        .filter(|line| line.starts_with("::"))
        .count();
    assert!(commands <= 30, "{commands}");
    for command in [
        &["nbest", "stat", "lists.jsonl"][..],
        &["replay", "robustness-report", "--model", &demo],
        &["explain", "robustness-report", "--model", &demo],
        &["score", "--model", "first-pass", "--nbest", "lists.jsonl"],
    ] {
        let run = run_with(&project.path(""), command, &variables[..1]);
        assert!(run.code < 2, "{command:?}: {}", run.err);
        check_log(&run.out, &[]);
        check_log(&run.err, &[]);
    }

    for name in [
        "robustness-report/report.md",
        "summary.md",
        "junit.xml",
        "quality.json",
    ] {
        let text = project.read(name);
        assert!(
            !text.contains("<script") && !text.contains("<img"),
            "{name}"
        );
        let control = text.chars().find(|c| c.is_control() && *c != '\n');
        assert_eq!(control, None, "{name}");
        let longest = text.lines().map(str::len).max().unwrap();
        assert!(longest < 20_000, "{name}: a line of {longest}");

        // No word of a file ends what is quoted.
        let fences = || {
            text.lines()
                .filter(|line| line.trim_start().starts_with("```"))
        };
        let ends = fences().filter(|line| line.trim() == "```").count();
        assert_eq!(fences().count(), 2 * ends, "{name}");
    }
}

#[test]
fn a_command_that_is_quoted_is_one_only_in_the_log_of_a_workflow() {
    let list = r#"{"id": "::error::x", "ref": "a", "hyps": [{"text": "::b", "score": 0}]}"#;
    let project = project().file("a.jsonl", list);
    let words = words("--model ::c --suite perturb-n --nbest a.jsonl");
    let plain = project.run(&words);
    assert!(plain.err.contains("::c") && !plain.err.contains("\\u003a"));
    let read = run_with(&project.path(""), &words, &[("GITHUB_ACTIONS", "true")]);
    assert_eq!(read.code, plain.code);
    check_log(&read.err, &[]);
}

#[test]
fn names_harm_no_page_of_a_comparison() {
    let project = hostile_lists();
    let lists = project.read("lists.jsonl");
    let few: Vec<&str> = lists.lines().take(160).collect();
    let project = project.file("few.jsonl", few.join("\n"));
    let demo = demo();
    let long = "x".repeat(10_000);
    let labels = ["<script>alert(1)", "a|b\u{1b}[2J", &long];
    let models: Vec<String> = labels
        .iter()
        .map(|label| format!("{label}={demo}"))
        .collect();
    let mut arguments = words("compare --model first-pass");
    for model in &models {
        arguments.extend(["--model", model]);
    }
    arguments.extend(words(
        "--suite perturb-n --suite severity --draws 1 --nbest few.jsonl --out compared --quiet",
    ));
    let run = project.run(&arguments);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.out.lines().all(|line| line.len() < 2_000));

    let html = project.read("compared/comparison.html");
    let page = Page::read(&html);
    page.check_links();
    let ids = page.values("id");
    for section in [
        "shown",
        "gates",
        "ladder",
        "differences",
        "ranks",
        "figures",
        "models",
    ] {
        assert!(ids.contains(&section), "{section}");
    }
    assert!(page.text.contains("&lt;script&gt;alert(1)"));
    // All are the same model.
    assert!(page.text.contains("have the fewest word errors"));
    assert!(
        !html.contains('\u{1b}') && html.len() < 1_000_000,
        "{}",
        html.len()
    );
    assert_eq!(page.values("scope").len(), page.count("th"));

    // The margin of the suite, and every model beside it.
    assert!(page.text.contains("at most +5.0\u{a0}%"), "{}", page.text);
    assert!(page.text.contains("WITHIN") && page.text.contains("No verdicts."));
}

#[test]
fn ranks_are_a_page_of_heat_maps() {
    let project = project();
    let run = project.run(&["ranks", &demo(), "--format", "html"]);
    assert_eq!(run.code, 0, "{}", run.err);
    let page = Page::read(&run.out);
    page.check_links();
    assert!(page.text.contains("Effective rank") && page.text.contains("Energy"));
    let darkest = page
        .values("class")
        .iter()
        .filter(|class| class.contains("heat-9"))
        .count();
    assert!(
        darkest >= 3,
        "the largest of each map is the darkest: {darkest}"
    );
}

#[test]
fn a_page_of_many_failures_stays_small_and_complete() {
    let project = project();
    let more = words("--suite perturb-n-coherent --draws 10 --max-failures all");
    let html = check(&project, "report", &more);
    let page = Page::read(&html);
    page.check_links();

    assert!(html.len() < 1_700_000, "{}", html.len());
    let cards = page
        .values("id")
        .iter()
        .filter(|id| id.starts_with("failure-"))
        .count();
    let saved = fs::read_dir(project.path("report/failures"))
        .unwrap()
        .count();
    assert!(cards > 100 && cards < saved, "{cards} of {saved}");
    let left_out = format!(
        "{} failures more would make this page too long",
        saved - cards
    );
    assert!(page.text.contains(&left_out), "{left_out}");

    for section in [
        "verdicts", "damage", "ladder", "failures", "swaps", "slices", "figures", "health",
    ] {
        assert!(
            section == "ladder" || page.values("id").contains(&section),
            "{section}"
        );
    }
    let scopes = page.values("scope").len();
    assert_eq!(scopes, page.count("th"), "every head says what it heads");
    let named = page.tags.iter().filter(|(name, attributes)| {
        let has = |wanted: &str| attributes.iter().any(|(name, _)| name == wanted);
        name == "svg" && (has("aria-label") || has("aria-hidden"))
    });
    assert_eq!(
        named.count(),
        page.count("svg"),
        "every picture has a name, or stands beside its figures"
    );
}

#[test]
fn the_same_run_gives_the_same_page() {
    let project = project();
    let first = check(&project, "report", &["--draws", "1", "--jobs", "1"]);
    fs::remove_dir_all(project.path("report")).unwrap();
    let second = check(&project, "report", &["--draws", "1", "--jobs", "2"]);
    assert_eq!(first, second);
}

#[test]
fn a_ladder_of_checks_has_a_picture_and_properties_their_cards() {
    let project = project();
    let html = check(
        &project,
        "report",
        &words("--suite severity --suite invariants --draws 1 --max-failures 1"),
    );
    let page = Page::read(&html);
    page.check_links();
    assert!(page.values("id").contains(&"ladder"));
    assert!(page.values("id").contains(&"properties"));
    assert!(html.contains("rate-30-homophones"));
    // Of the eight checks two ask for more of what the one before them asks for.
    for series in ["oracle", "kept", "picked", "first"] {
        let joined = html.matches(&format!("class=\"step {series}\"")).count();
        assert_eq!(joined, 2, "{series}");
    }
    assert!(html.contains("picks, clean lists: 25.24"));
    assert!(html.contains(">word error rate</text>"));
    assert!(html.contains("liked better, of homophones"));
}

/// The colors of a block of the style sheet.
fn colors(block: &str) -> Vec<(String, [f64; 3])> {
    let declarations = block
        .split(';')
        .filter_map(|declaration| declaration.split_once(": #"));
    declarations
        .map(|(name, value)| {
            let channel = |at: usize| {
                let value = f64::from(u8::from_str_radix(&value[at..at + 2], 16).unwrap()) / 255.0;
                if value <= 0.04045 {
                    value / 12.92
                } else {
                    ((value + 0.055) / 1.055).powf(2.4)
                }
            };
            let name = name.trim().trim_start_matches('{').trim();
            (name.to_owned(), [channel(0), channel(2), channel(4)])
        })
        .collect()
}

#[test]
fn texts_stand_out_from_what_is_behind_them_light_and_dark() {
    let css = fs::read_to_string(repository("src/report/html/page.css")).unwrap();
    let blocks: Vec<&str> = css.split(":root").skip(1).take(2).collect();
    for block in blocks {
        let colors = colors(block.split('}').next().unwrap());
        let luminance = |name: &str| {
            let (_, [r, g, b]) = colors.iter().find(|(own, _)| own == name).unwrap();
            0.2126 * r + 0.7152 * g + 0.0722 * b
        };
        for (text, behind) in [
            ("--ink", "--page"),
            ("--ink", "--card"),
            ("--ink", "--faint"),
            ("--quiet", "--page"),
            ("--quiet", "--card"),
            ("--quiet", "--faint"),
            ("--link", "--page"),
            ("--link", "--card"),
            ("--pass", "--pass-soft"),
            ("--fail", "--fail-soft"),
            ("--open", "--open-soft"),
            ("--worse", "--card"),
        ] {
            let (a, b) = (luminance(text), luminance(behind));
            let contrast = (a.max(b) + 0.05) / (a.min(b) + 0.05);
            assert!(contrast >= 4.5, "{text} on {behind}: {contrast:.2}");
        }
    }
}
