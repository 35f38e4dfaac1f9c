"""XGBoost's boosters in its own format, UBJSON, which later versions read too; a pickle is of one version."""

from __future__ import annotations

import sys

from ..errors import DecodeError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from . import Encoded


def encode(value: object, at: str) -> Encoded | None:
    xgboost = sys.modules.get("xgboost")
    if xgboost is None or type(value) is not getattr(xgboost, "Booster", None):
        return None
    return "xgboost", "xgboost.Booster", value.save_raw(raw_format="ubj")  # type: ignore[attr-defined]


def decode(content: bytes | bytearray) -> object:
    try:
        import xgboost
    except ImportError as error:
        raise DecodeError("xgboost", "xgboost is not installed", "Add xgboost to the requirements.") from error
    try:
        return xgboost.Booster(model_file=bytearray(content))
    except xgboost.core.XGBoostError as error:
        raise DecodeError("xgboost", str(error).strip().splitlines()[0].rstrip(".")) from error
