"""What the entries of the audit log say in words. An action without a sentence shows its name."""

from __future__ import annotations

AREAS = [
    ("user", "People"),
    ("team", "Teams"),
    ("agent", "Skills and capacity"),
    ("queue", "Queues"),
    ("skill", "Skill names"),
    ("calendar", "Hours"),
    ("widget_site", "Chat sites"),
    ("canned_reply", "Canned replies"),
    ("custom_field", "Custom fields"),
    ("presence", "Presence states"),
    ("customer", "Customers"),
    ("setting", "Settings"),
    ("token", "Access tokens"),
    ("audit", "This log"),
]

_SENTENCES = {
    "user.added": "added",
    "user.changed": "changed the account of",
    "user.role_changed": "changed the role of",
    "user.deactivated": "deactivated",
    "user.reactivated": "reactivated",
    "user.password_changed": "set the password of",
    "user.password_link_issued": "made a password link for",
    "user.signed_out": "signed out everywhere",
    "agent.skills_changed": "changed the skills of",
    "agent.queues_changed": "changed the queues of",
    "agent.capacity_changed": "changed the capacity of",
    "team.added": "added the team",
    "team.renamed": "renamed the team",
    "team.removed": "removed the team",
    "team.members_changed": "changed the members of the team",
    "queue.created": "made the queue",
    "queue.changed": "changed the queue",
    "queue.members_changed": "changed who serves",
    "skill.created": "added the skill",
    "skill.renamed": "renamed the skill",
    "skill.removed": "removed the skill",
    "calendar.added": "added the calendar",
    "calendar.changed": "changed the calendar",
    "calendar.deleted": "removed the calendar",
    "widget_site.created": "made the chat site",
    "widget_site.changed": "changed the chat site",
    "widget_site.secret_rotated": "made a new secret for",
    "widget_site.made_default": "made the default chat site",
    "canned_reply.added": "added the canned reply",
    "canned_reply.changed": "changed the canned reply",
    "canned_reply.removed": "removed the canned reply",
    "custom_field.added": "added the custom field",
    "custom_field.changed": "changed the custom field",
    "custom_field.removed": "removed the custom field",
    "presence.choices_changed": "changed the presence states",
    "setting.changed": "changed the setting",
    "audit.verified": "checked this log",
}


def sentence(action: str) -> str:
    """The action as the middle of a sentence: "Ada *renamed the team* Billing"."""
    return _SENTENCES.get(action) or action.replace(".", ": ", 1).replace("_", " ")
