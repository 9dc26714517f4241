"""What load reads: stack files, and the texts that they name as ``file:PATH``."""

from __future__ import annotations

from pathlib import Path

from mcloud.errors import LoadError, Problem
from mcloud.load.document import Document
from mcloud.load.json_reader import parse_json
from mcloud.load.yaml_reader import parse_yaml


def read_document(path: Path) -> Document:
    """Read a file: JSON where its name ends in ``.json``, else YAML.

    Raises:
        LoadError: not there, not readable, or not well formed.
    """
    if path.suffix == ".py":
        hint = "write the stack as YAML or JSON; a program may print stack.model_dump_json(by_alias=True)"
        raise LoadError([Problem(str(path), "is a Python program, not a stack file", hint)])
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise LoadError([Problem(str(path), f"cannot be read: {error.strerror}")]) from None
    except UnicodeDecodeError as error:
        raise LoadError([Problem(str(path), f"is not text in UTF-8 (byte {error.start + 1})")]) from None
    return parse_json(str(path), text) if path.suffix == ".json" else parse_yaml(str(path), text)


def read_text_reference(value: str, base: Path) -> str:
    """The text of ``file:PATH``; any other value as it is.

    Args:
        value: a text, or file:PATH; ``~`` is the home folder.
        base: the folder that a relative path is below: the stack file's.

    Raises:
        LoadError: it cannot be read; ``where`` of its problem is the value.
    """
    if not value.startswith("file:"):
        return value
    try:
        target = base / Path(value.removeprefix("file:").strip()).expanduser()
        return target.read_text(encoding="utf-8")
    except OSError as error:
        message = f"{target} cannot be read: {error.strerror}"
    except UnicodeDecodeError:
        message = f"{target} is not text in UTF-8"
    except RuntimeError as error:  # ~somebody who is not there
        message = str(error)
    raise LoadError([Problem(value, message, "a relative path starts at the stack file's folder")])
