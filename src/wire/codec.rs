//! A batch as bytes and back: the body of a frame.
//!
//! bincode of borrowed parts, one after the other: ids, births, then for each column its type, validity,
//! offsets, item offsets (of lists) and data; at the end, if any record is late, how late they are, up to the last
//! late one. The parts are plain little-endian bytes, so both directions are
//! copies of whole columns, and nothing is allocated once the buffers are warm.

use crate::data::{Batch, Column, Type, Values};

const CONFIG: bincode::config::Configuration<
    bincode::config::LittleEndian,
    bincode::config::Fixint,
    bincode::config::NoLimit,
> = bincode::config::legacy();

/// type, validity, offsets, item offsets, data.
type Parts<'a> = (u8, &'a [u8], &'a [u8], &'a [u8], &'a [u8]);

/// Appends a batch to `out`, and answers whether the body says how late records are: decoding needs to know.
pub fn encode(batch: &Batch, out: &mut Vec<u8>) -> bool {
    put(&(bytemuck::cast_slice::<u64, u8>(&batch.id), bytemuck::cast_slice::<u64, u8>(&batch.born_ns)), out);
    for column in &batch.columns {
        let valid = column.valid.as_bytes();
        let of = column.of() as u8;
        let none: &[u8] = &[];
        let parts: Parts<'_> = match &column.values {
            Values::Bool(v) => (of, valid, none, none, bytemuck::cast_slice(v)),
            Values::I64(v) | Values::Time(v) => (of, valid, none, none, bytemuck::cast_slice(v)),
            Values::F64(v) => (of, valid, none, none, bytemuck::cast_slice(v)),
            Values::Str(v) => {
                let (offsets, bytes) = v.parts();
                (of, valid, bytemuck::cast_slice(offsets), none, bytes.as_bytes())
            }
            Values::List(v) => {
                let (offsets, items) = v.parts();
                let (item_offsets, bytes) = items.parts();
                (
                    of,
                    valid,
                    bytemuck::cast_slice(offsets),
                    bytemuck::cast_slice(item_offsets),
                    bytes.as_bytes(),
                )
            }
        };
        put(&parts, out);
    }
    let late = batch.late_ns.as_slice();
    if !late.is_empty() {
        put(&(bytemuck::cast_slice::<u64, u8>(late),), out);
    }
    !late.is_empty()
}

fn put(parts: &impl bincode::Encode, out: &mut Vec<u8>) {
    bincode::encode_into_std_write(parts, out, CONFIG).expect("a Vec takes all that is written to it");
}

/// Appends the `count` rows of a body to a batch that has the columns of the sender's schema; `late`: the body says
/// how late they are. `None` when the bytes are not such a body; the batch is then as it was.
pub fn decode(mut body: &[u8], count: usize, late: bool, batch: &mut Batch) -> Option<()> {
    let rows = batch.len();
    let done = decode_rows(&mut body, count, batch)
        .and_then(|()| if late { decode_late(&mut body, rows, count, batch) } else { Some(()) })
        .filter(|()| body.is_empty());
    if done.is_none() {
        truncate(batch, rows);
    }
    done
}

fn decode_rows(body: &mut &[u8], count: usize, batch: &mut Batch) -> Option<()> {
    let (id, born): (&[u8], &[u8]) = take(body)?;
    words(id, count, &mut batch.id, u64::from_le_bytes)?;
    words(born, count, &mut batch.born_ns, u64::from_le_bytes)?;
    batch.columns.iter_mut().try_for_each(|column| decode_column(take(body)?, count, column))
}

fn take<'a, T: bincode::BorrowDecode<'a, ()>>(body: &mut &'a [u8]) -> Option<T> {
    let (parts, used) = bincode::borrow_decode_from_slice(body, CONFIG).ok()?;
    *body = &body[used..];
    Some(parts)
}

fn decode_column(
    (of, valid, offsets, item_offsets, data): Parts<'_>,
    count: usize,
    column: &mut Column,
) -> Option<()> {
    if Type::ALL.get(usize::from(of)) != Some(&column.of()) {
        return None;
    }
    match &mut column.values {
        Values::Bool(v) => {
            if data.len() != count || data.iter().any(|byte| *byte > 1) {
                return None;
            }
            v.extend(data.iter().map(|byte| *byte == 1));
        }
        Values::I64(v) | Values::Time(v) => words(data, count, v, i64::from_le_bytes)?,
        Values::F64(v) => words(data, count, v, f64::from_le_bytes)?,
        Values::Str(v) => {
            v.extend_from_parts(offsets_of(offsets, count)?, std::str::from_utf8(data).ok()?)?
        }
        Values::List(v) => {
            let items = (item_offsets.len() / 4).checked_sub(1)?;
            let text = std::str::from_utf8(data).ok()?;
            v.extend_from_parts(offsets_of(offsets, count)?, offsets_of(item_offsets, items)?, text)?;
        }
    }
    column.valid.extend_from_bytes(count, valid)
}

/// At most `count` numbers, of which the last is not zero.
fn decode_late(body: &mut &[u8], rows: usize, count: usize, batch: &mut Batch) -> Option<()> {
    let (bytes,): (&[u8],) = take(body)?;
    let (chunks, rest) = bytes.as_chunks::<8>();
    if chunks.len() > count || !rest.is_empty() || chunks.last().is_none_or(|last| *last == [0; 8]) {
        return None;
    }
    batch.late_ns.append(rows, chunks.iter().map(|chunk| u64::from_le_bytes(*chunk)));
    Some(())
}

/// Exactly `count` eight-byte numbers.
fn words<T>(bytes: &[u8], count: usize, out: &mut Vec<T>, read: fn([u8; 8]) -> T) -> Option<()> {
    let (chunks, rest) = bytes.as_chunks::<8>();
    if chunks.len() != count || !rest.is_empty() {
        return None;
    }
    out.extend(chunks.iter().map(|chunk| read(*chunk)));
    Some(())
}

/// Exactly `count + 1` offsets.
fn offsets_of(bytes: &[u8], count: usize) -> Option<impl Iterator<Item = u32> + Clone> {
    let (chunks, rest) = bytes.as_chunks::<4>();
    (chunks.len() == count + 1 && rest.is_empty())
        .then(|| chunks.iter().map(|chunk| u32::from_le_bytes(*chunk)))
}

/// Takes away what a broken body left behind `rows`; a column that never got its part is short already.
fn truncate(batch: &mut Batch, rows: usize) {
    let mut whole = std::mem::take(batch);
    for column in &mut whole.columns {
        let broken = std::mem::replace(column, Column::new(column.of()));
        column.extend(&broken, 0, rows);
    }
    whole.id.truncate(rows);
    whole.born_ns.truncate(rows);
    whole.late_ns.truncate(rows);
    *batch = whole;
}

/// Bytes that row `row` takes in a body, without the parts' own lengths.
pub fn row_bytes(batch: &Batch, row: usize) -> usize {
    let column = |column: &Column| match &column.values {
        Values::Bool(_) => 1,
        Values::I64(_) | Values::F64(_) | Values::Time(_) => 8,
        Values::Str(v) => 4 + v.bytes_of(row),
        Values::List(v) => 4 + v.get(row).map(|item| 4 + item.len()).sum::<usize>(),
    };
    let late = if row < batch.late_ns.as_slice().len() { 8 } else { 0 };
    16 + late + batch.columns.iter().map(column).sum::<usize>()
}

/// Bytes that all rows take, without looking at each.
pub fn batch_bytes(batch: &Batch) -> usize {
    let column = |column: &Column| match &column.values {
        Values::Bool(v) => v.len(),
        Values::I64(v) | Values::Time(v) => 8 * v.len(),
        Values::F64(v) => 8 * v.len(),
        Values::Str(v) => 4 * v.len() + v.parts().1.len(),
        Values::List(v) => 4 * v.len() + 4 * v.parts().1.len() + v.parts().1.parts().1.len(),
    };
    16 * batch.len() + 8 * batch.late_ns.as_slice().len() + batch.columns.iter().map(column).sum::<usize>()
}
