//! Values of one type, some of which may be missing.

use std::ops::Range;

use super::bitmap::BitmapBuilder;
use super::{Bitmap, Buffer};

/// The values of a column of numbers, booleans or times.
///
/// An array is nullable or not by its type, not by its values: a nullable array without a missing value stays
/// nullable. The value of a missing row is `T::default()`, zero for numbers. Clones and slices share their values.
#[derive(Debug, Clone)]
pub struct Array<T> {
    values: Buffer<T>,
    validity: Validity,
}

/// The rows that have a value.
#[derive(Debug, Clone)]
enum Validity {
    /// Not nullable: every row.
    Required,
    /// Nullable, and every row.
    All,
    /// Nullable, and the rows whose bit is set.
    Some(Bitmap),
}

impl<T> Array<T> {
    /// Number of rows.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Returns whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Returns whether rows may be missing.
    pub fn is_nullable(&self) -> bool {
        !matches!(self.validity, Validity::Required)
    }

    /// The rows that have a value; `None` if all have one.
    pub fn validity(&self) -> Option<&Bitmap> {
        match &self.validity {
            Validity::Required | Validity::All => None,
            Validity::Some(bitmap) => Some(bitmap),
        }
    }

    /// Returns whether row `i` has a value.
    ///
    /// # Panics
    /// If `i` is not a row.
    #[track_caller]
    pub fn is_valid(&self, i: usize) -> bool {
        assert!(i < self.len(), "row {i} of {}", self.len());
        self.validity().is_none_or(|bitmap| bitmap.get(i))
    }

    /// Number of missing values.
    pub fn missing_count(&self) -> usize {
        self.validity().map_or(0, |bitmap| bitmap.len() - bitmap.count_ones())
    }

    /// The values, `T::default()` in missing rows.
    pub fn values(&self) -> &Buffer<T> {
        &self.values
    }

    /// The rows of `range`, without a copy.
    ///
    /// # Panics
    /// If the range is not within the rows.
    #[track_caller]
    pub fn slice(&self, range: Range<usize>) -> Self {
        let validity = match &self.validity {
            Validity::Some(bitmap) => Validity::Some(bitmap.slice(range.clone())),
            other => other.clone(),
        };
        Self { values: self.values.slice(range), validity }
    }

    /// Bytes of memory of the rows.
    pub fn bytes(&self) -> u64 {
        let bitmap = self.validity().map_or(0, |bitmap| bitmap.len().div_ceil(8));
        (self.len() * size_of::<T>() + bitmap) as u64
    }
}

impl<T: Copy + Default> Array<T> {
    /// An array that is not nullable.
    pub fn required(values: impl Into<Buffer<T>>) -> Self {
        Self { values: values.into(), validity: Validity::Required }
    }

    /// A nullable array of the rows of `values` whose bit is set; of all rows if `validity` is `None`. Values of
    /// missing rows become `T::default()`.
    ///
    /// # Panics
    /// If there are not as many bits as values.
    #[track_caller]
    pub fn nullable(values: impl Into<Buffer<T>>, validity: Option<Bitmap>) -> Self {
        let mut values = values.into();
        let Some(bitmap) = validity.filter(|bitmap| bitmap.is_empty() || bitmap.count_ones() < bitmap.len())
        else {
            return Self { values, validity: Validity::All };
        };
        assert_eq!(bitmap.len(), values.len(), "one bit per value");
        values.edit(|values| {
            for (value, valid) in values.iter_mut().zip(bitmap.iter()) {
                if !valid {
                    *value = T::default();
                }
            }
        });
        Self { values, validity: Validity::Some(bitmap) }
    }

    /// A nullable array of `rows` missing values.
    pub fn all_missing(rows: usize) -> Self {
        Self {
            values: vec![T::default(); rows].into(),
            validity: Validity::Some(Bitmap::repeat(false, rows)),
        }
    }

    /// An array of no rows, nullable or not.
    pub fn empty(nullable: bool) -> Self {
        Self {
            values: Buffer::default(),
            validity: if nullable { Validity::All } else { Validity::Required },
        }
    }

    /// The value of row `i`, `None` if it is missing.
    ///
    /// # Panics
    /// If `i` is not a row.
    #[track_caller]
    pub fn get(&self, i: usize) -> Option<T> {
        self.is_valid(i).then(|| self.values[i])
    }

    /// The rows in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Option<T>> + DoubleEndedIterator + Clone + '_ {
        let validity = self.validity();
        (0..self.len()).map(move |i| validity.is_none_or(|bitmap| bitmap.get(i)).then(|| self.values[i]))
    }

    /// The values that are present, in order.
    pub fn present(&self) -> impl DoubleEndedIterator<Item = T> + Clone + '_ {
        self.iter().flatten()
    }

    /// The same rows, nullable.
    pub fn into_nullable(self) -> Self {
        let validity = match self.validity {
            Validity::Required => Validity::All,
            other => other,
        };
        Self { validity, ..self }
    }

    /// The rows `rows[0], rows[1], ...`.
    ///
    /// # Panics
    /// If `rows` names a row that does not exist.
    #[track_caller]
    pub fn take(&self, rows: &[usize]) -> Self {
        let values: Buffer<T> = rows.iter().map(|&row| self.values[row]).collect();
        match &self.validity {
            Validity::Some(bitmap) => {
                Self::nullable(values, Some(rows.iter().map(|&row| bitmap.get(row)).collect()))
            }
            other => Self { values, validity: other.clone() },
        }
    }

    /// Converts each present value; missing rows stay missing.
    pub fn map<U: Copy + Default>(&self, f: impl Fn(T) -> U) -> Array<U> {
        let values = self.iter().map(|value| value.map_or_else(U::default, &f)).collect();
        Array { values, validity: self.validity.clone() }
    }

    /// Appends rows. The array becomes nullable if they are.
    ///
    /// Copies the values only where [`Buffer::into_vec`] does; an array that shares nothing grows in place.
    pub fn append(&mut self, rows: &Self) {
        let mut builder = ArrayBuilder::from(std::mem::take(self));
        builder.append(rows);
        *self = builder.finish();
    }
}

impl<T: Copy + Default> Default for Array<T> {
    fn default() -> Self {
        Self::empty(false)
    }
}

impl<T: Copy + Default> From<Vec<T>> for Array<T> {
    /// An array that is not nullable, without a copy.
    fn from(values: Vec<T>) -> Self {
        Self::required(values)
    }
}

impl<T: Copy + Default> From<Vec<Option<T>>> for Array<T> {
    /// A nullable array.
    fn from(rows: Vec<Option<T>>) -> Self {
        rows.into_iter().collect()
    }
}

impl<T: Copy + Default> FromIterator<T> for Array<T> {
    /// An array that is not nullable.
    fn from_iter<I: IntoIterator<Item = T>>(values: I) -> Self {
        Self::required(values.into_iter().collect::<Buffer<T>>())
    }
}

impl<T: Copy + Default> FromIterator<Option<T>> for Array<T> {
    /// A nullable array.
    fn from_iter<I: IntoIterator<Item = Option<T>>>(rows: I) -> Self {
        let rows = rows.into_iter();
        let mut builder = ArrayBuilder::new(true);
        builder.values.reserve_exact(rows.size_hint().0);
        rows.for_each(|row| builder.push(row));
        builder.finish()
    }
}

impl<T: Copy + Default + PartialEq> PartialEq for Array<T> {
    fn eq(&self, other: &Self) -> bool {
        let missing = (self.missing_count(), other.missing_count());
        let validity = missing == (0, 0)
            || missing.0 == missing.1
                && self.iter().map(|row| row.is_some()).eq(other.iter().map(|row| row.is_some()));
        self.is_nullable() == other.is_nullable() && self.values == other.values && validity
    }
}

impl<T: Copy + Default + PartialEq, const N: usize> PartialEq<[Option<T>; N]> for Array<T> {
    fn eq(&self, other: &[Option<T>; N]) -> bool {
        self.iter().eq(other.iter().copied())
    }
}

/// An array under construction.
#[derive(Debug, Clone)]
pub(crate) struct ArrayBuilder<T> {
    values: Vec<T>,
    nullable: bool,
    /// The bits of all rows so far; `None` until the first missing value.
    validity: Option<BitmapBuilder>,
}

impl<T: Copy + Default> ArrayBuilder<T> {
    /// A builder of an array without rows, nullable or not.
    pub(crate) fn new(nullable: bool) -> Self {
        Self { values: Vec::new(), nullable, validity: None }
    }

    /// Reserves memory for `rows` more rows.
    #[cfg(feature = "store")]
    pub(crate) fn reserve_exact(&mut self, rows: usize) {
        self.values.reserve_exact(rows);
    }

    /// Appends a row; a missing value makes the array nullable.
    pub(crate) fn push(&mut self, row: Option<T>) {
        if row.is_none() {
            self.nullable = true;
            self.begin_validity();
        }
        if let Some(validity) = &mut self.validity {
            validity.push(row.is_some());
        }
        self.values.push(row.unwrap_or_default());
    }

    /// Appends rows that all have a value.
    pub(crate) fn extend_from_slice(&mut self, values: &[T]) {
        if let Some(validity) = &mut self.validity {
            validity.extend(true, values.len());
        }
        self.values.extend_from_slice(values);
    }

    /// Appends the rows of an array, and becomes nullable if it is.
    pub(crate) fn append(&mut self, rows: &Array<T>) {
        self.nullable |= rows.is_nullable();
        match rows.validity() {
            None => self.extend_from_slice(rows.values()),
            Some(_) => rows.iter().for_each(|row| self.push(row)),
        }
    }

    /// Bytes of memory of a row; the validity bit of a nullable row counts as a byte.
    #[cfg(feature = "store")]
    pub(crate) fn bytes_per_row(&self) -> u64 {
        (size_of::<T>() + usize::from(self.nullable)) as u64
    }

    /// The finished array.
    pub(crate) fn finish(self) -> Array<T> {
        let validity = match (self.nullable, self.validity) {
            (false, _) => Validity::Required,
            (true, None) => Validity::All,
            (true, Some(bits)) => Validity::Some(bits.finish()),
        };
        Array { values: self.values.into(), validity }
    }

    fn begin_validity(&mut self) {
        let rows = self.values.len();
        self.validity.get_or_insert_with(|| {
            let mut bits = BitmapBuilder::default();
            bits.extend(true, rows);
            bits
        });
    }
}

impl<T: Copy + Default> From<Array<T>> for ArrayBuilder<T> {
    fn from(array: Array<T>) -> Self {
        let nullable = array.is_nullable();
        let validity = match array.validity {
            Validity::Some(bitmap) => Some(bitmap.into()),
            _ => None,
        };
        Self { values: array.values.into_vec(), nullable, validity }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rows() -> impl Strategy<Value = Vec<Option<i64>>> {
        prop::collection::vec(prop::option::of(-9i64..9), 0..60)
    }

    proptest! {
        #[test]
        fn an_array_has_the_rows_it_was_made_of(rows in rows(), other in rows(), at in 0usize..60) {
            let mut array: Array<i64> = rows.clone().into();
            prop_assert!(array.is_nullable() && array.iter().eq(rows.iter().copied()));
            prop_assert_eq!(array.missing_count(), rows.iter().filter(|row| row.is_none()).count());
            for (i, &row) in rows.iter().enumerate() {
                prop_assert_eq!((array.get(i), array.values()[i]), (row, row.unwrap_or(0)));
            }
            let at = at.min(rows.len());
            prop_assert!(array.slice(at..rows.len()).iter().eq(rows[at..].iter().copied()));
            prop_assert_eq!(array.slice(0..at), Array::from(rows[..at].to_vec()));
            let order: Vec<usize> = (0..rows.len()).rev().collect();
            prop_assert!(array.take(&order).iter().eq(rows.iter().rev().copied()));
            array.append(&other.clone().into());
            prop_assert_eq!(array, Array::from([rows, other].concat()));
        }
    }

    #[test]
    fn nullability_is_a_property_of_the_type() {
        let (required, nullable) = (Array::from(vec![1, 2]), Array::from(vec![Some(1), Some(2)]));
        assert!(!required.is_nullable() && nullable.is_nullable());
        assert_ne!(required, nullable);
        assert_eq!(required.clone().into_nullable(), nullable);
        assert!(nullable.slice(0..0).is_nullable() && nullable.take(&[1]).is_nullable());
        let mut grown = required.clone();
        grown.append(&required);
        assert!(!grown.is_nullable());
        grown.append(&nullable);
        assert_eq!(grown, Array::from([1, 2, 1, 2, 1, 2].map(Some).to_vec()));
    }

    #[test]
    fn a_missing_value_is_zero() {
        let bits = [true, false].into_iter().collect();
        let array = Array::nullable(vec![7, 8], Some(bits));
        assert_eq!(*array.values(), [7, 0]);
        assert_eq!(array.get(1), None);
        assert_eq!(Array::nullable(vec![7, 8], Some(Bitmap::repeat(true, 2))).validity(), None);
        assert_eq!(*array.map(|v| v as f64 + 1.0).values(), [8.0, 0.0]);
        assert_eq!(Array::<f32>::all_missing(3).missing_count(), 3);
    }

    #[test]
    fn a_vec_becomes_an_array_without_a_copy() {
        let values = vec![0.5, 1.5];
        let at = values.as_ptr();
        let array = Array::from(values);
        assert_eq!((array.values().as_ptr(), array.bytes()), (at, 16));
    }
}
