#!/usr/bin/env bash
# All that only a GPU can show, in nine minutes: how exact the Triton kernels
# are, the benchmark with the table that execution='auto' reads, pytest -m cuda
# and a short training. No network; torch (with Triton and a C compiler) is
# there, nvcc need not be.
#
#   tools/gpu_day.sh --out DIR [--packages DIR]   on the machine with the GPU
#   tools/gpu_day.sh --out DIR --dry-run          each step on the CPU, tiny
#   tools/gpu_day.sh --pack DIR [NAME ...]        before: what --packages takes
#
# It goes on where it stopped: a step that ended is not repeated
# (work_dirs/gpu_day holds them; delete it to begin anew). DIR gets at most
# eight files after each step: summary.md, three logs, report.md, samples.csv,
# measured.json and the training's log.
set -uo pipefail
cd "$(dirname "$0")/.."

# What a machine with torch, NumPy, SciPy, OpenCV, Matplotlib, ONNX and pytest
# lacks; where it lacks more, name that, too.
packages=(onedl-mmpretrain onedl-mmengine onedl-mmcv addict einops mat4py
    modelindex ordered-set yapf termcolor rich markdown-it-py mdurl pygments
    platformdirs importlib-metadata zipp psutil wrapt)
most_mb=60

out= given= dry=
usage() {
    sed -n '2,/^set /s/^# \{0,1\}//p' "$0" | head -n 17
    exit 2
}

pack() {
    local folder=$1 site archive size
    shift
    site=$(mktemp -d)
    archive=$folder/packages.tar.xz
    mkdir -p "$folder"
    python -m pip install --quiet --no-deps --target "$site" \
        "${packages[@]}" "$@" || exit 1
    tar --create --xz --file "$archive" --directory "$site" \
        --exclude=tests --exclude=__pycache__ --exclude=bin . || exit 1
    rm -rf "$site"
    size=$(($(stat --format=%s "$archive") / 1000000))
    echo "$archive: $size MB"
    if ((size > most_mb)); then
        echo "expected at most $most_mb MB: name fewer packages" >&2
        exit 1
    fi
    exit 0
}

while (($#)); do
    case $1 in
        --pack)
            (($# > 1)) || usage
            shift
            pack "$@"
            ;;
        --out | --packages)
            (($# > 1)) || usage
            case $1 in
                --out) out=$2 ;;
                --packages) given=$(realpath "$2") || exit 2 ;;
            esac
            shift 2
            ;;
        --dry-run)
            dry=1
            shift
            ;;
        *) usage ;;
    esac
done
[ -n "$out" ] || usage

state=${GPU_DAY_STATE:-work_dirs/gpu_day}
mkdir -p "$state" "$out"
state=$(realpath "$state") out=$(realpath "$out")
export PYTHONPATH="$PWD:$state/site${PYTHONPATH:+:$PYTHONPATH}"
export PYTHONUNBUFFERED=1 CSGRESNET_CACHE="$state/native"
export TRITON_CACHE_DIR="$state/triton" TORCHINDUCTOR_CACHE_DIR="$state/inductor"
failed=0

# step NAME SECONDS COMMAND...: once; the log is NAME.log, its state a file.
step() {
    local name=$1 seconds=$2 start=$SECONDS status
    shift 2
    if [ -f "$state/$name.ended" ]; then
        echo "=== $name: ended before"
    else
        echo "=== $name"
        timeout --kill-after=10 "$seconds" "$@" > "$state/$name.log" 2>&1
        status=$?
        tail -n 3 "$state/$name.log"
        if ((status == 124 || status == 137)); then
            # to be gone on with, next time
            echo "stopped after $seconds s" > "$state/$name.said"
        else
            echo "exit code $status, $((SECONDS - start)) s" \
                | tee "$state/$name.ended" > "$state/$name.said"
        fi
    fi
    grep -q '^exit code 0' "$state/$name.said" || failed=1
    collect
}

collect() {
    local name
    {
        printf '# A day with a GPU%s\n\n' "${dry:+ (dry run on the CPU)}"
        cat "$state/machine.txt"
        for name in packages exactness benchmark suite training; do
            [ -f "$state/$name.said" ] || continue
            printf '\n## %s: %s\n\n' "$name" "$(cat "$state/$name.said")"
            case $name in
                exactness | suite)
                    grep -E '^(FAILED|ERROR)|(passed|failed|error).* in ' \
                        "$state/$name.log" | sed 's/^/- /'
                    ;;
                benchmark)
                    sed -n '/^## Goals/,$p' "$state/benchmark/report.md" \
                        | tail -n +3
                    ;;
                training)
                    grep -oE '^Trained .*|accuracy/top1: [0-9.]+' \
                        "$state/training.log" | sed 's/^/- /'
                    ;;
            esac
        done
    } > "$out/summary.md" 2> /dev/null
    for name in exactness suite training; do
        [ -f "$state/$name.log" ] && cp "$state/$name.log" "$out/"
    done
    [ -f "$state/benchmark.log" ] && cp "$state/benchmark.log" "$out/"
    for name in report.md samples.csv measured.json; do
        [ -f "$state/benchmark/$name" ] && cp "$state/benchmark/$name" "$out/"
    done
    return 0
}

install_packages() {
    local file
    mkdir -p "$state/site"
    for file in "$given"/*; do
        case $file in
            *.tar.xz) tar --extract --file "$file" -C "$state/site" ;;
            *.whl)
                python -m pip install --quiet --no-index --no-deps \
                    --target "$state/site" --upgrade "$file"
                ;;
            *) echo "$file: expected .whl or .tar.xz" && return 1 ;;
        esac || return 1
    done
}

# train EXECUTIONS EPOCHS IMAGES [OPTIONS of tools/train.py...]
train() {
    local execution executions=$1 epochs=$2 images=$3 start
    shift 3
    for execution in $executions; do
        start=$SECONDS
        python tools/train.py configs/csgresnet18_demo.py "$@" \
            --work-dir "$state/run-$execution" --cfg-options \
            "model.backbone.execution=$execution" \
            "train_cfg.max_epochs=$epochs" \
            {train,val,test}"_dataloader.dataset.data_root=$state/faces" \
            {train,val,test}"_dataloader.dataset.num_train=$images" \
            {train,val,test}_dataloader.dataset.num_test=32 || return 1
        echo "Trained $epochs epochs, $execution: $((SECONDS - start)) s"
    done
}

export -f install_packages train
export state given

if [ -n "$given" ]; then
    : > "$state/machine.txt"
    step packages 30 bash -c install_packages
fi
python - > "$state/machine.txt" << 'END'
import platform

import torch

print(f'- Python {platform.python_version()}, torch {torch.__version__}')
if torch.cuda.is_available():
    print(f'- {torch.cuda.get_device_name()}, CUDA {torch.version.cuda}')
else:
    print('- no GPU')
END
for program in nvidia-smi nvcc cc; do
    echo "- $program: $(command -v $program || echo none)"
done >> "$state/machine.txt"

if [ -n "$dry" ]; then
    step exactness 120 env TRITON_INTERPRET=1 python -m pytest -q -m triton \
        tests/triton_kernels/test_backward.py -k 'of_the_network and 4'
    step benchmark 150 python tools/benchmark.py --device cuda --dry-run \
        --sections layers fp16 --out "$state/benchmark"
    step suite 150 python -m pytest -q -m 'not cuda and not slow' tests/cuda
    step training 150 bash -c 'train triton 1 16'
else
    python -c 'import torch; assert torch.cuda.is_available(), "no GPU"' \
        || exit 1
    step exactness 100 python -m pytest -q -n 4 -m 'triton or cuda' \
        tests/triton_kernels tests/cuda/test_triton.py
    step benchmark 240 python tools/benchmark.py --device cuda \
        --minutes 3.5 --out "$state/benchmark"
    step suite 120 python -m pytest -q -n 4 -m cuda tests \
        --deselect tests/cuda/test_triton.py
    step training 50 bash -c 'train "dense triton" 3 896 --amp'
fi
cat "$out/summary.md"
exit $failed
