"""What hints mean: the JSON Schema that the server checks by, and the values that a method gets."""

from __future__ import annotations

import datetime
import enum
import json
import unittest
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, Optional, TypedDict, Union

from millrace.model import Columns, Field, Shape
from millrace.model.answers import answer_of
from millrace.model.hints.schema import HintError, Hints

try:
    import numpy
except ImportError:
    numpy = None  # type: ignore[assignment]
try:
    import pandas
except ImportError:
    pandas = None  # type: ignore[assignment]
try:
    import pydantic
except ImportError:
    pydantic = None  # type: ignore[assignment]


class Kind(enum.Enum):
    LONG = "long"
    WIDE = "wide"


@dataclass
class Leaf:
    width: Annotated[float, Field(gt=0, le=10)]
    kind: Kind = Kind.LONG
    tags: list[str] = field(default_factory=list)


@dataclass
class Tree:
    leaf: Leaf
    left: Optional[Tree] = None


class Options(TypedDict, total=False):
    limit: int


LEAF = {
    "type": "object",
    "properties": {
        "width": {"type": "number", "exclusiveMinimum": 0, "maximum": 10},
        "kind": {"enum": ["long", "wide"]},
        "tags": {"type": "array", "items": {"type": "string"}},
    },
    "required": ["width"],
}


class HintsTest(unittest.TestCase):
    def schema(self, hint: object) -> Any:
        return json.loads(json.dumps(Hints().taken(hint).schema))

    def read(self, hint: object, value: object) -> Any:
        read = Hints().taken(hint).read
        return value if read is None else read(value)

    def test_plain_types(self) -> None:
        cases: list[tuple[object, dict[str, Any]]] = [
            (str, {"type": "string"}),
            (int, {"type": "integer"}),
            (float, {"type": "number"}),
            (bool, {"type": "boolean"}),
            (None, {"type": "null"}),
            (Any, {}),
            (list[list[float]], {"type": "array", "items": {"type": "array", "items": {"type": "number"}}}),
            (dict[str, int], {"type": "object", "additionalProperties": {"type": "integer"}}),
            (Literal["a", "b"], {"enum": ["a", "b"]}),
            (Optional[int], {"anyOf": [{"type": "integer"}, {"type": "null"}]}),
            (tuple[int, str], {"type": "array", "prefixItems": [{"type": "integer"}, {"type": "string"}], "items": False, "minItems": 2}),
            (set[int], {"type": "array", "items": {"type": "integer"}, "uniqueItems": True}),
            (datetime.datetime, {"type": "string", "format": "date-time"}),
            (Annotated[list[int], Field(min_length=1, max_length=3)], {"type": "array", "items": {"type": "integer"}, "minItems": 1, "maxItems": 3}),
            (Annotated[str, Field(pattern="^a", description="its name")], {"type": "string", "pattern": "^a", "description": "its name"}),
            (Options, {"type": "object", "properties": {"limit": {"type": "integer"}}}),
            (Leaf, LEAF),
        ]
        for hint, expected in cases:
            with self.subTest(hint=hint):
                self.assertEqual(self.schema(hint), expected)

    def test_a_value_is_what_the_hint_says(self) -> None:
        self.assertEqual(self.read(Leaf, {"width": 1, "kind": "wide", "more": 1}), Leaf(1, Kind.WIDE))
        self.assertEqual(self.read(list[Leaf], [{"width": 1}]), [Leaf(1)])
        self.assertEqual(self.read(tuple[int, Kind], [1, "long"]), (1, Kind.LONG))
        self.assertEqual(self.read(set[int], [1, 2]), {1, 2})
        self.assertEqual(self.read(Optional[Leaf], None), None)
        self.assertEqual(self.read(Union[Leaf, list[Kind]], ["wide"]), [Kind.WIDE])
        day = datetime.datetime(2026, 1, 2, tzinfo=datetime.timezone.utc)
        self.assertEqual(self.read(datetime.datetime, "2026-01-02T00:00:00Z"), day)

    def test_a_class_that_refers_to_itself(self) -> None:
        tree = {"type": "object", "properties": {"leaf": LEAF, "left": {"anyOf": [{"$ref": "#/$defs/Tree"}, {"type": "null"}]}}, "required": ["leaf"]}
        self.assertEqual(self.schema(list[Tree]), {"type": "array", "items": {"$ref": "#/$defs/Tree"}, "$defs": {"Tree": tree}})
        value = {"leaf": {"width": 1}, "left": {"leaf": {"width": 2}}}
        self.assertEqual(self.read(Tree, value), Tree(Leaf(1), Tree(Leaf(2))))

    def test_what_json_does_not_have(self) -> None:
        for hint in (complex, dict[int, str], object()):
            with self.subTest(hint=hint), self.assertRaises(HintError):
                Hints().taken(hint)

    @unittest.skipIf(numpy is None, "needs numpy")
    def test_arrays(self) -> None:
        from numpy.typing import NDArray

        shaped = Annotated[numpy.ndarray, Shape(None, 2)]
        row = {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2}
        self.assertEqual(self.schema(shaped), {"type": "array", "items": row})
        array = self.read(NDArray[numpy.float32], [[1, 2], [3, 4]])
        self.assertEqual((array.dtype, array.shape), (numpy.float32, (2, 2)))
        for hint in (NDArray[numpy.float32], numpy.ndarray):
            with self.subTest(hint=hint), self.assertRaises(ValueError):
                self.read(hint, [[1, 2], [3]])

    @unittest.skipIf(pandas is None, "needs pandas")
    def test_tables(self) -> None:
        table = Annotated[pandas.DataFrame, Columns(width=float, kind=str)]
        row = {"type": "object", "properties": {"width": {"type": "number"}, "kind": {"type": "string"}}, "required": ["width", "kind"]}
        self.assertEqual(self.schema(table), {"type": "array", "items": row})
        frame = self.read(table, [{"kind": "a", "width": 1}])
        self.assertEqual((list(frame.columns), len(frame)), (["width", "kind"], 1))

    @unittest.skipIf(pydantic is None, "needs pydantic")
    def test_pydantic_models(self) -> None:
        class Point(pydantic.BaseModel):
            x: int = pydantic.Field(ge=0)

        self.assertEqual(self.schema(list[Point])["items"]["properties"]["x"]["minimum"], 0)
        self.assertEqual(self.read(Point, {"x": 1}), Point(x=1))
        self.assertEqual(self.schema(Annotated[int, pydantic.Field(ge=1)]), {"type": "integer", "minimum": 1})


class AnswersTest(unittest.TestCase):
    def answer(self, value: object) -> Any:
        from millrace.model import ModelService, api
        from millrace.model.signature import Signature

        class Service(ModelService):
            @api
            def f(self, x: int) -> Any: ...

        return answer_of(Signature(Service, "f"), value)

    def test_values_of_python_as_json(self) -> None:
        self.assertEqual(self.answer((1, Kind.LONG)), '[1,"long"]')
        self.assertEqual(json.loads(self.answer(Leaf(1))), {"width": 1, "kind": "long", "tags": []})
        self.assertEqual(self.answer(datetime.date(2026, 1, 2)), '"2026-01-02"')

    @unittest.skipIf(numpy is None, "needs numpy")
    def test_arrays(self) -> None:
        self.assertEqual(self.answer(numpy.array([[1, 2]])), "[[1,2]]")
        self.assertEqual(self.answer({"x": numpy.float32(0.5)}), '{"x":0.5}')

    @unittest.skipIf(pandas is None, "needs pandas")
    def test_tables(self) -> None:
        frame = pandas.DataFrame({"a": [1.5, None], "b": ["x", "y"]})
        self.assertEqual(self.answer(frame), '[{"a":1.5,"b":"x"},{"a":null,"b":"y"}]')

    def test_what_json_does_not_have_is_an_error(self) -> None:
        for value in (float("nan"), 1j, {"x": object()}):
            with self.subTest(value=value), self.assertRaisesRegex(TypeError, "f returned what JSON does not have"):
                self.answer(value)


if __name__ == "__main__":
    unittest.main()
