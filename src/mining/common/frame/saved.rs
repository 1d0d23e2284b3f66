//! The state of a classifier's stage as it is saved: its models, and what waits for labels, both of one moment.

use crate::data::state::{Bytes, Loader, Saver};
use crate::error::{Error, Result};
use crate::mining::common::Classifier;
use crate::mining::common::late::{Late, Waits};
use crate::mining::common::learner::Learner;
use crate::mining::common::lesson::Given;
use crate::operator::{Next, States};

const STATE_VERSION: u16 = 1;
/// What is saved where labels come later: records that wait, labels that do, and then the models.
const MODELS: usize = 2;
const PARTS: usize = 3;

/// Where labels come later, which part is still to be saved. They take turns piece by piece: each is of the moment at
/// which it began, so they begin together.
#[derive(Clone, Debug, Default)]
pub(super) struct Saving {
    left: [bool; PARTS],
    bytes: Vec<u8>,
}

impl Saving {
    pub(super) fn save<C: Classifier>(
        &mut self,
        names: &[String],
        states: &mut States<Learner<C>>,
        late: Option<&mut Late>,
        out: &mut Saver<'_>,
    ) -> Result<Next> {
        let Some(late) = late else { return states.save(STATE_VERSION, names, out) };
        if self.left == [false; PARTS] {
            self.left = [true; PARTS];
        }
        for part in (0..PARTS).filter(|part| self.left[*part]).collect::<Vec<_>>() {
            self.bytes.clear();
            let mut piece = Saver::new(&mut self.bytes);
            let next = match part {
                MODELS => states.save(STATE_VERSION, names, &mut piece)?,
                kind => late.save(kind, STATE_VERSION, &mut piece)?,
            };
            let last = next != Next::Again;
            self.left[part] = !last;
            out.put(STATE_VERSION, &(part as u8, last, Bytes(&self.bytes)))?;
        }
        Ok(if self.left == [false; PARTS] { Next::End } else { Next::Again })
    }
}

/// Goes on from what was saved. False where that is of other columns or parameters: all is then as it was.
pub(super) fn load<C: Classifier>(
    (given, names, fresh): (&Given, &[String], &C),
    states: &mut States<Learner<C>>,
    late: &mut Option<Late>,
    from: &mut Loader<'_>,
) -> Result<bool> {
    let fits = |learner: &Learner<C>| learner.fits(fresh, given);
    let Some(waiting) = late else { return states.load(STATE_VERSION, names, from, fits) };
    let mut parts: [Vec<u8>; PARTS] = Default::default();
    let mut left = [true; PARTS];
    while left != [false; PARTS] {
        let (which, last, bytes): (u8, bool, Vec<u8>) = from.get(STATE_VERSION)?;
        let part = parts.get_mut(usize::from(which));
        part.ok_or_else(|| Error::failed("the state has a part too many"))?.extend_from_slice(&bytes);
        left[usize::from(which)] = !last;
    }
    let features = given.features.len() + given.nominal.len();
    let waits = |waits: &Waits| waits.fits(features, given.classes_max);
    let [records, labels, models] = parts.each_ref().map(|part| Loader::new(part));
    let (mut rest, mut models) = ([records, labels], models);
    let loaded = waiting.loaded(STATE_VERSION, &mut rest, waits)?;
    rest.iter().try_for_each(Loader::end)?;
    let fits = states.load(STATE_VERSION, names, &mut models, fits)?;
    let (Some(loaded), true) = (loaded, fits) else { return Ok(false) };
    models.end()?;
    *waiting = loaded;
    Ok(true)
}
