"""What a new project begins with: `cliq.toml`, and the schemas of its files."""

from __future__ import annotations

from pathlib import Path

from zoho_cliq_api.contract import SERVERS

from .configuration import FILE
from .files import write_whole
from .schemas import action_schema, configuration_schema, schema_text

SCHEMAS = "schemas"


def scaffold(root: Path, base_url: str) -> list[str]:
    """Write `cliq.toml` and the schemas of its files where there is no `cliq.toml`; return what was written."""
    if (root / FILE).exists() or (root / FILE).is_symlink():
        return []
    center = next((name for name, server in SERVERS.items() if server.base_url == base_url), None)
    where = f'data_center = "{center}"' if center else f'base_url = "{base_url}"'
    files = {
        f"{SCHEMAS}/cliq.schema.json": schema_text(configuration_schema()),
        f"{SCHEMAS}/action.schema.json": schema_text(action_schema()),
        FILE: f"""#:schema {SCHEMAS}/cliq.schema.json
default_environment = "default"

[environments.default]
{where}
# Where the credentials are, by name: {{ variable = "NAME" }} of an access token, {{ file = "PATH" }} that zoho-cliq
# login wrote, or variables for client_id, client_secret and refresh_token. Without it they are those of zoho-cliq.
# credentials = {{ variable = "CLIQ_TOKEN" }}

# What differs between environments: files use it as "${{HOST}}". Secrets come from variables of the process.
[environments.default.variables]
# HOST = "hooks.example.com"
# HOOK_KEY = {{ env = "CLIQ_HOOK_KEY" }}
""",
    }
    for name, text in files.items():
        write_whole(root / name, text)
    return list(files)
