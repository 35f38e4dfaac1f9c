"""LightGBM's boosters as the text that it writes itself, which later versions read too."""

from __future__ import annotations

import sys

from ..errors import DecodeError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from . import Encoded


def encode(value: object, at: str) -> Encoded | None:
    lightgbm = sys.modules.get("lightgbm")
    if lightgbm is None or type(value) is not getattr(lightgbm, "Booster", None):
        return None
    return "lightgbm", "lightgbm.Booster", value.model_to_string().encode()  # type: ignore[attr-defined]


def decode(content: bytes | bytearray) -> object:
    try:
        import lightgbm
    except ImportError as error:
        raise DecodeError("lightgbm", "lightgbm is not installed", "Add lightgbm to the requirements.") from error
    try:
        return lightgbm.Booster(model_str=bytes(content).decode())
    except (lightgbm.basic.LightGBMError, UnicodeDecodeError) as error:
        raise DecodeError("lightgbm", str(error).strip().rstrip(".")) from error
