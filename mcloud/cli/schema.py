"""schema: JSON Schema for editors."""

from __future__ import annotations

from mcloud.cli import out
from mcloud.cli.options import make_app
from mcloud.model.schema import stack_schema

GROUP = False
app = make_app("JSON Schema of stack files.")


@app.command()
def schema() -> None:
    """Print the JSON Schema of stack files, for editors: # yaml-language-server: $schema=FILE."""
    out.print_json(stack_schema())
