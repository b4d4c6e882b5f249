from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.error import Error
from ...models.message_action_list import MessageActionList
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    limit: int | Unset = UNSET,
    next_token: str | Unset = UNSET,
    sync_token: str | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["limit"] = limit

    params["next_token"] = next_token

    params["sync_token"] = sync_token

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/messageactions",
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Error | MessageActionList | None:
    if response.status_code == 200:
        response_200 = MessageActionList.from_dict(response.json())

        return response_200

    if response.status_code == 400:
        response_400 = Error.from_dict(response.json())

        return response_400

    if response.status_code == 401:
        response_401 = Error.from_dict(response.json())

        return response_401

    if response.status_code == 403:
        response_403 = Error.from_dict(response.json())

        return response_403

    if response.status_code == 404:
        response_404 = Error.from_dict(response.json())

        return response_404

    if response.status_code == 405:
        response_405 = Error.from_dict(response.json())

        return response_405

    if response.status_code == 406:
        response_406 = Error.from_dict(response.json())

        return response_406

    if response.status_code == 429:
        response_429 = Error.from_dict(response.json())

        return response_429

    if response.status_code == 500:
        response_500 = Error.from_dict(response.json())

        return response_500

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[Error | MessageActionList]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    limit: int | Unset = UNSET,
    next_token: str | Unset = UNSET,
    sync_token: str | Unset = UNSET,
) -> Response[Error | MessageActionList]:
    """List message actions

     One page of the actions that the caller can see. An answer without `next_token` is the last page.
    With `sync_token`, only what was created or updated since the listing that returned that token.

    Args:
        limit (int | Unset):
        next_token (str | Unset): An opaque token. Send it back exactly as it was received.
        sync_token (str | Unset): An opaque token. Send it back exactly as it was received.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Error | MessageActionList]
    """

    kwargs = _get_kwargs(
        limit=limit,
        next_token=next_token,
        sync_token=sync_token,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient,
    limit: int | Unset = UNSET,
    next_token: str | Unset = UNSET,
    sync_token: str | Unset = UNSET,
) -> Error | MessageActionList | None:
    """List message actions

     One page of the actions that the caller can see. An answer without `next_token` is the last page.
    With `sync_token`, only what was created or updated since the listing that returned that token.

    Args:
        limit (int | Unset):
        next_token (str | Unset): An opaque token. Send it back exactly as it was received.
        sync_token (str | Unset): An opaque token. Send it back exactly as it was received.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Error | MessageActionList
    """

    return sync_detailed(
        client=client,
        limit=limit,
        next_token=next_token,
        sync_token=sync_token,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    limit: int | Unset = UNSET,
    next_token: str | Unset = UNSET,
    sync_token: str | Unset = UNSET,
) -> Response[Error | MessageActionList]:
    """List message actions

     One page of the actions that the caller can see. An answer without `next_token` is the last page.
    With `sync_token`, only what was created or updated since the listing that returned that token.

    Args:
        limit (int | Unset):
        next_token (str | Unset): An opaque token. Send it back exactly as it was received.
        sync_token (str | Unset): An opaque token. Send it back exactly as it was received.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Error | MessageActionList]
    """

    kwargs = _get_kwargs(
        limit=limit,
        next_token=next_token,
        sync_token=sync_token,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    limit: int | Unset = UNSET,
    next_token: str | Unset = UNSET,
    sync_token: str | Unset = UNSET,
) -> Error | MessageActionList | None:
    """List message actions

     One page of the actions that the caller can see. An answer without `next_token` is the last page.
    With `sync_token`, only what was created or updated since the listing that returned that token.

    Args:
        limit (int | Unset):
        next_token (str | Unset): An opaque token. Send it back exactly as it was received.
        sync_token (str | Unset): An opaque token. Send it back exactly as it was received.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Error | MessageActionList
    """

    return (
        await asyncio_detailed(
            client=client,
            limit=limit,
            next_token=next_token,
            sync_token=sync_token,
        )
    ).parsed
