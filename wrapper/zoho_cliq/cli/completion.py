"""`zoho-cliq completion`: what makes a shell complete commands, options and their values."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from functools import partial

from .._extras import unavailable
from .arguments import Adder, add_examples
from .output import show

SHELLS = ("bash", "zsh", "fish")


def add(command: Adder, parser: Callable[[], argparse.ArgumentParser]) -> None:
    """Add the command. `parser` makes the command line that is completed."""
    sub = command("completion", partial(completion, parser=parser), "print the completion script for a shell")
    sub.add_argument("shell", choices=SHELLS, help="whose script")
    add_examples(
        sub,
        "completion bash >~/.local/share/bash-completion/completions/zoho-cliq",
        "completion zsh >~/.zfunc/_zoho-cliq",
        "completion fish >~/.config/fish/completions/zoho-cliq.fish",
        note="Put it where the shell looks for completions (zsh: a folder of $fpath), again after an upgrade. For the "
        'running bash or zsh alone: eval "$(zoho-cliq completion bash)".',
    )


def completion(options: argparse.Namespace, parser: Callable[[], argparse.ArgumentParser]) -> None:
    """Print the script."""
    try:
        import shtab
    except ImportError as error:
        raise unavailable("completion needs", "shtab", "cli", error) from error
    whole = parser()
    for action in _actions(whole):
        if action.metavar in ("FILE", "DIR"):
            action.complete = shtab.FILE if action.metavar == "FILE" else shtab.DIRECTORY  # type: ignore[attr-defined]
    show(shtab.complete(whole, shell=options.shell))


def _actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    for action in parser._actions:
        yield action
        if isinstance(action, argparse._SubParsersAction):
            for sub in action.choices.values():
                yield from _actions(sub)
