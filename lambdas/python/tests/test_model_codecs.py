"""Models in the formats of their own frameworks; what is not installed is skipped, LightGBM stood in for."""

from __future__ import annotations

import importlib.util
import sys
import types
import unittest

from millrace.data.codecs import decode, encode
from millrace.data.errors import DecodeError

# Imported where it is needed: what has been imported once counts for every test of the process.
has_xgboost = importlib.util.find_spec("xgboost") is not None
has_torch = importlib.util.find_spec("torch") is not None


class ModelCodecsTest(unittest.TestCase):
    @unittest.skipUnless(has_xgboost, "needs xgboost: apt-get install python3-xgboost")
    def test_xgboost(self) -> None:
        import numpy
        import xgboost

        rows = numpy.arange(40, dtype="float32").reshape(20, 2)
        data = xgboost.DMatrix(rows, rows[:, 0] > 20)
        booster = xgboost.train({"objective": "binary:logistic", "nthread": 1}, data, 3)
        codec, kind, content = encode(booster, "flow.model")
        self.assertEqual((codec, kind), ("xgboost", "xgboost.Booster"))
        again = decode(codec, bytes(content))
        self.assertEqual(again.predict(data).tolist(), booster.predict(data).tolist())  # type: ignore[attr-defined]
        self.assertEqual(bytes(encode(again, "flow.model")[2]), bytes(content))
        with self.assertRaises(DecodeError):
            decode("xgboost", b"no model")

    @unittest.skipUnless(has_torch, "needs torch: apt-get install python3-torch")
    def test_torch(self) -> None:
        import torch

        module = torch.nn.Linear(4, 2)
        for codec, kind, value in (
            ("torch", "torch.nn.modules.linear.Linear", module),
            ("torchscript", "torch.jit.ScriptModule", torch.jit.script(module)),
        ):
            with self.subTest(codec=codec):
                encoded = encode(value, "flow.model")
                self.assertEqual(encoded[:2], (codec, kind))
                again = decode(codec, bytes(encoded[2]))
                self.assertTrue(torch.equal(again(torch.ones(4)), module(torch.ones(4))))  # type: ignore[operator]
                with self.assertRaises(DecodeError):
                    decode(codec, b"no model")

    def test_lightgbm(self) -> None:
        """By a stand-in with the two calls that are made of it: Booster.model_to_string() and Booster(model_str=…)."""

        class Booster:
            def __init__(self, model_str: str) -> None:
                if not model_str.startswith("tree"):
                    raise module.basic.LightGBMError("Model format error, expect a tree here. ")
                self.text = model_str

            def model_to_string(self) -> str:
                return self.text

        module = types.SimpleNamespace(Booster=Booster, basic=types.SimpleNamespace(LightGBMError=type("LightGBMError", (Exception,), {})))
        sys.modules["lightgbm"] = module  # type: ignore[assignment]
        try:
            encoded = encode(Booster("tree\nversion=v4\n"), "flow.model")
            self.assertEqual(encoded, ("lightgbm", "lightgbm.Booster", b"tree\nversion=v4\n"))
            self.assertEqual(decode("lightgbm", encoded[2]).text, "tree\nversion=v4\n")  # type: ignore[attr-defined, arg-type]
            with self.assertRaisesRegex(DecodeError, "expect a tree here"):
                decode("lightgbm", b"no model")
        finally:
            del sys.modules["lightgbm"]

    @unittest.skipIf(has_xgboost, "xgboost is installed")
    def test_a_framework_that_is_not_installed_is_named(self) -> None:
        with self.assertRaisesRegex(DecodeError, "xgboost is not installed"):
            decode("xgboost", b"")


if __name__ == "__main__":
    unittest.main()
