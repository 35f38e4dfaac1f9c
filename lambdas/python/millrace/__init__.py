"""The Python side of Millrace: steps of a flow as Python functions, and the client that reads runs back.

    def train(flow):
        flow.model = fit(flow.x, flow.y, alpha=flow.alpha)

The flow itself, with its steps, their transitions and its artifacts, is defined in TypeScript or YAML. In notebooks:

    from millrace import client
    table = client.flow("Train").latest_successful_run().data.table
"""

from __future__ import annotations

__version__ = "0.1.0"
__all__ = ["BranchInputs", "Current", "Flow", "ForeignError", "Input", "Map", "MillraceError", "RegExp", "Url"]

_HOMES = {
    "BranchInputs": "flow",
    "Current": "flow",
    "Flow": "flow",
    "Input": "flow",
    "MillraceError": "errors",
    "ForeignError": "data.codecs.json_tags",
    "Map": "data.codecs.json_tags",
    "RegExp": "data.codecs.json_tags",
    "Url": "data.codecs.json_tags",
}

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .data.codecs.json_tags import ForeignError, Map, RegExp, Url
    from .errors import MillraceError
    from .flow import BranchInputs, Current, Flow, Input


def __getattr__(name: str) -> object:
    """Imports what is asked for and nothing else: a step's process starts faster."""
    if name not in _HOMES:
        raise AttributeError(f"module 'millrace' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f".{_HOMES[name]}", __name__), name)
