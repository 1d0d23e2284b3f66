//! A batch as bytes and back: the body of a frame.
//!
//! bincode of borrowed parts, one after the other: ids, births, then for each column its type, validity and data, with
//! offsets before the data of texts and lists; at the end, if any record is late, how late they are, up to the last
//! late one. The parts are plain little-endian bytes, so both directions are copies of whole columns, and nothing is
//! allocated once the buffers are warm. At low rates a frame holds one record, so what is always the same takes no
//! room then: lengths are as long as they need to be, columns without NULLs have no validity, and the offsets of one
//! record are not there.

use crate::data::{Batch, Column, Type, Values};

/// Lengths below 251 take one byte.
const CONFIG: bincode::config::Configuration = bincode::config::standard();

/// Appends a batch to `out`, and answers whether the body says how late records are: decoding needs to know.
pub fn encode(batch: &Batch, out: &mut Vec<u8>) -> bool {
    put(&(bytemuck::cast_slice::<u64, u8>(&batch.id), bytemuck::cast_slice::<u64, u8>(&batch.born_ns)), out);
    batch.columns.iter().for_each(|column| encode_column(column, out));
    let late = batch.late_ns.as_slice();
    if !late.is_empty() {
        put(&(bytemuck::cast_slice::<u64, u8>(late),), out);
    }
    !late.is_empty()
}

fn encode_column(column: &Column, out: &mut Vec<u8>) {
    let (of, valid) = (column.of() as u8, column.valid.as_bytes());
    match &column.values {
        Values::Bool(v) => put(&(of, valid, bytemuck::cast_slice::<bool, u8>(v)), out),
        Values::I64(v) | Values::Time(v) => put(&(of, valid, bytemuck::cast_slice::<i64, u8>(v)), out),
        Values::F64(v) => put(&(of, valid, bytemuck::cast_slice::<f64, u8>(v)), out),
        Values::Str(v) => {
            let (offsets, text) = v.parts();
            put(&(of, valid, cuts(offsets), text.as_bytes()), out);
        }
        Values::List(v) => {
            let (offsets, items) = v.parts();
            let (item_offsets, text) = items.parts();
            let item_offsets = bytemuck::cast_slice::<u32, u8>(item_offsets);
            put(&(of, valid, cuts(offsets), item_offsets, text.as_bytes()), out);
        }
    }
}

/// Offsets of rows as they are sent: those of one say nothing that the length of what they cut does not say.
fn cuts(offsets: &[u32]) -> &[u8] {
    if offsets.len() == 2 { &[] } else { bytemuck::cast_slice(offsets) }
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
    batch.columns.iter_mut().try_for_each(|column| decode_column(body, count, column))
}

fn take<'a, T: bincode::BorrowDecode<'a, ()>>(body: &mut &'a [u8]) -> Option<T> {
    let (parts, used) = bincode::borrow_decode_from_slice(body, CONFIG).ok()?;
    *body = &body[used..];
    Some(parts)
}

fn decode_column(body: &mut &[u8], count: usize, column: &mut Column) -> Option<()> {
    let of = column.of();
    let (sent, valid, data): (u8, &[u8], &[u8]) = take(body)?;
    if Type::ALL.get(usize::from(sent)) != Some(&of) {
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
            let text = std::str::from_utf8(take(body)?).ok()?;
            match count {
                1 => v.extend_from_parts(whole(data, text.len())?, text)?,
                _ => v.extend_from_parts(offsets_of(data, count)?, text)?,
            }
        }
        Values::List(v) => {
            let (item_offsets, text): (&[u8], &[u8]) = take(body)?;
            let items = (item_offsets.len() / 4).checked_sub(1)?;
            let (item_offsets, text) = (offsets_of(item_offsets, items)?, std::str::from_utf8(text).ok()?);
            match count {
                1 => v.extend_from_parts(whole(data, items)?, item_offsets, text)?,
                _ => v.extend_from_parts(offsets_of(data, count)?, item_offsets, text)?,
            }
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

/// The offsets of a single row, of which none is sent: it is all up to `end`.
fn whole(sent: &[u8], end: usize) -> Option<impl Iterator<Item = u32> + Clone> {
    let end = u32::try_from(end).ok()?;
    sent.is_empty().then(|| [0, end].into_iter())
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

/// Bytes that row `row` takes in a body of many, without the parts' own lengths.
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
