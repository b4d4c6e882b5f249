"""Each query that a request makes runs along an index, whatever the number of actions."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator

import pytest
from zoho_cliq_mock.audiences import SEES_STATEMENT, TAKE_ALONG_STATEMENT, TOUCHED_STATEMENT
from zoho_cliq_mock.state import State
from zoho_cliq_mock.store import COUNT_STATEMENT, GET_STATEMENT, NAME_STATEMENT


@pytest.fixture(scope="module")
def state() -> Iterator[State]:
    made = State()
    yield made
    made.close()


def plan(connection: sqlite3.Connection, statement: str) -> list[str]:
    marks = [0] * statement.count("?")
    return [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}", marks)]


def check(steps: list[str]) -> None:
    """No step reads a whole table or sorts. The page itself, at most 101 ids long, may be read whole."""
    for step in steps:
        assert not re.match(r"SCAN (?!page\b)", step), steps
        assert "TEMP B-TREE" not in step, steps


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("audiences", [1, 2, 6, 40])
def test_the_queries_of_lists_stop_at_the_limit(state: State, audiences: int, descending: bool) -> None:
    index = state.store.audiences
    for statement in (index.page_statement(audiences, descending), index.dense_statement(audiences, descending)):
        steps = plan(state.connection, statement)
        check(steps)
        searches = [step for step in steps if "SEARCH audience USING PRIMARY KEY" in step or "SEARCH own" in step]
        assert len(searches) >= audiences
        # A union of ordered branches is merged as they are read; otherwise each would be read to its end.
        assert audiences == 1 or any("MERGE (UNION)" in step for step in steps), steps
        bounded = "audience=? AND present=? AND action" + ("<?" if descending else ">?")
        assert all(bounded in step for step in searches), steps


@pytest.mark.parametrize(
    "statement", [TOUCHED_STATEMENT, SEES_STATEMENT, NAME_STATEMENT, COUNT_STATEMENT, GET_STATEMENT]
)
def test_the_other_queries_use_an_index(state: State, statement: str) -> None:
    check(plan(state.connection, statement))


def test_changes_are_read_from_the_given_change_on(state: State) -> None:
    assert "audience_change (audience=? AND change>?)" in plan(state.connection, TOUCHED_STATEMENT)[0]
    assert any("audience=? AND change>?" in step for step in plan(state.connection, TAKE_ALONG_STATEMENT))


def test_the_check_finds_a_query_without_its_index() -> None:
    state = State()
    state.connection.execute("DROP INDEX action_name")
    with pytest.raises(AssertionError):
        check(plan(state.connection, NAME_STATEMENT))
    state.close()
