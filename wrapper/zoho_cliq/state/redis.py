"""State on a Redis server, shared by every machine. Needs the package `redis` (extra `redis`) and Redis 5 or later.

One Lua script does all work on the ledger, so each step is atomic. All times are the server's, so the machines' clocks
do not matter. If the server's clock is set back, future stamps count from now. Keys begin with `zoho-cliq:` and expire
a day after their last use.

A server may lose data: restarted without persistence, flushed, out of memory, with its clock set forward, or replaced
by a lagging replica. So each set of slots has an epoch, which is lost with it. Each process remembers its own slots,
its own locks and the epochs that it has seen, and restores its own missing entries. If an epoch is missing or
different, or the server is another one, nobody sends for one window.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, TypeVar

from zoho_cliq_api.contract import Threshold

from .._extras import unavailable
from .._secrecy import scrub
from .._types import Secret
from ..clock import Clock
from ..errors import ConfigurationError, StateError
from .base import GRACE, LONGEST_WINDOW, Budget, Denial, Permit, StoredToken, new_slot
from .guard import Guard, taken
from .shared import PerClock
from .window import Slot

logger = logging.getLogger("zoho_cliq")
R = TypeVar("R")

SOCKET_SECONDS = 5.0
PROMOTION_SECONDS = 30 * 86_400  # how long the time is kept at which a promoted replica was first seen
DAY = 86_400.0  # seconds that the server keeps unused keys
STEP_SECONDS, DRIFT = 2.0, 0.001  # how far the server's clock may run ahead of ours: seconds in total, and per second
FEW = 256  # number of entries below which expired entries are not removed

# KEYS: slots, lock, lease. `slots` is a hash: a slot's name to "u" or "s" (unsettled, settled), when it stops counting,
# and its span; "epoch" to its name, the server's run id, and when it began. Times are seconds as decimal
# strings: Lua numbers would come back as whole ones.
SCRIPT = """
local DAY = 86400
local command, time = ARGV[1], redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1e6
local function text(seconds) return string.format('%.6f', seconds) end
local function put(name, kind, left, span)
    redis.call('HSET', KEYS[1], name, kind .. ' ' .. text(now + left) .. ' ' .. text(span))
end
local function locked()
    local lock = redis.call('HMGET', KEYS[2], 'stamp', 'span')
    if not lock[1] then return 0 end
    return math.max(0, math.min(tonumber(lock[1]), now) + tonumber(lock[2]) - now)
end
local function lock(seconds)
    if seconds > locked() then
        redis.call('HSET', KEYS[2], 'stamp', text(now), 'span', text(seconds))
        redis.call('PEXPIRE', KEYS[2], math.ceil((seconds + DAY) * 1000))
    end
end
local function slots()
    local found, flat = {}, redis.call('HGETALL', KEYS[1])
    for i = 1, #flat, 2 do
        local kind, ends, span = string.match(flat[i + 1], '^(%a) (%S+) (%S+)$')
        if kind then
            ends, span = tonumber(ends), tonumber(span)
            if ends <= now then
                redis.call('HDEL', KEYS[1], flat[i])
            else
                if ends - span > now then
                    ends = now + span
                    put(flat[i], kind, span, span)
                end
                found[flat[i]] = {kind, ends}
            end
        end
    end
    return found
end
if command == 'reserve' then
    -- limit, window, hold, name; what the client knows: epoch, latest time that it can be, whether it asks again after
    -- "step", lock; seconds to pause; then for each of its slots: name, kind ("x" for one to drop), seconds left, span
    local limit, window, hold, name = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[5]
    local known, latest, again, pause = ARGV[6], tonumber(ARGV[7]), ARGV[8], tonumber(ARGV[10])
    local stepped = latest and now > latest
    if stepped and again == '0' then return {'step', '0', '', text(now)} end
    local info = redis.pcall('INFO', 'server')
    local server = type(info) == 'string' and string.match(info, 'run_id:(%w+)') or '-'
    local epoch, place, since = string.match(redis.call('HGET', KEYS[1], 'epoch') or '', '^(%S+) (%S+) (%S+)$')
    if not epoch or place ~= server or stepped then
        local lost = epoch or known ~= ''
        epoch, since = name, now
        redis.call('HSET', KEYS[1], 'epoch', epoch .. ' ' .. server .. ' ' .. text(since))
        if lost then lock(pause) end
    elseif known ~= '' and known ~= epoch then
        lock(math.min(tonumber(since), now) + pause - now)
    end
    redis.call('PEXPIRE', KEYS[1], math.ceil((hold + window + DAY) * 1000))
    lock(tonumber(ARGV[9]))
    local found = slots()
    for i = 11, #ARGV, 4 do
        local left = tonumber(ARGV[i + 2])
        if ARGV[i + 1] == 'x' then
            redis.call('HDEL', KEYS[1], ARGV[i])
            found[ARGV[i]] = nil
        elseif not found[ARGV[i]] or found[ARGV[i]][2] < now + left - 1 then
            put(ARGV[i], ARGV[i + 1], left, tonumber(ARGV[i + 3]))
            found[ARGV[i]] = {ARGV[i + 1], now + left}
        end
    end
    local wait = locked()
    if wait > 0 then return {'lock', text(wait), epoch, text(now)} end
    local ends = {}
    for _, slot in pairs(found) do
        ends[#ends + 1] = slot[1] == 'u' and math.min(slot[2], now + window) or slot[2]
    end
    if #ends >= limit then
        table.sort(ends)
        return {'threshold', text(ends[#ends - limit + 1] - now), epoch, text(now)}
    end
    put(name, 'u', hold + window, hold + window)
    return {'permit', '0', epoch, text(now)}
elseif command == 'settle' then
    local window = tonumber(ARGV[2])
    put(ARGV[3], 's', window, window)
    redis.call('PEXPIRE', KEYS[1], math.ceil((window + DAY) * 1000))
elseif command == 'release' then
    redis.call('HDEL', KEYS[1], ARGV[2])
elseif command == 'lock' then
    lock(tonumber(ARGV[2]))
elseif command == 'locked' then
    return text(locked())
elseif command == 'budget' then
    local used, first = 0, nil
    for _, slot in pairs(slots()) do
        used = used + 1
        if not first or slot[2] < first then first = slot[2] end
    end
    return {used, text(first and first - now or 0), text(locked())}
elseif command == 'acquire' then
    local holder = redis.call('GET', KEYS[3])
    if holder and holder ~= ARGV[2] then return 0 end
    redis.call('SET', KEYS[3], ARGV[2], 'PX', ARGV[3])
    return 1
elseif command == 'free' then
    if redis.call('GET', KEYS[3]) == ARGV[2] then redis.call('DEL', KEYS[3]) end
end
return 0
"""


@dataclass(slots=True)
class Known:
    """This process's knowledge of one account and operation, on its own clock."""

    slots: dict[str, Slot] = field(default_factory=dict)
    unanswered: set[str] = field(default_factory=set)  # slots whose reservation got no answer; to be released
    epoch: str = ""
    until: float = 0.0  # when the server's copy expires


class Memory(Guard):
    """This process's knowledge of its own calls at one address."""

    def __init__(self) -> None:
        super().__init__()
        self._known: dict[tuple[str, str], Known] = {}
        self._locks: dict[str, float] = {}
        self._few = FEW
        self.times: tuple[float, float] | None = None  # our time and the server's time at the same moment

    def forked(self) -> None:
        """Forget everything: a forked child has made no calls, and the parent may have settled its own."""
        self._known.clear()
        self._locks.clear()

    def of(self, account: str, operation: str, now: float) -> Known:
        """Return what is known of an operation, without expired slots."""
        if len(self._known) + len(self._locks) >= self._few:
            self._known = {key: known for key, known in self._known.items() if known.until > now}
            self._locks = {key: ends for key, ends in self._locks.items() if ends > now}
            self._few = max(FEW, 2 * (len(self._known) + len(self._locks)))
        known = self._known.get((account, operation))
        if known is None or known.until <= now:
            known = self._known[account, operation] = Known(until=now + DAY)
        for name in [name for name, slot in known.slots.items() if slot.ends(now) <= now]:
            del known.slots[name]
        return known

    def lock(self, account: str, now: float, seconds: float) -> None:
        """Remember a lock."""
        self._locks[account] = max(self._locks.get(account, now), now + seconds)

    def locked(self, account: str, now: float) -> float:
        """Return the seconds until the lock that this process set itself ends."""
        return max(0.0, self._locks.get(account, now) - now)


MEMORIES: PerClock[dict[str, Memory]] = PerClock(dict)
_ODD = (AttributeError, LookupError, TypeError, ValueError)  # an answer of another type than that of a Redis server
_ADVISED: set[str] = set()  # addresses of servers whose settings were looked at


class RedisState:
    """Keeps everything on the server at `url`: `redis://`, `rediss://` or `unix://`, with credentials."""

    at_once = None  # a server always blocks

    def __init__(self, url: str, clock: Clock) -> None:
        try:
            import redis
        except ImportError as error:
            raise unavailable("a state at redis://… needs", "redis", "redis", error) from error
        self._errors: tuple[type[Exception], ...] = (redis.RedisError, OSError, UnicodeDecodeError)
        self._unusable = (*self._errors, *_ODD)
        self._clock = clock
        digest = hashlib.sha256(url.encode(errors="surrogatepass")).hexdigest()
        self._memory = MEMORIES.of(clock).setdefault(digest, Memory())
        # Split by hand: URL parsers fail on some addresses, and treat a password with a slash as a path.
        scheme, _, rest = url.partition("://")
        self._shown = f"{scheme}://{rest.rpartition('@')[2].partition('?')[0]}"
        try:
            self._server: Any = redis.Redis.from_url(
                url, socket_timeout=SOCKET_SECONDS, socket_connect_timeout=SOCKET_SECONDS, decode_responses=True
            )
            self._script = self._server.register_script(SCRIPT)
            self._server.ping()
            self._paused_until = clock.monotonic() + self._pause_after_promotion()
        except _ODD as error:  # a TypeError is an option in the address that the package does not know
            scrub(error)
            raise ConfigurationError(f"state {self._shown} is not the address of a Redis server") from None
        except self._errors as error:
            raise self._failed(error) from error
        if self._shown not in _ADVISED:
            _ADVISED.add(self._shown)
            self._advise()

    def _advise(self) -> None:
        """Log settings that let the server lose data, if the server shows them."""
        with suppress(*self._unusable):
            found = self._server.config_get("maxmemory-policy", "appendonly")
            policy = found.get("maxmemory-policy", "noeviction")
            if policy != "noeviction":
                logger.warning("%s evicts keys (maxmemory-policy %s); set it to noeviction", self._shown, policy)
            if found.get("appendonly") == "no":
                logger.info(
                    "%s loses its data when it restarts (appendonly no); calls then pause for a minute", self._shown
                )

    def _pause_after_promotion(self) -> float:
        """Return the seconds to pause on a promoted replica, which may lack the last entries of its master.

        The pause begins when the first client sees the server; that time is stored there.
        """
        try:
            found = self._server.info("replication")
            if not str(found.get("master_replid2", "")).strip("0"):
                return 0.0
            key = f"zoho-cliq:heir:{found.get('master_replid')}"
            now = float(self._server.time()[0])
            self._server.set(key, now, nx=True, ex=PROMOTION_SECONDS)
            return LONGEST_WINDOW + 1 - (now - float(self._server.get(key) or now))
        except self._unusable:
            return 0.0  # the server does not show it

    def _failed(self, error: Exception | str) -> StateError:
        if not isinstance(error, str):
            scrub(error)  # frames of the package may hold the password
        reason = error if isinstance(error, str) else type(error).__name__
        return StateError(f"the Redis server at {self._shown} cannot be used ({reason})")

    def _key(self, account: str, part: str) -> str:
        return f"zoho-cliq:{{{hashlib.sha256(account.encode()).hexdigest()[:24]}}}:{part}"

    def _asked(self, work: Callable[[], Any]) -> Any:
        """Return the result of `work`, which queries the server.

        An OSError without an error number is not the server's: a signal handler raised it, and it passes through.
        """
        try:
            return work()
        except self._errors as error:
            if isinstance(error, OSError) and error.errno is None:
                raise
            raise self._failed(error) from error

    def _run(self, command: str, account: str, operation: str, *arguments: str | float, lease: str = "") -> Any:
        keys = [self._key(account, part) for part in (f"slots:{operation}", "lock", f"lease:{lease}")]
        return self._asked(lambda: self._script(keys=keys, args=[command, *arguments]))

    def _number(self, text: object) -> float:
        try:
            return float(text)  # type: ignore[arg-type]
        except (TypeError, ValueError):
            raise self._failed("an unexpected answer") from None

    def _fields(self, answer: Any, count: int) -> list[Any]:
        if not isinstance(answer, list) or len(answer) != count:
            raise self._failed("an unexpected answer")
        return answer

    def reserve(
        self, account: str, operation: str, threshold: Threshold, timeout: float, slot: str | None = None
    ) -> Permit | Denial:
        name = slot or new_slot()
        permit = Permit(account, operation, name, float(threshold.window_seconds), 0.0)
        return taken(partial(self._reserve, permit, threshold.limit, GRACE + timeout), partial(self.release, permit))

    def _reserve(self, wanted: Permit, limit: int, hold: float) -> Permit | Denial:
        account, operation, name = wanted.account, wanted.operation, wanted.slot
        again = 0
        while True:
            before = self._clock.monotonic()
            epoch, own_lock, own, dropped = self._memory.run(partial(self._recalled, wanted, before))
            own_slots: list[str | float] = []
            for own_name, slot in own.items():
                own_slots += [own_name, "s" if slot.settled else "u", slot.ends(before) - before, slot.span]
            for own_name in dropped:
                own_slots += [own_name, "x", 0, 0]
            asked = (limit, wanted.window, hold, name, epoch, self._latest(before), again, own_lock, LONGEST_WINDOW)
            try:
                answer = self._fields(self._run("reserve", account, operation, *asked, *own_slots), 4)
                wait, server = self._number(answer[1]), self._number(answer[3])
            except StateError:
                self._update_known(wanted, before, lambda known: known.unanswered.add(name))
                raise
            if answer[0] != "step":
                break
            again = 1  # the server's clock was set forward, or the network was slow: ask again to find out

        def learn(known: Known) -> dict[str, Slot | None]:
            self._memory.times = (before, server)
            known.epoch, known.until = answer[2], before + DAY
            known.unanswered -= dropped
            if answer[0] == "permit":
                known.slots[name] = Slot(before, hold + wanted.window, settled=False)
            return {told: known.slots.get(told) for told in own if known.slots.get(told) is not own[told]}

        # Slots that other threads released or settled while the server was asked have been restored; correct them.
        for changed, slot_now in self._update_known(wanted, before, learn).items():
            with suppress(StateError):  # then it counts for longer
                if slot_now is None:
                    self._run("release", account, operation, changed)
                else:
                    self._run("settle", account, operation, slot_now.ends(before) - before, changed)
        if answer[0] == "permit":
            return replace(wanted, send_by=before + GRACE)
        return Denial(wait, str(answer[0]))

    def _recalled(self, wanted: Permit, now: float) -> tuple[str, float, dict[str, Slot], set[str]]:
        """Return the epoch, the lock and the slots known to this process, and the names of slots to release."""
        known = self._memory.of(wanted.account, wanted.operation, now)
        lock = max(self._paused_until - now, self._memory.locked(wanted.account, now))
        return known.epoch, lock, dict(known.slots), set(known.unanswered)

    def _latest(self, now: float) -> str | float:
        """Return the latest time that an unmodified server clock can show now, or an empty text if unknown."""
        if self._memory.times is None:
            return ""
        then, server = self._memory.times
        return server + (now - then) * (1 + DRIFT) + STEP_SECONDS

    def _update_known(self, permit: Permit, now: float, change: Callable[[Known], R]) -> R:
        """Return the result of `change`, called with what this process knows of the permit's operation."""
        memory = self._memory
        return memory.run(lambda: change(memory.of(permit.account, permit.operation, now)))

    def settle(self, permit: Permit) -> None:
        def work() -> None:
            now = self._clock.monotonic()
            settled = Slot(now, permit.window, settled=True)
            self._update_known(permit, now, lambda known: known.slots.__setitem__(permit.slot, settled))
            self._run("settle", permit.account, permit.operation, permit.window, permit.slot)

        taken(work, work)

    def release(self, permit: Permit) -> None:
        def work() -> None:
            now = self._clock.monotonic()
            self._update_known(permit, now, lambda known: known.slots.pop(permit.slot, None))
            self._run("release", permit.account, permit.operation, permit.slot)

        taken(work, work)

    def lock(self, account: str, seconds: float) -> None:
        def work() -> None:
            now = self._clock.monotonic()
            self._memory.run(partial(self._memory.lock, account, now, seconds))
            self._run("lock", account, "", seconds)

        taken(work, work)

    def locked_for(self, account: str) -> float:
        now = self._clock.monotonic()
        own = self._memory.run(partial(self._memory.locked, account, now))
        return max(own, self._number(self._run("locked", account, "")))

    def budget(self, account: str, operation: str, threshold: Threshold) -> Budget:
        used, resets, locked = map(self._number, self._fields(self._run("budget", account, operation), 3))
        return Budget(threshold.limit, max(0, threshold.limit - int(used)), resets, locked)

    def load_token(self, account: str) -> StoredToken | None:
        kept = self._asked(lambda: self._server.hmget(self._key(account, "token"), "token", "expires_at"))
        token, expires_at = self._fields(kept, 2)
        return StoredToken(Secret(token), self._number(expires_at)) if token else None

    def store_token(self, account: str, token: StoredToken) -> None:
        key, left = self._key(account, "token"), token.expires_at - self._clock.time()

        def work() -> None:
            with self._server.pipeline() as steps:
                steps.hset(key, mapping={"token": token.token.reveal(), "expires_at": repr(token.expires_at)})
                steps.pexpire(key, max(1, int(left * 1000)))
                steps.execute()

        self._asked(work)

    def forget_token(self, account: str) -> None:
        self._asked(lambda: self._server.delete(self._key(account, "token")))

    def acquire(self, lease: str, owner: str, seconds: float) -> bool:
        def work() -> bool:
            return bool(self._run("acquire", lease, "", owner, int(seconds * 1000), lease="token"))

        return taken(work, partial(self.free, lease, owner))

    def free(self, lease: str, owner: str) -> None:
        work = partial(self._run, "free", lease, "", owner, lease="token")
        taken(work, work)

    def close(self) -> None:
        """Close the connections."""
        self._server.close()
