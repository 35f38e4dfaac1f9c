"""Values as bytes. Which codec an artifact was written with is on its record, so a codec's name never changes its meaning.

============================  ==================================  ==============================================
codec                         Python writes                       Python reads
============================  ==================================  ==============================================
``bytes``, ``buffer``, …      bytes, bytearray, memoryview        bytes
``npy``                       numpy array of one dimension,       numpy array, or without numpy array.array
                              array.array
``tensor``                    numpy array of other dimensions     numpy array, or without numpy memoryview
``file``                      pathlib.Path of a file              pathlib.Path of a temporary file
``arrow``                     pandas DataFrame, pyarrow Table     the same; a DataFrame that Arrow cannot hold is pickled
``json``                      what JSON says, and dates, sets, …  the same: see ``json_codec``
``xgboost``, ``lightgbm``     a Booster                           the same, in Python alone
``torch``, ``torchscript``    a torch.nn.Module, TorchScript      the same, in Python alone
``pickle``                    anything else                       the same, in Python alone
============================  ==================================  ==============================================
"""

from __future__ import annotations

from ..errors import DecodeError
from . import boosters, files, json_codec, npy, pickles, tables, torch_modules

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Encoded = tuple[str, str, "bytes | bytearray | memoryview"]


def encode(value: object, at: str) -> Encoded:
    """Writes a value as bytes: the codec's name, what the value is for people, and the bytes.

    ``at`` is what the value is called in errors: ``flow.model``. Raises EncodeError.
    """
    for codec in (_encode_bytes, npy.encode, files.encode, tables.encode, *_MODELS, json_codec.encode):
        encoded = codec(value, at)
        if encoded is not None:
            return encoded
    return pickles.encode(value, at)


def decode(codec: str, content: bytes | bytearray) -> object:
    """Reads what encode wrote, or the TypeScript side. The value may be a view of the bytes. Raises DecodeError."""
    read = _DECODERS.get(codec)
    if read is None:
        fix = "Read it with the version that wrote it, or a newer one."
        raise DecodeError(codec, "this version does not know the codec", fix)
    return read(content)


def _encode_bytes(value: object, at: str) -> Encoded | None:
    kind = type(value)
    if kind is bytes or kind is bytearray or (kind is memoryview and value.format == "B" and value.ndim == 1):  # type: ignore[attr-defined]
        content = memoryview(value).tobytes() if kind is memoryview else value  # type: ignore[arg-type]
        return "bytes", f"Uint8Array({len(content)})", content  # type: ignore[arg-type, return-value]
    return None


_MODELS = (boosters.xgboost.encode, boosters.lightgbm.encode, torch_modules.encode)

_DECODERS: dict[str, Callable[[bytes | bytearray], object]] = {
    "bytes": bytes,
    "bytes-clamped": bytes,
    "buffer": bytes,
    "arraybuffer": bytes,
    "npy": npy.decode_array,
    "tensor": npy.decode_tensor,
    "file": files.decode,
    "arrow": tables.decode,
    "json": json_codec.decode,
    "xgboost": boosters.xgboost.decode,
    "lightgbm": boosters.lightgbm.decode,
    "torch": torch_modules.decode_module,
    "torchscript": torch_modules.decode_script,
    "pickle": pickles.decode,
}
