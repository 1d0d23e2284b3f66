//! Names with `*` and `?`, part by part: a slash is matched by itself alone.

/// Whether a name fits a pattern: `*` is any characters but slashes, `?` one of them.
pub(super) fn fits(pattern: &str, name: &str) -> bool {
    let parts =
        |text: &'_ str| text.split('/').map(|part| part.chars().collect()).collect::<Vec<Vec<char>>>();
    let (pattern, name) = (parts(pattern), parts(name));
    pattern.len() == name.len() && pattern.iter().zip(&name).all(|(pattern, name)| part_fits(pattern, name))
}

/// Whether a text is a pattern at all.
pub(super) fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?'])
}

/// Where a star has taken too little it takes one more: no text is looked at more than a star's length over.
fn part_fits(pattern: &[char], name: &[char]) -> bool {
    let (mut at, mut in_name, mut star) = (0, 0, None);
    while in_name < name.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, in_name));
                at += 1;
            }
            Some(c) if *c == '?' || *c == name[in_name] => {
                at += 1;
                in_name += 1;
            }
            _ => {
                let Some((back, taken)) = star else { return false };
                star = Some((back, taken + 1));
                (at, in_name) = (back + 1, taken + 1);
            }
        }
    }
    pattern[at..].iter().all(|c| *c == '*')
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
            ("*a*b*c", "aaabbbabc", true),
            ("*a*b*c", "aaabbbab", false),
        ] {
            assert_eq!(fits(pattern, name), expected, "{pattern} {name}");
        }
    }
}
