#!/usr/bin/env bash
# Sees that Chromium is there: installs Debian's package where that is allowed, and says what is missing where it is not.
set -euo pipefail

command -v chromium > /dev/null && exit 0
if command -v apt-get > /dev/null && [ "$(id -u)" = 0 ]; then
    echo 'Installing Chromium …' >&2
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium > /dev/null
else
    echo 'The tests of the page need Chromium as /usr/bin/chromium. On Debian: sudo apt-get install chromium' >&2
    exit 1
fi
