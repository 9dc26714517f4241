"""Profiles: whose account a run uses. They are run configuration and never reach the state.

A profile is one YAML file ``profiles/NAME.yaml`` in the configuration folder:

    clouds:
      NAME:
        endpoints: {...}             # only to talk to another place than the cloud's own
        settings: {client_id: ...}   # what is no secret
        secrets: {client_secret: env:NAME}
"""

from __future__ import annotations

import difflib
import os
from pathlib import Path
from typing import Any

import yaml
from pydantic import Field, ValidationError

from mcloud.errors import ProfileError
from mcloud.model.base import Model
from mcloud.paths import config_dir
from mcloud.secrets import SecretText, resolve

DEFAULT = "default"
EMULATOR = "emulator"
"""The profile that an emulator writes when it is started."""


class CloudProfile(Model):
    """One cloud's part of a profile."""

    endpoints: dict[str, str] = {}
    settings: dict[str, str] = {}
    secrets: dict[str, str] = Field(default={}, repr=False)
    """Name -> reference (env:X, keyring:X, file:X)."""

    def secret(self, name: str, *, fallback_env: str) -> SecretText:
        """The value of a secret: by the profile's reference, else from the vendor's usual variable.

        Raises:
            ProfileError: neither is there.
        """
        return resolve(self.secrets.get(name, f"env:{fallback_env}"))

    def setting(self, name: str, *, fallback_env: str) -> str:
        """A setting that is no secret: from the profile, else from the vendor's usual variable.

        Raises:
            ProfileError: neither is there.
        """
        value = self.settings.get(name) or os.environ.get(fallback_env)
        if not value:
            where = f"put it under settings in the profile ({profiles_dir()})"
            raise ProfileError(
                f"{name} is missing: it is neither in the profile nor in the environment variable {fallback_env}",
                hint=f"export {fallback_env}=… or {where}; {_on_trial()}",
            )
        return value


def _on_trial() -> str:
    """How it goes without an account."""
    there = (profiles_dir() / f"{EMULATOR}.yaml").exists()
    first = "" if there else "mcloud emulator up CLOUD, then "
    return f"without an account: {first}--profile {EMULATOR}"


class Profile(Model):
    """All clouds' parts."""

    clouds: dict[str, CloudProfile] = {}

    def cloud(self, name: str) -> CloudProfile:
        """The part for a cloud; empty where the profile has none, so that the environment may serve."""
        return self.clouds.get(name, CloudProfile())


def profiles_dir() -> Path:
    """The folder with the profiles."""
    return config_dir() / "profiles"


def current_name(given: str | None = None) -> str:
    """``--profile``, else ``MCLOUD_PROFILE``, else "default"."""
    return given or os.environ.get("MCLOUD_PROFILE") or DEFAULT


def load_profile(name: str) -> Profile:
    """Read a profile; the default one may be missing, for then the environment serves.

    Raises:
        ProfileError: not there or not readable.
    """
    path = profiles_dir() / f"{name}.yaml"
    if not path.exists():
        if name == DEFAULT:
            return Profile()
        known = sorted(item.stem for item in profiles_dir().glob("*.yaml")) if profiles_dir().exists() else []
        close = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean {close[0]!r}?" if close else f"known: {', '.join(known) or 'none'} (in {profiles_dir()})"
        raise ProfileError(f"there is no profile {name!r}", hint=hint)
    try:
        return Profile.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")) or {})
    except OSError as error:
        raise ProfileError(f"the profile cannot be read: {error.strerror}", where=str(path)) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ProfileError("the profile is not YAML", where=str(path)) from error
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ProfileError(f"{place}: {first['msg']}", where=str(path)) from error


def save_profile(name: str, clouds: dict[str, dict[str, Any]]) -> Path:
    """Add these clouds to a profile, making it when needed; mode 600."""
    folder = profiles_dir()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.yaml"
    merged = load_profile(name).model_dump()["clouds"] if path.exists() else {}
    merged.update({cloud: CloudProfile.model_validate(part).model_dump() for cloud, part in clouds.items()})
    temporary = path.with_suffix(".tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        yaml.safe_dump({"clouds": merged}, file, sort_keys=True)
    temporary.replace(path)
    return path
