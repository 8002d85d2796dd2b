//! Where the checks of a suite's file stand.

use crate::suite::document::Document;

/// The name of each check in `text`, with the line that gives it; none where this is no suite.
pub(crate) fn lines(text: &str) -> Vec<(String, usize)> {
    let document = Document { text, file: "" };
    let Ok(top) = document.parse() else {
        return Vec::new();
    };

    let checks = top.get_ref().get("check");
    let checks = checks.and_then(|checks| checks.get_ref().as_array());
    let named = checks.into_iter().flatten().filter_map(|check| {
        let name = check.get_ref().as_table()?.get("name")?;
        let line = document.line(name.span().start);
        Some((name.get_ref().as_str()?.to_owned(), line))
    });
    named.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_stands_where_its_name_does() {
        let text = "name = \"mine\"\n\n[[check]]\n# why\nname = \"a\"\ncount = 1\n\n[[check]]\nname \
                    = \"b\"\n[[check]]\ncount = 2\n";
        let expected = [("a".to_owned(), 5), ("b".to_owned(), 9)];
        assert_eq!(lines(text), expected);
        assert!(lines("check = 3").is_empty() && lines("= no suite").is_empty());
    }
}
