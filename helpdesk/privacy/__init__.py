"""Notices, holds, copies and erasures of what is kept about a customer: their books and rules."""
