"""The command line. A command's module is imported when it is used, so that ``--help`` imports no SDK."""

from __future__ import annotations

import importlib
import sys
from typing import Any

import click

COMMANDS: dict[str, tuple[str, str]] = {
    "init": ("mcloud.cli.init", "Write a first stack file."),
    "validate": ("mcloud.cli.validate", "Check a stack; show what would be chosen and what a cloud lacks."),
    "preview": ("mcloud.cli.deploy", "Show what up would do."),
    "up": ("mcloud.cli.deploy", "Bring the cloud to what the stack says."),
    "drift": ("mcloud.cli.deploy", "Show what changed on the cloud behind the stack's back."),
    "destroy": ("mcloud.cli.deploy", "Delete all that the stack made."),
    "outputs": ("mcloud.cli.deploy", "Print the stack's outputs."),
    "discover": ("mcloud.cli.discover", "Make a stack of what runs today."),
    "catalog": ("mcloud.cli.catalog", "What the clouds sell, with source and age."),
    "schema": ("mcloud.cli.schema", "Print the JSON Schema of stack files, for editors."),
    "emulator": ("mcloud.cli.emulator", "Run a cloud on this machine, without an account."),
    "engine": ("mcloud.cli.engine", "The Pulumi engine: find it, get it."),
    "demo": ("mcloud.cli.demo", "Show it all on an emulator."),
}
EXIT_ERROR = 1


class LazyGroup(click.Group):
    """Knows its commands by name and imports one when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        return _load(cmd_name)

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            import difflib

            close = difflib.get_close_matches(args[0], COMMANDS, n=1)
            hint = f"; did you mean {close[0]!r}?" if close else ""
            raise click.UsageError(f"there is no command {args[0]!r}{hint}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


def _load(name: str) -> click.Command:
    import typer

    module = importlib.import_module(COMMANDS[name][0])
    built = typer.main.get_command(module.app)
    if isinstance(built, click.Group) and name in built.commands and len(built.commands) > 1 and not module.GROUP:
        return built.commands[name]
    built.name = name
    return built


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="mcloud-vn", prog_name="mcloud")
def root() -> None:
    """One declarative model of compute, storage and networking for Vietnam's clouds and AWS.

    Exit codes: 0 ok, 1 error, 2 changes pending, 3 findings block, 4 partly applied.
    Add --debug to any command for tracebacks.
    """


def main() -> None:
    """Entry point of ``mcloud``."""
    arguments = sys.argv[1:]
    debug = "--debug" in arguments
    sys.exit(run([argument for argument in arguments if argument != "--debug"], debug=debug))


def run(arguments: list[str], *, debug: bool = False) -> int:
    """Run a command line.

    Returns:
        The exit code.
    """
    try:
        code = root.main(args=arguments, prog_name="mcloud", standalone_mode=False)
        return code if isinstance(code, int) else 0
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.UsageError as error:
        if debug:
            raise
        error.show()
        return EXIT_ERROR
    except (click.Abort, KeyboardInterrupt):
        click.echo("stopped", err=True)
        return EXIT_ERROR
    except click.ClickException as error:
        error.show()
        return EXIT_ERROR
    except BrokenPipeError:
        return EXIT_ERROR
    except Exception as error:
        if debug:
            raise
        return _explained(error)


def _explained(error: Exception) -> int:
    """Tell a person; without --debug no traceback."""
    from mcloud.errors import LoadError, McloudError

    if isinstance(error, LoadError):
        for problem in error.problems:
            click.echo(f"error: {problem}", err=True)
        return error.exit_code
    if isinstance(error, McloudError):
        click.echo(f"error: {error}", err=True)
        return error.exit_code
    name = type(error).__name__
    click.echo(f"error: something went wrong inside mcloud ({name}: {error})", err=True)
    click.echo("  hint: run again with --debug and report the traceback", err=True)
    return EXIT_ERROR


if __name__ == "__main__":
    main()
