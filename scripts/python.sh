#!/bin/sh
# Prints a Python that is new enough to set this project up, or says what is missing.
# Names are tried by running them: version managers leave names behind that do not start.

for name in python3.13 python3.12 python3.11 python3; do
    found=$("$name" -c 'import sys; sys.version_info >= (3, 11) and print(sys.executable)' 2>/dev/null)
    if [ -n "$found" ]; then
        printf '%s\n' "$found"
        exit 0
    fi
done

seen=$(python3 --version 2>&1) || seen="none"
cat >&2 <<TEXT
Helpdesk needs Python 3.11 or newer. Found: $seen.
  Debian 12, Ubuntu 24.04 or newer:  apt-get install python3 python3-venv
  Fedora:                            dnf install python3
  macOS with Homebrew:               brew install python@3.13
Then run the same command again.
TEXT
exit 1
