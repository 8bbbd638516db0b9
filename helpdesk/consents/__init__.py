"""What customers let us send them: purposes, their texts, and what was said about them, kept."""
