"""What happens when somebody chooses a message action: menu, event, webhook, answer, chat.

`service` joins the parts: `chats` and `menu` (where and what can be chosen), `payload` (the event), `addresses`, `post`
and `signing` (sending it), `answers` (what comes back), `deliveries` (what is remembered). `routes` is its control API,
`command` the command `zoho-cliq-mock trigger`.
"""
