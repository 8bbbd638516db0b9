"""Conversations and messages on every channel; chat is the first."""
