"""The development loop of `zoho-cliq dev`: a mock server that follows a folder of message actions while it is edited.

`session.Session` runs the loop. The mock and the receiver are separate processes.
"""
