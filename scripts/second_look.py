"""Runs the browser tests that failed a second time, alone, on a machine that is quiet by then.

A page under a loaded machine can lose a race that no person would. Such a test may fail beside
thousands of others and pass by itself; it is named as unsteady and wants mending, but it does not
stop the whole run. Any other failure does, and so do more than a few at once: then something is
broken. Reads what pytest noted in its cache; not for running tests at will.
"""

import json
import subprocess
import sys
from pathlib import Path

NOTED = Path(".pytest_cache/v/cache/lastfailed")
AT_MOST = 4


def main(failed_with: int) -> int:
    noted = sorted(json.loads(NOTED.read_text())) if NOTED.exists() else []
    if failed_with != 1 or not 0 < len(noted) <= AT_MOST or not all(map(drives_a_browser, noted)):
        return failed_with
    print(f"\n== second look, alone: {len(noted)} browser test(s)", flush=True)
    again = subprocess.run([sys.executable, "-m", "pytest", "-n", "0", *noted], check=False)
    if again.returncode:
        return again.returncode
    print("\nUnsteady, to be mended (failed beside the others, passed alone):")
    for name in noted:
        print(f"  {name}")
    return 0


def drives_a_browser(node_id: str) -> bool:
    return Path(node_id.partition("::")[0]).name.endswith("_in_browser.py")


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
