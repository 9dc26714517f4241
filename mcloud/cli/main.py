"""The command line. A command's module is imported when it is used; ``--help`` imports nothing but this file."""

from __future__ import annotations

import importlib
import sys

COMMANDS: dict[str, tuple[str, str]] = {
    "init": ("mcloud.cli.init", "Write a first stack file."),
    "validate": ("mcloud.cli.validate", "Check a stack; show what would be chosen and what a cloud lacks."),
    "compare": ("mcloud.cli.compare", "Tell where a stack fits, what would be picked, and what it costs."),
    "preview": ("mcloud.cli.deploy", "Show what up would do."),
    "up": ("mcloud.cli.deploy", "Bring the cloud to what the stack says."),
    "drift": ("mcloud.cli.deploy", "Show what changed on the cloud behind the stack's back."),
    "refresh": ("mcloud.cli.taking", "Write what the cloud shows into the state."),
    "import": ("mcloud.cli.taking", "Take what is on the cloud into the state."),
    "destroy": ("mcloud.cli.deploy", "Delete all that the stack made."),
    "cleanup": ("mcloud.cli.cleanup", "What a change of placement left behind: list it, delete it by name."),
    "recover": ("mcloud.cli.recover", "What is ours on the clouds and in no state: list it, delete it by name."),
    "outputs": ("mcloud.cli.deploy", "Print the stack's outputs."),
    "state": ("mcloud.cli.state", "Look at, move and unlock the state."),
    "discover": ("mcloud.cli.discover", "Make a stack of what runs today."),
    "migrate": ("mcloud.cli.migrate", "Plan the move of a stack: sizes, cost on both sides, gaps, data, order."),
    "catalog": ("mcloud.cli.catalog", "What the clouds sell, with source and age."),
    "schema": ("mcloud.cli.schema", "Print the JSON Schema of stack files, comparisons, plans and events."),
    "emulator": ("mcloud.cli.emulator", "Run a cloud on this machine, without an account."),
    "engine": ("mcloud.cli.engine", "The Pulumi engine: find it, get it."),
    "pulumi": ("mcloud.cli.pulumi", "The provider for your own Pulumi programs."),
    "demo": ("mcloud.cli.demo", "Show it all on emulators."),
}
EXIT_ERROR = 1
USAGE = """\
Usage: mcloud COMMAND [ARGUMENTS]

  One declarative model of compute, storage and networking for Vietnam's clouds and beyond.

Commands:
{commands}

Options:
  --debug    Show tracebacks (with any command).
  --version  Show the version and exit.
  --help     Show this message, or a command's own: mcloud COMMAND --help.

Exit codes: 0 ok, 1 error, 2 changes pending, 3 findings block, 4 partly applied.
"""


def main() -> None:
    """Entry point of ``mcloud``."""
    debug = "--debug" in sys.argv[1:]
    arguments = [argument for argument in sys.argv[1:] if argument != "--debug"]
    if arguments and arguments[0] in COMMANDS:
        _import(COMMANDS[arguments[0]][0])
    sys.exit(run(arguments, debug=debug))


def _import(module: str) -> None:
    from mcloud.imports import uncollected

    with uncollected():
        importlib.import_module(module)


def run(arguments: list[str], *, debug: bool = False) -> int:
    """Run a command line.

    Returns:
        The exit code.
    """
    name = arguments[0] if arguments else "--help"
    if name in ("--help", "-h", "help"):
        rows = "\n".join(f"  {command:<10} {text}" for command, (_, text) in COMMANDS.items())
        sys.stdout.write(USAGE.format(commands=rows))
        return 0 if arguments else EXIT_ERROR
    if name == "--version":
        from mcloud import __version__

        sys.stdout.write(f"mcloud {__version__}\n")
        return 0
    if name not in COMMANDS:
        return _unknown(name)
    return _run_command(name, arguments[1:], debug)


def _unknown(name: str) -> int:
    import difflib

    close = difflib.get_close_matches(name, COMMANDS, n=1)
    hint = f"did you mean {close[0]!r}?" if close else "mcloud --help shows them"
    sys.stderr.write(f"error: there is no command {name!r}\n  hint: {hint}\n")
    return EXIT_ERROR


def _run_command(name: str, rest: list[str], debug: bool) -> int:
    import typer
    from typer.exceptions import TyperException

    module = importlib.import_module(COMMANDS[name][0])
    command = typer.main.get_command(module.app)
    shared = not module.GROUP and len(module.app.registered_commands) > 1
    program, arguments = ("mcloud", [name, *rest]) if shared else (f"mcloud {name}", rest)
    try:
        code = command.main(args=arguments, prog_name=program, standalone_mode=False)
    except typer.Exit as stop:
        return stop.exit_code
    except (typer.Abort, KeyboardInterrupt):
        sys.stderr.write("stopped\n")
        return EXIT_ERROR
    except BrokenPipeError:
        return EXIT_ERROR
    except TyperException as error:
        # Typer's own code for a usage error is 2, which here means that changes are pending.
        sys.stderr.write(f"error: {error.format_message()}\n  hint: {program} --help\n")
        return EXIT_ERROR
    except Exception as error:
        return _traced(error) if debug else _explained(error)
    return code if isinstance(code, int) else 0


def _traced(error: Exception) -> int:
    """Tell who looks for a defect; what is secret is cut out of what others have said."""
    import traceback

    from mcloud.secrets import without_secrets

    sys.stderr.write(without_secrets("".join(traceback.format_exception(error))))
    return getattr(error, "exit_code", EXIT_ERROR)


def _explained(error: Exception) -> int:
    """Tell a person; without --debug no traceback."""
    from mcloud.errors import LoadError, McloudError
    from mcloud.secrets import without_secrets

    if isinstance(error, LoadError):
        for problem in error.problems:
            sys.stderr.write(f"error: {problem}\n")
        return error.exit_code
    if isinstance(error, McloudError):
        sys.stderr.write(without_secrets(f"error: {error}\n"))
        return error.exit_code
    said = without_secrets(f"{type(error).__name__}: {error}")
    sys.stderr.write(f"error: something went wrong inside mcloud ({said})\n")
    sys.stderr.write("  hint: run again with --debug and report the traceback\n")
    return EXIT_ERROR


if __name__ == "__main__":
    main()
