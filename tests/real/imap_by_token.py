"""The IMAP server of the tests, taking access tokens (XOAUTH2) and nothing else.

Started as a program. A token is good when it stands in the file that GOOD_TOKENS names. For a bad
one it sends its reasons as a challenge first and refuses then, as large providers do.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pymap.config import IMAPConfig
from pymap.main import main
from pysasl import SASLAuth
from pysasl.creds.plain import PlainCredentials
from pysasl.mechanism import ServerChallenge
from pysasl.mechanism.oauth import OAuth2Mechanism


class ByToken(OAuth2Mechanism):
    def server_attempt(self, responses: Sequence[Any]) -> Any:
        found, _ = super().server_attempt(responses[:1])
        user, token = found.authzid, found._token
        good = json.loads(Path(os.environ["GOOD_TOKENS"]).read_text()).get(token) == user
        if not good and len(responses) == 1:
            raise ServerChallenge(b'{"status":"400","schemes":"Bearer"}')
        return PlainCredentials(user, os.environ["OWN_PASSWORD"] if good else "wrong"), None


if __name__ == "__main__":
    IMAPConfig.tls_auth = property(lambda self: SASLAuth([ByToken()]))  # type: ignore[assignment]
    sys.exit(main())
