//! How often each class was the label, the answer, and both; and the scores that follow.

use serde::{Deserialize, Serialize};

/// By class. Weights, so that old records may count less.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Counts {
    pub(super) n: f64,
    pub(super) classes: Vec<Class>,
}

#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(super) struct Class {
    pub(super) labels: f64,
    pub(super) answers: f64,
    pub(super) hits: f64,
}

impl Class {
    pub(super) fn precision(&self) -> f64 {
        self.hits / self.answers
    }

    pub(super) fn recall(&self) -> f64 {
        self.hits / self.labels
    }

    /// Of a class that came up 0 where it was never right.
    pub(super) fn f1(&self) -> f64 {
        2.0 * self.hits / (self.labels + self.answers)
    }

    fn came_up(&self) -> bool {
        self.labels + self.answers > 0.0
    }
}

impl Counts {
    #[inline]
    pub(super) fn add(&mut self, class: u32, predicted: u32, weight: f64) {
        let most = class.max(predicted) as usize;
        if self.classes.len() <= most {
            self.classes.resize(most + 1, Class::default());
        }
        self.n += weight;
        self.classes[class as usize].labels += weight;
        self.classes[predicted as usize].answers += weight;
        if class == predicted {
            self.classes[class as usize].hits += weight;
        }
    }

    pub(super) fn scale(&mut self, by: f64) {
        self.n *= by;
        for class in &mut self.classes {
            class.labels *= by;
            class.answers *= by;
            class.hits *= by;
        }
    }

    pub(super) fn accuracy(&self) -> f64 {
        self.classes.iter().map(|class| class.hits).sum::<f64>() / self.n
    }

    /// Cohen 1960: how far the accuracy lies above that of answers as frequent, but by chance.
    pub(super) fn kappa(&self) -> f64 {
        let chance = self.classes.iter().map(|class| class.labels / self.n * (class.answers / self.n)).sum();
        above(self.accuracy(), chance)
    }

    /// Precision, recall and F1, each the mean over the classes that came up; what has no value counts as 0.
    pub(super) fn macros(&self) -> [f64; 3] {
        let came: Vec<&Class> = self.classes.iter().filter(|class| class.came_up()).collect();
        let mean = |of: fn(&Class) -> f64| {
            let values = came.iter().map(|class| of(class)).filter(|x| x.is_finite());
            values.sum::<f64>() / came.len() as f64
        };
        [mean(Class::precision), mean(Class::recall), mean(Class::f1)]
    }

    /// The geometric mean of the recalls of all classes that came as labels: 0 where one of them was never found.
    pub(super) fn g_mean(&self) -> f64 {
        let recalls = self.classes.iter().filter(|class| class.labels > 0.0).map(Class::recall);
        let (logs, n) = recalls.fold((0.0, 0), |(logs, n), recall| (logs + recall.ln(), n + 1));
        (logs / f64::from(n)).exp()
    }
}

/// How much of the way from another's accuracy to 1 was made; not a number where there is no way.
pub(super) fn above(accuracy: f64, other: f64) -> f64 {
    (accuracy - other) / (1.0 - other)
}
