#!/usr/bin/env bash
# Runs everything that needs a GPU, from binaries built elsewhere: no Rust is needed.
#
#   benches/run_on_gpu.sh BIN_DIR OUT_DIR [SECONDS]
#
# BIN_DIR holds it-HASH and attention-HASH, which are in target/release/deps after
#   cargo test --release --features cuda --test it --no-run
#   cargo bench --features cuda --bench attention --no-run
# OUT_DIR gets summary.md and at most seven more files. Each step has a limit in seconds, all together take less than
# SECONDS (530), and a failing step does not stop the next. IRONFORGE_GOLDENS and IRONFORGE_DATA are passed to the
# binaries.
set -uo pipefail

if [ $# -lt 2 ] || [ $# -gt 3 ] || [ ! -d "$1" ] || ! [[ ${3:-530} =~ ^[1-9][0-9]*$ ]]; then
  echo "usage: $0 BIN_DIR OUT_DIR [SECONDS]; BIN_DIR is a folder that holds it-HASH and attention-HASH" >&2
  exit 2
fi
here=$(cd "$(dirname "$0")" && pwd)
bin_dir=$(cd "$1" && pwd)
mkdir -p "$2" || exit 2
out=$(cd "$2" && pwd)
summary=$out/summary.md
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

readonly total_seconds=${3:-530}
failures=0
export IRONFORGE_REQUIRE_GPU=1
export IRONFORGE_BENCH_OUT=$scratch/bench
export CRITERION_HOME=$scratch/criterion
export PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1

note() { printf '%s\n' "$*" | tee -a "$summary"; }

# The newest program of this name: cargo appends a hash to it, and writes text files next to it.
binary() {
  local file newest=
  for file in "$bin_dir/$1"-*; do
    if [ -f "$file" ] && [ -x "$file" ] && [[ $file != *.* ]] && [[ -z $newest || $file -nt $newest ]]; then
      newest=$file
    fi
  done
  printf '%s' "${newest:-$bin_dir/$1-HASH}"
}

# step NAME SECONDS LOG COMMAND...: runs the command, appends its output to LOG, and a row of the table to the summary.
step() {
  local name=$1 limit=$2 log=$out/$3 left=$((total_seconds - SECONDS)) started=$SECONDS code=0 result
  shift 3
  if [ "$limit" -gt "$left" ]; then limit=$left; fi
  printf '== %s\n' "$name" | tee -a "$log"
  if [ "$limit" -lt 1 ]; then
    result="not run: no time left"
  elif ! command -v "$1" >/dev/null; then
    result="not run: no $(basename "$1") here"
  else
    timeout --kill-after=5 "$limit" "$@" >"$scratch/output" 2>&1 || code=$?
    cat "$scratch/output" >>"$log"
    case $code in
      0) result=passed ;;
      124 | 137) result="stopped after $limit s" ;;
      *) result="failed with $code" ;;
    esac
    # A filter that matches no test passes too.
    if [ "$result" = passed ] && grep -q '^running 0 tests' "$scratch/output"; then
      result="failed: there are no such tests; were they built with --features cuda?"
    fi
  fi
  if [ "$result" != passed ]; then failures=$((failures + 1)); fi
  note "| $name | $result | $((SECONDS - started)) |"
}

it=$(binary it)
bench=$(binary attention)
sanitizer=$(command -v compute-sanitizer || echo /usr/local/cuda/bin/compute-sanitizer)
python=$(command -v python3 || command -v python || echo python3)
# The tests under the sanitizer: every entry once, on graphs with tails and an empty one, and every primitive.
matrix=(--exact --test-threads=1 gpu::every_entry_is_reached_and_agrees_with_the_reference
  primitives::gpu::a_gpu_agrees_with_the_emulator)

rm -f "$out"/{suite,primitives,sanitizer,benches,peers}.log "$out"/{ours,peers}.json
{
  printf '# %s\n\n```text\n' "$(date -u '+%Y-%m-%d %H:%M UTC')"
  nvidia-smi --query-gpu=name,driver_version,memory.total,power.limit,clocks.max.sm,clocks.sm,clocks.max.mem \
    --format=csv 2>/dev/null || echo "nvidia-smi does not run"
  nvidia-smi 2>/dev/null | grep -o 'CUDA Version: [0-9.]*'
  nvcc --version 2>/dev/null | tail -n 1
  "$python" -c 'import torch; print("torch", torch.__version__, "cuDNN", torch.backends.cudnn.version())' 2>&1 \
    | tail -n 1
  "$python" -c 'import triton; print("triton", triton.__version__)' 2>&1 | tail -n 1
  uname -srm
  grep -m 1 'model name' /proc/cpuinfo
  printf '%s cores\n```\n\n| step | result | seconds |\n|---|---|---|\n' "$(nproc)"
} >"$summary"
cat "$summary"

step "suite" 110 suite.log "$it" gpu:: --nocapture
step "primitives" 30 primitives.log "$it" primitives --nocapture
for tool in memcheck racecheck synccheck; do
  step "$tool" 35 sanitizer.log "$sanitizer" --tool "$tool" --error-exitcode 9 "$it" "${matrix[@]}"
done
step "benches" 160 benches.log "$bench" --bench 'cuda|host'
[ -f "$IRONFORGE_BENCH_OUT/ours.json" ] && cp "$IRONFORGE_BENCH_OUT/ours.json" "$out"
# A peer that has started is not interrupted.
peer_seconds=$((total_seconds - SECONDS - 25))
[ "$peer_seconds" -gt 90 ] && peer_seconds=90
step "peers" 120 peers.log "$python" "$here/peers/compare.py" "$IRONFORGE_BENCH_OUT" --seconds "$peer_seconds"
[ -f "$IRONFORGE_BENCH_OUT/peers.json" ] && cp "$IRONFORGE_BENCH_OUT/peers.json" "$out"

{
  printf '\n%s of these did not pass; %s s in all.\n' "$failures" "$SECONDS"
  printf '\n## What was skipped\n\n```text\n'
  grep -hs '^SKIP' "$out"/*.log | sort -u || true
  printf '```\n\n## What failed\n\n```text\n'
  wrong='panicked at|^test .* FAILED|Error:|not timed'
  wrong+='|^========= ([A-Z]* SUMMARY: [1-9]|Error|Invalid|Program hit|Barrier|Divergent|Race)'
  grep -hsE "$wrong" "$out"/*.log | sort | uniq -c | sort -rn | head -n 60 || true
  printf '```\n\n## Primitives\n\n```text\n'
  grep -hs 'largest difference' "$out/primitives.log" | grep -v 'difference 0e0' || true
  printf '```\n\n## Against peers\n\n'
  cat "$out/peers.log" 2>/dev/null
} >>"$summary"
echo "summary: $summary"
[ "$failures" -eq 0 ]
