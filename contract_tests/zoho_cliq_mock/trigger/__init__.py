"""What happens when a user chooses a message action: menu, event, webhook, answer, chat.

`service` connects the other modules. `menu` says which actions are offered, `payload` builds the event, and
`addresses`, `post` and `signing` send it. `answers` checks what comes back, and `deliveries` stores it. `routes` is the
control API, and `command` the command `zoho-cliq-mock trigger`. The chats themselves are in `zoho_cliq_mock.chats`.
"""
