#!/usr/bin/env bash
# Prints the folder of PostgreSQL's programs, 15 or newer: installs Debian's package where that is allowed and needed,
# and says what is missing where it is not.
set -euo pipefail

newest() {
    local folder
    for folder in $(printf '%s\n' /usr/lib/postgresql/*/bin | sort --version-sort --reverse); do
        [ -x "$folder/postgres" ] && [ "$(basename "$(dirname "$folder")")" -ge 15 ] && echo "$folder" && return
    done
    return 1
}

newest && exit 0
if command -v apt-get > /dev/null && [ "$(id -u)" = 0 ]; then
    echo 'Installing postgresql …' >&2
    # The package would make a cluster of its own and start it; the tests make theirs.
    if [ ! -e /etc/postgresql-common/createcluster.conf ]; then
        mkdir -p /etc/postgresql-common
        echo 'create_main_cluster = false' > /etc/postgresql-common/createcluster.conf
    fi
    apt-get update -qq >&2
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends -o Dpkg::Options::=--force-confold postgresql > /dev/null
    newest && exit 0
fi
echo 'The tests of the ledger need PostgreSQL 15 or newer. On Debian: sudo apt-get install postgresql' >&2
exit 1
