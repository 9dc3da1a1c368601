#!/bin/sh
# Gives a user the rights of a role on Kafka, and nothing else.
#   deploy/kafka/acls.sh ROLE USER [HOW TO REACH THE BROKERS, as kafka-acls takes it]
#   deploy/kafka/acls.sh allocator stipend --bootstrap-server broker:9092 --command-config admin.properties
#
#   allocator  runs `stipend run`: the only one that writes grants, budget-status, decisions and money rows
#   producer   writes sessions, outcomes and profiles
#   gateway    runs `stipend gateway`: writes as a producer does, reads decisions and what became of them
#   consumer   reads decisions and settlements, in groups whose names begin with STIPEND_CONSUMER_GROUP (default: USER)
#   ops        makes topics, steers campaigns, publishes and promotes releases, redrives dead letters, erases users
#   analyst    reads everything: `verify`, `replay`, `evaluate`, `tail`, `pacing status`
#
# Whoever may write budget-pacing, grants or releases controls the money. Only ops and the allocator may.
# KAFKA_TOPIC_PREFIX and STIPEND_APPLICATION are those of the allocators. KAFKA_ACLS is the command (default: kafka-acls.sh).
# A broker needs an authorizer for rights to mean anything: authorizer.class.name, allow.everyone.if.no.acl.found=false.
set -eu

role=${1:?ROLE: allocator, producer, gateway, consumer, ops or analyst}
user=${2:?USER}
shift 2
prefix=${KAFKA_TOPIC_PREFIX:-}
application=${STIPEND_APPLICATION:-stipend}
# Everything that the tool takes of the outside; the tool may be several words.
tool=${KAFKA_ACLS:-kafka-acls.sh}

# allow "OPERATIONS" KIND NAME...: each operation on each resource of that name.
allow() {
  operations=$1
  kind=$2
  shift 2
  set -- $(for operation in $operations; do printf ' --operation %s' "$operation"; done) \
    $(for name in "$@"; do printf ' --%s %s' "$kind" "$name"; done)
  # shellcheck disable=SC2086 -- the tool's words, and how to reach the brokers
  $tool $reach --add --force --allow-principal "User:$user" "$@"
}

topics() {
  operations=$1
  shift
  allow "$operations" topic $(for name in "$@"; do printf '%s%s ' "$prefix" "$name"; done)
}

# Of all topics: what they are. A topic that a user may not describe looks to it as if it were not there.
all="sessions outcomes profiles erasures decisions settlements training-log state dead-letters budget-pacing budget-status \
grants partitioning shard-reports releases treasury-state"
reach=$*

topics "Describe DescribeConfigs" $all
# How keys are placed: every program holds its own setting against it.
topics "Read" partitioning
case $role in
  allocator)
    topics "Read" sessions outcomes profiles erasures grants state budget-pacing shard-reports releases treasury-state \
      budget-status training-log
    topics "Write" decisions settlements training-log state dead-letters grants shard-reports budget-status \
      treasury-state releases partitioning
    reach="$reach --resource-pattern-type prefixed"
    allow "Read" group "$prefix$application-"
    allow "Write Describe" transactional-id "$prefix$application-"
    ;;
  producer)
    topics "Write" sessions outcomes profiles
    ;;
  gateway)
    topics "Write" sessions outcomes profiles
    topics "Read" sessions outcomes erasures decisions settlements dead-letters budget-pacing
    ;;
  consumer)
    topics "Read" decisions settlements
    reach="$reach --resource-pattern-type prefixed"
    allow "Read" group "${STIPEND_CONSUMER_GROUP:-$user}"
    ;;
  ops)
    topics "Read" $all
    topics "Write" budget-pacing releases sessions outcomes profiles erasures partitioning
    topics "Create Alter AlterConfigs" $all
    ;;
  analyst)
    topics "Read" $all
    ;;
  *)
    echo "acls.sh: there is no role $role: allocator, producer, gateway, consumer, ops or analyst" >&2
    exit 2
    ;;
esac
