#!/bin/sh
# The steps of the Dockerfile, which can also be run without a container engine:
#   container.sh install SOURCE ENV     an environment with what serving needs, and nothing for training on torch
#   container.sh serve ENV [OPTIONS…]   the gateway, on all addresses, with its database in $UNDERDOG_DATA_DIR or /data
#   container.sh health ENV             exit code 0 if the gateway on $UNDERDOG_PORT (8010) lives
set -eu
step=$1
env=$2
shift 2
port=${UNDERDOG_PORT:-8010}
data=${UNDERDOG_DATA_DIR:-/data}
case $step in
install)
    source=$env
    env=$1
    python3 -m venv "$env"
    "$env/bin/python" -m pip install --quiet --no-cache-dir -c "$source/constraints.txt" "$source[serve]"
    ;;
serve)
    exec "$env/bin/python" -m underdog serve --host "${UNDERDOG_HOST:-0.0.0.0}" --port "$port" \
        --store "$data/gateway.sqlite" "$@"
    ;;
health)
    exec "$env/bin/python" -c "import sys, urllib.request as r
sys.exit(r.urlopen('http://127.0.0.1:$port/healthz', timeout=2).status != 200)"
    ;;
*)
    echo "container.sh: install, serve or health" >&2
    exit 2
    ;;
esac
