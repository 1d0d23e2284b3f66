//! What happened in a history.

/// How often what happened, to see that faults bite.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tally {
    pub lost: u64,
    pub full: u64,
    pub too_old: u64,
    pub late: u64,
    pub duplicates: u64,
    pub sender_crashes: u64,
    pub receiver_crashes: u64,
    pub refused: u64,
}

impl Tally {
    pub fn add(&mut self, other: &Tally) {
        self.lost += other.lost;
        self.full += other.full;
        self.too_old += other.too_old;
        self.late += other.late;
        self.duplicates += other.duplicates;
        self.sender_crashes += other.sender_crashes;
        self.receiver_crashes += other.receiver_crashes;
        self.refused += other.refused;
    }
}
