"""The development loop of `zoho-cliq dev`: a mock server in which a folder of message actions can be tried while it is
written. `session.Session` runs it; the mock and the receiver are processes of their own."""
