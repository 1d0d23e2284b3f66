//! Names with `*`, `?` and `[a-z]`, part by part: a slash is matched by itself alone.

use crate::wild;

/// Whether a name fits a pattern: `*` is any characters but slashes, `?` one of them.
pub(super) fn fits(pattern: &str, name: &str) -> bool {
    let (mut parts, mut names) = (pattern.split('/'), name.split('/'));
    loop {
        match (parts.next(), names.next()) {
            (None, None) => return true,
            (Some(part), Some(name)) if wild::fits(part.as_bytes(), name.as_bytes()) => {}
            _ => return false,
        }
    }
}

/// Whether a text is a pattern at all.
pub(super) fn is_pattern(text: &str) -> bool {
    wild::is_wild(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn a_star_ends_at_a_slash() {
        for (pattern, name, expected) in [
            ("*", "clean", true),
            ("*", "clean/report", false),
            ("*/report", "clean/report", true),
            ("cl*n", "clean", true),
            ("cl*n", "clear", false),
            ("c*e*n", "cleaeen", true),
            ("?lean", "clean", true),
            ("?", "", false),
            ("*", "", true),
            ("clean", "clean", true),
            ("clean[12]", "clean2", true),
            ("*a*b*c", "aaabbbabc", true),
            ("*a*b*c", "aaabbbab", false),
        ] {
            assert_eq!(fits(pattern, name), expected, "{pattern} {name}");
        }
    }
}
