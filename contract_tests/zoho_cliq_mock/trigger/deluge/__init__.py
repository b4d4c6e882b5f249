"""Runs the scripts of Deluge actions with the interpreter of `zoho_cliq_deluge`.

`scripts` starts a thread for each run. `session` connects that thread to the event loop, which alone may touch the
mock's state. In the thread, `execute` runs the script with `cliq` (chats and databases) and `sender` (requests).
`databases` and `connections` hold the state that scripts see. `testing` has the class behind the pytest fixture
`deluge`.

`zoho_cliq_deluge` and the packages that it needs are imported when the first script runs, in its thread.
"""
