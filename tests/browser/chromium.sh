#!/usr/bin/env bash
# Sees that Chromium is there, and the fonts that are named: installs Debian's packages where that is allowed, and says
# what is missing where it is not.
set -euo pipefail

missing=()
command -v chromium > /dev/null || missing+=(chromium)
for package in "$@"; do
    dpkg -s "$package" > /dev/null 2>&1 || missing+=("$package")
done
[ ${#missing[@]} = 0 ] && exit 0
if command -v apt-get > /dev/null && [ "$(id -u)" = 0 ]; then
    echo "Installing ${missing[*]} …" >&2
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" > /dev/null
else
    echo "The page's tests need Chromium as /usr/bin/chromium. On Debian: sudo apt-get install ${missing[*]}" >&2
    exit 1
fi
