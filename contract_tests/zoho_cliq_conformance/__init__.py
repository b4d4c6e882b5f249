"""A conformance suite for servers of the Zoho Cliq Message Actions API."""
