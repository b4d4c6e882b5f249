"""Buckets: an operation's calls of one user, up to its threshold and one further.

What the schedules of the thresholds driver are made of. What the page leaves open is accepted: a fixed or a sliding
minute, whether refused calls count, and whether a call during the lock starts it anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from zoho_cliq_api.contract import OPERATIONS, Threshold

from ...judge.document import LONG
from ...sending.client import Client
from ...trace import Answer, error_of, is_throttle
from .forms import NAMES, PLAIN, Form, FormFactory, Material

SLACK = 2.0
STATUSES = (429, 400)  # the page's, and the one that has been seen live, with a code


@dataclass
class Bucket:
    """One operation's calls of a user since `begin`: how many were let in, when the last was, when a refusal came.

    `good` are those that succeeded: whether others count is the server's affair.
    """

    user: str
    operation: str
    forms: Sequence[Form]
    factory: FormFactory
    accepted: int = 0
    succeeded: int = 0
    refused: bool = False
    began: float = 0.0
    ended: float = 0.0
    last_counted: float = 0.0
    refused_at: float = 0.0

    @property
    def threshold(self) -> Threshold:
        found = OPERATIONS[LONG[self.operation]].threshold
        assert found is not None
        return found

    @property
    def limit(self) -> int:
        return self.threshold.limit

    @property
    def fact(self) -> str:
        return f"thresholds.{self.operation}"

    @property
    def exact(self) -> bool:
        """Whether as many calls were let in as the page says, and the next refused."""
        return self.refused and self.succeeded <= self.limit <= self.accepted

    @property
    def early(self) -> bool:
        """Whether a call was refused too soon."""
        return self.refused and self.accepted < self.limit

    def restricted(self, *kinds: str) -> Bucket:
        """Return the same operation's calls with only some kinds of forms."""
        return replace(self, forms=[form for form in self.forms if form.kind in kinds])

    def begin(self, now: float) -> None:
        """Start counting from zero."""
        self.accepted, self.succeeded, self.refused, self.began = 0, 0, False, now

    def outcome(self) -> str:
        """Return the result of a burst, in words."""
        return f"the first refusal was that of call {self.accepted + 1}" if self.refused else "no refusal"


def buckets_of(client: Client, material: Material) -> list[Bucket]:
    """Return a bucket for each operation of the material's user."""
    factory = FormFactory(client, material)
    return [Bucket(material.user, name, factory.forms(name), factory) for name in NAMES]


def probe(client: Client, bucket: Bucket, form: Form | None = None) -> Answer | None:
    """Call once, in the plain form unless one is given; return the answer, or None where the threshold refused it."""
    answer = (form or plain(bucket)).call()
    if not is_throttle(answer):
        return answer
    bucket.refused_at = client.clock.now()
    got = f"{answer.status} with code {error_of(answer)[0]}"
    client.holds("thresholds.status", answer.status in STATUSES, "429, or 400 with a code", got)
    return None


def count(client: Client, bucket: Bucket, form: Form | None = None) -> bool:
    """Call once for a burst, in the form whose turn it is unless one is given; return whether the call was let in."""
    turn = bucket.accepted if bucket.accepted < len(bucket.forms) else 0
    answer = probe(client, bucket, form or bucket.forms[turn])
    if answer is None:
        bucket.refused = True
        return False
    bucket.accepted += 1
    bucket.succeeded += 200 <= answer.status < 300
    bucket.last_counted = client.clock.now()
    return True


def plain(bucket: Bucket) -> Form:
    """Return the plain form of the bucket's calls."""
    return next(form for form in bucket.forms if form.kind == PLAIN)


def fill(client: Client, bucket: Bucket, most: int | None = None, form: Form | None = None) -> None:
    """Go on calling until refused, and until `most` calls were let in: by itself, what two minutes let in, and one."""
    while not bucket.refused and bucket.accepted < (2 * bucket.limit + 1 if most is None else most):
        count(client, bucket, form)


def burst(client: Client, bucket: Bucket) -> None:
    """Start counting from zero and call until refused; a fixed minute may begin in between."""
    bucket.begin(client.clock.now())
    fill(client, bucket)
    bucket.ended = client.clock.now()


def judge(client: Client, bucket: Bucket) -> None:
    """Assert that a burst let in as many calls as the page says, and no more.

    There is none where too few succeeded to go beyond the threshold, should others not count.
    """
    if not bucket.refused and bucket.succeeded <= bucket.limit:
        return
    client.holds(bucket.fact, bucket.exact, f"{bucket.limit} calls let in, then a refusal", bucket.outcome())
