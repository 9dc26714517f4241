"""The conformance cases with everything they need: what an adapter's test file imports.

    @pytest.mark.parametrize("run", runs(TARGET), ids=str)
    def test_conformance(run, tmp_path):
        run(tmp_path)

Two faces are here: the adapter's kinds over HTTP, and the whole engine. The third, the standard driver, needs nothing
of this layer.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mcloud.adapter import registry
from mcloud.adapter.conformance.case import CASES, Case
from mcloud.adapter.conformance.face import Face
from mcloud.adapter.conformance.ground import Ground, HeldClock
from mcloud.adapter.conformance.pem import keys_at_hand
from mcloud.adapter.conformance.standard import StandardFace, standard_kinds
from mcloud.adapter.conformance.subject import Subject, Target
from mcloud.adapter.profile import DEFAULT, CloudProfile, Profile, save_profile
from mcloud.emulator.server import Running, serve
from mcloud.engine.conformance.deployed import EngineFace
from mcloud.engine.conformance.http import HttpFace

CONFIG_DIR = "MCLOUD_CONFIG_DIR"
TELLING = {
    "http": ("life", "no-op", "update", "replace", "gone", "quota", "500-after", "lost-answer", "delete-500-after"),
    "libcloud": ("life", "gone", "lost-answer"),
    "engine": ("update",),
}
"""Face -> the cases that show most."""
FACES = ("http", "libcloud", "engine")


@dataclass(frozen=True)
class ConformanceRun:
    """One case on one subject through one face. Call it with an empty folder."""

    target: Target
    case: Case
    kind: str
    face: str

    def __str__(self) -> str:
        return f"{self.face}-{self.case.name}-{self.kind}"

    def __call__(self, folder: Path) -> None:
        """Run it.

        Raises:
            NotConforming: the adapter does not conform.
        """
        clock, cloud = HeldClock(), self.target.placement.split("/")[0]
        with _own_settings(folder), keys_at_hand(), serve(self.target.spec, clock=clock) as running:
            part = _cloud_profile(self.target, running, folder)
            profile = Profile(clouds={cloud: part})
            save_profile(DEFAULT, {cloud: part.model_dump()})

            def face() -> Face:
                if self.face == "http":
                    return HttpFace(self.target, profile)
                if self.face == "libcloud":
                    return StandardFace(self.target, running, self.kind)
                return EngineFace(self.target, folder, ground)

            def remove(subject: Subject, made: str) -> None:
                other = HttpFace(self.target, profile) if self.face == "engine" else face()
                other.delete(subject, made)

            ground = Ground(self.target, running, clock, remove)
            self.case.run(face(), ground, self.target.subject(self.kind))


@contextmanager
def _own_settings(folder: Path) -> Iterator[None]:
    """No profile of the person's is read or written while the block runs."""
    before = os.environ.get(CONFIG_DIR)
    os.environ[CONFIG_DIR] = str(folder / "config")
    try:
        yield
    finally:
        del os.environ[CONFIG_DIR]
        if before is not None:
            os.environ[CONFIG_DIR] = before


def _cloud_profile(target: Target, running: Running, folder: Path) -> CloudProfile:
    values, url = {"client_secret": running.client_secret}, None
    if running.objects is not None:
        url = running.objects.url
        values |= {"access_key": running.objects.access_key, "secret_key": running.objects.secret_key}
    secrets = {}
    for name, value in values.items():
        path = folder / f"{name}.secret"
        path.write_text(value, encoding="utf-8")
        path.chmod(0o600)
        secrets[name] = f"file:{path}"
    part = target.spec.whole_profile(running.url, running.client_id, url)
    return CloudProfile.model_validate({**part, "secrets": secrets})


def runs(
    target: Target, faces: Iterable[str] = FACES, *, whole: bool = False, narrow: Iterable[str] = ("engine",)
) -> list[ConformanceRun]:
    """The cases that mean something for the target, by face, kind and case.

    Args:
        faces: the ways to the cloud.
        whole: every case of every kind through every face, those of the engine some ten seconds each.
        narrow: the faces that, unless all is whole, do every case of a server and, of all other kinds, those that
            show most (``TELLING``): what surrounds the cloud's calls is the same code for all kinds.
    """
    adapter = registry.get(target.placement.split("/")[0])
    found = []
    for face in faces:
        for kind in standard_kinds(target) if face == "libcloud" else sorted(adapter.kinds):
            for case in CASES:
                told = whole or face not in narrow or kind == "Server" or case.name in TELLING[face]
                if told and face in case.faces and case.applies(target, target.subject(kind)):
                    found.append(ConformanceRun(target, case, kind, face))
    return found
