"""Texts below fields describe them in JSON Schemas, and are read only when a schema is asked for.

pydantic can do that itself (``use_attribute_docstrings``), but reads the source of each class when it is imported: a
sixth of the time that a command takes to start.
"""

from __future__ import annotations

import ast
import inspect
from functools import cache
from itertools import pairwise
from textwrap import dedent

from pydantic import BaseModel, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema


class Described(BaseModel):
    """A model each of whose fields is described by the text below it."""

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler, /) -> JsonSchemaValue:
        found = handler(schema)
        own = handler.resolve_ref_schema(found).get("properties", {})
        for name, field in cls.model_fields.items():
            text = _text(cls, name)
            for key in {name, field.alias, field.serialization_alias} & own.keys():
                if text is not None:
                    own[key].setdefault("description", text)
        return found


def _text(model: type[BaseModel], name: str) -> str | None:
    """What the class that has the field last says about it."""
    owner = next(one for one in model.__mro__ if name in vars(one).get("__annotations__", ()))
    return _texts(owner).get(name)


@cache
def _texts(model: type) -> dict[str, str]:
    """Field -> the text below it."""
    [node] = ast.parse(dedent(inspect.getsource(model))).body
    assert isinstance(node, ast.ClassDef)  # noqa: S101 - getsource of a class
    found = {}
    for one, below in pairwise(node.body):
        match one, below:
            case (
                ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str() as text)),
            ):
                found[name] = inspect.cleandoc(text)
    return found
