"""Texts (SMS and WhatsApp): who may be written to, what is on its way, which words opt out."""
