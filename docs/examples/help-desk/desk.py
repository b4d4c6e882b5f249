"""A help desk in Cliq: people file messages as tickets, and look for similar ones. The README says how to run it."""

import logging
import os
from collections.abc import AsyncGenerator, Collection
from contextlib import asynccontextmanager
from difflib import get_close_matches

from fastapi import FastAPI
from zoho_cliq import AsyncCliq
from zoho_cliq.webhooks import Answer, Event, Receiver, banner, card, execution_url

HINTS = {"Create ticket": "File this message", "Find similar": "Look for tickets like this message"}


def create_receiver(tickets: list[str], secret: str, response_hosts: Collection[str] = ()) -> Receiver:
    """Return what answers the actions. `tickets` has the text of each ticket."""
    receiver = Receiver(secret=secret, response_hosts=response_hosts)

    @receiver.action("Create ticket")
    async def create_ticket(event: Event) -> Answer:
        tickets.append(event.text)
        details = {"Message": event.text, "Filed by": event.user_name}
        return card(f"Ticket {len(tickets)}", text=f"Filed: {event.text}", sections={"Details": details})

    @receiver.action("Find similar")
    async def find_similar(event: Event) -> Answer:
        receiver.defer(event, lambda: "\n".join(get_close_matches(event.text, tickets)) or "There is none.")
        return banner("Searching …")  # the work goes on in a thread, and its answer follows

    return receiver


def create_app(cliq: AsyncCliq, url: str, secret: str, response_hosts: Collection[str] = ()) -> FastAPI:
    """Return the service. When it starts, it makes its actions at Cliq equal to what is written here."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
        async with cliq:
            for name, hint in HINTS.items():
                done = await cliq.message_actions.ensure(
                    name=name,
                    hint=hint,
                    execution_type="webhook",
                    execution_url=execution_url(f"{url}/cliq", secret),
                    handler={"permissions": ["message", "user"]},
                )
                logging.getLogger("desk").info("%s", done)
            yield

    app = FastAPI(lifespan=lifespan)
    app.add_route("/cliq", create_receiver([], secret, response_hosts).asgi())
    return app


def from_environment() -> FastAPI:
    hosts = os.environ.get("DESK_RESPONSE_HOSTS", "").split()
    return create_app(AsyncCliq.from_env(), os.environ["DESK_URL"], os.environ["DESK_SECRET"], hosts)
