"""Boosters of XGBoost and LightGBM in the formats that they write themselves, which later versions read too; a pickle is of one version."""

from __future__ import annotations

import sys
from importlib import import_module
from operator import attrgetter

from ..errors import DecodeError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from . import Encoded


class BoosterCodec:
    """The codec of one package, and of its name. It is loaded only to read: who has a booster to write has loaded it."""

    def __init__(
        self,
        package: str,
        write: Callable[[Any], bytes | bytearray],
        read: Callable[[Any, bytes | bytearray], object],
        error: str,
    ) -> None:
        """``read`` gets the module too. ``error``: the class in the package that says that a booster cannot be read."""
        self._package = package
        self._write = write
        self._read = read
        self._error = error

    def encode(self, value: object, at: str) -> Encoded | None:
        module = sys.modules.get(self._package)
        if module is None or type(value) is not getattr(module, "Booster", None):
            return None
        return self._package, f"{self._package}.Booster", self._write(value)

    def decode(self, content: bytes | bytearray) -> object:
        package = self._package
        try:
            module = import_module(package)
        except ImportError as error:
            raise DecodeError(package, f"{package} is not installed", f"Add {package} to the requirements.") from error
        try:
            return self._read(module, content)
        except (attrgetter(self._error)(module), UnicodeDecodeError) as error:
            raise DecodeError(package, str(error).strip().splitlines()[0].rstrip(".")) from error


#: UBJSON.
xgboost = BoosterCodec(
    "xgboost",
    write=lambda booster: booster.save_raw(raw_format="ubj"),
    read=lambda module, content: module.Booster(model_file=bytearray(content)),
    error="core.XGBoostError",
)
#: Text.
lightgbm = BoosterCodec(
    "lightgbm",
    write=lambda booster: booster.model_to_string().encode(),
    read=lambda module, content: module.Booster(model_str=bytes(content).decode()),
    error="basic.LightGBMError",
)
