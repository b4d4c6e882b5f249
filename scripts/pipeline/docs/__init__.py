"""The documentation site: guides, READMEs, the API from docstrings, and pages made from the document and the commands.

`site` assembles the pages and runs MkDocs. `links` converts links within the repository to links within the site.
`operations`, `errors` and `commands` each write one page.
"""
