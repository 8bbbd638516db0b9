"""Business calendars: when a queue, a team or a promise counts as open."""
