"""Transports: each sends one request once, over connections of its own or through the user's httpx client.

- `threads.Transport` and `tasks.AsyncTransport` own their connections. The protocol (TLS, CONNECT, HTTP/1.1 by h11) is
  one generator without I/O in `wire`; the two transports only read and write its bytes.
- `routes` finds the origin and the proxy of a URL, `dialing` opens sockets, `body` decodes with a size limit, `pool`
  keeps idle connections, `failures` turns exceptions into `TransportError`.
- `user_client.ClientTransport` and `AsyncClientTransport` send through an httpx client of the user's. `user_client` is
  the only module that imports httpx.

No transport follows redirects, keeps cookies or retries.
"""
