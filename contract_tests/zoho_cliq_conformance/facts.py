"""The documented statements (`facts.toml`), loaded: what each says, where it stands, and how surely."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Fact:
    """A statement about the API. `certainty` is stated, inferred or guessed; only stated ones decide a verdict."""

    id: str
    statement: str
    where: str
    certainty: str

    @property
    def stated(self) -> bool:
        return self.certainty == "stated"


def _load() -> Mapping[str, Fact]:
    table = tomllib.loads(files("zoho_cliq_conformance").joinpath("facts.toml").read_text("utf-8"))
    return MappingProxyType(
        {key: Fact(key, value["statement"], value["where"], value["class"]) for key, value in table.items()}
    )


FACTS: Mapping[str, Fact] = _load()
