"""The settings of a development loop, checked before anything is started."""

from __future__ import annotations

import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..errors import ConfigurationError
from ..project import ProjectError
from ..project.configuration import FILE, read_configuration

RECEIVER_VARIABLE = "RECEIVER_URL"
"""The variable with the receiver's address, used in `execution_url` as `${RECEIVER_URL}`."""
_APPLICATION = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_][\w.]*(\(\))?")


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of a loop.

    - `folder`: the project's folder; None is the current one, if it is a project.
    - `environment`: its name in `cliq.toml`; None is the default one.
    - `port`: the mock's; 0 takes a free one.
    - `receiver`: `MODULE:APP` of an ASGI application, imported from the current folder; None starts none.
    - `record`: a file that events are added to.
    - `replay`: a file whose events are sent; then the loop ends.
    - `open_page`: whether to open the page in a browser.
    - `timeout`: seconds for one attempt of a call.
    """

    folder: Path | None = None
    environment: str | None = None
    port: int = 8100
    receiver: str | None = None
    record: Path | None = None
    replay: Path | None = None
    open_page: bool = False
    timeout: float = 30.0

    def __post_init__(self) -> None:
        """Raise ConfigurationError for an invalid setting."""
        if not 0 <= self.port <= 65535:
            raise ConfigurationError(f"--port must be from 0 to 65535, not {self.port}")
        if self.receiver is not None and not _APPLICATION.fullmatch(self.receiver):
            raise ConfigurationError(f"--receiver takes MODULE:APP, as in desk:app, not {self.receiver!r}")
        if self.record is not None and self.replay is not None:
            raise ConfigurationError("--record and --replay cannot be combined")

    def project(self, environ: Mapping[str, str]) -> Path | None:
        """Return the project's folder, or None if there is none and none was requested.

        Raise ProjectError if the requested folder or environment does not exist.
        """
        root = (self.folder or Path()).resolve()  # as watchers name it
        if not (root / FILE).exists():
            if self.folder is None and self.environment is None:
                return None
            read_configuration(root, environ)  # says what is missing
        if self.environment is not None:
            try:
                configuration = read_configuration(root, environ)
            except ProjectError:
                return root  # the loop reports the mistakes, which can be corrected while it runs
            configuration.environment(self.environment)
        return root


def free_port() -> int:
    """Return a free port of this machine."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
