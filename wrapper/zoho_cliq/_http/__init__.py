"""How requests are sent: one attempt each, over connections of our own or through the user's httpx client.

- `threads.Transport` and `tasks.AsyncTransport` own their connections. The protocol (TLS, CONNECT, HTTP/1.1 by h11) is
  one generator without I/O in `wire`; the two only move its bytes, and so share everything else.
- `routes` decides where a request goes (origin, proxy), `dialing` opens sockets, `body` decodes with a cap on size,
  `pool` keeps idle connections, `failures` turns what went wrong into `TransportError`.
- `brought.ClientTransport` and `AsyncClientTransport` send through an httpx client that the user made. `brought` is the
  only module that imports httpx.

Redirects are not followed, cookies are not kept, and nothing is repeated here.
"""
