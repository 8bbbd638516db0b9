"""Announcements and known incidents that customers read in the portal."""
