"""The maintainer's pipeline: vendor document → upstream → composed document → generated client.

One module for each stage: `documents` (reading and writing), `prose` (facts that only the HTML states), `normalize`
(the vendor's document in normal form), `overlay` (the strict applier), `compose` (overlay, readable names, validation),
`contract` (the table of operations), `generate` (the client), and `regenerate` (the command).
"""
