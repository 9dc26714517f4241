"""Finds or gets what plain ``pulumi`` runs programs in YAML with, as ``install`` gets the engine. mcloud needs it not.

It is kept beside the engine, where that looks for the hosts of languages (PATH comes first).
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from mcloud.engine.install import LEAST_GO, Product, Tell, cached_path, installing, obtain
from mcloud.errors import EngineMissing

VERSION = "v1.38.3"
"""What the engine's official archive has beside it; it is not tied to the engine's own version."""
NAME = "pulumi-language-yaml"
PACKAGE = "github.com/pulumi/pulumi-yaml/cmd/pulumi-language-yaml"
LDFLAGS = f"-s -w -X github.com/pulumi/pulumi-yaml/pkg/version.Version={VERSION}"


def kept_path() -> Path:
    """Where it is kept."""
    return cached_path().with_name(NAME)


def find() -> Path | None:
    """The one on PATH, else the one that is kept."""
    on_path = shutil.which(NAME)
    kept = kept_path()
    return Path(on_path) if on_path else kept if os.access(kept, os.X_OK) else None


def ensure(tell: Tell) -> Path:
    """Find it, or get it.

    Args:
        tell: hears a line for each step, and how far it is every ten seconds.

    Raises:
        EngineMissing: there is none and none can be got; the message tells every attempt.
    """
    found = find()
    if found is not None:
        return found
    with installing(tell):
        found = find()
        if found is not None:
            return found
        failed = obtain(Product(NAME, "the host for YAML", PACKAGE, "yaml", LDFLAGS, _keep), tell)
    if failed is None:
        return kept_path()
    raise EngineMissing(
        "there is no Pulumi host for YAML and none could be got: " + "; ".join(failed),
        hint=f"install Pulumi, or Go {LEAST_GO[0]}.{LEAST_GO[1]} with access to its module proxy,"
        " then: mcloud engine install --yaml",
    )


def _keep(made: Path) -> None:
    """Move it to its place, at once, if it runs here."""
    made.chmod(0o755)
    done = subprocess.run([str(made), "-h"], capture_output=True, text=True, timeout=30, check=False)  # noqa: S603
    if "-root" not in done.stderr:
        raise EngineMissing("the host for YAML that was got does not run here")
    made.replace(kept_path())
