//! Which records a message tells of that is said to who watches a stage: the part before its body.

/// Of which records a message tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    pub worker: u32,
    /// How many processes have been this worker.
    pub epoch: u32,
    /// The number of the first record.
    pub seq: u64,
    pub count: u64,
}

/// Bytes of a head.
const HEAD: usize = 24;

impl Head {
    pub fn write(&self) -> [u8; HEAD] {
        let life = u64::from(self.worker) << 32 | u64::from(self.epoch);
        let mut out = [0; HEAD];
        for (word, value) in out.as_chunks_mut().0.iter_mut().zip([life, self.seq, self.count]) {
            *word = value.to_le_bytes();
        }
        out
    }

    /// `None` when these are no bytes of one.
    pub fn read(bytes: &[u8]) -> Option<Head> {
        let (&[life, seq, count], []) = bytes.as_chunks() else { return None };
        let [life, seq, count] = [life, seq, count].map(u64::from_le_bytes);
        Some(Head { worker: (life >> 32) as u32, epoch: life as u32, seq, count })
    }

    /// The number behind its records; `None` when there can be no such one.
    pub fn end(&self) -> Option<u64> {
        self.seq.checked_add(self.count)
    }
}
