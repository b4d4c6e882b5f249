"""The command `zoho-cliq`: message actions from a terminal, one by one or as code.

Tables for people (extra `cli`), `--json` for scripts.

Credentials come from the environment (see `Cliq.from_env`), else from the file that `zoho-cliq login` wrote. Calls
share their thresholds and token with all other runs through a state file. Exit codes: 0 done, 1 refused or failed, 2
wrong usage or settings, 3 try again later, 130 interrupted.
"""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Sequence

from .. import errors
from .arguments import WrongUsage
from .options import parser
from .output import Unwritten, complain, show

__all__ = ["main", "parser"]


TRY_LATER = (errors.WouldWait, errors.RateLimited)

WRONG_USE = (errors.ConfigurationError, errors.ValidationError)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # escape characters that the terminal's encoding lacks
    options = argparse.Namespace(json=False, changed=False)
    try:
        if sys.stdout is None:
            raise errors.CliqError("the standard output is closed; nothing was sent")
        try:
            parser().parse_args(arguments, options)
        except SystemExit:
            show("")  # flush the text of --help
            raise
        return int(options.run(options) or 0)
    except WrongUsage as error:
        given = sys.argv[1:] if arguments is None else arguments
        complain(error, options.json or "--json" in given)  # --json may follow the wrong argument
        return 2
    except Unwritten as error:
        complain(errors.CliqError(f"{error}{_done(options)}"), options.json)
        return 1
    except errors.CliqError as error:
        complain(error, options.json)
        return 3 if isinstance(error, TRY_LATER) else 2 if isinstance(error, WRONG_USE) else 1
    except ImportError as error:
        complain(_cannot_load(error), options.json)
        return 1
    except KeyboardInterrupt:
        complain(errors.CliqError(f"interrupted{_done(options)}"), options.json)
        return 130
    except BrokenPipeError:
        return 1  # the reader closed the pipe: exit quietly


def _done(options: argparse.Namespace) -> str:
    return "; changes were made before that" if options.changed else ""


def _cannot_load(error: ImportError) -> errors.CliqError:
    """Return an error that names what cannot be imported, and why."""
    name = f"{error.name}: " if error.name and error.name not in str(error) else ""
    return errors.CliqError(f"a module cannot be imported: {name}{error}; reinstall zoho-cliq with its dependencies")
