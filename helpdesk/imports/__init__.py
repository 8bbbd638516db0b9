"""Reading what other desks and tables give away. Taking it over stands in `workflows.importing`."""
