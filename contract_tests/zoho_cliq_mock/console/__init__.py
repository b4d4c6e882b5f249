"""The console: a page in the browser that shows the mock's chats, its state, and each delivery.

Nothing of this package is imported before the console is first opened. The links to it come from `console_access`.
"""
