"""Artifacts that cross between Python and TypeScript."""

from __future__ import annotations

import array
import base64
import collections
import datetime
import enum
import math
import pathlib
import random
import sys
import tempfile
import threading
import unittest
from types import ModuleType
from unittest.mock import patch

from millrace import ForeignError, Map, RegExp, Url
from millrace.data.codecs import decode, encode, npy, pickles
from millrace.data.errors import DecodeError, EncodeError

from .support import text_of, typescript

try:
    import numpy
except ImportError:
    numpy = None  # type: ignore[assignment]
try:
    from hypothesis import HealthCheck, given, settings
    from hypothesis import strategies as some
except ImportError:
    given = None  # type: ignore[assignment]

UTC = datetime.timezone.utc

# A value of Python and one of JavaScript that are the same: the same bytes, whoever writes them.
SAME_BYTES = [
    (None, "null", "null"),
    (True, "true", "boolean"),
    (7, "7", "number"),
    (0.5, "0.5", "number"),
    (-0.0, "-0", "number"),
    (math.inf, "Infinity", "number"),
    (-math.inf, "-Infinity", "number"),
    (2**53 - 1, "2 ** 53 - 1", "number"),
    (2**53, "2n ** 53n", "bigint"),
    (-(2**80), "-(2n ** 80n)", "bigint"),
    ("a\"b\\\n\u2028\U0001f600\x7f", r'"a\"b\\\n\u2028\u{1f600}\x7f"', "string"),
    ("half \ud83d", r'"half \ud83d"', "string"),
    ([1, [None, "x"]], '[1, [null, "x"]]', "Array(2)"),
    ({"b": 1, "a": {"$type": "Map", "$$type": 2}}, '({ b: 1, a: { $type: "Map", $$type: 2 } })', "Object"),
    ({1: "a", None: True}, 'new Map([[1, "a"], [null, true]])', "Map(2)"),
    (Map({"a": 1}), 'new Map([["a", 1]])', "Map(1)"),
    ({(1, 2): 3}, "new Map([[[1, 2], 3]])", "Map(1)"),
    ({1, 2, 3}, "new Set([1, 2, 3])", "Set(3)"),
    (datetime.datetime(2026, 11, 23, 18, tzinfo=UTC), 'new Date("2026-11-23T18:00:00Z")', "Date"),
    (datetime.datetime(1, 1, 1, 0, 0, 0, 5000, UTC), 'new Date("0001-01-01T00:00:00.005Z")', "Date"),
    (RegExp("a+", "gi"), "/a+/gi", "RegExp"),
    ({"w": array.array("f", [1])}, "({ w: new Float32Array([1]) })", "Object"),
    ({"b": b"\x01\x02"}, "({ b: new Uint8Array([1, 2]) })", "Object"),
    (b"\x00\xff", "new Uint8Array([0, 255])", "Uint8Array(2)"),
    (b"", "new Uint8Array()", "Uint8Array(0)"),
    (array.array("d", [1.5, -2]), "new Float64Array([1.5, -2])", "Float64Array(2)"),
    (array.array("q", [2**60]), "new BigInt64Array([2n ** 60n])", "BigInt64Array(1)"),
    (array.array("i"), "new Int32Array()", "Int32Array(0)"),
]


def through(value: object) -> object:
    codec, _, content = encode(value, "flow.value")
    return decode(codec, bytearray(content))


def same(a: object, b: object) -> bool:
    """Equal, of the same types, with NaN the same as NaN."""
    if type(a) is not type(b):
        return False
    if isinstance(a, float):
        return a == b and math.copysign(1, a) == math.copysign(1, b) or (a != a and b != b)  # type: ignore[operator, arg-type]
    if isinstance(a, list):
        return len(a) == len(b) and all(map(same, a, b))  # type: ignore[arg-type]
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[key], b[key]) for key in a)  # type: ignore[call-overload, index]
    return a == b


class EitherWay(unittest.TestCase):
    def test_the_same_value_is_the_same_bytes(self) -> None:
        for value, code, kind in SAME_BYTES:
            with self.subTest(code):
                codec, described, content = encode(value, "flow.value")
                self.assertEqual({"codec": codec, "type": described, "content": text_of(content)}, typescript("encode", code=code))
                self.assertEqual(described, kind)

    def test_typescript_reads_what_python_wrote(self) -> None:
        for value, code, _ in SAME_BYTES:
            with self.subTest(code):
                codec, _, content = encode(value, "flow.value")
                self.assertTrue(typescript("equals", codec=codec, content=text_of(content), code=code))

    def test_python_reads_what_typescript_wrote(self) -> None:
        for value, code, _ in SAME_BYTES:
            if numpy is not None and "Array(" in code or isinstance(value, array.array):
                continue
            with self.subTest(code):
                written = typescript("encode", code=code)
                self.assertEqual(decode(written["codec"], bytearray(base64.b64decode(written["content"]))), value)

    def test_what_python_has_no_value_of_its_own_for(self) -> None:
        for code, expected in [
            ("undefined", None),
            ("NaN", math.nan),
            ("1e17", 1e17),
            ("[1, undefined]", [1, None]),
            ('new URL("https://example.com/a")', Url("https://example.com/a")),
            ("Buffer.from([1])", b"\x01"),
            ("new Uint8ClampedArray([255])", b"\xff"),
            ("new Uint8Array([7]).buffer", b"\x07"),
            ("({ a: Buffer.from([1]), c: new Uint8Array([7]).buffer })", {"a": b"\x01", "c": b"\x07"}),
        ]:
            with self.subTest(code):
                written = typescript("encode", code=code)
                self.assertTrue(same(decode(written["codec"], base64.b64decode(written["content"])), expected))

    def test_what_has_no_counterpart_in_python_says_so(self) -> None:
        for code, problem in [
            ("new Date(NaN)", "it has an invalid Date, for which Python has no value"),
            ("new Date(8.64e15)", "it has the date +275760-09-13T00:00:00.000Z; Python has the years 1 to 9999"),
            ("new Map([[{}, 1]])", "it has an object as a key of a Map or a member of a Set, which Python's cannot have"),
            ("new Map([[1, 1], [true, 2]])", "it is a Map with keys that are equal in Python, such as 1 and true"),
            ("new Set([0, false])", "it is a Set with members that are equal in Python, such as 1 and true"),
        ]:
            with self.subTest(code), self.assertRaises(DecodeError) as caught:
                decode("json", base64.b64decode(typescript("encode", code=code)["content"]))
            self.assertEqual(str(caught.exception), f'An artifact of the codec "json" cannot be read: {problem}.')

    def test_a_float_keeps_its_type_in_python_and_is_a_number_in_typescript(self) -> None:
        codec, kind, content = encode([1.0, 1e300, 1e-7], "flow.xs")
        self.assertEqual((codec, kind, content), ("json", "Array(3)", b"[1.0,1e+300,1e-07]"))
        self.assertTrue(same(through([1.0, 2, 1e300, 1e-7]), [1.0, 2, 1e300, 1e-7]))
        self.assertTrue(typescript("equals", codec=codec, content=text_of(content), code="[1, 1e300, 1e-7]"))

    def test_dates(self) -> None:
        zone = datetime.timezone(datetime.timedelta(hours=2))
        for value, code in [
            (datetime.datetime(2026, 1, 2, 3, 4, 5, 678901, UTC), 'new Date("2026-01-02T03:04:05.678Z")'),
            (datetime.datetime(2026, 1, 2, 3, tzinfo=zone), 'new Date("2026-01-02T01:00:00Z")'),
            (datetime.datetime(2026, 1, 2, 3), "new Date(2026, 0, 2, 3)"),
            (datetime.date(2026, 1, 2), 'new Date("2026-01-02")'),
        ]:
            with self.subTest(value=value):
                codec, kind, content = encode(value, "flow.at")
                self.assertEqual(kind, "Date")
                self.assertTrue(typescript("equals", codec=codec, content=text_of(content), code=code))
                self.assertTrue(same(through(value), value))


class Errors(unittest.TestCase):
    def test_an_exception_of_python_in_typescript(self) -> None:
        error = ValueError("no weights")
        error.__cause__ = TypeError("deeper")
        codec, kind, content = encode(error, "flow.error")
        self.assertEqual((codec, kind), ("json", "ValueError"))
        again = typescript("again", codec=codec, content=text_of(content))
        back = decode("json", base64.b64decode(again["content"]))
        self.assertEqual((type(back), str(back), type(back.__cause__), str(back.__cause__)), (ValueError, "no weights", TypeError, "deeper"))  # type: ignore[attr-defined]

    def test_an_error_of_typescript_in_python(self) -> None:
        code = 'Object.assign(new RangeError("too long"), { name: "ModelError", code: "E", stack: "at a" })'
        written = typescript("encode", code=code)
        error = decode(written["codec"], base64.b64decode(written["content"]))
        assert isinstance(error, ForeignError)
        self.assertEqual((error.name, str(error), error.fields), ("ModelError", "too long", {"code": "E"}))  # type: ignore[attr-defined]
        self.assertEqual(text_of(encode(error, "flow.error")[2]), written["content"])


@unittest.skipIf(numpy is None, "numpy is not installed")
class Arrays(unittest.TestCase):
    def test_one_that_was_read_is_written_from_where_it_is_with_what_was_changed_in_place(self) -> None:
        for array in (numpy.arange(6.0), numpy.arange(6, dtype="i4").reshape(2, 3)):
            codec, kind, content = encode(array, "flow.x")
            content = bytearray(content)
            value = decode(codec, content)
            value[-1] = 7  # type: ignore[index]
            written = npy.encode_view(value, content, "flow.x")
            assert written is not None
            self.assertIs(written[2], content)
            self.assertEqual((written[:2], bytes(written[2])), ((codec, kind), bytes(encode(value, "flow.x")[2])))

    def test_another_array_or_shape_is_written_as_what_it_is(self) -> None:
        content = bytearray(encode(numpy.arange(6.0), "flow.x")[2])
        value = decode("npy", content)
        for other in (value[1:], value[::-1], value.reshape(2, 3), value.view("i8"), value.copy(), [1], numpy.zeros(0)):  # type: ignore[attr-defined, index]
            self.assertEqual(npy.encode_view(other, content, "flow.x"), npy.encode(other, "flow.x"))

    def test_arrays_come_back_with_dtype_and_shape(self) -> None:
        for dtype in ["?", "i1", "u1", "<i2", ">i4", "<u8", "<f2", "<f4", ">f8", "<c16", "<M8[ns]", "<U3"]:
            for shape in [(), (0,), (3,), (2, 3), (2, 0, 1)]:
                value = numpy.zeros(shape, numpy.dtype(dtype))
                with self.subTest(dtype=dtype, shape=shape):
                    back = through(value)
                    self.assertEqual(back.dtype, value.dtype.newbyteorder("<"))  # type: ignore[attr-defined]
                    self.assertTrue(numpy.array_equal(back, value))  # type: ignore[arg-type]
                    self.assertTrue(back.flags.writeable)  # type: ignore[attr-defined]

    def test_every_typed_array_is_the_same_bytes(self) -> None:
        for name in ["Int8", "Uint8", "Int16", "Uint16", "Int32", "Uint32", "Float16", "Float32", "Float64", "BigInt64", "BigUint64"]:
            digits = "[1n, 2n]" if name.startswith("Big") else "[1, 2]"
            value = numpy.array([1, 2], name.lower().replace("big", ""))
            if name == "Uint8":
                continue
            with self.subTest(name):
                codec, kind, content = encode(value, "flow.x")
                self.assertEqual({"codec": codec, "type": kind, "content": text_of(content)}, typescript("encode", code=f"new {name}Array({digits})"))

    def test_a_tensor_is_row_major_whatever_the_order_of_the_array(self) -> None:
        for order in "CF":
            codec, kind, content = encode(numpy.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], order=order), "flow.x")
            self.assertEqual((codec, kind), ("tensor", "Tensor(Float64Array, 2×3)"))
            code = "new Tensor(new Float64Array([1, 2, 3, 4, 5, 6]), [2, 3])"
            self.assertTrue(typescript("equals", codec=codec, content=text_of(content), code=code))
            self.assertEqual(typescript("encode", code=code)["content"], text_of(content))

    def test_a_column_major_file_is_read(self) -> None:
        import io

        file = io.BytesIO()
        value = numpy.asfortranarray(numpy.arange(6).reshape(2, 3))
        numpy.save(file, value)
        self.assertTrue(numpy.array_equal(decode("tensor", file.getvalue()), value))  # type: ignore[arg-type]

    def test_scalars_are_numbers(self) -> None:
        value = {"n": numpy.int64(3), "x": numpy.float32(0.5), "b": numpy.bool_(True), "d": numpy.float64(1)}
        self.assertEqual(encode(value, "flow.x")[2], b'{"n":3,"x":0.5,"b":true,"d":1.0}')
        self.assertEqual(encode(numpy.float64(2.5), "flow.x")[:2], ("json", "number"))

    def test_arrays_inside_of_other_values(self) -> None:
        value = {"w": numpy.arange(2.0), "image": numpy.zeros((2, 2), "u1"), "mask": numpy.array([1, 2], "u1")}
        codec, _, content = encode(value, "flow.x")
        code = """({ w: new Float64Array([0, 1]), image: new Tensor(new Uint8Array(4), [2, 2]), mask: new Tensor(new Uint8Array([1, 2]), [2]) })"""
        self.assertTrue(typescript("equals", codec=codec, content=text_of(content), code=code))
        back = through(value)
        for name in value:
            self.assertTrue(numpy.array_equal(back[name], value[name]))  # type: ignore[index]
            self.assertEqual(back[name].dtype, value[name].dtype)  # type: ignore[index]

    def test_damaged_files(self) -> None:
        good = encode(numpy.arange(3.0), "flow.x")[2]
        for content in [b"", b"\x93NUMPY", bytes(good)[:-1], bytes(good).replace(b"<f8", b"|O8")]:
            with self.subTest(content=content[:20]), self.assertRaises(DecodeError):
                decode("npy", content)

    def test_objects_are_pickled(self) -> None:
        self.assertEqual(encode(numpy.array([object()]), "flow.x")[:2], ("pickle", "numpy.ndarray"))


class Files(unittest.TestCase):
    def test_a_file_crosses_with_its_name_and_type(self) -> None:
        path = pathlib.Path(tempfile.mkdtemp(), "report.html")
        path.write_text("<p>", encoding="utf-8")
        codec, kind, content = encode(path, "flow.report")
        self.assertEqual((codec, kind), ("file", "File(report.html)"))
        self.assertEqual(text_of(content), typescript("encode", code='new ArtifactFile("report.html", "<p>")')["content"])
        back = through(path)
        assert isinstance(back, pathlib.Path)
        self.assertEqual((back.name, back.read_text(), back != path), ("report.html", "<p>", True))

    def test_a_name_from_the_store_leads_nowhere_else(self) -> None:
        for name in ["../../etc/passwd", "..", "a\\..\\b", "/"]:
            back = decode("file", b'{"name":%s,"type":"text/plain"}\nx' % __import__("json").dumps(name).encode())
            assert isinstance(back, pathlib.Path)
            self.assertTrue(str(back.resolve()).startswith(str(pathlib.Path(tempfile.gettempdir()).resolve())))
            self.assertNotIn("..", back.parts)

    def test_a_file_that_is_not_there(self) -> None:
        with self.assertRaises(EncodeError) as caught:
            encode({"report": pathlib.Path("/none/report.html")}, "flow.out")
        self.assertEqual(
            str(caught.exception), "flow.out is a path to /none/report.html, which cannot be read as a file: No such file or directory."
        )


class Color(enum.Enum):
    RED = 1


class Layer:
    def __init__(self, activate: object) -> None:
        self.activate = activate

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Layer) and other.activate == self.activate


class Pickles(unittest.TestCase):
    def test_what_is_not_exactly_a_type_of_json_comes_back_as_it_was(self) -> None:
        for value in [
            Color.RED,
            {"color": Color.RED},
            collections.OrderedDict(a=1),
            [collections.Counter("aab")],
            Layer("relu"),
            datetime.timedelta(1),
            range(3),
            complex(1, 2),
            {"a": (1, Layer(2))},
        ]:
            with self.subTest(value=value):
                self.assertEqual(encode(value, "flow.x")[0], "pickle")
                self.assertTrue(same(through(value), value))

    def test_a_cycle_too(self) -> None:
        value: list[object] = [1]
        value.append(value)
        back = through(value)
        self.assertIs(back[1], back)  # type: ignore[index]

    def test_the_type_is_the_public_name(self) -> None:
        self.assertEqual(encode(collections.deque(), "flow.x")[1], "collections.deque")
        self.assertEqual(encode(Layer(1), "flow.x")[1], f"{__name__}.Layer")

    def test_a_module_that_warns_of_its_names_is_not_asked_for_them(self) -> None:
        module = ModuleType("warns")
        setattr(module, "__getattr__", lambda name: self.fail(f"asked for {name}"))
        with patch.dict(sys.modules, warns=module), patch.object(Layer, "__module__", "warns.inner"):
            self.assertEqual(pickles.type_name(Layer(1)), "warns.inner.Layer")

    def test_what_cannot_be_pickled_is_named_with_its_path(self) -> None:
        for value, path, kind in [
            ({"layers": [1, Layer(threading.Lock())]}, "flow.model['layers'][1].activate", "_thread.lock"),
            (lambda: 1, "flow.model", "function"),
            ([open(__file__, encoding="utf-8")], "flow.model[0]", "_io.TextIOWrapper"),
            ({"math": math}, "flow.model['math']", "module"),
        ]:
            with self.subTest(path), self.assertRaises(EncodeError) as caught:
                encode(value, "flow.model")
            self.assertEqual(caught.exception.path, path)
            self.assertTrue(str(caught.exception).startswith(f"{path} is a {kind}, which cannot be pickled: "), caught.exception)
            if isinstance(value, list):
                value[0].close()

    def test_a_class_that_is_not_there(self) -> None:
        content = bytes(encode(Layer(1), "flow.x")[2]).replace(__name__.encode(), b"x" * len(__name__))
        with self.assertRaises(DecodeError) as caught:
            decode("pickle", content)
        self.assertIn("there is no module xxx", str(caught.exception))


def random_values(count: int) -> list[object]:
    """Values of JSON and its tags, for where hypothesis is not installed."""
    source = random.Random(1)

    def value(depth: int) -> object:
        kind = source.randrange(8 if depth < 4 else 6)
        if kind == 0:
            return source.choice([None, True, False, math.inf, -0.0])
        if kind == 1:
            return source.uniform(-1, 1) * 10 ** source.randrange(-30, 30)
        if kind in (2, 3):
            return source.randrange(-(2**70), 2**70) >> source.randrange(70)
        if kind == 4:
            return "".join(chr(source.randrange(1, 0x3000)) for _ in range(source.randrange(6)))
        if kind == 5:
            return source.choice(["$type", "$$type", "Map", "__proto__"])
        if kind == 6:
            return [value(depth + 1) for _ in range(source.randrange(4))]
        return {value(9) if source.random() < 0.2 else f"${source.randrange(5)}type": value(depth + 1) for _ in range(source.randrange(4))}

    return [value(0) for _ in range(count)]


class AnyValue(unittest.TestCase):
    def check(self, value: object) -> None:
        codec, _, content = encode([value], "flow.value")
        self.assertEqual(codec, "json")
        self.assertTrue(same(normal(decode(codec, content)), normal([value])), content)
        self.assertEqual(encode(decode(codec, content), "flow.value")[2], content)
        # Through TypeScript it is an equal value; of numbers only the type may differ.
        again = typescript("again", codec=codec, content=text_of(content))
        self.assertTrue(alike(decode("json", base64.b64decode(again["content"])), [value]), content)

    def test_random_values(self) -> None:
        for value in random_values(300):
            self.check(value)

    if given is not None:
        _leaf = (
            some.none()
            | some.booleans()
            | some.integers()
            | some.floats(allow_nan=False)
            | some.text()
            | some.sampled_from(["$type", "$$type", "Map", "__proto__"])
            | some.binary()
            | some.datetimes(timezones=some.just(UTC)).map(lambda at: at.replace(microsecond=at.microsecond // 1000 * 1000))
        )
        _value = some.recursive(
            _leaf,
            lambda inner: some.lists(inner)
            | some.dictionaries(some.text() | some.just("$type"), inner)
            | some.dictionaries(some.integers() | some.booleans(), inner)
            | some.sets(some.integers() | some.text()),
            max_leaves=20,
        )

        @settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
        @given(_value)
        def test_any_value(self, value: object) -> None:
            self.check(value)


def normal(value: object) -> object:
    """A Map is a dict."""
    if isinstance(value, list):
        return [normal(part) for part in value]
    if isinstance(value, dict):
        return {key: normal(part) for key, part in value.items()}
    return value


def alike(a: object, b: object) -> bool:
    """Equal but for what JavaScript does not tell apart: 1 and 1.0, and the order of keys."""
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(alike, a, b))
    if isinstance(a, dict) and isinstance(b, dict):
        return set(a) == set(b) and all(alike(a[key], b[key]) for key in a)
    return a == b


if __name__ == "__main__":
    unittest.main()
