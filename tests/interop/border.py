"""The library of examples/arrow_stream.rs in this process, and every `release` across its border counted.

Each side must release what it was given exactly once: streams, and the batches that were taken from them.
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


class Counted:
    """A stream whose releases are counted, and those of its batches."""

    # Callbacks live as long as the process: who may still call them, nobody here knows.
    kept = []

    def __init__(self):
        self.stream = Stream()
        self.streams_released = self.batches_given = self.batches_released = 0

    @property
    def address(self):
        return ctypes.addressof(self.stream)

    def watch(self):
        """Puts counters before the callbacks that a producer wrote into the stream."""
        self.stream.release = self.counting(self.stream.release, "streams_released")
        get_next = GET_NEXT(self.stream.get_next)

        def next_batch(stream, out):
            status = get_next(stream, out)
            batch = Array.from_address(out)
            if status == 0 and batch.release:
                self.batches_given += 1
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
        self.kept.append(callback)
        return ctypes.cast(callback, ctypes.c_void_p).value

    def reader(self):
        """The stream, taken over by pyarrow."""
        return pa.RecordBatchReader._import_from_c(self.address)

    def check(self, place):
        assert self.streams_released == 1, (place, f"stream released {self.streams_released} times")
        assert self.batches_released == self.batches_given, (place, self.batches_released, self.batches_given)


class Library:
    """The C functions, with an exception for each status but `DONE`."""

    def __init__(self, path):
        self.library = ctypes.CDLL(str(path))

    def call(self, function, *arguments):
        error = ctypes.create_string_buffer(2000)
        status = getattr(self.library, function)(*arguments, error, ctypes.c_size_t(len(error)))
        if status == REFUSED:
            raise Refused(error.value.decode())
        assert status == DONE, (function, status, error.value)

    def scan(self, path, batch_rows=10_000):
        """A file as a stream, read while it is asked for."""
        counted = Counted()
        path = ctypes.c_char_p(bytes(path))
        self.call("ironforge_export_scan", path, ctypes.c_uint32(batch_rows), ctypes.byref(counted.stream))
        return counted.watch()

    def table(self, path):
        """A file as a stream, read before."""
        counted = Counted()
        path = ctypes.c_char_p(bytes(path))
        self.call("ironforge_export_table", path, ctypes.c_uint64(LIMIT), ctypes.byref(counted.stream))
        return counted.watch()

    def write(self, reader, path, limit=LIMIT):
        """Gives a reader of pyarrow away, to be written as a file; checks what is released, whatever comes of it."""
        counted = Counted()
        reader._export_to_c(counted.address)
        counted.watch()
        try:
            self.give(counted, path, limit)
        finally:
            counted.check(path)
        return counted

    def give(self, counted, path, limit=LIMIT):
        path = ctypes.c_char_p(bytes(path))
        self.call("ironforge_import", ctypes.byref(counted.stream), ctypes.c_uint64(limit), path)


class Refused(Exception):
    """What the library said."""


def says(text, function, *arguments):
    """Holds that a call fails with an error that says so."""
    try:
        function(*arguments)
    except (Refused, pa.ArrowException, OSError) as error:
        assert text in str(error), (text, str(error))
    else:
        raise AssertionError(f"no error that says {text!r}")
