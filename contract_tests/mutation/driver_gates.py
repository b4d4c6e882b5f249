"""Run the machine alone, or the fuzzer alone, against the named mutants, and return which mutants they find."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from unittest.mock import patch

from harness import profile, reference_transport, share_clock
from hypothesis.internal.constants_ast import Constants
from mutants import MUTANTS, Mutant
from recorded_fuzz import Phases, record, replay
from zoho_cliq_conformance.run import run
from zoho_cliq_conformance.sending.client import Client

SEEDS = (1, 2, 3)
PARTS = 4
MACHINE_EXAMPLES = 20
FUZZ_EXAMPLES = 30
LIMIT = 12
PROVIDERS = "hypothesis.internal.conjecture.providers"

recording: Callable[[int, int], Phases] = cache(record)


@contextmanager
def only_by_seed() -> Iterator[None]:
    """Let hypothesis draw by its seed alone, and not the numbers that it reads in whatever modules are loaded."""
    with patch(f"{PROVIDERS}._get_local_constants", Constants), patch(f"{PROVIDERS}.CONSTANTS_CACHE", {}):
        yield


def part(number: int) -> list[Mutant]:
    """Return one of four parts of the mutants, by `number` from 0, so that processes can share the work."""
    return list(MUTANTS.values())[number::PARTS]


def machine_finds(mutant: Mutant, seed: int, examples: int = MACHINE_EXAMPLES) -> bool:
    """Return whether the machine alone finds the mutant with this seed, within so many examples."""
    from zoho_cliq_conformance.drivers.machine import run_machine

    limit = LIMIT if mutant.name.startswith("create-limit") else None
    paced = mutant.kind == "thresholds"
    transport = reference_transport(mutant.prepare, thresholds=paced, creation_limit=limit)
    client = Client(profile(creation_limit=limit, pace=paced), transport, seed=seed)
    share_clock(client)
    driver = [("machine", lambda c, r: run_machine(c, r, examples=examples, shrink=False))]
    with only_by_seed():
        return bool(run(client, driver).violations)


def fuzzer_finds(mutant: Mutant, seed: int, examples: int = FUZZ_EXAMPLES) -> bool:
    """Return whether the fuzzer finds the mutant with the requests that are recorded for this seed."""
    client = Client(profile(pace=False), reference_transport(mutant.prepare, thresholds=False), seed=seed)
    share_clock(client)
    return bool(replay(client, recording(seed, examples)).violations)


def fuzzer_really_finds(mutant: Mutant, seed: int, examples: int = FUZZ_EXAMPLES) -> bool:
    """Return whether the fuzzer finds the mutant with requests of its own instead of recorded ones."""
    from zoho_cliq_conformance.drivers.fuzz import run_fuzz

    client = Client(profile(pace=False), reference_transport(mutant.prepare, thresholds=False), seed=seed)
    share_clock(client)
    return bool(run(client, [("fuzz", lambda c, r: run_fuzz(c, r, examples=examples, until_fault=True))]).violations)


def missed(
    finds: Callable[[Mutant, int], bool], mutants: Iterable[Mutant], seeds: Iterable[int] = SEEDS, few: float = 0.0
) -> list[Mutant]:
    """Return the mutants that are found with none of the seeds.

    A later seed is tried only on the mutants that earlier seeds did not find, and only if these are more than the share
    `few` of all.
    """
    left = every = list(mutants)
    for seed in seeds:
        if len(left) > few * len(every):
            left = [mutant for mutant in left if not finds(mutant, seed)]
    return left
