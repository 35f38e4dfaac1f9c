"""Tables as Arrow files, by pyarrow where it is installed and without it; read and written by TypeScript."""

from __future__ import annotations

import base64
import datetime
import json
import random
import unittest
from unittest import mock

from millrace.data.codecs import decode, encode, tables
from millrace.data.errors import DecodeError, EncodeError

from .support import text_of, typescript

try:
    import numpy
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
            "name": ["a", None, "ç"],
            "x": [1.5, float("nan"), -2.0],
            "n": [1, 2, 3],
            "kind": pandas.Categorical(["u", "v", "u"]),
            "at": pandas.to_datetime(["2026-01-01", "2026-01-02", None]),
        },
        index=pandas.Index([10, 20, 30], name="row"),
    )


def column(source: random.Random, length: int):  # type: ignore[no-untyped-def]
    """A column of some type, some of it null."""

    def optional(make):  # type: ignore[no-untyped-def]
        return [None if source.random() < 0.2 else make() for _ in range(length)]

    def text() -> str:
        return "".join(source.choice("ab ç€😀\n\0") for _ in range(source.randrange(6)))

    def day() -> datetime.date:
        return datetime.date(1800, 1, 1) + datetime.timedelta(days=source.randrange(200_000))

    def moments():  # type: ignore[no-untyped-def]
        return pandas.to_datetime(pandas.Series(optional(lambda: source.randrange(-(10**18), 10**18)), dtype="Int64").astype("object"))

    dtype = source.choice(["i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f2", "f4", "f8", "?"])
    return source.choice(
        [
            lambda: numpy.frombuffer(source.randbytes(length * numpy.dtype(dtype).itemsize), dtype if dtype != "?" else "u1") > 99
            if dtype == "?"
            else numpy.frombuffer(source.randbytes(length * numpy.dtype(dtype).itemsize), dtype),
            lambda: numpy.array(optional(text), dtype=object),
            lambda: pandas.array(optional(text), dtype="string"),
            lambda: numpy.array(optional(lambda: source.randbytes(source.randrange(4))), dtype=object),
            lambda: numpy.array(optional(day), dtype=object),
            lambda: pandas.array(optional(lambda: source.randrange(-(2**63), 2**63)), dtype="Int64"),
            lambda: pandas.array(optional(lambda: source.randrange(2) == 1), dtype="boolean"),
            lambda: pandas.array(optional(lambda: source.random()), dtype="Float32"),
            lambda: pandas.Categorical(optional(text), ordered=source.random() < 0.5),
            lambda: pandas.Categorical(optional(lambda: source.randrange(3))),
            lambda: moments().array,
            lambda: moments().dt.tz_localize("UTC").dt.tz_convert("Asia/Kolkata").array,
            lambda: (moments() - pandas.Timestamp(0)).array,
            lambda: pandas.Series(optional(lambda: numpy.arange(source.randrange(4)) / 2), dtype=object).array,
        ]
    )()


def index(source: random.Random, length: int):  # type: ignore[no-untyped-def]
    return source.choice(
        [
            lambda: pandas.RangeIndex(length),
            lambda: pandas.RangeIndex(5, 5 + 3 * length, 3, name="step"),
            lambda: pandas.Index(numpy.arange(length) * 2, name="even"),
            lambda: pandas.Index([f"row {row}" for row in range(length)]) if length else pandas.RangeIndex(0),
            lambda: pandas.MultiIndex.from_arrays([numpy.arange(length), numpy.arange(length) % 2], names=["a", None]),
            lambda: pandas.date_range("2026-01-01", periods=length, freq="D", name="day").tz_localize("UTC"),
        ]
    )()


def frames(count: int):  # type: ignore[no-untyped-def]
    """Random frames, the same each time."""
    for seed in range(count):
        source = random.Random(seed)
        length = source.choice([0, 1, 2, 7, 8, 9, 65])
        names = [f"c{place}" for place in range(source.randrange(5))] if source.random() < 0.8 else list(range(source.randrange(5)))
        yield pandas.DataFrame({name: column(source, length) for name in names}, index=index(source, length))


def without_pyarrow():  # type: ignore[no-untyped-def]
    return mock.patch.dict("sys.modules", {"pyarrow": None})


def through(value: object) -> object:
    codec, _, content = encode(value, "flow.table")
    return decode(codec, bytearray(content))


@unittest.skipIf(pandas is None, "pandas is not installed")
class Frames(unittest.TestCase):
    """Without pyarrow."""

    def setUp(self) -> None:
        patch = without_pyarrow()
        patch.start()
        self.addCleanup(patch.stop)

    def test_a_frame_comes_back_with_index_and_types(self) -> None:
        codec, kind, content = encode(frame(), "flow.table")
        self.assertEqual((codec, kind), ("arrow", "Table(3×6)"))
        pandas.testing.assert_frame_equal(decode(codec, bytes(content)), frame())  # type: ignore[arg-type]

    def test_any_frame_comes_back(self) -> None:
        for number, table in enumerate(frames(150)):
            with self.subTest(number):
                pandas.testing.assert_frame_equal(through(table), table, check_freq=False, check_column_type=False)  # type: ignore[arg-type]

    def test_a_frame_that_came_back_is_the_same_bytes_again(self) -> None:
        for number, table in enumerate(frames(50)):
            with self.subTest(number):
                content = bytes(encode(table, "flow.table")[2])
                self.assertEqual(bytes(encode(decode("arrow", bytearray(content)), "flow.table")[2]), content)

    def test_a_frame_that_came_back_can_be_changed(self) -> None:
        table = decode("arrow", bytes(encode(frame(), "flow.table")[2]))
        table.loc[10, "n"] = 7  # type: ignore[attr-defined]
        self.assertEqual(table["n"].tolist(), [7, 2, 3])  # type: ignore[index]

    def test_objects_of_one_type_are_a_column_of_that_type(self) -> None:
        for values, expected in [
            ([1, None, 3], [1.0, None, 3.0]),
            ([1, 2.5, None], [1.0, 2.5, None]),
            ([True, None, False], [True, None, False]),
            ([[1, 2], None, []], [[1, 2], None, []]),
            ([("a",), ["b", None], []], [["a"], ["b", None], []]),
            ([None, None], [None, None]),
        ]:
            with self.subTest(values):
                table = pandas.DataFrame({"x": pandas.Series(values, dtype=object)})
                back = [value.tolist() if isinstance(value, numpy.ndarray) else value for value in through(table)["x"]]  # type: ignore[index]
                self.assertEqual([None if isinstance(value, float) and value != value else value for value in back], expected)

    def test_what_arrow_cannot_hold_is_pickled_and_the_column_named(self) -> None:
        for columns, problem in [
            ({"x": [1, "a"]}, "the column x has values of the types int, str"),
            ({"x": [object()]}, "the column x has values of the type object"),
            ({"x": [{"a": 1}]}, "the column x has values of the type dict"),
            ({"x": [2**64]}, "the column x has an int of more than 64 bits"),
            ({"x": [1j]}, "the column x is of the type complex128"),
            ({"x": pandas.period_range("2026-01", periods=1, freq="M")}, "the column x is of the type period[M]"),
            ({("a", 1): [1]}, "its columns have names of several levels"),
            ({1.5: [1]}, "the names of its columns are of the type floating"),
        ]:
            with self.subTest(problem):
                table = pandas.DataFrame(columns)
                self.assertEqual(encode(table, "flow.table")[:2], ("pickle", "pandas.DataFrame"))
                self.assertEqual(
                    tables.pickled_frame(table),
                    f"is a table that Arrow cannot hold: {problem}. It is pickled, which only Python reads. "
                    "Give each column one type that Arrow has, as with frame.astype or frame.convert_dtypes, "
                    "or add pyarrow to the step's requirements, which knows more types.",
                )
        self.assertIsNone(tables.pickled_frame(frame()))

    def test_two_columns_of_one_name(self) -> None:
        table = pandas.DataFrame([[1, 2]], columns=["a", "a"])
        self.assertIn("it has two columns with the name a", tables.pickled_frame(table) or "")
        codec, _, content = encode(table, "flow.table")
        pandas.testing.assert_frame_equal(decode(codec, bytes(content)), table)

    def test_what_pickle_cannot_hold_either_is_an_error(self) -> None:
        with self.assertRaises(EncodeError) as caught:
            encode(pandas.DataFrame({"x": [lambda: 1]}), "flow.table")
        self.assertIn("cannot be pickled", str(caught.exception))

    def test_damage(self) -> None:
        content = bytes(encode(frame(), "flow.table")[2])
        source = random.Random(1)
        cuts = [content[:length] for length in (0, 5, 100, len(content) - 20)]
        changed = [bytearray(content) for _ in range(300)]
        for damaged in changed:
            for _ in range(3):
                damaged[source.randrange(len(damaged))] = source.randrange(256)
        for damaged in [*cuts, *changed]:
            try:
                decode("arrow", damaged)
            except DecodeError:
                pass
            else:
                self.assertIn(damaged, changed)

    def test_a_table_where_pandas_is_missing_too(self) -> None:
        content = bytes(encode(frame(), "flow.table")[2])
        modules = {name: None for name in ("pandas", "millrace.data.arrow")}
        with mock.patch.dict("sys.modules", modules), self.assertRaises(DecodeError) as caught:
            decode("arrow", content)
        self.assertIn("neither pandas nor pyarrow is installed", str(caught.exception))


@unittest.skipIf(pandas is None, "pandas is not installed")
class Crossing(unittest.TestCase):
    """What TypeScript has of Python's tables, and Python of its."""

    def setUp(self) -> None:
        patch = without_pyarrow()
        patch.start()
        self.addCleanup(patch.stop)

    def test_typescript_has_the_rows(self) -> None:
        codec, _, content = encode(frame(), "flow.table")
        table = typescript("rows", content=text_of(content))
        self.assertEqual(
            table["columns"],
            ["name: Utf8", "x: Float64", "n: Int64", "kind: Dictionary<Int8, Utf8>", f"at: Timestamp<{self._unit()}>", "row: Int64"],
        )
        self.assertEqual(
            table["rows"],
            [
                ["a", 1.5, "1", "u", 1767225600000, "10"],
                [None, None, "2", "v", 1767312000000, "20"],
                ["ç", -2, "3", "u", None, "30"],
            ],
        )

    def _unit(self) -> str:
        unit = numpy.datetime_data(frame()["at"].dtype)[0]
        return {"ns": "NANOSECOND", "us": "MICROSECOND", "s": "SECOND"}[unit]

    def test_a_table_that_typescript_only_read_is_the_same_file(self) -> None:
        _, kind, content = encode(frame(), "flow.table")
        self.assertEqual(
            typescript("again", codec="arrow", content=text_of(content)), {"codec": "arrow", "type": kind, "content": text_of(content)}
        )

    def test_python_has_the_table_of_typescript(self) -> None:
        written = typescript(
            "encode",
            code="""new arrow.Table({
                text: arrow.vectorFromArray(["a", null, "ç"], new arrow.Utf8()),
                word: arrow.vectorFromArray(["u", "v", "u"]),
                x: arrow.makeVector(Float64Array.of(1.5, NaN, -0)),
                n: arrow.vectorFromArray([1, null, 3], new arrow.Int32()),
                long: arrow.makeVector(BigInt64Array.of(1n, -2n, 2n ** 62n)),
                flag: arrow.vectorFromArray([true, false, null], new arrow.Bool()),
                at: arrow.vectorFromArray([new Date("2026-01-01"), null, new Date(0)], new arrow.TimestampMillisecond()),
                day: arrow.vectorFromArray([new Date("2026-01-01"), null, new Date(0)], new arrow.DateDay()),
                none: arrow.vectorFromArray([null, null, null], new arrow.Null()),
                list: arrow.vectorFromArray([[1, 2], [], null], new arrow.List(new arrow.Field("item", new arrow.Float64()))),
                point: arrow.vectorFromArray([[1, 2], [3, 4], [5, 6]], new arrow.FixedSizeList(2, new arrow.Field("item", new arrow.Int8()))),
            })""",
        )
        self.assertEqual((written["codec"], written["type"]), ("arrow", "Table(3×11)"))
        table = decode("arrow", base64.b64decode(written["content"]))
        types = {name: str(dtype) for name, dtype in table.dtypes.items()}  # type: ignore[attr-defined]
        self.assertEqual(
            {name: types[name] for name in ("word", "x", "n", "long", "flag", "at", "day")},
            {
                "word": "category",
                "x": "float64",
                "n": "float64",
                "long": "int64",
                "flag": "object",
                "at": str(pandas.DataFrame({"at": numpy.zeros(1, "M8[ms]")})["at"].dtype),
                "day": "object",
            },
        )
        rows = json.loads(table.to_json(orient="values", date_format="iso", date_unit="s"))  # type: ignore[attr-defined]
        first, last = "2026-01-01T00:00:00", "1970-01-01T00:00:00"
        self.assertEqual(
            [[value[:19] if isinstance(value, str) else value for value in row] for row in rows],
            [
                ["a", "u", 1.5, 1, 1, True, first, first, None, [1, 2], [1, 2]],
                [None, "v", None, None, -2, False, None, None, None, [], [3, 4]],
                ["ç", "u", -0.0, 3, 2**62, None, last, last, None, None, [5, 6]],
            ],
        )

    def test_a_table_in_several_batches(self) -> None:
        written = typescript(
            "encode",
            code="""(() => {
                const make = (words, numbers) => new arrow.Table({
                    word: arrow.vectorFromArray(words, new arrow.Utf8()), x: arrow.vectorFromArray(numbers, new arrow.Int32()) });
                return make(["a", null], [1, 2]).concat(make(["c"], [null]));
            })()""",
        )
        table = decode("arrow", base64.b64decode(written["content"]))
        self.assertEqual(json.loads(table.to_json(orient="values")), [["a", 1], [None, 2], ["c", None]])  # type: ignore[attr-defined]

    def test_a_type_that_python_lacks_without_pyarrow(self) -> None:
        written = typescript(
            "encode", code="arrow.tableFromArrays({ place: [{ x: 1 }], }).assign(arrow.tableFromArrays({ n: Int8Array.of(1) }))"
        )
        with self.assertRaises(DecodeError) as caught:
            decode("arrow", base64.b64decode(written["content"]))
        self.assertEqual(
            str(caught.exception),
            'An artifact of the codec "arrow" cannot be read: the column place is of the type Struct, which needs pyarrow.',
        )
        self.assertEqual(caught.exception.fix, "Add pyarrow to the step's requirements, which reads every table.")


@unittest.skipIf(pandas is None or pyarrow is None, "pandas or pyarrow is not installed")
class Arrow(unittest.TestCase):
    def test_a_frame_comes_back_with_index_and_types(self) -> None:
        codec, kind, content = encode(frame(), "flow.table")
        self.assertEqual((codec, kind), ("arrow", "Table(3×6)"))
        pandas.testing.assert_frame_equal(decode(codec, bytearray(content)), frame())  # type: ignore[arg-type]

    def test_pyarrow_reads_what_was_written_without_it_as_what_it_writes_itself(self) -> None:
        for number, table in enumerate(frames(100)):
            with self.subTest(number):
                with without_pyarrow():
                    content = bytes(encode(table, "flow.table")[2])
                read = pyarrow.ipc.open_file(pyarrow.BufferReader(content)).read_all()
                read.validate(full=True)
                expected = pyarrow.Table.from_pandas(table).to_pandas()
                pandas.testing.assert_frame_equal(read.to_pandas(), expected, check_column_type=False)

    def test_what_pyarrow_wrote_is_read_without_it(self) -> None:
        for number, table in enumerate(frames(100)):
            with self.subTest(number):
                content = bytes(encode(table, "flow.table")[2])
                with without_pyarrow():
                    read = decode("arrow", bytearray(content))
                pandas.testing.assert_frame_equal(read, decode("arrow", content), check_column_type=False)  # type: ignore[arg-type]

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
        for values in ([1, "a", object()], [2**70]):
            table = pandas.DataFrame({"x": values})
            self.assertEqual(encode(table, "flow.table")[0], "pickle")
            self.assertIn("is a table that Arrow cannot hold: ", tables.pickled_frame(table) or "")

    def test_damage(self) -> None:
        content = bytes(encode(frame(), "flow.table")[2])
        for damaged in (b"", content[:100], content[:-20]):
            with self.assertRaises(DecodeError):
                decode("arrow", damaged)


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
