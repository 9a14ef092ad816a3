"""The C functions of examples/arrow_stream.rs, loaded with ctypes, with every call of a `release` callback counted.

The consumer must release each stream, and each batch it took from one, exactly once.
"""

import ctypes

import pyarrow as pa

DONE, REFUSED = 0, 1
LIMIT = 1 << 30


class Stream(ctypes.Structure):
    """`struct ArrowArrayStream`."""

    _fields_ = [
        (name, ctypes.c_void_p)
        for name in ("get_schema", "get_next", "get_last_error", "release", "private_data")
    ]


class Array(ctypes.Structure):
    """`struct ArrowArray`."""

    _fields_ = [(name, ctypes.c_int64) for name in ("length", "null_count", "offset", "n_buffers", "n_children")]
    _fields_ += [(name, ctypes.c_void_p) for name in ("buffers", "children", "dictionary", "release", "private_data")]


RELEASE = ctypes.CFUNCTYPE(None, ctypes.c_void_p)
GET_NEXT = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)


class CountedStream:
    """A stream; counts its releases and those of its batches."""

    # Callbacks are kept until the process ends: the other side may call them at any time.
    callbacks = []

    def __init__(self):
        self.stream = Stream()
        self.streams_released = self.batches_taken = self.batches_released = 0

    @property
    def address(self):
        return ctypes.addressof(self.stream)

    def watch(self):
        """Wraps the callbacks that a producer wrote into the stream in ones that count."""
        self.stream.release = self.counting(self.stream.release, "streams_released")
        get_next = GET_NEXT(self.stream.get_next)

        def next_batch(stream, out):
            status = get_next(stream, out)
            batch = Array.from_address(out)
            if status == 0 and batch.release:
                self.batches_taken += 1
                batch.release = self.counting(batch.release, "batches_released")
            return status

        self.stream.get_next = self.address_of(GET_NEXT(next_batch))
        return self

    def counting(self, release, counter):
        release = RELEASE(release)

        def counted(structure):
            setattr(self, counter, getattr(self, counter) + 1)
            release(structure)

        return self.address_of(RELEASE(counted))

    def address_of(self, callback):
        self.callbacks.append(callback)
        return ctypes.cast(callback, ctypes.c_void_p).value

    def reader(self):
        """A reader of pyarrow, which takes ownership of the stream."""
        return pa.RecordBatchReader._import_from_c(self.address)

    def check(self, case):
        assert self.streams_released == 1, (case, f"stream released {self.streams_released} times")
        assert self.batches_released == self.batches_taken, (case, self.batches_released, self.batches_taken)


class Library:
    """The C functions; every status except `DONE` raises an exception."""

    def __init__(self, path):
        self.library = ctypes.CDLL(str(path))

    def call(self, function, *arguments):
        error = ctypes.create_string_buffer(2000)
        status = getattr(self.library, function)(*arguments, error, ctypes.c_size_t(len(error)))
        if status == REFUSED:
            raise LibraryError(error.value.decode())
        assert status == DONE, (function, status, error.value)

    def scan(self, path, batch_rows=10_000):
        """Exports a file as a stream that is read batch by batch."""
        counted = CountedStream()
        path = ctypes.c_char_p(bytes(path))
        self.call("ironforge_export_scan", path, ctypes.c_uint32(batch_rows), ctypes.byref(counted.stream))
        return counted.watch()

    def table(self, path):
        """Exports a file as a stream after it was read as a whole."""
        counted = CountedStream()
        path = ctypes.c_char_p(bytes(path))
        self.call("ironforge_export_table", path, ctypes.c_uint64(LIMIT), ctypes.byref(counted.stream))
        return counted.watch()

    def write(self, reader, path, limit=LIMIT):
        """Imports a reader of pyarrow and writes it as a file; checks the releases, on success and on error."""
        counted = CountedStream()
        reader._export_to_c(counted.address)
        counted.watch()
        try:
            self.import_stream(counted, path, limit)
        finally:
            counted.check(path)
        return counted

    def import_stream(self, counted, path, limit=LIMIT):
        """Imports a stream and writes it as a file."""
        path = ctypes.c_char_p(bytes(path))
        self.call("ironforge_import", ctypes.byref(counted.stream), ctypes.c_uint64(limit), path)


class LibraryError(Exception):
    """An error message of the library."""


def fails(text, function, *arguments):
    """Checks that a call fails with an error that contains a text."""
    try:
        function(*arguments)
    except (LibraryError, pa.ArrowException, OSError) as error:
        assert text in str(error), (text, str(error))
    else:
        raise AssertionError(f"no error with {text!r}")
