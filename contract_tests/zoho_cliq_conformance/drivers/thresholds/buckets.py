"""Buckets: the calls of one operation by one user, up to the threshold and one more.

The thresholds driver builds its schedules from them. What the vendor's page leaves open is accepted either way: whether
a minute is fixed or sliding, whether refused calls count, and whether a call during the lock restarts the lock.
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
STATUSES = (429, 400)  # the first is the page's; the second was seen on the live server, together with an error code


@dataclass
class Bucket:
    """The calls of one operation by one user since `begin`. Times are in seconds of the client's clock.

    Attributes:
        user: the label of the user's token.
        operation: the short name of the operation.
        forms: the calls to send, in turn.
        factory: what made the forms.
        accepted: how many calls the threshold let in.
        succeeded: how many of these were answered 2xx. A server may leave other calls uncounted.
        refused: whether the threshold refused a call.
        began: when `begin` was called.
        ended: when the burst ended.
        last_counted: when the latest accepted call was answered.
        refused_at: when the latest refusal arrived.
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
        """Whether exactly as many calls were let in as the page says, and the next one was refused."""
        return self.refused and self.succeeded <= self.limit <= self.accepted

    @property
    def early(self) -> bool:
        """Whether a call was refused too soon."""
        return self.refused and self.accepted < self.limit

    def restricted(self, *kinds: str) -> Bucket:
        """Return a copy of the bucket with only the forms of these kinds."""
        return replace(self, forms=[form for form in self.forms if form.kind in kinds])

    def begin(self, now: float) -> None:
        """Start counting from zero."""
        self.accepted, self.succeeded, self.refused, self.began = 0, 0, False, now

    def outcome(self) -> str:
        """Return the result of a burst, in words."""
        return f"call {self.accepted + 1} was the first to be refused" if self.refused else "no refusal"


def buckets_of(client: Client, material: Material) -> list[Bucket]:
    """Return a bucket for each operation of the material's user."""
    factory = FormFactory(client, material)
    return [Bucket(material.user, name, factory.forms(name), factory) for name in NAMES]


def probe(client: Client, bucket: Bucket, form: Form | None = None) -> Answer | None:
    """Send one call, in `form` or else in the plain form. Return the answer, or None if the threshold refused the call.

    A refusal is not counted in the bucket, but its status is checked.
    """
    answer = (form or plain(bucket)).call()
    if not is_throttle(answer):
        return answer
    bucket.refused_at = client.clock.now()
    got = f"{answer.status} with code {error_of(answer)[0]}"
    client.holds("thresholds.status", answer.status in STATUSES, "429, or 400 with a code", got)
    return None


def count(client: Client, bucket: Bucket, form: Form | None = None) -> bool:
    """Send one call of a burst and count it. Return whether the threshold let it in.

    Without `form`, the bucket's forms are used in turn; when each has been used once, the first one is.
    """
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
    """Send calls until the threshold refuses one, or until it has let in `most` calls since `begin`.

    Args:
        client: the client of the run.
        bucket: the bucket to call.
        most: default: one call more than the threshold allows in two minutes. So the burst may begin in one fixed
            minute of the server and end in the next.
        form: the form of each call; default: the bucket's forms in turn.
    """
    while not bucket.refused and bucket.accepted < (2 * bucket.limit + 1 if most is None else most):
        count(client, bucket, form)


def burst(client: Client, bucket: Bucket) -> None:
    """Start counting from zero, and send calls until one is refused. A fixed minute may begin meanwhile; see `fill`."""
    bucket.begin(client.clock.now())
    fill(client, bucket)
    bucket.ended = client.clock.now()


def judge(client: Client, bucket: Bucket) -> None:
    """Record whether a burst let in exactly as many calls as the page says.

    Record nothing if no call was refused and at most as many calls succeeded as the threshold allows. The server may
    count only calls that succeed, and then the burst did not exceed the threshold.
    """
    if not bucket.refused and bucket.succeeded <= bucket.limit:
        return
    client.holds(bucket.fact, bucket.exact, f"{bucket.limit} calls accepted, then a refusal", bucket.outcome())
