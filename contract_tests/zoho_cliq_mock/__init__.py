"""A stateful mock server of the Zoho Cliq Message Actions API."""
