"""The maintainer's pipeline: vendor document → upstream → composed document → generated client.

Stages, one module each: `documents` (reading and writing), `prose` (facts that stand only in HTML),
`normalize` (the vendor's document in normal form), `overlay` (the strict applier), `compose`
(overlay, readable names, validation), `contract` (the table of operations), `generate` (the client),
and `regenerate` (the command).
"""
