"""The console: a page in the browser that shows the mock's chats, what happened when an action was chosen, and its
state.

Nothing of this package is imported before the console is first opened. The links to it come from `console_access`.
"""
