//! Immutable sequences of values that share memory.

use std::fmt;
use std::ops::{Deref, Range};
use std::sync::Arc;

/// An immutable sequence of values in contiguous memory, which several columns may share.
///
/// Clones and slices share the allocation: O(1) time and memory. A `Vec` becomes a buffer without a copy.
pub struct Buffer<T> {
    allocation: Arc<Vec<T>>,
    start: usize,
    len: usize,
}

impl<T> Buffer<T> {
    /// The values of `range`, without a copy.
    ///
    /// # Panics
    /// If the range is not within the buffer.
    #[track_caller]
    pub fn slice(&self, range: Range<usize>) -> Self {
        assert!(range.start <= range.end && range.end <= self.len, "{range:?} of {} values", self.len);
        Self {
            allocation: Arc::clone(&self.allocation),
            start: self.start + range.start,
            len: range.end - range.start,
        }
    }
}

impl<T: Clone> Buffer<T> {
    /// The values as a `Vec`: without a copy if the buffer is the whole of an allocation that nothing else shares.
    pub fn into_vec(self) -> Vec<T> {
        let Self { allocation, start, len } = self;
        if start == 0 && len == allocation.len() {
            return Arc::unwrap_or_clone(allocation);
        }
        allocation[start..start + len].to_vec()
    }

    /// Changes the values through a `Vec`; they are copied first where [`Buffer::into_vec`] copies.
    pub fn edit<R>(&mut self, change: impl FnOnce(&mut Vec<T>) -> R) -> R {
        let mut values = std::mem::take(self).into_vec();
        let result = change(&mut values);
        *self = values.into();
        result
    }
}

impl<T> Deref for Buffer<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.allocation[self.start..self.start + self.len]
    }
}

impl<T> AsRef<[T]> for Buffer<T> {
    fn as_ref(&self) -> &[T] {
        self
    }
}

impl<T> From<Vec<T>> for Buffer<T> {
    fn from(values: Vec<T>) -> Self {
        Self { start: 0, len: values.len(), allocation: Arc::new(values) }
    }
}

impl<T> FromIterator<T> for Buffer<T> {
    fn from_iter<I: IntoIterator<Item = T>>(values: I) -> Self {
        values.into_iter().collect::<Vec<T>>().into()
    }
}

impl<'a, T> IntoIterator for &'a Buffer<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<T> Clone for Buffer<T> {
    fn clone(&self) -> Self {
        Self { allocation: Arc::clone(&self.allocation), start: self.start, len: self.len }
    }
}

impl<T> Default for Buffer<T> {
    fn default() -> Self {
        Vec::new().into()
    }
}

impl<T: fmt::Debug> fmt::Debug for Buffer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: PartialEq> PartialEq for Buffer<T> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl<T: Eq> Eq for Buffer<T> {}

impl<T: PartialEq<U>, U, const N: usize> PartialEq<[U; N]> for Buffer<T> {
    fn eq(&self, other: &[U; N]) -> bool {
        **self == other[..]
    }
}

impl<T: PartialEq<U>, U> PartialEq<Vec<U>> for Buffer<T> {
    fn eq(&self, other: &Vec<U>) -> bool {
        **self == other[..]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vec_a_clone_and_a_slice_share_their_values() {
        let values = vec![1, 2, 3, 4];
        let at = values.as_ptr();
        let buffer = Buffer::from(values);
        assert_eq!(buffer.as_ptr(), at);
        let part = buffer.slice(1..4).slice(1..2);
        assert_eq!(part.as_ptr(), buffer[2..].as_ptr());
        assert_eq!(part, [3]);
        assert_eq!(buffer.slice(4..4).len(), 0);
        drop(part);
        let values = buffer.into_vec();
        assert_eq!(values.as_ptr(), at, "the only owner gives its values without a copy");
    }

    #[test]
    fn an_edit_changes_no_other_buffer() {
        let mut buffer = Buffer::from(vec![1, 2, 3]);
        let (whole, part) = (buffer.clone(), buffer.slice(1..3));
        buffer.edit(|values| values.push(9));
        assert_eq!(buffer, [1, 2, 3, 9]);
        assert_eq!((whole, part), (vec![1, 2, 3].into(), vec![2, 3].into()));
    }
}
