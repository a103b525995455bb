#!/bin/sh
# Writes users.secret.acl: the users of users.acl with their passwords, as SHA-256.
#
#   LARDER_PASSWORD=… OPERATOR_PASSWORD=… ./make-users.sh
#
# The sums are not salted, so passwords must be long and random: openssl rand -hex 32
set -eu
cd "$(dirname "$0")"
: "${LARDER_PASSWORD:?is missing}" "${OPERATOR_PASSWORD:?is missing}"

sum() { printf %s "$1" | sha256sum | cut -d ' ' -f 1; }

umask 022 # the server reads it as a user of its own
sed \
  -e "s/^user larder on/& #$(sum "$LARDER_PASSWORD")/" \
  -e "s/^user operator on/& #$(sum "$OPERATOR_PASSWORD")/" \
  users.acl >users.secret.acl
