//! What all pages have: a head, a style sheet and a script, contents, and sections under them.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::report::html::spaces::joined;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// Nothing is asked of a network, and nothing that a text smuggles in is run.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; \
                      img-src data:; base-uri 'none'; form-action 'none'";

/// A whole page.
pub(super) struct Frame {
    /// What a browser's tab says.
    pub(super) title: String,
    /// Where the link leads that those who use no mouse find first, in words.
    pub(super) skip: &'static str,
    /// What stands above the contents.
    pub(super) heading: Markup,
    /// In their order.
    pub(super) sections: Sections,
    /// The last line.
    pub(super) footer: String,
}

/// Sections in their order.
#[derive(Default)]
pub(super) struct Sections(Vec<Section>);

/// A part of the page with a heading and a place in the contents.
struct Section {
    id: &'static str,
    title: &'static str,
    content: Markup,
}

impl Sections {
    /// One more, if there is anything in it.
    pub(super) fn add(&mut self, id: &'static str, title: &'static str, content: Option<Markup>) {
        let section = content.map(|content| Section { id, title, content });
        self.0.extend(section);
    }
}

impl Frame {
    /// The page as a file. The same content gives the same bytes.
    pub(super) fn render(&self) -> String {
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    meta http-equiv="Content-Security-Policy" content=(POLICY);
                    title { (self.title) }
                    link rel="icon" href="data:,";
                    style { (PreEscaped(STYLE)) }
                }
                body {
                    a.skip href="#main" { "Skip to " (self.skip) }
                    (self.heading)
                    (self.contents())
                    main id="main" tabindex="-1" { (self.content()) }
                    footer { (self.footer) }
                    script { (PreEscaped(SCRIPT)) }
                }
            }
        };

        let mut text = joined(&page.into_string());
        text.push('\n');
        text
    }

    fn contents(&self) -> Markup {
        html! {
            @if self.sections.0.len() > 1 {
                nav aria-label="Sections" {
                    @for section in &self.sections.0 {
                        a href={ "#" (section.id) } { (section.title) }
                    }
                }
            }
        }
    }

    fn content(&self) -> Markup {
        html! {
            @for section in &self.sections.0 {
                @let title = format!("{}-title", section.id);
                section id=(section.id) aria-labelledby=(title) {
                    h2 id=(title) { (section.title) }
                    (section.content)
                }
            }
        }
    }
}
