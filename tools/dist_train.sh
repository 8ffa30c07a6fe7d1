#!/usr/bin/env bash
# Train in several processes, one a GPU; without a GPU they are CPU processes.
#
#   tools/dist_train.sh CONFIG PROCESSES [option of tools/train.py ...]
#
# PROCESSES is the number on this machine. On several machines, run it on each:
#
#   NNODES=2 NODE_RANK=0 MASTER_ADDR=host0 tools/dist_train.sh CONFIG 8
#   NNODES=2 NODE_RANK=1 MASTER_ADDR=host0 tools/dist_train.sh CONFIG 8
#
# PORT (29500 on several machines) is where MASTER_ADDR, node 0, listens.
set -euo pipefail

if [ $# -lt 2 ]; then
    echo "usage: [NNODES=... NODE_RANK=... MASTER_ADDR=... PORT=...] $0" \
        'CONFIG PROCESSES [option of tools/train.py ...]' >&2
    exit 2
fi
config=$1 processes=$2
shift 2

if [ "${NNODES:-1}" != 1 ]; then
    if [ -z "${NODE_RANK:-}" ] || [ -z "${MASTER_ADDR:-}" ]; then
        echo "NNODES=$NNODES, NODE_RANK=${NODE_RANK:-}," \
            "MASTER_ADDR=${MASTER_ADDR:-}: several machines need both" >&2
        exit 2
    fi
    place=(
        --nnodes "$NNODES" --node-rank "$NODE_RANK"
        --master-addr "$MASTER_ADDR" --master-port "${PORT:-29500}"
    )
elif [ -n "${PORT:-}" ]; then
    place=(--master-addr 127.0.0.1 --master-port "$PORT")
else
    place=(--standalone)  # on a free port
fi

exec python -m torch.distributed.run "${place[@]}" \
    --nproc-per-node "$processes" \
    "$(dirname "$0")/train.py" "$config" --launcher pytorch "$@"
