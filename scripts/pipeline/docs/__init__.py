"""The documentation site: guides, READMEs, the API from docstrings, pages written from document and commands.

`site` puts the pages together and has MkDocs build them; `links` turns links of the repository into links of the site;
`operations`, `errors` and `commands` each write one page.
"""
