#!/usr/bin/env bash
# Grants a principal what the service needs, and no more.
#
#   deploy/kafka/acls.sh User:claimwire --bootstrap-server kafka:9093 --command-config admin.properties
#
# Needs Kafka's own kafka-acls.sh on the PATH (or in KAFKA_ACLS). READ and WRITE bring DESCRIBE along. Names are the
# defaults: edit the table where yours differ.
set -euo pipefail

principal=$1
shift

# resource          name                  pattern   operation   what for
table='
topic               articles              literal   Read        worker
topic               articles              literal   Write       http
topic               articles.enriched     literal   Write       worker
topic               articles.dead-letter  literal   Write       worker,ledger
group               claimwire             literal   Read        worker
transactional-id    claimwire/            prefixed  Write       worker
topic               articles.enriched     literal   Read        live-view,ledger
group               claimwire-ledger      literal   Read        ledger
topic               articles.matches      literal   Write       ledger
'

while read -r resource name pattern operation _; do
  [[ -z $resource ]] && continue
  "${KAFKA_ACLS:-kafka-acls.sh}" "$@" --add --allow-principal "$principal" \
    "--$resource" "$name" --resource-pattern-type "$pattern" --operation "$operation"
done <<<"$table"
