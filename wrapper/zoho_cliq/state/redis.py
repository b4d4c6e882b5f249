"""State on a Redis server, shared by every machine. Relies on the package `redis` (extra `redis`), Redis 5 or later.

One Lua script does all the work of the ledger, so each step is atomic, and all times are the server's own, so the
machines' clocks do not matter. Where the server's clock is set back, stamps from the future count from now. Keys
begin with `zoho-cliq:` and end by themselves.
"""

from __future__ import annotations

import hashlib
import uuid
from typing import Any

from zoho_cliq_api.contract import Threshold

from ..clock import Clock
from ..errors import ConfigurationError, StateError
from ..exchange import Secret
from ..extras import unavailable
from . import GRACE, Budget, Permit, Refusal, StoredToken

SOCKET_SECONDS = 5.0

# KEYS: slots, lock, lease. A member of `slots` is "u" or "s" (unsettled, settled), its span, and its name; its score
# is when it stops counting. Times are seconds as decimal strings: Lua numbers would come back as whole ones.
SCRIPT = """
local command, time = ARGV[1], redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1e6
local function keep(key, seconds)
    local wanted = math.ceil(seconds * 1000) + 1000
    if redis.call('PTTL', key) < wanted then redis.call('PEXPIRE', key, wanted) end
end
local function locked()
    local lock = redis.call('HMGET', KEYS[2], 'stamp', 'span')
    if not lock[1] then return 0 end
    return math.max(0, math.min(tonumber(lock[1]), now) + tonumber(lock[2]) - now)
end
local function slots()
    redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.6f', now))
    local found, flat = {}, redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')
    for i = 1, #flat, 2 do
        local kind, span = string.match(flat[i], '^(%a) (%S+)')
        local ends = tonumber(flat[i + 1])
        if ends - tonumber(span) > now then
            ends = now + tonumber(span)
            redis.call('ZADD', KEYS[1], string.format('%.6f', ends), flat[i])
        end
        found[#found + 1] = {kind, ends}
    end
    return found
end
if command == 'reserve' then
    local limit, window, hold, name = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[5]
    local wait = locked()
    if wait > 0 then return {'lock', tostring(wait)} end
    local ends = {}
    for _, slot in ipairs(slots()) do
        ends[#ends + 1] = slot[1] == 'u' and math.min(slot[2], now + window) or slot[2]
    end
    if #ends >= limit then
        table.sort(ends)
        return {'threshold', string.format('%.6f', ends[#ends - limit + 1] - now)}
    end
    local span = string.format('%.6f', hold + window)
    redis.call('ZADD', KEYS[1], string.format('%.6f', now + hold + window), 'u ' .. span .. ' ' .. name)
    keep(KEYS[1], hold + window)
    return {'permit', span}
elseif command == 'settle' then
    local window = tonumber(ARGV[2])
    redis.call('ZREM', KEYS[1], 'u ' .. ARGV[3] .. ' ' .. ARGV[4])
    local span = string.format('%.6f', window)
    redis.call('ZADD', KEYS[1], string.format('%.6f', now + window), 's ' .. span .. ' ' .. ARGV[4])
    keep(KEYS[1], window)
elseif command == 'release' then
    redis.call('ZREM', KEYS[1], 'u ' .. ARGV[2] .. ' ' .. ARGV[3])
elseif command == 'lock' then
    local span = tonumber(ARGV[2])
    if span > locked() then
        redis.call('HSET', KEYS[2], 'stamp', string.format('%.6f', now), 'span', ARGV[2])
        keep(KEYS[2], span)
    end
elseif command == 'locked' then
    return tostring(locked())
elseif command == 'budget' then
    local found, first = slots(), nil
    for _, slot in ipairs(found) do
        if not first or slot[2] < first then first = slot[2] end
    end
    return {#found, string.format('%.6f', first and first - now or 0), tostring(locked())}
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


class RedisState:
    """Keeps everything on the server at `url`: `redis://`, `rediss://` or `unix://`, credentials included."""

    at_once = None  # a server is always waited for

    def __init__(self, url: str, clock: Clock) -> None:
        try:
            import redis
        except ImportError as error:
            raise unavailable("state=redis://… needs", "redis", "redis", error) from error
        self._errors: tuple[type[Exception], ...] = (redis.RedisError, OSError)
        self._clock = clock
        # Cut by hand: a parser fails on some addresses, and takes a password with a slash in it for a path.
        scheme, _, rest = url.partition("://")
        self._shown = f"{scheme}://{rest.rpartition('@')[2].partition('?')[0]}"
        try:
            self._server: Any = redis.Redis.from_url(
                url, socket_timeout=SOCKET_SECONDS, socket_connect_timeout=SOCKET_SECONDS, decode_responses=True
            )
            self._script = self._server.register_script(SCRIPT)
            self._server.ping()
        except ValueError:
            raise ConfigurationError(f"state {self._shown} is no address of a Redis server") from None
        except self._errors as error:
            raise self._failed(error) from error

    def _failed(self, error: Exception) -> StateError:
        return StateError(f"the Redis server at {self._shown} cannot be used ({type(error).__name__})")

    def _run(self, command: str, account: str, operation: str, *arguments: str | float, lease: str = "") -> Any:
        digest = hashlib.sha256(account.encode()).hexdigest()[:24]
        keys = [f"zoho-cliq:{{{digest}}}:{part}" for part in (f"slots:{operation}", "lock", f"lease:{lease}")]
        try:
            return self._script(keys=keys, args=[command, *arguments])
        except self._errors as error:
            raise self._failed(error) from error

    def reserve(self, account: str, operation: str, threshold: Threshold, timeout: float) -> Permit | Refusal:
        before, window, name = self._clock.monotonic(), float(threshold.window_seconds), uuid.uuid4().hex
        outcome, value = self._run("reserve", account, operation, threshold.limit, window, GRACE + timeout, name)
        if outcome == "permit":
            return Permit(account, operation, f"{value} {name}", window, before + GRACE)
        return Refusal(float(value), outcome)

    def settle(self, permit: Permit) -> None:
        self._run("settle", permit.account, permit.operation, permit.window, *permit.slot.split())

    def release(self, permit: Permit) -> None:
        self._run("release", permit.account, permit.operation, *permit.slot.split())

    def lock(self, account: str, seconds: float) -> None:
        self._run("lock", account, "", seconds)

    def locked_for(self, account: str) -> float:
        return float(self._run("locked", account, ""))

    def budget(self, account: str, operation: str, threshold: Threshold) -> Budget:
        used, resets, locked = self._run("budget", account, operation)
        return Budget(threshold.limit, max(0, threshold.limit - used), float(resets), float(locked))

    def _token_key(self, account: str) -> str:
        return f"zoho-cliq:{{{hashlib.sha256(account.encode()).hexdigest()[:24]}}}:token"

    def load_token(self, account: str) -> StoredToken | None:
        try:
            kept = self._server.hmget(self._token_key(account), "token", "expires_at")
        except self._errors as error:
            raise self._failed(error) from error
        return StoredToken(Secret(kept[0]), float(kept[1])) if kept[0] else None

    def store_token(self, account: str, token: StoredToken) -> None:
        key, left = self._token_key(account), token.expires_at - self._clock.time()
        try:
            with self._server.pipeline() as steps:
                steps.hset(key, mapping={"token": token.token.reveal(), "expires_at": repr(token.expires_at)})
                steps.pexpire(key, max(1, int(left * 1000)))
                steps.execute()
        except self._errors as error:
            raise self._failed(error) from error

    def acquire(self, lease: str, owner: str, seconds: float) -> bool:
        return bool(self._run("acquire", lease, "", owner, int(seconds * 1000), lease="token"))

    def free(self, lease: str, owner: str) -> None:
        self._run("free", lease, "", owner, lease="token")

    def close(self) -> None:
        self._server.close()
