"""The ground floor: clock, ids, configuration, database, work, events, errors, paging."""
