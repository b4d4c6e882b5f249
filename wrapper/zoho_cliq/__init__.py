"""Work with Zoho Cliq message actions."""
