"""Makes the provider findable for a ``pulumi`` that a person uses, as one of its own plugins.

``$PULUMI_HOME/plugins/resource-mcloud-vVERSION/pulumi-resource-mcloud`` is where the engine looks for a plugin that is
installed (pulumi v3.259.0, sdk/go/common/workspace/plugins.go, read 2026-11-22). A link is put there: the provider
stays where pip has it, and is the one that pip updates.
"""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

from mcloud import __version__
from mcloud.engine.process import PROVIDER, provider_folder
from mcloud.errors import EngineError

_OURS = re.compile(r"resource-mcloud-v\d+\.\d+\.\d+[^/]*")


def pulumi_home() -> Path:
    """The folder of the person's Pulumi: ``PULUMI_HOME``, or ``~/.pulumi``."""
    return Path(os.environ.get("PULUMI_HOME") or "~/.pulumi").expanduser().absolute()


def register(home: Path) -> Path:
    """Put the link there; links of other versions go.

    Returns:
        The link.

    Raises:
        EngineError: the provider's executable is nowhere, or the folder cannot be written.
    """
    target = provider_folder() / PROVIDER
    folder = home / "plugins" / f"resource-mcloud-v{__version__}"
    link = folder / PROVIDER
    try:
        unregister(home)
        folder.mkdir(parents=True)
        link.symlink_to(target)
    except OSError as error:
        raise EngineError(f"the provider cannot be registered: {error.strerror}", where=str(folder)) from error
    return link


def unregister(home: Path) -> list[Path]:
    """Take away what ``register`` has put there, of any version.

    Returns:
        The folders that are gone.
    """
    plugins = home / "plugins"
    found = [item for item in sorted(plugins.glob("resource-mcloud-v*")) if _OURS.fullmatch(item.name)]
    for folder in found:
        if folder.is_symlink():
            folder.unlink()
        elif folder.is_dir():
            shutil.rmtree(folder)
        # What the engine notes beside a plugin while it installs one.
        for beside in plugins.glob(f"{folder.name}.*"):
            beside.unlink()
    return [item for item in found if not item.exists()]
