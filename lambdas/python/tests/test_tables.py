"""Tables, as Arrow where pyarrow is installed and as pickles where only pandas is."""

from __future__ import annotations

import contextlib
import datetime
import io
import unittest
from unittest import mock

from millrace.data.codecs import decode, encode
from millrace.data.errors import DecodeError, EncodeError

try:
    import pandas
except ImportError:
    pandas = None  # type: ignore[assignment]
try:
    import pyarrow
except ImportError:
    pyarrow = None  # type: ignore[assignment]


def frame():  # type: ignore[no-untyped-def]
    return pandas.DataFrame(
        {
            "name": ["a", None, "c"],
            "x": [1.5, float("nan"), -2.0],
            "n": [1, 2, 3],
            "kind": pandas.Categorical(["u", "v", "u"]),
            "at": pandas.to_datetime(["2026-01-01", "2026-01-02", None]),
        },
        index=pandas.Index([10, 20, 30], name="row"),
    )


@unittest.skipIf(pandas is None or pyarrow is None, "pandas or pyarrow is not installed")
class Arrow(unittest.TestCase):
    def test_a_frame_comes_back_with_index_and_types(self) -> None:
        codec, kind, content = encode(frame(), "flow.table")
        self.assertEqual((codec, kind), ("arrow", "Table(3×6)"))
        pandas.testing.assert_frame_equal(decode(codec, bytearray(content)), frame())  # type: ignore[arg-type]

    def test_a_table_comes_back_as_a_table(self) -> None:
        table = pyarrow.table({"x": [1, 2], "d": [datetime.date(2026, 1, 1), None], "l": [[1], []]})
        codec, kind, content = encode(table, "flow.table")
        self.assertEqual((codec, kind), ("arrow", "Table(2×3)"))
        self.assertEqual(decode(codec, bytes(content)), table)

    def test_a_stream_is_read_too(self) -> None:
        table = pyarrow.table({"x": [1, 2]})
        sink = pyarrow.BufferOutputStream()
        with pyarrow.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table)
        self.assertEqual(decode("arrow", sink.getvalue().to_pybytes()), table)

    def test_a_frame_that_arrow_cannot_hold(self) -> None:
        with self.assertRaises(EncodeError) as caught:
            encode(pandas.DataFrame({"x": [1, "a", object()]}), "flow.table")
        self.assertTrue(str(caught.exception).startswith("flow.table is a table that Arrow cannot hold: "), caught.exception)

    def test_damage(self) -> None:
        content = bytes(encode(frame(), "flow.table")[2])
        for damaged in (b"", content[:100], content[:-20]):
            with self.assertRaises(DecodeError):
                decode("arrow", damaged)


@unittest.skipIf(pandas is None, "pandas is not installed")
class WithoutArrow(unittest.TestCase):
    def test_a_frame_is_pickled_and_the_log_says_so(self) -> None:
        console = io.StringIO()
        # pandas 3 keeps text in Arrow itself, where pyarrow is installed.
        numbers = pandas.DataFrame({0: [1.5, -2.0, 0.0], 1: [1, 2, 3]})
        with mock.patch.dict("sys.modules", {"pyarrow": None}), contextlib.redirect_stderr(console):
            codec, kind, content = encode(numbers, "flow.table")
            pandas.testing.assert_frame_equal(decode(codec, bytes(content)), numbers)  # type: ignore[arg-type]
        self.assertEqual((codec, kind), ("pickle", "pandas.DataFrame"))
        self.assertEqual(
            console.getvalue(),
            "flow.table is a pandas DataFrame (3×2). Without pyarrow it is pickled, which only Python with pandas can read. "
            "Add pyarrow to the step's requirements.\n",
        )

    def test_a_table_cannot_be_read(self) -> None:
        with mock.patch.dict("sys.modules", {"pyarrow": None}), self.assertRaises(DecodeError) as caught:
            decode("arrow", b"ARROW1")
        self.assertEqual(caught.exception.fix, "Add pyarrow to the step's requirements.")


class Models(unittest.TestCase):
    def test_a_model_of_scikit_learn(self) -> None:
        try:
            from sklearn.svm import SVC
        except ImportError:
            self.skipTest("scikit-learn is not installed")
        model = SVC(gamma="scale").fit([[0.0], [1.0], [2.0], [3.0]], [0, 0, 1, 1])
        codec, kind, content = encode(model, "flow.model")
        self.assertEqual((codec, kind), ("pickle", "sklearn.svm.SVC"))
        self.assertEqual(list(decode(codec, bytes(content)).predict([[0.2], [2.9]])), [0, 1])  # type: ignore[attr-defined]


if __name__ == "__main__":
    unittest.main()
