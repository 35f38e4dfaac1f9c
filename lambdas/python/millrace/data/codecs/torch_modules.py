"""PyTorch's modules: as ``torch.save`` writes them, and TorchScript as ``torch.jit.save`` does, which needs none of the module's code.

What ``torch.save`` wrote runs code when it is read, as a pickle does.
"""

from __future__ import annotations

import io
import sys

from ..errors import DecodeError
from .pickles import type_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from . import Encoded


def encode(value: object, at: str) -> Encoded | None:
    torch = sys.modules.get("torch")
    module = getattr(getattr(torch, "nn", None), "Module", None)
    if torch is None or module is None or not isinstance(value, module):
        return None
    buffer = io.BytesIO()
    if isinstance(value, torch.jit.ScriptModule):
        torch.jit.save(value, buffer)
        return "torchscript", "torch.jit.ScriptModule", buffer.getbuffer()
    torch.save(value, buffer)
    return "torch", type_name(value), buffer.getbuffer()


def decode_module(content: bytes | bytearray) -> object:
    """In evaluation mode, on the CPU."""
    torch = _imported("torch")
    return _read("torch", lambda source: torch.load(source, map_location="cpu", weights_only=False).eval(), content)


def decode_script(content: bytes | bytearray) -> object:
    """In evaluation mode, on the CPU."""
    torch = _imported("torchscript")
    return _read("torchscript", lambda source: torch.jit.load(source, map_location="cpu").eval(), content)


def _imported(codec: str):  # type: ignore[no-untyped-def]
    try:
        import torch
    except ImportError as error:
        raise DecodeError(codec, "torch is not installed", "Add torch to the requirements.") from error
    return torch


def _read(codec: str, load, content: bytes | bytearray) -> object:  # type: ignore[no-untyped-def]
    try:
        return load(io.BytesIO(content))  # type: ignore[no-any-return]
    except Exception as error:
        reason = str(error).strip().splitlines()[:1] or [type(error).__name__]
        raise DecodeError(codec, reason[0].rstrip("."), "Read it with the version of torch that wrote it, and the module's code.") from error
