"""The console: a page in the browser that shows the mock's chats, what choosing an action did, and the mock's world.

Nothing of it is loaded before somebody opens it, but for `access`, which makes the links.
"""
