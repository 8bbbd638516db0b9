"""Stories that cross the walls between packages."""
