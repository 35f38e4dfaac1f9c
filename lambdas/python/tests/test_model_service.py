"""Services in their own process: models, parts, what is refused."""

from __future__ import annotations

import contextlib
import io
import unittest

from millrace.model import ModelError, ModelService, api, artifact
from millrace.model.environment import environment_of
from millrace.model.requirements import check
from millrace.model.service import apis_of, models_of


class Scaler(ModelService):
    factor = artifact()

    @api
    def scale(self, x: float) -> float:
        return x * self.factor


class Scorer(ModelService):
    scaler = Scaler()
    bias = artifact()

    @api(batch={"max_size": 4})
    def score(self, rows: list[float]) -> list[float]:
        return [self.scaler.scale(x) + self.bias for x in rows]


class ServiceTest(unittest.TestCase):
    def test_a_packed_service_is_called_plainly(self) -> None:
        service = Scorer().pack("bias", 1)
        service.scaler.pack("factor", 2)
        self.assertEqual(service.score([1, 2]), [3, 5])

    def test_each_instance_has_parts_of_its_own(self) -> None:
        first, second = Scorer(), Scorer()
        first.scaler.pack("factor", 2)
        self.assertEqual([path for path, _, _ in models_of(second)], ["scaler.factor", "bias"])
        with self.assertRaisesRegex(ModelError, "Scaler has no value for factor"):
            second.scaler.scale(1)

    def test_a_model_that_is_not_declared(self) -> None:
        with self.assertRaises(ModelError) as caught:
            Scorer().pack("modle", 1)
        self.assertEqual((caught.exception.code, caught.exception.fix), ("MODEL_NAME", "It has bias."))

    def test_an_override_without_api(self) -> None:
        class Changed(Scorer):
            def score(self, rows: list[float]) -> list[float]:
                return rows

        with self.assertRaisesRegex(ModelError, "Changed.score overrides an API, but has no @api"):
            apis_of(Changed)

    def test_a_class_in_no_file_is_not_saved(self) -> None:
        scope: dict[str, object] = {"__name__": "nowhere"}
        exec("from millrace.model import ModelService, api\nclass Lost(ModelService):\n    @api\n    def f(self, x: int): ...", scope)
        with self.assertRaisesRegex(ModelError, "Lost is in no file"):
            scope["Lost"]().save()  # type: ignore[operator]

    def test_requirements_are_looked_for_by_name_whatever_else_they_say(self) -> None:
        check(["pip", "Pip>=1", "pip==1.2.*", "--no-index", "-e .", "nowhere; python_version < '3'", "git+https://example.org/x"])
        with self.assertRaisesRegex(ModelError, "The service needs nowhere>=2, elsewhere\\[all\\]==1, which") as caught:
            check(["nowhere>=2", "pip", "elsewhere[all]==1"])
        self.assertEqual(caught.exception.code, "PYTHON_PACKAGE")

    def test_another_version_is_told_and_taken(self) -> None:
        told = io.StringIO()
        with contextlib.redirect_stderr(told):
            check(["pip == 0.0.1"])
        self.assertRegex(told.getvalue(), r"^The bundle was made with other packages: there is pip [\d.]+, not 0\.0\.1\.")

    def test_the_environment_is_read_from_the_source(self) -> None:
        source = b'import nothing\nclass A(B):\n    requirements = ["x==1"]\n    python_version: str = "3.13"\nclass C(B):\n    requirements = "r.txt"\n'
        self.assertEqual(environment_of(source, "A"), {"requirements": ["x==1"], "pythonVersion": "3.13"})
        self.assertEqual(environment_of(source, "C"), {"requirements": "r.txt"})
        self.assertEqual(environment_of(b"class", None), {})


if __name__ == "__main__":
    unittest.main()
