"""Surveys: what customers say of the help they got, asked rarely and answered by a link."""
