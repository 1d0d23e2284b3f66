//! An expression in two texts, and random choices.

/// Random choices, drawn from bytes: fewer and smaller bytes make a smaller expression.
pub struct Entropy<'a>(pub std::slice::Iter<'a, u8>);

impl Entropy<'_> {
    pub fn below(&mut self, n: usize) -> usize {
        self.0.next().map_or(0, |byte| *byte as usize % n)
    }

    pub fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    pub fn spent(&self) -> bool {
        self.0.len() == 0
    }
}

#[derive(Clone, Debug)]
pub struct Pair {
    pub ours: String,
    pub theirs: String,
}

pub fn both(text: impl Into<String>) -> Pair {
    let text = text.into();
    Pair { ours: text.clone(), theirs: text }
}

/// Fills `{}` with the texts of operands, in both forms.
pub fn fill(form: &str, operands: &[Pair]) -> Pair {
    fill_two(form, form, operands)
}

pub fn fill_two(ours: &str, theirs: &str, operands: &[Pair]) -> Pair {
    let put = |form: &str, text: fn(&Pair) -> &str| {
        let mut operands = operands.iter();
        form.split("{}").enumerate().fold(String::new(), |all, (i, piece)| match i {
            0 => piece.to_string(),
            _ => all + text(operands.next().expect("an operand a place")) + piece,
        })
    };
    Pair { ours: put(ours, |pair| &pair.ours), theirs: put(theirs, |pair| &pair.theirs) }
}

pub fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
