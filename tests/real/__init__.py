"""Starters of the real services that tests run against; nothing here pretends to be one."""
