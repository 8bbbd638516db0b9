"""What `helpdesk up` loads before it forks has to leave room for checking a token."""

from __future__ import annotations

import json
import subprocess
import sys

from joserfc import jwt
from joserfc.jwk import ECKey

CHECK = """
import json, sys
from datetime import UTC, datetime
from helpdesk.supervise import up
up.load_program()
from helpdesk.identity import openid
assert "joserfc" not in sys.modules
token, key = json.load(sys.stdin)
at = datetime.fromtimestamp(1000, UTC)
print(openid.believed(token, key, issuer="i", client_id="c", nonce="n", at=at)["sub"])
"""


def test_a_started_program_can_check_a_token() -> None:
    key = ECKey.generate_key("P-256")
    claims = {"iss": "i", "aud": "c", "sub": "ada", "nonce": "n", "iat": 1000, "exp": 1300}
    token = jwt.encode({"alg": "ES256"}, claims, key)
    given = json.dumps([token, key.as_dict(private=False)])
    told = subprocess.run(
        [sys.executable, "-c", CHECK], input=given, capture_output=True, text=True, check=False
    )
    assert told.stdout == "ada\n", told.stderr
