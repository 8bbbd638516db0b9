"""Who may call which endpoint, kept as data beside the code that says it.

A new route without a row here fails tests/web/test_access.py; add the row in the same commit and
let the review look at it. Words: `public` (everybody), `signed_in` (every role), or roles.
"""

from __future__ import annotations

DESK = "admin supervisor agent"
SUPERVISE = "admin supervisor"
ADMIN = "admin"
STAFF = "admin supervisor agent technician"

ALLOWED: dict[str, str] = {
    "health.livez": "public",
    "health.readyz": "public",
    "health.metrics": "public",  # answers 404 but for this machine and an administrator's token
    "auth.home": "public",
    "auth.sign_in_page": "public",
    "auth.sign_in_now": "public",
    "auth.code_page": "public",
    "auth.code_now": "public",
    "auth.sign_out": "public",
    "auth.forgot_password": "public",
    "auth.set_password_page": "public",
    "auth.set_password_now": "public",
    "auth.profile_page": "signed_in",
    "auth.save_profile": "signed_in",
    "auth.password_page": "signed_in",
    "auth.change_password": "signed_in",
    "auth.sessions_page": "signed_in",
    "auth.end_session": "signed_in",
    "auth.end_other_sessions": "signed_in",
    "auth.two_step_page": "signed_in",
    "auth.two_step_start": "signed_in",
    "auth.two_step_confirm": "signed_in",
    "auth.two_step_codes": "signed_in",
    "auth.two_step_off": "signed_in",
    "auth.tokens_page": STAFF,
    "auth.create_token": STAFF,
    "auth.revoke_token": STAFF,
    "setup.wizard_page": "public",  # leads on once somebody exists
    "setup.wizard_done": "public",
    # The widget's visitors have no account: a token in a header says whose chat it is.
    "widget.loader": "public",
    "widget.config": "public",
    "widget.shown_in_frame": "public",
    "widget.upload": "public",
    "widget.download": "public",  # each file for the viewer its link was made for, else 404
    "widget.leave_message": "public",
    "widget.demo_host": "public",  # answers 404 but in demo and development
}
