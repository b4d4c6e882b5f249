"""Named policies: one for each behavior that the vendor's documentation leaves open.

Each field of `Policies` is a policy. Its default is the mock's normal behavior. Its other values are behavior observed
at sibling APIs, or behavior that a reader of the documentation could equally expect. The README of this folder lists
them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from zoho_cliq_mock.schemas import values_of


def _choice(about: str, *values: str) -> Any:
    return field(default=values[0], metadata={"about": about, "choices": values})


def _number(about: str, default: int) -> Any:
    return field(default=default, metadata={"about": about, "choices": None})


def _words(about: str, default: str, *values: str) -> Any:
    return field(default=default, metadata={"about": about, "choices": values, "many": True})


class PolicyError(ValueError):
    """An unknown policy, or a value that the policy does not take."""


@dataclass(frozen=True, slots=True)
class Policies:
    """A set of policies; every field has a documented default. Sets are immutable: `changed` returns another."""

    # How errors look
    domain_errors: str = _choice(
        "Status of an error with its own code: that of its family (404, 400, 500), or always 400.", "family", "400"
    )
    throttle_status: str = _choice("Status of a call above the threshold.", "429", "400")
    scope_status: str = _choice("Status of a call whose token lacks the operation's scope.", "403", "401")
    error_codes: str = _choice("Whether error bodies carry `code`.", "present", "absent")
    error_shape: str = _choice(
        "Shape of error bodies: `{message, code}` or `{error: {code, message}}`.", "flat", "nested"
    )
    validation_codes: str = _choice(
        "Code of a refused body: `invalid_inputs`, or as in sibling APIs `param_missing`, `extra_key_found`, "
        "`input_pattern_mismatch`.",
        "invalid_inputs",
        "sibling",
    )
    malformed_id: str = _choice(
        "Status of a path id that is not a number: as for an unknown id, or as for a bad request.", "404", "400"
    )
    handler_of_missing_action: str = _choice(
        "Code of a handler call on an action that does not exist.", "execution_handler_not_found", "msgaction_not_found"
    )
    invisible: str = _choice("Status of a call about an action that the caller may not see.", "404", "403")

    # Thresholds
    threshold_per: str = _choice(
        "Whether calls are counted for each operation, or for all operations of a user together.", "operation", "user"
    )
    threshold_window: str = _choice(
        "Whether a threshold holds in any sixty seconds, or in each minute of the clock.", "sliding", "fixed"
    )
    threshold_counts: str = _choice("Whether calls that are refused with 4xx count too.", "all", "accepted")
    lock_extends: str = _choice("Whether a call during the lock restarts the lock.", "no", "yes")

    # Bodies
    default_scope: str = _choice("Default of `scope`.", "organization", "personal")
    default_message_types: str = _words(
        "Default of `message_types`.", ",".join(values_of("MessageType")), *values_of("MessageType")
    )
    default_permissions: str = _words(
        "`permissions` of a webhook handler before the first change.",
        "",
        *values_of("Permission"),
    )
    empty_strings: str = _choice("Whether `name`, `hint` and `image` may be empty.", "refuse", "accept")
    empty_arrays: str = _choice(
        "Whether `message_types` may be empty, and `team_ids` with scope team.", "refuse", "accept"
    )
    repeated_items: str = _choice("What happens to repeated items of an array.", "merge", "keep", "refuse")
    empty_update: str = _choice("What happens to an update with the body `{}`.", "accept", "refuse")
    stray_team_ids: str = _choice("What happens to `team_ids` if the scope is not team.", "refuse", "ignore")
    stray_execution_url: str = _choice(
        "What happens to `execution_url` of a deluge action.", "refuse", "ignore", "store"
    )
    execution_url_schemes: str = _words("Schemes allowed in `execution_url`.", "http,https", "http", "https")
    team_choice: str = _choice(
        "Which teams an action may name: any of the organization, or only the caller's own.", "any", "own"
    )

    # Actions
    name_case: str = _choice("Whether names that differ in case only are the same.", "sensitive", "insensitive")
    name_unique_in: str = _choice(
        "Whether a name is unique in the organization, or for each creator.", "organization", "creator"
    )
    creation_limit: int = _number("How many actions an organization may have; 0 for no limit.", 0)
    may_change: str = _choice(
        "Who may change or delete an action: its creator, its collaborators too, or all who see it.",
        "creator",
        "collaborators",
        "visible",
    )
    unset_handler: str = _choice(
        "A handler before its first change: without script or permissions, with empty ones, or not found.",
        "unset",
        "empty",
        "not_found",
    )

    # Lists
    list_order: str = _choice("The order of lists.", "oldest_first", "newest_first")
    list_limit: str = _choice("What happens to a `limit` out of bounds.", "refuse", "clamp")
    sync_token_on: str = _choice("Which pages carry a `sync_token`.", "last", "every")
    total_count: str = _choice("Whether lists carry `total_count`.", "absent", "present")
    deleted_key: str = _choice("Whether lists of changes carry `deleted`.", "present", "absent")
    handler_changes_sync: str = _choice(
        "Whether a change of the handler counts as a change of its action.", "no", "yes"
    )
    null_token: str = _choice(
        "What happens to the literal `null` as a token: it counts as absent, or is refused.", "absent", "refuse"
    )
    token_lifetime: int = _number("Seconds after which a next or sync token is refused; 0 for never.", 0)

    # Webhooks
    webhook_timeout_ms: int = _number("How long the mock waits for the response to an event.", 15_000)
    webhook_retries: int = _number("How often an event is sent again after 5xx, a timeout or no connection.", 0)
    webhook_retry_seconds: int = _number("How long after an attempt the next one follows.", 60)
    webhook_signature: str = _choice("Whether events carry `X-Cliq-Signature`.", "absent", "present")
    response_url_seconds: int = _number("How long a deferred answer is accepted.", 600)
    banner_text_limit: int = _number("How many characters a banner may have; 0 for no limit.", 0)
    form_inputs_limit: int = _number("How many fields a form may have; 0 for no limit.", 0)

    # Deluge
    deluge: str = _choice("Whether the scripts of Deluge actions run.", "run", "off")
    deluge_failure: str = _choice(
        "What the user sees if a script fails: the reason, nothing, or a banner with the reason.",
        "reason",
        "nothing",
        "banner",
    )
    deluge_no_return: str = _choice(
        "What happens if a script returns nothing: the user sees nothing, or the script counts as failed.",
        "nothing",
        "failure",
    )
    deluge_timeout_ms: int = _number("How long a script may run, including its waits; 0 for no limit.", 60_000)

    # OAuth
    access_token_seconds: int = _number("How long an access token is valid.", 3600)
    oauth_error_status: str = _choice("Status of a refused token request, which has an `error` key.", "200", "400")
    oauth_throttle_status: str = _choice("Status of the response to too many token requests.", "400", "200")
    oauth_expiry: str = _choice(
        "`expires_in` in seconds, or as in old responses in milliseconds beside `expires_in_sec`.",
        "seconds",
        "milliseconds",
    )

    def changed(self, values: Mapping[str, object]) -> Policies:
        """Return a copy with some policies changed.

        Args:
            values: the new values, by policy name.

        Raise `PolicyError`, which lists the existing names or values, for an unknown name or value.
        """
        parsed: dict[str, Any] = {name: _parse(name, value) for name, value in values.items()}
        return replace(self, **parsed)

    def as_dict(self) -> dict[str, str | int]:
        """Return all policies by name."""
        return {policy.name: getattr(self, policy.name) for policy in fields(self)}


CATALOGUE = {policy.name: policy for policy in fields(Policies)}


def _parse(name: str, value: object) -> str | int:
    policy = CATALOGUE.get(name)
    if policy is None:
        raise PolicyError(f"unknown policy {name!r}; known policies: {', '.join(CATALOGUE)}")
    choices: tuple[str, ...] | None = policy.metadata["choices"]
    text = str(value)
    if choices is None:
        if not text.isascii() or not text.isdigit() or isinstance(value, bool):
            raise PolicyError(f"policy {name} must be a whole number from 0, not {text!r}")
        return int(text)
    parts = [part for part in text.split(",") if part] if policy.metadata.get("many") else [text]
    for part in parts:
        if part not in choices:
            raise PolicyError(f"policy {name} must be {' or '.join(choices)}, not {part!r}")
    return ",".join(parts)
