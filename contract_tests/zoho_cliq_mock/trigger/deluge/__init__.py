"""Running the scripts of Deluge actions, with the interpreter of `zoho_cliq_deluge`.

`scripts` starts each run in a thread; `session` is the bridge between that thread and the event loop, where the mock's
state lives. In the thread, `execute` runs the script with `cliq` (chats and databases) and `sender` (requests).
`databases` and `connections` are the state that scripts see, `testing` is the pytest fixture `deluge`.

`zoho_cliq_deluge` and its packages are imported when the first script runs, in its thread.
"""
