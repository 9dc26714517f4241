"""VNG Cloud (GreenNode): ``adapter`` is the object that mcloud looks for.

It is made on first use, so that the libcloud driver in this folder can be imported without mcloud. Its module must not
be called ``adapter``: importing a submodule binds its name in the package, for a moment in place of the object.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mcloud_vng.definition import VngAdapter

    adapter: VngAdapter


def __getattr__(name: str) -> Any:
    if name != "adapter":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from mcloud_vng.definition import VngAdapter

    made = VngAdapter()
    globals()["adapter"] = made
    return made
